import fc from 'fast-check';
import { at, bought, Journal, node, prices, workload } from '../test/builders';
import type { NodeState } from './partition-state';
import { fleetFigures, nodeFigures } from './fleet-figures';

const there = ({ state }: Journal, nodeId: string): NodeState => {
  const found = state.nodes.get(nodeId);
  if (!found) throw new Error(`${nodeId} is not there`);
  return found;
};

const asked = { fleetId: 'fleet_1', at: at(9) };

describe('Fleet figures', () => {
  it('calls nothing useless before any work has come', () => {
    const journal = new Journal();
    journal.advance(0, prices(), node('n1'));
    const figures = fleetFigures(journal.state, asked);
    expect(figures).toMatchObject({
      nodes: 1,
      gpuMilli: 8_000,
      gpuMilliFree: 8_000,
      gpuMilliFragmented: 0,
      classes: 0,
    });
    expect(figures.sentence).toContain('no work has been asked for yet');
  });

  it('counts what an average arrival could not use', () => {
    const journal = new Journal();
    // Half of the work wants two GPUs, half a quarter of one; 0.5 GPU of the only node is free.
    journal.advance(0, prices(), node('n1', { gpus: 2 }), workload('a', { gpus: 2, queued: 0 }));
    journal.advance(1, workload('b', { gpus: 1, gpuMilli: 500, queued: 1 }));
    const used = nodeFigures({ ...there(journal, 'n1'), gpuFree: [500, 0], gpuMilliFree: 500 }, [
      { gpus: 2, gpuMilli: 1_000, cpuMilli: 1_000, memoryMiB: 1, models: undefined, count: 10 },
      { gpus: 1, gpuMilli: 250, cpuMilli: 1_000, memoryMiB: 1, models: undefined, count: 10 },
      { gpus: 0, gpuMilli: 0, cpuMilli: 1_000, memoryMiB: 1, models: undefined, count: 80 },
    ]);
    expect(used).toMatchObject({ gpuMilliFree: 500, gpuMilliFragmented: 250, fragmentedPerMille: 500 });
  });

  it('finds GPUs that are stranded because the CPU beside them is gone', () => {
    const journal = new Journal();
    journal.advance(0, prices(), node('n1', { gpus: 8, cpuMilli: 16_000 }));
    journal.advance(1, workload('hog', { gpus: 1, cpuMilli: 15_500, queued: 1 }));
    journal.advance(2, workload('w', { gpus: 1, cpuMilli: 1_000, queued: 2 }));
    const figures = fleetFigures(journal.state, asked);
    expect(figures.gpuMilliWithoutCpu).toBe(7_000);
    expect(figures.gpuMilliWithoutMemory).toBe(0);
    expect(figures.worst).toEqual([expect.objectContaining({ nodeId: 'n1', gpuMilliWithoutCpu: 7_000 })]);
    expect(figures.sentence).toContain('7 are stranded without CPU');
  });

  it('tells what an owned GPU costs, over those whose purchase is known', () => {
    const journal = new Journal();
    journal.advance(0, prices(), node('n1'), node('n2'));
    journal.advance(1, bought('n1'));
    expect(fleetFigures(journal.state, asked).ownedMicroUsdPerGpuHour).toBe('1100000');
  });

  it('never finds more useless than is free, on any node and mix', () => {
    const one = fc.record({
      gpus: fc.integer({ min: 0, max: 8 }),
      gpuMilli: fc.constantFrom(100, 250, 500, 810, 1_000),
      cpuMilli: fc.nat(64_000),
      memoryMiB: fc.nat(500_000),
      models: fc.constantFrom(undefined, ['H100'], ['L4']),
      count: fc.nat(1_000_000_000),
    });
    const free = fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 8, maxLength: 8 });
    const journal = new Journal();
    journal.advance(0, node('n1'));
    const empty = there(journal, 'n1');
    fc.assert(
      fc.property(fc.array(one, { maxLength: 20 }), free, fc.nat(128_000), (mix, gpuFree, cpuFree) => {
        const gpuMilliFree = gpuFree.reduce((sum, milli) => sum + milli, 0);
        const figures = nodeFigures({ ...empty, gpuFree, gpuMilliFree, cpuFree }, mix);
        for (const value of [figures.gpuMilliFragmented, figures.gpuMilliWithoutCpu, figures.gpuMilliWithoutMemory]) {
          expect(Number.isInteger(value) && value >= 0 && value <= gpuMilliFree).toBe(true);
        }
        const stranded = figures.gpuMilliWithoutCpu + figures.gpuMilliWithoutMemory;
        expect(stranded).toBeLessThanOrEqual(gpuMilliFree);
        if (stranded > 0) expect(figures.gpuMilliFragmented).toBe(gpuMilliFree);
      }),
      { numRuns: 2_000 },
    );
  });
});
