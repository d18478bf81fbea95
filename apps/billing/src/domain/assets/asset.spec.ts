import fc from 'fast-check';
import type { Procurement } from '@solyx/contracts';
import { fold } from '@solyx/kernel';
import { given, propertyRuns, replay } from '@solyx/testing';
import { zeroSum } from '../postings';
import { assetDecider, type AssetCommand, type AssetEvent } from './asset';
import { depreciatedUntil, energyCostOf, monthsLater, writeOffOf } from './asset-costs';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const T0 = Date.UTC(2026, 0, 1);
const iso = (ms: number): string => new Date(ms).toISOString();
const nodeId = 'n1';
const GPU_HOUR = 3_600_000_000n;

const purchase = (change: Partial<Procurement> = {}): Procurement => ({
  ...{ purchaseMicroUsd: '240000000000', purchasedAt: iso(T0), lifetimeMonths: 48, salvageMicroUsd: '24000000000' },
  ...{ method: 'straight-line', idleWatts: 1_000, maxWatts: 9_000, energyMicroUsdPerKwh: '150000' },
  ...change,
});
const register = (change: object = {}): AssetCommand => ({
  type: 'RegisterAsset',
  data: {
    ...{ nodeId, source: 'owned', provider: 'owned', simulated: false, gpuModel: 'H100', gpus: 8 },
    ...{ costMicroUsdPerHour: '0', at: iso(T0) },
    ...change,
  },
});
const acquire = (procurement: Procurement, at = T0, used = 0n): AssetCommand => ({
  type: 'AcquireAsset',
  data: { nodeId, procurement, usedTotalGpuMilliMs: used.toString(), at: iso(at) },
});
const count = (to: number, used = 0n): AssetCommand => ({
  type: 'CountCosts',
  data: { nodeId, to: iso(to), usedTotalGpuMilliMs: used.toString(), at: iso(to) },
});
const retire = (at: number): AssetCommand => ({
  type: 'RetireAsset',
  data: { nodeId, reason: 'Drained', usedTotalGpuMilliMs: '0', at: iso(at) },
});
const close = (cost: string, at: number): AssetCommand => ({
  type: 'CloseLease',
  data: { nodeId, costMicroUsd: cost, usedTotalGpuMilliMs: '0', at: iso(at) },
});
const after = (...commands: readonly AssetCommand[]) => {
  const { state, events, refusals } = replay(assetDecider, commands);
  expect(refusals).toEqual([]);
  for (const { data } of events) if ('postings' in data) expect(zeroSum(data.postings)).toBe(true);
  return { state, events };
};
const balancesOf = (events: readonly AssetEvent[]): Readonly<Record<string, bigint>> => {
  const balances: Record<string, bigint> = {};
  for (const { data } of events) {
    for (const { account, amountMicroUsd } of 'postings' in data ? data.postings : []) {
      balances[account] = (balances[account] ?? 0n) + BigInt(amountMicroUsd);
    }
  }
  return balances;
};
const dataOf = (events: readonly AssetEvent[], fact: string) =>
  events.filter(({ type }) => type === `billing.asset.${fact}`).map(({ data }) => data);

describe('An owned node', () => {
  it('costs a day of its life each day, half of it idle where half was used', () => {
    const { events } = after(register(), acquire(purchase()), count(T0 + DAY, 96n * GPU_HOUR));
    const life = BigInt(Date.parse(monthsLater(iso(T0), 48)) - T0);
    const day = (216_000_000_000n * BigInt(DAY)) / life;
    const [fact] = dataOf(events, 'depreciated');
    expect(fact).toMatchObject({
      ...{ from: iso(T0), to: iso(T0 + DAY), capacityGpuMilliMs: (192n * GPU_HOUR).toString() },
      usedGpuMilliMs: (96n * GPU_HOUR).toString(),
    });
    const { amountMicroUsd, idleMicroUsd } = fact as { amountMicroUsd: string; idleMicroUsd: string };
    expect(Number(amountMicroUsd)).toBeCloseTo(Number(day), -1);
    expect(BigInt(idleMicroUsd)).toBe(BigInt(amountMicroUsd) / 2n);
  });

  it('costs the energy that it draws: idle always, more by its use', () => {
    const { events } = after(register(), acquire(purchase()), count(T0 + DAY, 96n * GPU_HOUR));
    // 1 kW × 24 h + 8 kW × 12 h = 120 kWh, at 0.15 USD; of the 24 kWh of standing by, half were idle.
    expect(dataOf(events, 'energy-counted')).toMatchObject([
      { wattHours: '120000', amountMicroUsd: '18000000', idleMicroUsd: '1800000' },
    ]);
  });

  it('costs by use alone where it is written off so, and never more than cost − salvage', () => {
    const byUse = purchase({ method: 'by-use', lifetimeGpuHours: 1_000, energyMicroUsdPerKwh: '0' });
    const { events, state } = after(
      register(),
      acquire(byUse),
      count(T0 + DAY, 0n),
      count(T0 + 2 * DAY, 100n * GPU_HOUR),
      count(T0 + 30 * DAY, 5_000n * GPU_HOUR),
    );
    expect(dataOf(events, 'depreciated')).toMatchObject([
      { amountMicroUsd: '0', idleMicroUsd: '0' },
      { amountMicroUsd: '21600000000', idleMicroUsd: '0' },
      { amountMicroUsd: '194400000000' },
    ]);
    expect(state.bookValue).toBe(24_000_000_000n);
  });

  it('is counted once, whatever is told again, and use that is heard late counts when it is heard', () => {
    const { events, state } = after(
      register(),
      register(),
      acquire(purchase()),
      acquire(purchase()),
      count(T0 + DAY, 10n * GPU_HOUR),
      count(T0 + DAY, 10n * GPU_HOUR),
      count(T0 + 2 * DAY, 8n * GPU_HOUR),
      count(T0 + 3 * DAY, 12n * GPU_HOUR),
    );
    const used = dataOf(events, 'depreciated').map((data) => (data as { usedGpuMilliMs: string }).usedGpuMilliMs);
    expect(used).toEqual([10n * GPU_HOUR, 0n, 2n * GPU_HOUR].map(String));
    expect(state.usedTotal).toBe(12n * GPU_HOUR);
  });

  it('begins with what it is worth when it is known; a corrected purchase corrects the books', () => {
    const old = purchase({ purchasedAt: iso(T0 - 365 * DAY) });
    const { events, state } = after(register(), acquire(old), acquire(purchase({ purchaseMicroUsd: '250000000000' })));
    const [first, second] = dataOf(events, 'acquired') as { openingDepreciationMicroUsd: string }[];
    expect(BigInt(first?.openingDepreciationMicroUsd ?? 0)).toBeGreaterThan(50_000_000_000n);
    expect(second?.openingDepreciationMicroUsd).toBe('0');
    expect(balancesOf(events)['cost:owned']).toBe(250_000_000_000n);
    expect(state.bookValue).toBe(250_000_000_000n);
  });

  it('is written off when it leaves, and is in the books again when it comes back', () => {
    const left = after(register(), acquire(purchase()), count(T0 + DAY), retire(T0 + DAY), retire(T0 + DAY));
    expect([left.state.phase, balancesOf(left.events)['cost:owned']]).toEqual(['Retired', 0n]);
    const back = register({ at: iso(T0 + 10 * DAY) });
    const { state, events } = after(register(), acquire(purchase()), retire(T0 + DAY), back, count(T0 + 11 * DAY));
    expect(balancesOf(events)['cost:owned']).toBe(state.bookValue);
    expect(state.accumulated).toBe(depreciatedUntil(purchase(), 8, { at: iso(T0 + 11 * DAY), usedGpuMilliMs: 0n }));
  });

  it('has no purchase price unless it is owned and known', () => {
    given(assetDecider)().when(acquire(purchase())).thenRefused('NodeUnknown');
    const shared = after(register({ source: 'shared' }));
    expect(assetDecider.decide(acquire(purchase()), shared.state)).toMatchObject({ reason: 'NodeNotOwned' });
    expect(after(register({ source: 'shared' }), count(T0 + DAY)).events).toHaveLength(1);
  });

  it('rehearsed, never meets money', () => {
    const { events } = after(register({ simulated: true }), acquire(purchase()), count(T0 + DAY));
    expect(Object.keys(balancesOf(events)).every((account) => account.startsWith('simulated:'))).toBe(true);
  });

  it('sums to cost − salvage at the end of its life, however its days are cut and it is used', () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 200 * DAY }), { minLength: 1, maxLength: 30 });
    const money = fc.record({
      purchaseMicroUsd: fc.bigInt(1n, 10n ** 12n),
      salvage: fc.bigInt(0n, 10n ** 12n),
      lifetimeMonths: fc.integer({ min: 1, max: 60 }),
      method: fc.constantFrom('straight-line' as const, 'by-use' as const),
      gpus: fc.integer({ min: 1, max: 16 }),
      perDay: fc.bigInt(0n, 400n * GPU_HOUR),
    });
    fc.assert(
      fc.property(money, cuts, ({ purchaseMicroUsd, salvage, lifetimeMonths, method, gpus, perDay }, steps) => {
        const procurement = purchase({
          ...{
            purchaseMicroUsd: purchaseMicroUsd.toString(),
            salvageMicroUsd: salvage.toString(),
            lifetimeMonths,
            method,
          },
        });
        let at = T0;
        let used = 0n;
        const commands: AssetCommand[] = [register({ gpus }), acquire(procurement)];
        for (const step of steps) {
          at += step;
          used += (perDay * BigInt(step)) / BigInt(DAY);
          commands.push(count(at, used));
        }
        commands.push(count(T0 + 6_000 * DAY, used + 10n ** 20n));
        const { state, events } = after(...commands);
        const sum = dataOf(events, 'depreciated').reduce(
          (total, data) => total + BigInt((data as { amountMicroUsd: string }).amountMicroUsd),
          0n,
        );
        expect(sum).toBe(writeOffOf(procurement));
        expect(balancesOf(events)['cost:owned'] ?? 0n).toBe(state.bookValue);
        expect(fold(assetDecider, events)).toEqual(state);
      }),
      propertyRuns(60),
    );
  });
});

describe('A leased node', () => {
  const lease = register({ source: 'leased', provider: 'vast', leaseId: 'l1', costMicroUsdPerHour: '2000001' });

  it('costs by the hour while it is ours, and in the end what its lessor bills', () => {
    const { events, state } = after(lease, count(T0 + DAY, 48n * GPU_HOUR), close('50000000', T0 + 30 * HOUR));
    expect(dataOf(events, 'lease-counted')).toMatchObject([
      { amountMicroUsd: '48000024', idleMicroUsd: '36000018' },
      { amountMicroUsd: '1999976', accumulatedMicroUsd: '50000000', from: iso(T0 + DAY), to: iso(T0 + 30 * HOUR) },
    ]);
    expect(balancesOf(events)['cash']).toBe(-50_000_000n);
    expect(state.phase).toBe('Retired');
  });

  it('is closed once, goes on costing when the node is gone, and may be another lease later', () => {
    const again = register({ source: 'leased', leaseId: 'l2', costMicroUsdPerHour: '1000000', at: iso(T0 + 2 * DAY) });
    const { state } = after(lease, retire(T0 + HOUR), close('5', T0 + HOUR), close('5', T0 + HOUR), lease, again);
    expect(state).toMatchObject({ phase: 'Active', leaseId: 'l2', accumulated: 0n });
  });
});

describe('Energy', () => {
  it('of a node without GPUs is what it draws idle', () => {
    expect(energyCostOf(purchase(), { ms: BigInt(HOUR), usedGpuMilliMs: 0n, gpus: 0 })).toBe(150_000n);
  });

  it.each([
    ['2026-01-31T06:00:00.000Z', 1, '2026-02-28T06:00:00.000Z'],
    ['2024-02-29T00:00:00.000Z', 12, '2025-02-28T00:00:00.000Z'],
    ['2026-11-15T12:30:00.000Z', 3, '2027-02-15T12:30:00.000Z'],
  ])('and months are of the calendar: %s and %i', (from, months, to) => {
    expect(monthsLater(from, months)).toBe(to);
  });
});
