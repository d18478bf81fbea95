import type { PublisherShare } from '@solyx/contracts';
import { CampaignEnded, CampaignInvalidated, CampaignSettled } from '@solyx/contracts/billing';
import { derivePrefixedId, divideHalfEven } from '@solyx/kernel';
import { split } from '../rating/split';
import { costOf, countsWithinBudget } from './ad-price';
import { isCharged, seenOf, type Campaign, type CampaignEvent, type HeldAds } from './campaign-state';
import { LATE_MS } from './count-ads';

const BPS = 10_000n;
const SHARES_MAX = 256;
/** Settlements of one decision; the next tick goes on. */
const SETTLEMENTS_MAX = 100;
const INVALID_PER_EVENT_MAX = 200;

export interface InvalidateAds {
  readonly campaignId: string;
  readonly eventIds: readonly string[];
  readonly reason: string;
  readonly at: string;
}

/** With an impression goes the click on it. What is charged stays charged. */
export function invalidateAds(data: InvalidateAds, campaign: Campaign): readonly CampaignEvent[] {
  const { campaignId, reason, at } = data;
  const invalid = new Set<string>();
  for (const eventId of data.eventIds) {
    const [, ad] = seenOf(campaign, eventId) ?? [];
    for (const id of [eventId, ...(ad?.clickId === undefined ? [] : [ad.clickId])]) {
      const [, one] = seenOf(campaign, id) ?? [];
      if (!one || one.invalid) continue;
      if (!isCharged(campaign, one.kind) || campaign.held.has(one.bucket)) invalid.add(id);
    }
  }
  const ids = [...invalid];
  const events: CampaignEvent[] = [];
  for (let from = 0; from < ids.length; from += INVALID_PER_EVENT_MAX) {
    const eventIds = ids.slice(from, from + INVALID_PER_EVENT_MAX);
    events.push(CampaignInvalidated({ campaignId, organizationId: campaign.organizationId, eventIds, reason, at }));
  }
  return events;
}

function sharesOf(held: HeldAds, amount: bigint, shareBps: number): readonly PublisherShare[] {
  const all = [...held.byPublisher].sort(([a], [b]) => (a < b ? -1 : 1));
  const shown = all.slice(0, SHARES_MAX);
  const others = all.slice(SHARES_MAX).reduce((sum, [, count]) => sum + BigInt(count), 0n);
  const weights = [...shown.map(([, count]) => BigInt(count)), ...(others > 0n ? [others] : [])];
  const parts = split(divideHalfEven(amount * BigInt(shareBps), BPS), weights);
  return shown.map(([publisherId, count], i) => ({ publisherId, count, amountMicroUsd: (parts[i] ?? 0n).toString() }));
}

const afterLast = (iso: string): string => new Date(Date.parse(iso) + 1).toISOString();

/** Charges what was held long enough, hour by hour, and ends a campaign that can do no more. */
export function settleAds(
  { campaignId, at }: { readonly campaignId: string; readonly at: string },
  campaign: Campaign,
): readonly CampaignEvent[] {
  const { terms, organizationId, held } = campaign;
  if (!terms) return [];
  let countBefore = campaign.settledCount;
  const events: CampaignEvent[] = [];
  const due = [...held].filter(([bucket]) => untilOf(bucket) <= at).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [bucket, ads] of due.slice(0, SETTLEMENTS_MAX)) {
    const amount = costOf(terms, countBefore + ads.count) - costOf(terms, countBefore);
    events.push(
      CampaignSettled({
        campaignId,
        organizationId,
        settlementId: derivePrefixedId('stl', campaignId, countBefore),
        until: untilOf(bucket),
        pricing: terms.pricing,
        count: ads.count,
        countBefore,
        amountMicroUsd: amount.toString(),
        shares: sharesOf(ads, amount, terms.publisherShareBps),
        simulated: terms.simulated,
        from: ads.from,
        to: afterLast(ads.to),
        at,
      }),
    );
    countBefore += ads.count;
  }
  const reason = reasonToEnd(campaign, countBefore, at);
  const isOver = campaign.phase !== 'Ended' && due.length === held.size && reason !== undefined;
  return isOver ? [...events, CampaignEnded({ campaignId, organizationId, reason, at })] : events;
}

const untilOf = (bucket: string): string => bucket.split('/')[0] ?? '';

function reasonToEnd({ terms }: Campaign, settledCount: number, at: string): string | undefined {
  if (!terms) return undefined;
  if (settledCount >= countsWithinBudget(terms)) return 'its budget is spent';
  const { endsAt } = terms;
  return endsAt !== undefined && Date.parse(at) >= Date.parse(endsAt) + LATE_MS ? 'its time is over' : undefined;
}
