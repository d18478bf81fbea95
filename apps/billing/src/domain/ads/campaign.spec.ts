import fc from 'fast-check';
import type { AdEvent, CampaignTerms } from '@solyx/contracts';
import { eventRegistry } from '@solyx/contracts';
import { CampaignSettled } from '@solyx/contracts/billing';
import { fold } from '@solyx/kernel';
import { given, propertyRuns, replay } from '@solyx/testing';
import { costOf, countsWithinBudget } from './ad-price';
import { campaignDecider, type CampaignCommand, type CampaignEvent } from './campaign';
import { dayOf, shownTo } from './campaign-state';
import { chooseAd, type AdCandidate, type AdRequest } from './choose-ad';

const HOUR = 3_600_000;
const T0 = Date.UTC(2026, 0, 10);
const iso = (ms: number): string => new Date(ms).toISOString();
const campaignId = 'cmp_1';
const organizationId = 'brand';
const terms = (change: Partial<CampaignTerms> = {}): CampaignTerms => ({
  ...{ name: 'spring', creativeUri: 'https://ads.example/1', budgetMicroUsd: '1000000', pricing: 'cpm' },
  ...{ rateMicroUsd: '1999', categories: [], impressionsPerViewerPerDay: 3, publisherShareBps: 7_000 },
  ...{ startsAt: iso(T0), simulated: false },
  ...change,
});
const create = (change: Partial<CampaignTerms> = {}): CampaignCommand => ({
  type: 'CreateCampaign',
  data: { campaignId, organizationId, terms: terms(change), at: iso(T0) },
});
const seen = (eventId: string, change: Partial<AdEvent> = {}): AdEvent => ({
  ...{ eventId, kind: 'impression', campaignId, viewerHash: eventId, publisherId: 'app', seenAt: iso(T0) },
  ...change,
});
const report = (events: readonly AdEvent[], at = T0, premium: readonly string[] = []): CampaignCommand => ({
  type: 'CountAds',
  data: { campaignId, events, premium, at: iso(at) },
});
const settle = (at: number): CampaignCommand => ({ type: 'SettleAds', data: { campaignId, at: iso(at) } });
const steer = (type: 'PauseCampaign' | 'ResumeCampaign' | 'EndCampaign', by = organizationId): CampaignCommand => ({
  type,
  data: { campaignId, organizationId: by, reason: 'why', at: iso(T0 + HOUR) },
});
const countedIn = (events: readonly CampaignEvent[]): readonly string[] =>
  events.flatMap((event) => ('ads' in event.data ? event.data.ads.map(({ eventId }) => eventId) : []));
const after = (...commands: readonly CampaignCommand[]) => {
  const { state, events, refusals } = replay(campaignDecider, commands);
  for (const event of events) eventRegistry.validate(event, 64 * 1_024);
  return { state, events, refusals, counted: countedIn(events) };
};
const settlements = (events: readonly CampaignEvent[]): readonly CampaignSettled['data'][] =>
  events.flatMap((event) => (event.type === CampaignSettled.type ? [event.data] : []));
const many = (count: number, change: Partial<AdEvent> = {}, prefix = 'i'): readonly AdEvent[] =>
  Array.from({ length: count }, (_, i) => seen(`${prefix}${i}`, change));

describe('A campaign', () => {
  it('charges impressions by the thousand a day after they are told, and shares with who showed them', () => {
    const ads = [...many(100), ...many(51, { publisherId: 'blog' }, 'b')];
    const { events } = after(create(), report(ads), settle(T0 + 24 * HOUR - 1), settle(T0 + 24 * HOUR));
    expect(settlements(events)).toMatchObject([
      {
        ...{ count: 151, countBefore: 0, amountMicroUsd: '302', from: iso(T0), to: iso(T0 + 1) },
        shares: [
          { publisherId: 'app', count: 100, amountMicroUsd: '140' },
          { publisherId: 'blog', count: 51, amountMicroUsd: '71' },
        ],
      },
    ]);
  });

  it('counts an ad once, however often and wherever it is told', () => {
    const { counted } = after(
      create(),
      report(many(3)),
      report(many(3)),
      report([seen('i0', { seenAt: iso(T0 + 30 * HOUR) })], T0 + 30 * HOUR),
    );
    expect(counted).toEqual(['i0', 'i1', 'i2']);
  });

  it('shows itself to nobody more often a day than agreed', () => {
    const ads = many(5, { viewerHash: 'v' });
    const nextDay = many(5, { viewerHash: 'v', seenAt: iso(T0 + 24 * HOUR) }, 'n');
    const { counted } = after(create(), report(ads), report(nextDay, T0 + 25 * HOUR));
    expect(counted).toEqual(['i0', 'i1', 'i2', 'n0', 'n1', 'n2']);
  });

  it('counts nothing of accounts that pay for premium, of other times, or late', () => {
    const { counted } = after(
      create({ endsAt: iso(T0 + 100 * HOUR) }),
      report(many(1, { viewerOrganizationId: 'rich' }), T0, ['rich']),
      report([seen('early', { seenAt: iso(T0 - 1) })]),
      report([seen('future', { seenAt: iso(T0 + HOUR) })]),
      report([seen('late')], T0 + 49 * HOUR),
      report([seen('over', { seenAt: iso(T0 + 100 * HOUR) })], T0 + 100 * HOUR),
      report([seen('good', { viewerOrganizationId: 'poor' })], T0, ['rich']),
    );
    expect(counted).toEqual(['good']);
  });

  it('charges clicks on what the same viewer saw, each once, where it pays by click', () => {
    const click = (eventId: string, impressionId: string, viewerHash = impressionId): AdEvent =>
      seen(eventId, { kind: 'click', impressionId, viewerHash });
    const { events, counted } = after(
      create({ pricing: 'cpc', rateMicroUsd: '250000' }),
      report([click('c0', 'i0'), ...many(2), click('c1', 'i0'), click('c2', 'i9'), click('c3', 'i1', 'robot')]),
      settle(T0 + 25 * HOUR),
    );
    expect(counted).toEqual(['i0', 'i1', 'c0']);
    expect(settlements(events)).toMatchObject([{ pricing: 'cpc', count: 1, amountMicroUsd: '250000' }]);
  });

  it('does not charge what was found to be no people, nor its click', () => {
    const invalid: CampaignCommand = {
      type: 'InvalidateAds',
      data: { campaignId, eventIds: ['i0', 'i1', 'unknown'], reason: 'data centre', at: iso(T0 + HOUR) },
    };
    const { events, state } = after(create(), report(many(10)), invalid, invalid, settle(T0 + 25 * HOUR), invalid);
    expect(events.filter(({ type }) => type === 'billing.campaign.invalidated')).toHaveLength(1);
    expect(settlements(events)).toMatchObject([{ count: 8 }]);
    expect([state.heldCount, state.settledCount]).toEqual([0, 8]);
    const cpc = after(
      create({ pricing: 'cpc', rateMicroUsd: '250000' }),
      report([seen('i0'), seen('c0', { kind: 'click', impressionId: 'i0', viewerHash: 'i0' })]),
      { ...invalid, data: { ...invalid.data, eventIds: ['i0'] } },
      settle(T0 + 25 * HOUR),
    );
    expect(settlements(cpc.events)).toEqual([]);
  });

  it('ends when its budget is spent or its time is over, and nothing is shown', () => {
    const rich = after(create({ pricing: 'cpc', rateMicroUsd: '1000000' }), settle(T0 + HOUR));
    expect(rich.state.phase).toBe('Active');
    const spent = after(
      create({ pricing: 'cpc', rateMicroUsd: '1000000' }),
      report([seen('i0'), seen('c0', { kind: 'click', impressionId: 'i0', viewerHash: 'i0' })]),
      settle(T0 + 25 * HOUR),
    );
    expect(spent.state.phase).toBe('Ended');
    const over = after(create({ endsAt: iso(T0 + HOUR) }), settle(T0 + 49 * HOUR), settle(T0 + 50 * HOUR));
    expect(over.events.map(({ type }) => type.slice(17))).toEqual(['created', 'ended']);
  });

  it('obeys its advertiser alone; what was seen before a pause counts', () => {
    const paused = after(create(), steer('PauseCampaign'), steer('PauseCampaign'), report([seen('a')], T0 + 2 * HOUR));
    expect(paused.counted).toEqual(['a']);
    const later = seen('b', { seenAt: iso(T0 + 2 * HOUR) });
    expect(after(create(), steer('PauseCampaign'), report([later], T0 + 2 * HOUR)).counted).toEqual([]);
    const resumed = after(create(), steer('PauseCampaign'), steer('ResumeCampaign'), report([later], T0 + 2 * HOUR));
    expect(resumed.counted).toEqual(['b']);
    expect(after(create(), steer('EndCampaign', 'rival')).refusals).toEqual(['CampaignUnknown']);
    expect(after(create(), steer('EndCampaign'), steer('ResumeCampaign')).refusals).toEqual(['CampaignOver']);
    expect(after(report([seen('a')])).refusals).toEqual(['CampaignUnknown']);
  });

  it('is created once, with terms that make sense', () => {
    given(campaignDecider)()
      .when(create({ rateMicroUsd: '0' }))
      .thenRefused('CampaignTermsInvalid');
    given(campaignDecider)()
      .when(create({ budgetMicroUsd: '1' }))
      .thenRefused('CampaignTermsInvalid');
    given(campaignDecider)()
      .when(create({ endsAt: iso(T0) }))
      .thenRefused('CampaignTermsInvalid');
    expect(after(create(), create()).events).toHaveLength(1);
    expect(after(create(), create({ name: 'other' })).refusals).toEqual(['CampaignTaken']);
  });

  it('never overspends, never tires a viewer, and charges exactly rate × count, whatever is told', () => {
    const ad = fc.record({
      id: fc.integer({ min: 0, max: 60 }),
      viewer: fc.integer({ min: 0, max: 4 }),
      click: fc.boolean(),
      publisherId: fc.constantFrom('app', 'blog'),
      ago: fc.integer({ min: 0, max: 50 * HOUR }),
      premium: fc.boolean(),
    });
    const step = fc.record({
      after: fc.integer({ min: 0, max: 20 * HOUR }),
      ads: fc.array(ad, { maxLength: 12 }),
      invalid: fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 3 }),
    });
    const money = fc.record({
      pricing: fc.constantFrom('cpm' as const, 'cpc' as const),
      rateMicroUsd: fc.integer({ min: 1, max: 100_000 }).map(String),
      budgetMicroUsd: fc.integer({ min: 200, max: 300_000 }).map(String),
    });
    fc.assert(
      fc.property(money, fc.array(step, { maxLength: 15 }), (change, steps) => {
        const wanted = terms({ ...change, startsAt: iso(T0 - 60 * HOUR) });
        if (countsWithinBudget(wanted) === 0) return;
        let at = T0;
        const commands: CampaignCommand[] = [
          { type: 'CreateCampaign', data: { campaignId, organizationId, terms: wanted, at: iso(T0) } },
        ];
        for (const { after: wait, ads, invalid } of steps) {
          at += wait;
          const events = ads.map(({ id, viewer, click, publisherId, ago, premium }) =>
            seen(click ? `c${id}` : `i${id}`, {
              ...{ viewerHash: `v${viewer}`, publisherId, seenAt: iso(at - ago) },
              ...(click ? { kind: 'click' as const, impressionId: `i${id}` } : {}),
              ...(premium ? { viewerOrganizationId: 'rich' } : {}),
            }),
          );
          const eventIds = invalid.map((id) => `i${id}`);
          commands.push(report(events, at, ['rich']), settle(at));
          commands.push({ type: 'InvalidateAds', data: { campaignId, eventIds, reason: 'robots', at: iso(at) } });
        }
        commands.push(settle(at + 30 * HOUR));
        const { state, events } = replay(campaignDecider, commands);
        const charged = settlements(events);
        const total = charged.reduce((sum, { amountMicroUsd }) => sum + BigInt(amountMicroUsd), 0n);
        const count = charged.reduce((sum, one) => sum + one.count, 0);
        expect(total).toBe(costOf(wanted, count));
        expect(total <= BigInt(wanted.budgetMicroUsd)).toBe(true);
        expect([state.settledMicroUsd, state.settledCount, state.heldCount]).toEqual([total, count, 0]);
        for (const { shares, amountMicroUsd } of charged) {
          const shared = shares.reduce((sum, share) => sum + BigInt(share.amountMicroUsd), 0n);
          expect(shared <= BigInt(amountMicroUsd)).toBe(true);
        }
        for (const [day] of state.days) {
          for (let viewer = 0; viewer <= 4; viewer += 1)
            expect(shownTo(state, `v${viewer}`, day)).toBeLessThanOrEqual(3);
        }
        const told = commands.flatMap(({ data }) => ('events' in data ? data.events : []));
        const key = ({ eventId, seenAt }: { readonly eventId: string; readonly seenAt: string }) =>
          `${eventId}@${seenAt}`;
        const ofFree = new Set(told.filter(({ viewerOrganizationId }) => viewerOrganizationId === undefined).map(key));
        const counted = events.flatMap((event) => ('ads' in event.data ? event.data.ads : []));
        expect(counted.filter((one) => !ofFree.has(key(one)))).toEqual([]);
        // An id is known for as long as a report of it is taken, and two days more: who uses it again after that means another.
        for (const [index, { eventId, seenAt }] of counted.entries()) {
          const again = counted.slice(index + 1).filter((other) => other.eventId === eventId);
          for (const other of again)
            expect(Math.abs(Date.parse(other.seenAt) - Date.parse(seenAt))).toBeGreaterThan(48 * HOUR);
        }
        const json = JSON.parse(JSON.stringify(campaignDecider.snapshot?.toJson(state))) as unknown;
        expect(campaignDecider.snapshot?.toJson(campaignDecider.snapshot.fromJson(json))).toEqual(json);
      }),
      propertyRuns(100),
    );
  });

  it('splits long reports into events that fit', () => {
    const long = 'x'.repeat(120);
    const ads = Array.from({ length: 200 }, (_, i) =>
      seen(`${long}${i}`, { viewerHash: `${long}${i}`, publisherId: long }),
    );
    const { events, counted } = after(create({ rateMicroUsd: '1' }), report(ads));
    expect(counted).toHaveLength(200);
    expect(fold(campaignDecider, events).heldCount).toBe(200);
    expect(dayOf(iso(T0))).toBe('2026-01-10');
  });
});

describe('The choice of an ad', () => {
  const request: AdRequest = { plan: 'free', viewerHash: 'v', category: 'code', simulated: false, at: iso(T0) };
  const candidate = (id: string, change: Partial<AdCandidate> = {}, of: Partial<CampaignTerms> = {}): AdCandidate => ({
    ...{ campaignId: id, isActive: true, terms: terms(of), left: 10, shownToViewerToday: 0, impressions: 0, clicks: 0 },
    ...change,
  });

  it('goes to the campaign that brings most, clicks as expected', () => {
    const cpm = candidate('cpm', {}, { rateMicroUsd: '5000' });
    const cpc = candidate('cpc', { impressions: 900, clicks: 19 }, { pricing: 'cpc', rateMicroUsd: '251' });
    expect(chooseAd(request, [cpm, cpc])?.campaignId).toBe('cpc');
    expect(chooseAd(request, [cpm, { ...cpc, clicks: 18 }])?.campaignId).toBe('cpm');
  });

  it('is none for premium, whoever pays what', () => {
    expect(chooseAd({ ...request, plan: 'premium' }, [candidate('a')])).toBeUndefined();
  });

  it('keeps to category, time, budget, frequency and kind of money, in any order of campaigns', () => {
    const some = fc.record({
      id: fc.integer({ min: 0, max: 20 }).map((n) => `k${n}`),
      isActive: fc.boolean(),
      left: fc.integer({ min: 0, max: 2 }),
      shown: fc.integer({ min: 0, max: 4 }),
      rate: fc.integer({ min: 1, max: 5 }).map(String),
      categories: fc.constantFrom<readonly string[]>([], ['code'], ['pets']),
      simulated: fc.boolean(),
      startsAt: fc.constantFrom(iso(T0), iso(T0 + 1)),
    });
    fc.assert(
      fc.property(fc.uniqueArray(some, { selector: ({ id }) => id, maxLength: 12 }), (list) => {
        const all = list.map(({ id, rate, shown, isActive, left, ...of }) =>
          candidate(id, { isActive, left, shownToViewerToday: shown }, { ...of, rateMicroUsd: rate }),
        );
        const chosen = chooseAd(request, all);
        expect(chooseAd(request, [...all].reverse())).toBe(chosen);
        const fits = (one: AdCandidate): boolean =>
          one.isActive &&
          one.left > 0 &&
          one.shownToViewerToday < 3 &&
          !one.terms.simulated &&
          one.terms.startsAt <= request.at &&
          (one.terms.categories.length === 0 || one.terms.categories.includes('code'));
        const best = Math.max(0, ...all.filter(fits).map((one) => Number(one.terms.rateMicroUsd)));
        expect(Number(chosen?.terms.rateMicroUsd ?? 0)).toBe(best);
        if (chosen) expect(fits(chosen)).toBe(true);
      }),
      propertyRuns(200),
    );
  });
});
