import fc from 'fast-check';
import { anyMix, anyNodes, demand, packNode, shape } from '../../test/packing';
import { Columns } from './columns';
import { isShare, weighted, type WeightedClass } from './mix';
import { Room } from './room';

/** FGD's definition, word for word: what each class could use of the node, weighted. */
function plainly(columns: Columns, at: number, classes: readonly WeightedClass[]): number {
  const { gpuFree, cpuFree, memoryFree } = columns.freeOn(at);
  const free = Array.from(gpuFree);
  const model = columns.models[columns.model[at] ?? 0] ?? '';
  let sum = 0;
  for (const one of classes) {
    if (one.cpuMilli > cpuFree || one.memoryMiB > memoryFree) continue;
    if (one.models && !one.models.includes(model)) continue;
    const enough = free.filter((milli) => milli >= one.gpuMilli);
    if (one.gpus > 1 && !isShare(one) && enough.length < one.gpus) continue;
    sum += one.weight * enough.reduce((total, milli) => total + milli, 0);
  }
  return sum;
}

describe('Room for the mix', () => {
  it('counts what each class can use, weighted', () => {
    const columns = new Columns([packNode(2)]);
    const classes = weighted([demand(shape(1, 600), 1), demand(shape(1), 1)], 0);
    const room = new Room(columns, classes);
    columns.change(0, shape(1, 300), [0], 1);
    // 700 + 1000 for the share, 1000 for the whole GPU, half each.
    expect(room.of(0, room.tableFor(96_000, 393_216, 0))).toBe(500_000 * 1700 + 500_000 * 1000);
    // Without the cores, nothing.
    expect(room.of(0, room.tableFor(1_000, 393_216, 0))).toBe(0);
  });

  it('is what FGD calls not fragmented, for any mix and node', () => {
    const free = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(anyNodes, anyMix, free, (nodes, mix, gpuFree) => {
        // Whole cores, so that the lookup by steps is exact.
        const rounded = mix.map((one) => ({ ...one, cpuMilli: 0, memoryMiB: 0 }));
        const columns = new Columns(nodes);
        const classes = weighted(rounded, 2);
        const room = new Room(columns, classes);
        nodes.forEach((node, at) => {
          columns.set(at, { gpuFree: gpuFree.slice(0, node.gpus), cpuFree: node.cpuMilli, memoryFree: node.memoryMiB });
          const table = room.tableFor(node.cpuMilli, node.memoryMiB, columns.model[at] ?? 0);
          expect(room.of(at, table)).toBe(plainly(columns, at, classes));
        });
      }),
    );
  });

  it('never says that work fits for which CPU or memory is missing', () => {
    fc.assert(
      fc.property(anyNodes, anyMix, (nodes, mix) => {
        const columns = new Columns(nodes);
        const classes = weighted(mix, 2);
        const room = new Room(columns, classes);
        nodes.forEach((node, at) => {
          const table = room.tableFor(node.cpuMilli, node.memoryMiB, columns.model[at] ?? 0);
          expect(room.of(at, table)).toBeLessThanOrEqual(plainly(columns, at, classes));
        });
      }),
    );
  });
});
