import fc from 'fast-check';
import type { Procurement } from '@solyx/contracts';
import { applyRate } from '@solyx/kernel';
import { bookValue, depreciation, lifeOf, ownedGpuHour, ownedRates, writeOff } from './procurement';

const PURCHASED = '2026-01-31T12:00:00.000Z';
const base: Procurement = {
  purchaseMicroUsd: '240000000000',
  purchasedAt: PURCHASED,
  lifetimeMonths: 48,
  salvageMicroUsd: '24000000000',
  method: 'straight-line',
  idleWatts: 2_000,
  maxWatts: 10_000,
  energyMicroUsdPerKwh: '150000',
};
const HOUR = 3_600_000;

describe('Procurement', () => {
  it('lives for calendar months, to the last day of a shorter one', () => {
    const { to } = lifeOf({ ...base, lifetimeMonths: 1 });
    expect(new Date(to).toISOString()).toBe('2026-02-28T12:00:00.000Z');
    expect(new Date(lifeOf(base).to).toISOString()).toBe('2030-01-31T12:00:00.000Z');
  });

  it('prices a GPU-hour by time: depreciation and idle draw stand, the rest of the energy is for work', () => {
    const at = Date.parse('2027-06-01T00:00:00.000Z');
    const { standing, wear, energy } = ownedRates(base, 8, at);
    const hours = (lifeOf(base).to - lifeOf(base).from) / HOUR;
    expect(applyRate(1n, standing)).toBe(BigInt(Math.round(216e9 / hours / 8 + (2_000 * 150_000) / 1000 / 8)));
    expect(wear.numerator).toBe(0n);
    expect(applyRate(1n, energy)).toBe(150_000n);
    // 240,000 USD for 8 GPUs over four years and 10 kW at 0.15 USD/kWh: a bit under one USD per GPU-hour.
    expect(ownedGpuHour(base, 8, at)).toBe(957_521n);
  });

  it('prices by use only what is used', () => {
    const used = { ...base, method: 'by-use', lifetimeGpuHours: 270_000 } as const;
    const { standing, wear } = ownedRates(used, 8, Date.parse('2027-06-01T00:00:00.000Z'));
    expect(applyRate(1n, wear)).toBe(800_000n);
    expect(applyRate(1n, standing)).toBe(37_500n);
  });

  it('costs only its energy once its life is over', () => {
    expect(ownedGpuHour(base, 8, Date.parse('2031-01-01T00:00:00.000Z'))).toBe(187_500n);
  });

  it('has no price per GPU where there is none', () => {
    expect(ownedGpuHour(base, 0, Date.parse('2027-06-01T00:00:00.000Z'))).toBe(0n);
  });

  const procurements = fc
    .record({
      purchase: fc.bigInt({ min: 0n, max: 10n ** 13n }),
      salvage: fc.bigInt({ min: 0n, max: 10n ** 13n }),
      months: fc.integer({ min: 1, max: 120 }),
      byUse: fc.boolean(),
      hours: fc.option(fc.integer({ min: 1, max: 500_000 }), { nil: undefined }),
      gpus: fc.integer({ min: 1, max: 16 }),
    })
    .map(({ purchase, salvage, months, byUse, hours, gpus }) => ({
      gpus,
      procurement: {
        ...base,
        purchaseMicroUsd: String(purchase),
        salvageMicroUsd: String(salvage),
        lifetimeMonths: months,
        method: byUse ? 'by-use' : 'straight-line',
        ...(hours === undefined ? {} : { lifetimeGpuHours: hours }),
      } as const satisfies Procurement,
    }));

  it('adds up to the whole whatever the periods, and never beyond', () => {
    const cuts = fc.array(fc.nat(1_000), { maxLength: 8 }).map((list) => [...list].sort((a, b) => a - b));
    fc.assert(
      fc.property(procurements, cuts, ({ procurement, gpus }, list) => {
        const { from, to } = lifeOf(procurement);
        const useAt = (perMille: number) => ({
          at: from + Math.floor(((to - from) / 1_000) * perMille),
          gpuMs: (BigInt(to - from) * BigInt(gpus) * BigInt(perMille)) / 400n,
        });
        const uses = [0, ...list, 1_100].map(useAt);
        let sum = 0n;
        let before = bookValue(procurement, gpus, useAt(0));
        for (let i = 1; i < uses.length; i += 1) {
          const [a, b] = [uses[i - 1], uses[i]];
          if (!a || !b) continue;
          const part = depreciation(procurement, gpus, a, b);
          expect(part).toBeGreaterThanOrEqual(0n);
          sum += part;
          const now = bookValue(procurement, gpus, b);
          expect(now).toBe(before - part);
          before = now;
        }
        const isWritten = procurement.method === 'straight-line' || procurement.lifetimeGpuHours === undefined;
        if (isWritten) expect(sum).toBe(writeOff(procurement));
        expect(sum).toBeLessThanOrEqual(writeOff(procurement));
      }),
      { numRuns: 2_000 },
    );
  });
});
