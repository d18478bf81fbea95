import type { AdEvent, CampaignTerms } from '@solyx/contracts';
import { BillingCommandRefused, CampaignSettled, ChargePosted, ProviderEarned } from '@solyx/contracts/billing';
import {
  AdEventsReported,
  AdInvalidationRequested,
  CampaignPauseRequested,
  CampaignRequested,
} from '@solyx/contracts/gateway';
import { onOccasion } from '@solyx/eventing';
import { accountDecider } from '../../domain/account';
import { zeroSum } from '../../domain/postings';
import { OwnersPlane } from '../../test/owners';
import { providerView } from '../payouts/provider.projection';
import { campaignView } from './campaign.projection';

const HOUR = 3_600_000;
const T0 = Date.UTC(2026, 0, 10);
const iso = (ms: number): string => new Date(ms).toISOString();
const campaignId = 'cmp_1';
const terms: CampaignTerms = {
  ...{ name: 'spring', creativeUri: 'https://ads.example/1', budgetMicroUsd: '1000000', pricing: 'cpm' },
  ...{ rateMicroUsd: '2000001', categories: [], impressionsPerViewerPerDay: 3, publisherShareBps: 7_000 },
  ...{ startsAt: iso(T0), simulated: false },
};
const request = (requestId: string) => ({ requestId, fingerprint: 'f', at: iso(T0) });
const ads = (count: number, prefix: string, change: Partial<AdEvent> = {}): readonly AdEvent[] =>
  Array.from({ length: count }, (_, i) => ({
    ...{ eventId: `${prefix}${i}`, kind: 'impression' as const, campaignId, viewerHash: `${prefix}${i}` },
    ...{ publisherId: 'app', seenAt: iso(T0 + HOUR) },
    ...change,
  }));

let plane: OwnersPlane;
beforeEach(async () => {
  plane = new OwnersPlane(T0 + HOUR);
  await plane.recorded('gateway.request-r1', CampaignRequested({ ...request('r1'), campaignId, terms }), 'brand');
  await plane.hear();
});
async function report(requestId: string, events: readonly AdEvent[], by = 'app'): Promise<void> {
  await plane.recorded(`gateway.request-${requestId}`, AdEventsReported({ ...request(requestId), events }), by);
  await plane.hear();
}
const row = async () => (await plane.views.get(campaignView, campaignId))!;
const charges = () => plane.all<ChargePosted>(ChargePosted.type);

describe('Advertisements', () => {
  it('are charged to their advertiser a day later, and shared with the app that showed them', async () => {
    await report('r2', ads(151, 'i'));
    await report('r3', ads(151, 'i'));
    expect(await row()).toMatchObject({ impressions: 151, held: 151, spentMicroUsd: '0' });
    await plane.pass(23 * HOUR);
    expect(await charges()).toEqual([]);
    await plane.pass(2 * HOUR);
    await plane.pass(2 * HOUR);
    expect(await row()).toMatchObject({ held: 0, settled: 151, spentMicroUsd: '302000', sharedMicroUsd: '211400' });
    expect(await charges()).toMatchObject([
      {
        ...{ organizationId: 'brand', resource: { kind: 'campaign', id: campaignId }, totalMicroUsd: '302000' },
        lines: [{ kind: 'ads', quantity: '151', unit: 'impression', amountMicroUsd: '302000' }],
      },
    ]);
    expect(await plane.views.get(providerView, 'app')).toMatchObject({ netMicroUsd: '211400', feeMicroUsd: '0' });
    const revenue = new Map<string, bigint>();
    for await (const { data } of plane.log.readAll()) {
      const { postings = [] } = data as { postings?: ChargePosted['data']['postings'] };
      expect(zeroSum(postings)).toBe(true);
      for (const { account, amountMicroUsd } of postings) {
        revenue.set(account, (revenue.get(account) ?? 0n) + BigInt(amountMicroUsd));
      }
    }
    expect(Object.fromEntries(revenue)).toEqual({
      accrued: 302_000n,
      'revenue:ads:owned': -90_600n,
      'provider-reserve:app': -211_400n,
    });
  });

  it('leave accounts that pay for premium alone: no ad event, no charge', async () => {
    const data = { organizationId: 'rich', plan: 'premium' as const, at: iso(T0) };
    await plane.streams.transact(
      accountDecider,
      'rich',
      { type: 'SetProfile', data },
      onOccasion('billing', 'p', 'rich'),
    );
    await report('r2', [
      ...ads(10, 'rich', { viewerOrganizationId: 'rich' }),
      ...ads(1, 'poor', { viewerOrganizationId: 'poor' }),
    ]);
    await plane.pass(26 * HOUR);
    expect(await row()).toMatchObject({ impressions: 1, notCounted: 10 });
    expect((await plane.all<CampaignSettled>(CampaignSettled.type)).map(({ count }) => count)).toEqual([1]);
    expect((await charges()).map(({ organizationId }) => organizationId)).toEqual(['brand']);
  });

  it('count only as the app that showed them says, and not what an operator found to be robots', async () => {
    await report('r2', ads(5, 'i'), 'rival');
    await report('r3', ads(5, 'i'));
    const invalid = { ...request('r4'), campaignId, eventIds: ['i0', 'i1'], reason: 'data centre' };
    await plane.recorded('gateway.request-r4', AdInvalidationRequested(invalid), 'platform', ['operator']);
    await plane.hear();
    await plane.pass(26 * HOUR);
    expect(await row()).toMatchObject({ impressions: 5, invalid: 2, settled: 3 });
    const invalidByOwner = AdInvalidationRequested({ ...invalid, requestId: 'r5' });
    await plane.recorded('gateway.request-r5', invalidByOwner, 'brand');
    await expect(plane.hear()).rejects.toMatchObject({ code: 'PermissionDenied' });
  });

  it('rehearsed, are no money', async () => {
    const rehearsal = { ...request('r6'), campaignId: 'cmp_2', terms: { ...terms, simulated: true } };
    await plane.recorded('gateway.request-r6', CampaignRequested(rehearsal), 'brand');
    await plane.hear();
    await report('r7', ads(100, 's', { campaignId: 'cmp_2' }));
    await plane.pass(26 * HOUR);
    expect(await plane.all<ProviderEarned>(ProviderEarned.type)).toMatchObject([{ simulated: true }]);
    const [charge] = await charges();
    expect(charge?.postings.every(({ account }) => account.startsWith('simulated:'))).toBe(true);
  });

  it('obey their advertiser', async () => {
    const pause = { ...request('r8'), campaignId, paused: true, reason: 'sold out' };
    await plane.recorded('gateway.request-r8', CampaignPauseRequested(pause), 'brand');
    await plane.recorded('gateway.request-r9', CampaignPauseRequested({ ...pause, requestId: 'r9' }), 'rival');
    await plane.hear();
    expect(await row()).toMatchObject({ phase: 'Paused', reason: 'sold out' });
    expect(await plane.all<BillingCommandRefused>(BillingCommandRefused.type)).toMatchObject([
      { reason: 'CampaignUnknown' },
    ]);
  });
});
