import fc from 'fast-check';
import { anyMix, demand, MIX, shape } from '../../test/packing';
import { PPM, powerOf, sharesOf, weighted } from './mix';

describe('The mix of work', () => {
  it('takes powers in whole numbers, thousandths of them', () => {
    expect(powerOf(1000, 2)).toBe(1000);
    expect(powerOf(8000, 10)).toBe(8000);
    expect(powerOf(8000, 5)).toBe(2828);
    expect(powerOf(8000, 0)).toBe(1000);
    expect(powerOf(470, 10)).toBe(470);
    expect(powerOf(0, 2)).toBe(0);
  });

  it('never rounds a power up', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 16_000 }), fc.integer({ min: 0, max: 10 }), (value, tenths) => {
        const exact = 1000 * Math.pow(value / 1000, tenths / 10);
        expect(Math.abs(powerOf(value, tenths) - exact)).toBeLessThan(1 + 1e-6);
      }),
    );
  });

  it('weighs what holds GPUs by how often it comes and what it holds', () => {
    const weights = weighted(MIX, 2);
    expect(weights).toHaveLength(5);
    const of = (gpus: number): number => weights.find((one) => one.gpus === gpus)?.weight ?? 0;
    // 8^0.2 is 1.515: the rare large job counts half as much again as its frequency says.
    expect(of(8) / of(2)).toBeCloseTo((2 * 1.515) / (3 * 1.148), 2);
  });

  it('has weights that add up to one, less what was rounded down', () => {
    fc.assert(
      fc.property(anyMix, (mix) => {
        const sum = weighted(mix, 2).reduce((total, { weight }) => total + weight, 0);
        expect(sum).toBeLessThanOrEqual(PPM);
        if (mix.some(({ gpus }) => gpus > 0)) expect(sum).toBeGreaterThan(PPM - 100);
      }),
    );
    expect(sharesOf([0, 0])).toEqual([0, 0]);
  });

  it('is the same whatever order the classes came in', () => {
    const some = [demand(shape(1), 5), demand(shape(2), 5), demand(shape(1, 300), 7, ['A'])];
    expect(weighted([...some].reverse(), 2)).toEqual(weighted(some, 2));
  });
});
