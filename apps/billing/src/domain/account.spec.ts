import { AccountOpened, AccountProfileSet, PeriodClosed, UsageOpened } from '@solyx/contracts/billing';
import { given, replay } from '@solyx/testing';
import { allocation, iso, ORGANIZATION, share, T0, transfer } from '../test/fixtures';
import { billText, chargesIn, fact, linesOf, pricesOf, reading } from '../test/usage';
import { accountDecider, jobUsageOf, type AccountCommand } from './account';
import { DEFAULT_PROFILE } from './account-state';
import type { Commitment } from '@solyx/contracts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const openedData = { organizationId: ORGANIZATION, currency: 'USD', at: iso(T0) } as const;
const usage = (held = allocation()) => ({ allocation: held, eventId: 'granted', position: '10', at: iso(T0) });
const openUsage = (held = allocation()) => ({ type: 'OpenUsage', data: usage(held) }) as const;
const meter = (until: number, held = allocation()) =>
  ({
    type: 'MeterUsage',
    data: { allocationId: held.allocationId, until: iso(until), sliceMs: HOUR, prices: pricesOf() },
  }) as const;
const release = (at: number, held = allocation()) => {
  const { data } = meter(at, held);
  return { type: 'MeterUsage', data: { ...data, release: { eventId: 'released', position: '20' } } } as const;
};
const rateUsage = (...args: Parameters<typeof reading>) => ({ type: 'RateUsage', data: reading(...args) }) as const;
const close = (period: string, at: number, prices = pricesOf()) =>
  ({ type: 'ClosePeriod', data: { organizationId: ORGANIZATION, period, prices, at: iso(at) } }) as const;

const opened = AccountOpened(openedData);
const past = given(accountDecider);
const run = (...commands: readonly AccountCommand[]) => replay(accountDecider, commands);
const chargesAfter = (...commands: readonly AccountCommand[]) => chargesIn(run(...commands).events);

describe('Account', () => {
  it('is opened once', () => {
    past().when({ type: 'OpenAccount', data: openedData }).then(opened);
    past(opened).when({ type: 'OpenAccount', data: openedData }).thenNothing();
  });
  it('starts a meter once', () => {
    past(opened).when(openUsage()).then(UsageOpened(usage()));
    past(opened, UsageOpened(usage())).when(openUsage()).thenNothing();
  });
  it('is opened by the first usage, where that is heard before the registration', () => {
    past()
      .when(openUsage())
      .then(AccountOpened({ ...opened.data, at: usage().allocation.grantedAt }), UsageOpened(usage()));
    past()
      .when(release(T0 + HOUR))
      .thenRefused('UsageUnknown');
  });
  it('does not charge what was never metered', () => past(opened).when(release(T0)).thenRefused('UsageUnknown'));
  it('does not charge without a price', () => {
    const shared = allocation({ shares: [share({ source: 'shared' })] });
    past(opened, UsageOpened(usage(shared)))
      .when(release(T0 + HOUR, shared))
      .thenRefused('NoPrice');
  });
  it('knows which meters of a job run', () => {
    const second = allocation({ allocationId: 'alc_2', attempt: 2 });
    const { state, events } = run(openUsage(), release(T0 + HOUR), openUsage(second));
    const [charge] = chargesIn(events);
    const chargeIds = [charge?.chargeId];
    expect(jobUsageOf(state, 'job_1')).toEqual({ open: 1, attempts: [1, 2], chargeIds, at: iso(T0 + HOUR) });
    expect(jobUsageOf(state, 'job_2')).toMatchObject({ open: 0, attempts: [], chargeIds: [] });
  });
});

describe('A meter', () => {
  it('is read in slices that end with the hours of UTC, and at the release', () => {
    const held = allocation({ grantedAt: iso(T0 + HOUR / 2) });
    const charges = chargesAfter(openUsage(held), release(T0 + 2.25 * HOUR, held));
    expect(charges.map(({ lines, final = false }) => [lines[0]?.from, lines[0]?.to, final])).toEqual([
      [iso(T0 + 0.5 * HOUR), iso(T0 + HOUR), false],
      [iso(T0 + HOUR), iso(T0 + 2 * HOUR), false],
      [iso(T0 + 2 * HOUR), iso(T0 + 2.25 * HOUR), true],
    ]);
    expect(charges.map(({ period }) => period)).toEqual(['2026-01', '2026-02', '2026-02']);
    expect(charges.map(({ totalMicroUsd }) => totalMicroUsd)).toEqual(['1150000', '2300000', '575000']);
    expect(charges.at(-1)?.lines[0]).toMatchObject({ eventIds: ['granted', 'released'], positions: ['10', '20'] });
  });
  it("is read at the end of the account's period, in the account's time zone", () => {
    const profile = { ...DEFAULT_PROFILE, timeZone: 'Asia/Kolkata', organizationId: ORGANIZATION, at: iso(T0) };
    // Midnight of 1 February in Kolkata is 18:30 of 31 January in UTC.
    const held = allocation({ grantedAt: '2026-01-31T18:00:00.000Z' });
    const charges = chargesAfter(
      { type: 'SetProfile', data: profile },
      openUsage(held),
      release(Date.parse('2026-01-31T19:00:00.000Z'), held),
    );
    expect(charges.map(({ period, at }) => [period, at])).toEqual([
      ['2026-01', '2026-01-31T18:30:00.000Z'],
      ['2026-02', '2026-01-31T19:00:00.000Z'],
    ]);
  });
  it('shows running work as it goes, each slice once', () => {
    const once = chargesAfter(openUsage(), meter(T0 + HOUR), meter(T0 + HOUR), meter(T0 + 2 * HOUR));
    expect(once.map(({ at }) => at)).toEqual([iso(T0 + HOUR), iso(T0 + 2 * HOUR)]);
    const reread = chargesAfter(openUsage(), meter(T0 + 2 * HOUR), meter(T0 + HOUR), meter(T0 + 2 * HOUR));
    expect(reread).toEqual(once);
  });
  it('ends with a charge of no length where it was read up to its end', () => {
    const [slice, last] = chargesAfter(openUsage(), meter(T0 + HOUR), release(T0 + HOUR), release(T0 + HOUR));
    expect(slice?.final).toBeUndefined();
    expect(last).toMatchObject({ final: true, totalMicroUsd: '0', postings: [] });
  });
  it('gives back what was charged beyond a release that is heard late, period by period', () => {
    const charges = chargesAfter(openUsage(), meter(T0 + 3 * HOUR), release(T0 + HOUR / 2));
    const returned = charges.slice(3);
    expect(returned.map(({ period, totalMicroUsd, final = false }) => [period, totalMicroUsd, final])).toEqual([
      ['2026-01', '-1150000', false],
      ['2026-02', '-4600000', true],
    ]);
    expect(billText(charges)).toEqual(billText(chargesAfter(openUsage(), release(T0 + HOUR / 2))));
  });
  it('charges data that was moved once, with the first slice', () => {
    const held = allocation({
      transfers: [transfer()],
      shares: [share({ gpuMilli: 0, gpuModel: '', cpuMilli: 1_000 })],
    });
    const charges = chargesAfter(openUsage(held), meter(T0 + HOUR, held), release(T0 + 2 * HOUR, held));
    expect(linesOf(charges).map(({ kind }) => kind)).toEqual(['cpu', 'egress', 'cpu']);
    expect(linesOf(charges)[1]).toMatchObject({
      amountMicroUsd: '270000',
      unit: 'byte',
      skuId: expect.stringContaining('egress/'),
    });
  });
  it('counts four quarters of a GPU as one', () => {
    const quarters = [1, 2, 3, 4].map((n) =>
      allocation({ allocationId: `alc_${n}`, shares: [share({ gpuMilli: 250 })] }),
    );
    const parts = chargesAfter(...quarters.flatMap((held) => [openUsage(held), release(T0 + HOUR, held)]));
    expect(billText(parts)).toEqual(billText(chargesAfter(openUsage(), release(T0 + HOUR))));
  });
  it('credits the owner of a shared GPU, less the fee', () => {
    const held = allocation({ shares: [share({ source: 'shared', provider: 'org_owner', simulated: true })] });
    const priced = pricesOf({
      ...{ version: 1, effectiveFrom: '2020-01-01T00:00:00.000Z' },
      entries: [{ source: 'shared', simulated: true, resource: 'gpu', gpuModel: '*', microUsdPerUnit: '1000000' }],
    });
    const [charge] = chargesAfter(openUsage(held), {
      type: 'MeterUsage',
      data: { ...release(T0 + HOUR, held).data, prices: priced },
    });
    expect(charge?.lines[0]).toMatchObject({ providerId: 'org_owner', providerAmountMicroUsd: '970000' });
    expect(charge?.postings).toEqual([
      { account: 'simulated:accrued', amountMicroUsd: '1000000' },
      { account: 'simulated:provider-payable:org_owner', amountMicroUsd: '-970000' },
      { account: 'simulated:platform-fee', amountMicroUsd: '-30000' },
    ]);
  });
});

describe('Batched usage', () => {
  const tokens = (usageId: string, quantity: number, change = {}) =>
    fact({ usageId, quantity: `${quantity}`, ...change });

  it('is charged once for each event of a meter, whatever repeats', () => {
    const told = [rateUsage([tokens('a', 1_000_000)]), rateUsage([tokens('b', 2_000_000)], 1)];
    const charges = chargesAfter(...told, ...told);
    expect(charges.map(({ meter: from }) => from?.revision)).toEqual([0, 1]);
    expect(charges[0]).toMatchObject({
      resource: { kind: 'endpoint', id: 'ep_1' },
      period: '2026-01',
      meter: { stream: 'billing.meter-acme.gw.20260131', revision: 0 },
    });
  });
  it('waits for the events of its meter that come before', () =>
    past(opened)
      .when(rateUsage([tokens('b', 1)], 1))
      .thenRefused('UsageOutOfOrder'));
  it('has one line for what differs only by when and how much, apart by team, user and labels', () => {
    const facts = [
      tokens('a', 3),
      tokens('b', 4),
      tokens('c', 5, { team: 'red' }),
      tokens('d', 6, { labels: { x: 'y' } }),
    ];
    const [charge] = chargesAfter(rateUsage(facts));
    expect(charge?.lines.map(({ quantity, team, labels }) => [quantity, team, labels])).toEqual([
      ['7', undefined, undefined],
      ['5', 'red', undefined],
      ['6', undefined, { x: 'y' }],
    ]);
    expect(new Set(charge?.lines.map(({ lineKey }) => lineKey)).size).toBe(1);
  });
  it('is a charge for each thing, project and period', () => {
    const facts = [
      tokens('a', 1),
      tokens('b', 1, { project: 'other' }),
      tokens('c', 1, { resource: { kind: 'endpoint', id: 'ep_2' } }),
    ];
    expect(chargesAfter(rateUsage(facts)).map(({ project, resource }) => [project, resource.id])).toEqual([
      ['default', 'ep_1'],
      ['other', 'ep_1'],
      ['default', 'ep_2'],
    ]);
  });
  it('fits its events, however much there is', () => {
    const facts = Array.from({ length: 400 }, (_, n) => tokens(`u${n}`, n, { user: `user_${n}` }));
    const { events } = run(rateUsage(facts));
    expect(chargesIn(events).length).toBeGreaterThan(4);
    for (const event of events) expect(Buffer.byteLength(JSON.stringify(event.data))).toBeLessThan(64 * 1_024);
    expect(new Set(chargesIn(events).map(({ chargeId }) => chargeId)).size).toBe(chargesIn(events).length);
  });
});

describe('A period', () => {
  const february = Date.UTC(2026, 1, 1);
  const grace = 72 * HOUR;
  const story = [openUsage(), release(T0 + HOUR / 2)] as const;

  it('closes after its grace, not before, and once', () => {
    const { events } = run(...story);
    past(...events)
      .when(close('2026-01', february + grace - 1))
      .thenRefused('PeriodOpen');
    const closed = PeriodClosed({
      ...{ organizationId: ORGANIZATION, period: '2026-01', timeZone: 'UTC', charges: 1 },
      ...{ from: '2026-01-01T00:00:00.000Z', to: '2026-02-01T00:00:00.000Z', at: iso(february + grace) },
      ...{ totalMicroUsd: '1150000', simulatedMicroUsd: '0' },
    });
    past(...events)
      .when(close('2026-01', february + grace))
      .then(closed);
    past(...events, closed)
      .when(close('2026-01', february + 2 * grace))
      .thenNothing();
  });
  it('waits until every meter was read up to its end', () => {
    const { events } = run(openUsage());
    past(...events)
      .when(close('2026-01', february + grace))
      .thenRefused('PeriodMetering');
    const read = run(openUsage(), meter(february));
    expect(accountDecider.decide(close('2026-01', february + grace), read.state).accepted).toBe(true);
  });
  it('takes late usage until it is closed; then the next one corrects the line that it belongs to', () => {
    const first = [rateUsage([fact({ usageId: 'a', quantity: '1000001' })])] as const;
    const late = rateUsage([fact({ usageId: 'b', quantity: '500000' })], 1);
    const inGrace = chargesAfter(...first, late);
    expect(inGrace[1]).toMatchObject({ period: '2026-01' });
    expect(inGrace[1]?.correctsPeriod).toBeUndefined();
    const charges = chargesAfter(...first, close('2026-01', february + grace), late);
    expect(charges[1]).toMatchObject({ period: '2026-02', correctsPeriod: '2026-01' });
    const [before, after] = linesOf(charges);
    expect(after).toMatchObject({ correctsLineKey: before?.lineKey, quantityBefore: '1000001' });
    expect(after?.lineKey).not.toBe(before?.lineKey);
    expect(billText(charges)).toEqual(billText(inGrace));
  });
  it('forgets what is older than the closed periods that it keeps, and refuses usage of then', () => {
    const march = Date.UTC(2026, 2, 1);
    const april = Date.UTC(2026, 3, 1);
    const { state } = run(
      ...story,
      rateUsage([fact()]),
      close('2026-01', february + grace),
      rateUsage([fact({ usageId: 'f', from: iso(february), to: iso(february) })]),
      close('2026-02', march + grace),
      rateUsage([fact({ usageId: 'm', from: iso(march), to: iso(march) })]),
      close('2026-03', april + grace),
    );
    expect(Object.keys(state.periods)).toEqual(['2026-02', '2026-03']);
    expect([...state.usages.entries()]).toEqual([]);
    expect([...state.jobs.entries()]).toEqual([]);
    expect([...state.rated.keys()].sort()).toEqual([
      'billing.meter-acme.gw.20260201',
      'billing.meter-acme.gw.20260301',
    ]);
    expect(accountDecider.decide(rateUsage([fact()]), state)).toMatchObject({ reason: 'UsageTooOld' });
    expect(accountDecider.decide(openUsage(), state)).toMatchObject({ reason: 'UsageTooOld' });
  });
  it('charges what was committed and not used as its own line, and what was used at its price', () => {
    const [terms] = linesOf(chargesAfter(openUsage(), release(T0 + HOUR))).map((line) => line.terms);
    const commitment: Commitment = {
      ...{ commitmentId: 'cmt_1', organizationId: ORGANIZATION, project: 'default' },
      ...{
        meter: 'gpu' as const,
        source: 'owned' as const,
        simulated: false,
        product: 'H100',
        unitsPerMs: '500',
        from: iso(T0 - HOUR),
        to: iso(T0 + DAY),
      },
      terms: { ...terms!, entryId: 'cmt_1', tiers: [{ rateNumerator: '1000000', rateDenominator: '3600000000' }] },
    };
    const added = { type: 'AddCommitment', data: { organizationId: ORGANIZATION, commitment, at: iso(T0) } } as const;
    const { state, events } = run(
      added,
      added,
      openUsage(),
      meter(T0 + HOUR),
      release(T0 + HOUR),
      close('2026-01', february + grace),
    );
    const charges = chargesIn(events);
    const told = linesOf(charges).map(({ kind, skuId, amountMicroUsd }) => [kind, skuId, amountMicroUsd]);
    expect(told).toEqual([
      ['gpu', 'commitment/cmt_1', '500000'],
      ['gpu', 'gpu/owned/H100/on-demand/standard', '1150000'],
      ['commitment', 'commitment/cmt_1/unused', '500000'],
    ]);
    expect(state.timelines['cmt_1']).toEqual([{ from: T0, to: T0 + HOUR, units: 500 }]);
  });
  it("lies in the account's time zone, which stays once anything was charged", () => {
    const set = (timeZone: string) =>
      ({ type: 'SetProfile', data: { organizationId: ORGANIZATION, timeZone, at: iso(T0) } }) as const;
    past(opened)
      .when(set('Europe/Berlin'))
      .then(AccountProfileSet({ ...DEFAULT_PROFILE, ...set('Europe/Berlin').data }));
    past(opened).when(set('Mars/Olympus')).thenRefused('TimeZoneUnknown');
    past(...run(...story).events)
      .when(set('Europe/Berlin'))
      .thenRefused('TimeZoneInUse');
  });
});
