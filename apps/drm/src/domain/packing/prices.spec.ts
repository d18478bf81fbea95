import fc from 'fast-check';
import { demand, MIX, shape, SLICES } from '../../test/packing';
import { coresPerGpuOf, cpuScarcityOf, hedged, residualValues, scarcityOf, sliceDemand } from './prices';

describe('Prices', () => {
  it('count slices by steps of a hundredth, rounded up', () => {
    const mix = [demand(shape(1, 465), 3), demand(shape(1, 470), 4), demand(shape(2, 100), 5), demand(shape(1), 9)];
    expect([...sliceDemand(mix)]).toEqual([
      [10, 10],
      [47, 7],
    ]);
  });

  it('are worked out for a demand that is partly even', () => {
    expect(hedged([800_000, 200_000])).toEqual([710_000, 290_000]);
    expect(hedged([])).toEqual([]);
    fc.assert(
      fc.property(fc.array(fc.nat(1_000_000), { maxLength: 30 }), (demand) => {
        const before = demand.reduce((total, count) => total + count, 0);
        const after = hedged(demand).reduce((total, count) => total + count, 0);
        expect(before - after).toBeGreaterThanOrEqual(0);
        expect(before - after).toBeLessThanOrEqual(2 * demand.length);
      }),
    );
  });

  it('value what is left by the best that it can still hold', () => {
    const residual = residualValues(SLICES);
    expect([0, 469, 470, 809, 939, 940, 999, 1000].map((milli) => residual[milli])).toEqual([
      0, 0, 500_000, 500_000, 1_000_000, 1_000_000, 1_000_000, 1_000_000,
    ]);
  });

  it('value a whole GPU at itself where nothing is known', () => {
    const residual = residualValues([]);
    expect([residual[999], residual[1000]]).toEqual([0, 1_000_000]);
  });

  it('never value less of a GPU higher, nor two parts higher than the whole they make', () => {
    const price = fc.record({ gpuMilli: fc.integer({ min: 1, max: 1000 }), microGpu: fc.nat(1_000_000) });
    fc.assert(
      fc.property(fc.array(price, { maxLength: 6 }), fc.nat(1000), fc.nat(1000), (prices, a, b) => {
        const residual = residualValues(prices);
        const of = (milli: number): number => residual[milli] ?? 0;
        expect(of(Math.max(a, b))).toBeGreaterThanOrEqual(of(Math.min(a, b)));
        if (a + b <= 1000) expect(of(a + b)).toBeGreaterThanOrEqual(of(a) + of(b));
      }),
    );
  });

  it('say how much of a model is spoken for by work that may not go elsewhere', () => {
    const capacity = new Map([
      ['A', 8000],
      ['B', 2000],
    ]);
    const mix = [demand(shape(1), 8), demand(shape(1), 2, ['B'])];
    expect(scarcityOf(mix, capacity)).toEqual(
      new Map([
        ['A', 0],
        ['B', 1000],
      ]),
    );
    expect(scarcityOf([demand(shape(1), 8, ['A', 'B'])], capacity).get('B')).toBe(0);
    expect(scarcityOf([], capacity).get('A')).toBe(0);
  });

  it('take cores per GPU from the jobs that hold GPUs', () => {
    const weights = { cores: 900, coreMilliPerGpu: 10_500 };
    expect(coresPerGpuOf([demand(shape(1, 1000, 8_000)), demand(shape(1, 1000, 12_000))], weights)).toBe(9_000);
    expect(coresPerGpuOf([demand(shape(0))], weights)).toBe(10_500);
    expect(coresPerGpuOf(MIX, weights)).toBeGreaterThan(7_000);
  });

  it('say how scarce CPU is when all GPUs are asked for', () => {
    const mix = [demand(shape(1, 1000, 10_000))];
    const of = (cpuMilli: number): number => cpuScarcityOf(mix, { cpuMilli, gpuMilli: 8_000 });
    expect([of(80_000), of(90_000), of(200_000), of(40_000)]).toEqual([1000, 440, 150, 1000]);
    expect(cpuScarcityOf([], { cpuMilli: 1, gpuMilli: 1 })).toBe(150);
  });
});
