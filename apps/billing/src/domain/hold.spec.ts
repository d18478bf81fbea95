import fc from 'fast-check';
import { allocation, billByHand, ENTRIES, iso, LIST, share, spec, sum, T0 } from '../test/fixtures';
import { holdFor } from './hold';

const resources = (change: object) => ({
  gpus: 1,
  gpuMilli: 1_000,
  cpuMilli: 0,
  memoryMiB: 0,
  gpuModel: 'H100',
  ...change,
});
const placement = (change: object) => ({ sources: ['owned' as const], regions: [], simulated: false, ...change });

describe('A hold', () => {
  it("is the job's own budget where it has one", () =>
    expect(holdFor(spec({ limits: { maxRuntimeSeconds: 1, budgetMicroUsd: '5000000' } }), LIST)).toBe(5_000_000n));
  it('is price × maximum runtime × resources else', () => {
    expect(holdFor(spec({ resources: resources({}) }), LIST)).toBe(2_300_000n);
    expect(holdFor(spec({ resources: resources({ gpus: 2, gpuMilli: 250 }) }), LIST)).toBe(1_150_000n);
    expect(holdFor(spec({ resources: resources({}), nodes: 3 }), LIST)).toBe(6_900_000n);
    expect(holdFor(spec({ resources: resources({}), limits: { maxRuntimeSeconds: 7_200 } }), LIST)).toBe(4_600_000n);
  });
  it('counts cores and memory', () =>
    expect(holdFor(spec({ resources: resources({ gpus: 0, cpuMilli: 2_000, memoryMiB: 1_024 }) }), LIST)).toBe(
      42_525n,
    ));
  it('reckons with the dearest GPU where the model is open', () => expect(holdFor(spec(), LIST)).toBe(2_300_000n));
  it('reckons with the dearest source allowed, all where none is named', () => {
    const dear = ENTRIES.map((entry) => (entry.source === 'leased' ? { ...entry, microUsdPerUnit: '9000000' } : entry));
    const of = (sources: ('owned' | 'leased')[]) =>
      holdFor(spec({ resources: resources({}), placement: placement({ sources }) }), { ...LIST, entries: dear });
    expect([of(['owned']), of(['owned', 'leased']), of([])]).toEqual([2_300_000n, 9_000_000n, 9_000_000n]);
  });
  it('reckons with no GPU dearer than the job allows', () => {
    const capped = (cap: string) =>
      holdFor(
        spec({ resources: resources({}), limits: { maxRuntimeSeconds: 3_600, maxPriceMicroUsdPerGpuHour: cap } }),
        LIST,
      );
    expect([capped('2000000'), capped('3000000')]).toEqual([2_000_000n, 2_300_000n]);
  });
  it('has room for the data to be moved once', () =>
    expect(
      holdFor(spec({ resources: resources({}), data: [{ uri: 's3://x', site: 's3-eu', sizeGiB: 3 }] }), LIST),
    ).toBe(2_600_000n));
  it('rounds up', () =>
    expect(
      holdFor(spec({ resources: resources({ gpus: 0, memoryMiB: 1 }), limits: { maxRuntimeSeconds: 1 } }), LIST),
    ).toBe(1n));
  it('leaves out sources without a price, and is none where all are', () => {
    expect(holdFor(spec({ placement: placement({ sources: ['shared', 'owned'] }) }), LIST)).toBe(2_300_000n);
    expect(holdFor(spec({ placement: placement({ sources: ['shared'] }) }), LIST)).toBeUndefined();
    const real = { ...LIST, entries: ENTRIES.filter(({ simulated }) => !simulated) };
    expect(holdFor(spec({ placement: placement({ simulated: true }) }), real)).toBeUndefined();
  });

  it('covers the bill of every run within the maximum runtime, on any node allowed', () => {
    const job = fc.record({
      gpus: fc.nat({ max: 8 }),
      gpuMilli: fc.integer({ min: 1, max: 1_000 }),
      cpuMilli: fc.nat({ max: 64_000 }),
      memoryMiB: fc.nat({ max: 500_000 }),
      nodes: fc.integer({ min: 1, max: 4 }),
      seconds: fc.integer({ min: 1, max: 100_000 }),
      percent: fc.nat({ max: 100 }),
      source: fc.constantFrom('owned' as const, 'leased' as const),
    });
    fc.assert(
      fc.property(job, ({ nodes, seconds, percent, source, ...wanted }) => {
        const hold = holdFor(
          spec({
            resources: wanted,
            nodes,
            limits: { maxRuntimeSeconds: seconds },
            placement: placement({ sources: ['owned', 'leased'] }),
          }),
          LIST,
        );
        const shares = Array.from({ length: nodes }, (_, rank) =>
          share({
            ...wanted,
            rank,
            source,
            gpuMilli: wanted.gpus * wanted.gpuMilli,
            gpuModel: rank % 2 ? 'L4' : 'H100',
          }),
        );
        const releasedAt = iso(T0 + Math.trunc((seconds * 1_000 * percent) / 100));
        expect(sum(billByHand(allocation({ shares }), releasedAt)) <= hold!).toBe(true);
      }),
    );
  });
});
