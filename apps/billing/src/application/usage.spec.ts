import fc from 'fast-check';
import type { Recorded } from '@solyx/kernel';
import type { PeriodClosed } from '@solyx/contracts/billing';
import { UsageReported } from '@solyx/contracts/cmo';
import { AllocationGranted, AllocationReleased } from '@solyx/contracts/drm';
import { BillingProfileRequested, UsageReportRequested } from '@solyx/contracts/gateway';
import { MemoryEventLog, propertyRuns } from '@solyx/testing';
import { accountDecider } from '../domain/account';
import { budgetDecider } from '../domain/budget';
import { allocation, iso, ORGANIZATION, sum, T0 } from '../test/fixtures';
import { Plane } from '../test/plane';
import { billText, chargesIn, fact, METER } from '../test/usage';
import { meterView } from './meter.projection';
import { openMeterView } from './open-meter.projection';
import { periodView } from './period.projection';
import { usageView } from './usage.projection';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
type Fact = ReturnType<typeof fact>;

async function newPlane(): Promise<Plane> {
  const plane = new Plane((clock) => new MemoryEventLog(clock));
  await plane.publishPrices();
  return plane;
}

const reportOf = (facts: readonly Fact[]) =>
  UsageReported({ meterId: METER, organizationId: ORGANIZATION, facts, at: iso(T0) });
const report = (plane: Plane, ...facts: readonly Fact[]): Promise<Recorded> =>
  plane.recorded(`cmo.usage-${facts[0]?.usageId ?? ''}`, reportOf(facts));
const requested = (plane: Plane, facts: readonly Fact[]): Promise<Recorded> => {
  const data = { requestId: 'req_1', fingerprint: 'f', meterId: METER, facts, at: iso(T0) };
  return plane.recorded('gateway.request-req_1', UsageReportRequested(data));
};
const charges = async (plane: Plane) => chargesIn(await plane.all('billing.account.charge-posted'));
const refusals = async (plane: Plane) =>
  (await plane.all('billing.command.refused')).map(({ data }) => data as { reason: string; details: object });
const granted = (change: Parameters<typeof allocation>[0] = {}) =>
  AllocationGranted({
    allocation: allocation(change),
    policy: 'best-fit-1',
    candidates: [],
    sentence: '',
    at: iso(T0),
  });
const released = (at: number) =>
  AllocationReleased({
    ...{ allocationId: 'alc_1', workloadId: 'job_1', attempt: 1, organizationId: ORGANIZATION, reason: 'Ended' },
    at: iso(at),
  });
const JOURNAL = 'drm.partition-main';

describe('Usage that is reported', () => {
  it('is recorded, charged, counted and posted', async () => {
    const plane = await newPlane();
    const event = await report(plane, fact({ quantity: '2000000' }));
    await plane.deliver(event);
    const [charge] = await charges(plane);
    // A million input tokens are 0.50 USD, and standard quality is two fifths more.
    expect(charge).toMatchObject({ totalMicroUsd: '1400000', resource: { kind: 'endpoint', id: 'ep_1' } });
    const [recorded] = await plane.all('billing.meter.usage-recorded');
    expect(charge?.lines[0]).toMatchObject({
      eventIds: [recorded?.id, event.id],
      positions: [String(recorded?.position)],
    });
    expect((await plane.streams.load(budgetDecider, ORGANIZATION)).state.spentTotal).toBe(1_400_000n);
  });
  it('is charged once although it is told twice, by another report too', async () => {
    const plane = await newPlane();
    const event = await report(plane, fact());
    await plane.deliver(event);
    await plane.deliver(event);
    await plane.deliver(await requested(plane, [fact()]));
    expect(await plane.all('billing.meter.usage-recorded')).toHaveLength(1);
    expect(await charges(plane)).toHaveLength(1);
  });
  it('is refused, loudly, where its id is taken by other usage; the rest of the report is charged', async () => {
    const plane = await newPlane();
    await plane.deliver(await report(plane, fact({ usageId: 'a' })));
    await plane.deliver(await requested(plane, [fact({ usageId: 'a', quantity: '5' }), fact({ usageId: 'b' })]));
    expect(await refusals(plane)).toEqual([
      expect.objectContaining({ reason: 'UsageConflict', details: { meterId: METER, usageId: 'a', facts: 1 } }),
    ]);
    expect(await charges(plane)).toHaveLength(2);
  });
  it('is refused where nothing prices it, or it contradicts itself', async () => {
    const plane = await newPlane();
    const shared = fact({ usageId: 'p', meter: 'gpu', unit: 'milli-gpu-ms', source: 'shared', model: 'H100' });
    await plane.deliver(await report(plane, shared, fact({ usageId: 'i', unit: 'byte' }), fact({ usageId: 'good' })));
    expect((await refusals(plane)).map(({ reason }) => reason).sort()).toEqual(['NoPrice', 'UsageInvalid']);
    expect(await charges(plane)).toHaveLength(1);
  });
  it('may not be brought by who lacks the right', async () => {
    const plane = await newPlane();
    const event = await requested(plane, [fact()]);
    const actor = { kind: 'key', id: 'k', roles: ['viewer'] } as const;
    const viewer = { ...event, metadata: { ...event.metadata, actor } };
    await expect(plane.deliver(viewer)).rejects.toMatchObject({ code: 'PermissionDenied' });
  });
  it('is charged although the service died after it was recorded', async () => {
    const plane = await newPlane();
    const event = await report(plane, fact());
    const append = plane.log.append.bind(plane.log);
    plane.log.append = (stream, events, expected) =>
      stream.startsWith('billing.account') ? Promise.reject(new Error('killed')) : append(stream, events, expected);
    await expect(plane.deliver(event)).rejects.toThrow('killed');
    plane.log.append = append;
    const pending = [...(await plane.view(meterView)).values()];
    expect(pending).toEqual([expect.objectContaining({ state: 'pending', recorded: 0, charged: -1, facts: 1 })]);
    await plane.deliver(event, { attempt: 2, redelivered: true });
    expect(await charges(plane)).toHaveLength(1);
    expect([...(await plane.view(meterView)).values()]).toEqual([
      expect.objectContaining({ state: 'charged', pendingSince: '' }),
    ]);
  });
});

describe('Running work', () => {
  it('shows on the balance hour by hour, and ends with its release', async () => {
    const plane = await newPlane();
    await plane.deliver(await plane.recorded(JOURNAL, granted(), 'platform'));
    plane.clock.advance(2 * HOUR + 60_000);
    await plane.tick();
    expect((await charges(plane)).map(({ at, totalMicroUsd }) => [at, totalMicroUsd])).toEqual([
      [iso(T0 + HOUR), '2300000'],
      [iso(T0 + 2 * HOUR), '2300000'],
    ]);
    expect((await plane.streams.load(budgetDecider, ORGANIZATION)).state.spentTotal).toBe(4_600_000n);
    expect((await plane.view(openMeterView)).get('alc_1')).toMatchObject({ meteredTo: iso(T0 + 2 * HOUR) });
    await plane.tick();
    expect(await charges(plane)).toHaveLength(2);
    await plane.deliver(await plane.recorded(JOURNAL, released(T0 + 2.5 * HOUR), 'platform'));
    expect((await plane.streams.load(budgetDecider, ORGANIZATION)).state.spentTotal).toBe(5_750_000n);
    expect((await plane.view(openMeterView)).size).toBe(0);
  });
  it('is charged to its end however long nobody looked', async () => {
    const plane = await newPlane();
    await plane.deliver(await plane.recorded(JOURNAL, granted(), 'platform'));
    await plane.deliver(await plane.recorded(JOURNAL, released(T0 + 100.5 * HOUR), 'platform'));
    const all = await charges(plane);
    expect(all).toHaveLength(101);
    expect(sum(all.map(({ totalMicroUsd }) => BigInt(totalMicroUsd)))).toBe((2_300_000n * 201n) / 2n);
  });
});

describe('A period', () => {
  const profileOf = (timeZone: string) =>
    BillingProfileRequested({ requestId: 'req_p', fingerprint: 'f', timeZone, at: iso(T0) });

  it('closes by itself after its grace, meters read to its end, in the time zone of the account', async () => {
    const plane = await newPlane();
    await plane.deliver(await plane.recorded('gateway.request-req_p', profileOf('Europe/Berlin')));
    const begin = Date.parse('2026-01-31T21:30:00.000Z');
    await plane.deliver(await plane.recorded(JOURNAL, granted({ grantedAt: iso(begin) }), 'platform'));
    plane.clock.advance(72 * HOUR);
    await plane.tick();
    const closed = async () => (await plane.all('billing.account.period-closed')).map(({ data }) => data);
    // January ended in Berlin at 23:00 UTC, just when the clock of this plane began.
    expect((await closed()) as readonly PeriodClosed['data'][]).toEqual([
      expect.objectContaining({ period: '2026-01', timeZone: 'Europe/Berlin', totalMicroUsd: '3450000', charges: 2 }),
    ]);
    expect((await plane.view(periodView)).get(`${ORGANIZATION}/2026-01`)).toMatchObject({ state: 'closed' });
    await plane.tick();
    expect(await closed()).toHaveLength(1);
  });
  it('is corrected by a later one once it is closed, and never changed', async () => {
    const plane = await newPlane();
    await plane.deliver(await report(plane, fact({ usageId: 'a', quantity: '1000001' })));
    plane.clock.advance(HOUR + 72 * HOUR);
    await plane.tick();
    await plane.deliver(await report(plane, fact({ usageId: 'b', quantity: '2' })));
    const [, late] = await charges(plane);
    expect(late).toMatchObject({ period: '2026-02', correctsPeriod: '2026-01' });
    const rows = [...(await plane.view(usageView)).values()];
    expect(rows.map(({ period, quantity }) => [period, quantity])).toEqual([
      ['2026-01', '1000001'],
      ['2026-02', '2'],
    ]);
  });
});

/** Facts of some days in reports, a tenth of them told twice, in any order, some after the close of their month. */
const monthArb = fc.record({
  quantities: fc.array(fc.nat({ max: 5_000_000 }), { minLength: 4, maxLength: 16 }),
  order: fc.array(fc.nat({ max: 999 }), { minLength: 24, maxLength: 24 }),
  closeAfter: fc.nat({ max: 16 }),
});

describe('The bill of a month', () => {
  it('is the same to the last unit, whatever comes twice, late or the wrong way around', async () => {
    await fc.assert(
      fc.asyncProperty(monthArb, async ({ quantities, order, closeAfter }) => {
        const facts = quantities.map((quantity, index) => {
          const at = iso(Date.UTC(2026, 0, 1) + (index % 8) * 5 * DAY);
          return fact({ usageId: `u${index}`, quantity: `${quantity}`, from: at, to: at, model: `m${index % 2}` });
        });
        const tell = async (plane: Plane, sorted: readonly Fact[], isPlain: boolean): Promise<readonly string[]> => {
          for (const [index, one] of sorted.entries()) {
            const event = await report(plane, one, ...(index % 4 === 0 ? sorted.slice(0, 2) : []));
            if (!isPlain && index === closeAfter) {
              plane.clock.advance(4 * DAY);
              await plane.tick();
            }
            await plane.deliver(event);
            if (!isPlain && index % 3 === 0) await plane.deliver(event);
          }
          return billText(await charges(plane));
        };
        const shuffled = facts
          .map((one, index) => ({ one, by: order[index] ?? 0 }))
          .sort((a, b) => a.by - b.by)
          .map(({ one }) => one);
        const expected = await tell(await newPlane(), facts, true);
        const plane = await newPlane();
        expect(await tell(plane, shuffled, false)).toEqual(expected);
        const { state } = await plane.streams.load(accountDecider, ORGANIZATION);
        const total = sum(Object.values(state.periods).map((book) => book.total));
        expect(sum((await charges(plane)).map(({ totalMicroUsd }) => BigInt(totalMicroUsd)))).toBe(total);
        expect((await refusals(plane)).length).toBe(0);
      }),
      propertyRuns(12),
    );
  });
});
