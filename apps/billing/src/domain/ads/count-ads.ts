import type { AdEvent, CountedAd } from '@solyx/contracts';
import { CampaignClicksCounted, CampaignImpressionsCounted } from '@solyx/contracts/billing';
import { countsWithinBudget } from './ad-price';
import { dayOf, isCharged, seenOf, shownTo, withCounted, type Campaign, type CampaignEvent } from './campaign-state';

const HOUR_MS = 3_600_000;
/** Ads are held for this long before they are charged. */
export const HOLD_MS = 24 * HOUR_MS;
/** Reported later than this after it was seen, an ad counts no more. */
export const LATE_MS = 48 * HOUR_MS;
/** By how much the clock of who reports may be fast. */
const EARLY_MS = 5 * 60_000;
/** Remembered of one day; beyond this nothing counts on it. */
export const ADS_PER_DAY_MAX = 200_000;
/** In one event, so that it fits into 64 KiB however long the ids are. */
const ADS_PER_EVENT_MAX = 80;

export interface CountAds {
  readonly campaignId: string;
  readonly events: readonly AdEvent[];
  /** Organizations among the viewers' that pay for premium: they see no ads, so nothing of theirs counts. */
  readonly premium: readonly string[];
  readonly at: string;
}

/** The full hour at which what is counted now may be charged. */
export const holdUntilOf = (at: string): string =>
  new Date(Math.ceil((Date.parse(at) + HOLD_MS) / HOUR_MS) * HOUR_MS).toISOString();

/** Seen while the campaign ran, and told in time. */
function isInTime({ terms, closedAt }: Campaign, seenAt: string, at: string): boolean {
  const [seen, now] = [Date.parse(seenAt), Date.parse(at)];
  if (!terms || seen < now - LATE_MS || seen > now + EARLY_MS) return false;
  if (closedAt !== '' && seenAt >= closedAt) return false;
  return seenAt >= terms.startsAt && (terms.endsAt === undefined || seenAt < terms.endsAt);
}

function isClickOf(campaign: Campaign, ad: AdEvent): boolean {
  const [, shown] = seenOf(campaign, ad.impressionId ?? '') ?? [];
  return (
    shown?.kind === 'impression' &&
    shown.clickId === undefined &&
    shown.invalid === undefined &&
    shown.viewerHash === ad.viewerHash &&
    shown.publisherId === ad.publisherId
  );
}

/** Whether an ad event counts: once, in time, of a viewer who sees ads, not too often, within the budget. */
function counts(campaign: Campaign, ad: AdEvent, { premium, at }: CountAds): boolean {
  const { terms, heldCount, settledCount, days } = campaign;
  if (!terms || !isInTime(campaign, ad.seenAt, at)) return false;
  if (ad.viewerOrganizationId !== undefined && premium.includes(ad.viewerOrganizationId)) return false;
  if (seenOf(campaign, ad.eventId)) return false;
  const day = dayOf(ad.seenAt);
  if ((days.get(day)?.ads.size ?? 0) >= ADS_PER_DAY_MAX) return false;
  if (isCharged(campaign, ad.kind) && heldCount + settledCount >= countsWithinBudget(terms)) return false;
  if (ad.kind === 'click') return isClickOf(campaign, ad);
  return shownTo(campaign, ad.viewerHash, day) < terms.impressionsPerViewerPerDay;
}

const countedOf = ({ eventId, impressionId, viewerHash, publisherId, seenAt }: AdEvent): CountedAd => ({
  ...{ eventId, viewerHash, publisherId, seenAt },
  ...(impressionId === undefined ? {} : { impressionId }),
});

function eventsOf(kind: AdEvent['kind'], ads: readonly CountedAd[], data: CountAds, campaign: Campaign) {
  const make = kind === 'impression' ? CampaignImpressionsCounted : CampaignClicksCounted;
  const { campaignId, at } = data;
  const { organizationId, terms } = campaign;
  const told = data.events.filter((ad) => ad.kind === kind).length;
  const events: CampaignEvent[] = [];
  for (let from = 0; from < ads.length; from += ADS_PER_EVENT_MAX) {
    events.push(
      make({
        campaignId,
        organizationId,
        ads: ads.slice(from, from + ADS_PER_EVENT_MAX),
        notCounted: from === 0 ? told - ads.length : 0,
        holdUntil: holdUntilOf(at),
        simulated: terms?.simulated ?? false,
        at,
      }),
    );
  }
  return events;
}

/** What counts of a report: impressions first, so that clicks told with them find them. */
export function countAds(data: CountAds, campaign: Campaign): readonly CampaignEvent[] {
  const holdUntil = holdUntilOf(data.at);
  let now = campaign;
  const events: CampaignEvent[] = [];
  for (const kind of ['impression', 'click'] as const) {
    const counted: CountedAd[] = [];
    for (const ad of data.events) {
      if (ad.kind !== kind || ad.campaignId !== data.campaignId || !counts(now, ad, data)) continue;
      const one = countedOf(ad);
      counted.push(one);
      now = withCounted(now, kind, { ads: [one], holdUntil, at: data.at });
    }
    events.push(...eventsOf(kind, counted, data, campaign));
  }
  return events;
}
