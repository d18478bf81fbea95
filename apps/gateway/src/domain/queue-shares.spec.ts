import fc from 'fast-check';
import { QUOTA_UNLIMITED, type Quota } from '@solyx/contracts';
import { periodStart, spentSince } from './queue-periods';
import { dominantShareMilli, RESOURCES, sharesOf, type Sharer } from './queue-shares';

const gpus = (gpuMilli: number): Quota => ({ gpuMilli, cpuMilli: QUOTA_UNLIMITED, memoryMiB: QUOTA_UNLIMITED });
const used = (gpuMilli: number): Quota => ({ gpuMilli, cpuMilli: 0, memoryMiB: 0 });

describe('Shares of a cohort', () => {
  it('say who borrows, and of whom', () => {
    const a: Sharer = { nominal: gpus(4000), weight: 100, used: used(6000) };
    const b: Sharer = { nominal: gpus(4000), weight: 300, used: used(1000), lendingLimit: gpus(1000) };
    const c: Sharer = { nominal: gpus(4000), weight: 100, used: used(1000) };
    const [of1, of2, of3] = [a, b, c].map((one) => sharesOf([a, b, c], one));
    expect(of1).toMatchObject({ borrowed: used(2000), lent: used(0), fairShareMilli: 200 });
    // 2,000 are borrowed of the 1,000 that b may lend and the 3,000 that c does not use.
    expect(of2).toMatchObject({ borrowed: used(0), lent: used(500), fairShareMilli: 600 });
    expect(of3).toMatchObject({ lent: used(1500) });
  });

  it('never lend more than is borrowed, nor more than a queue could', () => {
    const amount = fc.oneof(fc.integer({ min: 0, max: 100_000 }), fc.constant(QUOTA_UNLIMITED));
    const quota = fc.record({ gpuMilli: amount, cpuMilli: amount, memoryMiB: amount });
    const small = fc.integer({ min: 0, max: 200_000 });
    const sharer = fc.record(
      {
        nominal: quota,
        lendingLimit: quota,
        weight: fc.integer({ min: 1, max: 10_000 }),
        used: fc.record({ gpuMilli: small, cpuMilli: small, memoryMiB: small }),
      },
      { requiredKeys: ['nominal', 'weight', 'used'] },
    );
    fc.assert(
      fc.property(fc.array(sharer, { minLength: 1, maxLength: 8 }), (cohort) => {
        const shares = cohort.map((one) => sharesOf(cohort, one));
        for (const of of RESOURCES) {
          const sum = (pick: (one: (typeof shares)[number]) => Quota): number =>
            shares.reduce((total, one) => total + pick(one)[of], 0);
          expect(sum(({ lent }) => lent)).toBeLessThanOrEqual(sum(({ borrowed }) => borrowed));
          for (const [index, { lent }] of shares.entries()) {
            const { nominal, used: uses } = cohort[index] as Sharer;
            expect(lent[of]).toBeLessThanOrEqual(Math.max(0, nominal[of] - uses[of]));
          }
        }
        expect(shares.reduce((total, { fairShareMilli }) => total + fairShareMilli, 0)).toBeLessThanOrEqual(1000);
      }),
      { numRuns: 1_000 },
    );
  });

  it('are dominant in the resource of which most is used', () =>
    expect(
      dominantShareMilli(
        { gpuMilli: 1000, cpuMilli: 30_000, memoryMiB: 0 },
        { gpuMilli: 8000, cpuMilli: 60_000, memoryMiB: 0 },
      ),
    ).toBe(500));
});

describe('A budget over time', () => {
  const now = Date.parse('2026-03-04T10:30:00.000Z'); // A Wednesday.
  const iso = (millis: number): string => new Date(millis).toISOString();
  it.each([
    ['day', '2026-03-04T00:00:00.000Z'],
    ['week', '2026-03-02T00:00:00.000Z'],
    ['month', '2026-03-01T00:00:00.000Z'],
    ['total', '1970-01-01T00:00:00.000Z'],
  ] as const)('of a %s began at %s', (period, start) => expect(iso(periodStart(period, now))).toBe(start));

  it('counts what ran since, whole or in part, up to now', () => {
    const run = { gpuMilli: 2000, microUsdPerHour: '3000000', microUsdOnce: '1000' };
    const runs = [
      { ...run, from: '2026-03-03T23:00:00.000Z', to: '2026-03-04T01:00:00.000Z' },
      { ...run, from: '2026-03-04T10:00:00.000Z', to: null },
      { ...run, from: null, to: null },
      { ...run, from: '2026-03-02T10:00:00.000Z', to: '2026-03-02T11:00:00.000Z' },
    ];
    // One hour of the first, half an hour of the second, whose data were moved today.
    expect(spentSince(runs, periodStart('day', now), now)).toEqual({ gpuMilliHours: 3000, microUsd: '4501000' });
  });
});
