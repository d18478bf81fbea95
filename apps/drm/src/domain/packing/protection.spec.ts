import { demand, packNode, shape } from '../../test/packing';
import { Columns } from './columns';
import { Protection } from './protection';

const WEIGHTS = { demand: 1000, deviations: 0 };
/** One job of eight GPUs among 24 of one: a quarter of the demand. */
const QUARTER = [demand(shape(1), 24), demand(shape(8, 1000, 64_000), 1)];

const protectionOf = (columns: Columns, mix = QUARTER) => new Protection(columns, mix, WEIGHTS);

describe('Protection of whole nodes', () => {
  it('is off while there are more places than large jobs to come', () => {
    // 32 GPUs free: one large job is expected, four have room.
    const columns = new Columns([packNode(8), packNode(8), packNode(8), packNode(8)]);
    expect(protectionOf(columns).isOn(0)).toBe(false);
  });

  it('has a price when the last place would go', () => {
    const columns = new Columns([packNode(8), packNode(8), packNode(8), packNode(8)]);
    [1, 2, 3].forEach((at) => columns.change(at, shape(1), [0], 1));
    // 29 GPUs free make 0.9 of a job, and one place is left: it may be lost.
    expect(protectionOf(columns).isOn(0)).toBe(false);
    [1, 2, 3].forEach((at) => columns.change(at, shape(1), [0], -1));
    const tight = new Columns([packNode(8), packNode(4), packNode(8, { cpuMilli: 32_000 }), packNode(8), packNode(7)]);
    tight.change(3, shape(1), [0], 1);
    const protection = protectionOf(tight);
    expect([0, 1, 2, 3].map((at) => protection.isOn(at))).toEqual([true, false, false, false]);
    expect(protection.lossOf(0, 7, 90_000, 300_000)).toBe(8);
    expect(protection.lossOf(0, 8, 32_000, 300_000)).toBe(8);
    expect(protection.lossOf(0, 8, 64_000, 300_000)).toBe(0);
  });

  it('depends on what is free alone, not on how it came to be', () => {
    const nodes = [packNode(8), packNode(8), packNode(8), packNode(8), packNode(8)];
    const moved = new Columns(nodes);
    const protection = protectionOf(moved);
    const told: number[] = [];
    const all = [0, 1, 2, 3, 4];
    const step = (sign: 1 | -1) => (at: number) => {
      moved.change(at, shape(1), [0], sign);
      protection.refresh(at);
      protection.settle((one) => told.push(one));
    };
    all.slice(1).forEach(step(1));
    expect(told).toContain(0);
    expect(protection.isOn(0)).toBe(protectionOf(moved).isOn(0));
    all.slice(1).forEach(step(-1));
    expect(protection.isOn(0)).toBe(false);
  });

  it('keeps room for the jobs that need the most CPU apart from those that need less', () => {
    const mix = [demand(shape(1), 16), demand(shape(8, 1000, 90_000), 1), demand(shape(8, 1000, 16_000), 1)];
    const columns = new Columns([packNode(8), packNode(8, { cpuMilli: 32_000 }), packNode(8, { cpuMilli: 32_000 })]);
    const protection = protectionOf(columns, mix);
    // 24 GPUs free: 0.75 jobs with many cores are expected and one node has them; with few cores there are three.
    columns.change(1, shape(8, 1000, 0, 0), [0, 1, 2, 3, 4, 5, 6, 7], 1);
    protection.refresh(1);
    protection.settle(() => {});
    expect([0, 2].map((at) => protection.isOn(at))).toEqual([false, false]);
  });
});
