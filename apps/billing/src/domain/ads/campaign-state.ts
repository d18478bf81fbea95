import type { CampaignTerms, CountedAd } from '@solyx/contracts';
import type {
  CampaignClicksCounted,
  CampaignCreated,
  CampaignEnded,
  CampaignImpressionsCounted,
  CampaignInvalidated,
  CampaignPaused,
  CampaignResumed,
  CampaignSettled,
} from '@solyx/contracts/billing';
import { PersistentMap, type SnapshotCodec } from '@solyx/kernel';

export type CampaignEvent =
  | CampaignCreated
  | CampaignPaused
  | CampaignResumed
  | CampaignImpressionsCounted
  | CampaignClicksCounted
  | CampaignInvalidated
  | CampaignSettled
  | CampaignEnded;

/** What is remembered of an ad event for as long as it could be told again. */
export interface SeenAd {
  readonly kind: 'impression' | 'click';
  readonly viewerHash: string;
  readonly publisherId: string;
  /** The part of what is held that it is in; empty where it costs nothing. */
  readonly bucket: string;
  readonly clickId?: string;
  readonly invalid?: true;
}

/** One UTC day of what was seen. */
export interface AdDay {
  readonly ads: PersistentMap<SeenAd>;
  readonly perViewer: PersistentMap<number>;
}

/** Counted, not charged yet: of one hour in which it was seen, until one hour. */
export interface HeldAds {
  readonly count: number;
  readonly byPublisher: ReadonlyMap<string, number>;
  readonly from: string;
  readonly to: string;
}

export interface Campaign {
  readonly phase: 'None' | 'Active' | 'Paused' | 'Ended';
  readonly organizationId: string;
  readonly terms: CampaignTerms | undefined;
  /** Since when it is paused or ended. What was seen before still counts. */
  readonly closedAt: string;
  readonly days: ReadonlyMap<string, AdDay>;
  readonly held: ReadonlyMap<string, HeldAds>;
  readonly heldCount: number;
  /** Charged: how many, and what they cost. */
  readonly settledCount: number;
  readonly settledMicroUsd: bigint;
}

export const NO_CAMPAIGN: Campaign = {
  phase: 'None',
  organizationId: '',
  terms: undefined,
  closedAt: '',
  days: new Map(),
  held: new Map(),
  heldCount: 0,
  settledCount: 0,
  settledMicroUsd: 0n,
};

const DAY_MS = 86_400_000;
/** Days for which an ad event is known again: those in which it may still be told, and one more. */
const DAYS_KEPT = 4;

const EMPTY_DAY: AdDay = { ads: PersistentMap.empty(), perViewer: PersistentMap.empty() };

export const dayOf = (iso: string): string => iso.slice(0, 10);
const hourOf = (iso: string): string => `${iso.slice(0, 13)}:00:00.000Z`;
/** By the hour until which it is held, and the hour in which it was seen: each is charged by itself, so in one period. */
export const bucketOf = (holdUntil: string, seenAt: string): string => `${holdUntil}/${hourOf(seenAt)}`;

export const seenOf = ({ days }: Campaign, eventId: string): readonly [day: string, ad: SeenAd] | undefined => {
  for (const [day, { ads }] of days) {
    const ad = ads.get(eventId);
    if (ad) return [day, ad];
  }
  return undefined;
};

export const shownTo = ({ days }: Campaign, viewerHash: string, day: string): number =>
  days.get(day)?.perViewer.get(viewerHash) ?? 0;

/** What costs something: impressions by the thousand, or clicks. */
export const isCharged = ({ terms }: Campaign, kind: SeenAd['kind']): boolean =>
  (terms?.pricing === 'cpm') === (kind === 'impression');

function forgetOld(days: ReadonlyMap<string, AdDay>, at: string): Map<string, AdDay> {
  const oldest = dayOf(new Date(Date.parse(at) - DAYS_KEPT * DAY_MS).toISOString());
  return new Map([...days].filter(([day]) => day >= oldest));
}

function hold(held: Map<string, HeldAds>, bucket: string, { publisherId, seenAt }: CountedAd): void {
  const before = held.get(bucket) ?? { count: 0, byPublisher: new Map<string, number>(), from: seenAt, to: seenAt };
  held.set(bucket, {
    count: before.count + 1,
    byPublisher: new Map(before.byPublisher).set(publisherId, (before.byPublisher.get(publisherId) ?? 0) + 1),
    from: seenAt < before.from ? seenAt : before.from,
    to: seenAt > before.to ? seenAt : before.to,
  });
}

/** The day with one ad more; where it is a click, what was clicked knows it. */
function remember(days: Map<string, AdDay>, ad: CountedAd, seen: SeenAd): void {
  const day = dayOf(ad.seenAt);
  const { ads, perViewer } = days.get(day) ?? EMPTY_DAY;
  const times = (perViewer.get(ad.viewerHash) ?? 0) + (seen.kind === 'impression' ? 1 : 0);
  days.set(day, {
    ads: ads.set(ad.eventId, seen),
    perViewer: seen.kind === 'impression' ? perViewer.set(ad.viewerHash, times) : perViewer,
  });
  if (ad.impressionId === undefined) return;
  for (const [shown, { ads: others, perViewer: viewers }] of days) {
    const clicked = others.get(ad.impressionId);
    if (clicked) {
      days.set(shown, { ads: others.set(ad.impressionId, { ...clicked, clickId: ad.eventId }), perViewer: viewers });
    }
  }
}

interface Counted {
  readonly ads: readonly CountedAd[];
  readonly holdUntil: string;
  readonly at: string;
}

export function withCounted(campaign: Campaign, kind: SeenAd['kind'], { ads, holdUntil, at }: Counted): Campaign {
  const charged = isCharged(campaign, kind);
  const days = forgetOld(campaign.days, at);
  const held = new Map(campaign.held);
  for (const ad of ads) {
    const bucket = charged ? bucketOf(holdUntil, ad.seenAt) : '';
    remember(days, ad, { kind, viewerHash: ad.viewerHash, publisherId: ad.publisherId, bucket });
    if (charged) hold(held, bucket, ad);
  }
  return { ...campaign, days, held, heldCount: campaign.heldCount + (charged ? ads.length : 0) };
}

function withoutInvalid(campaign: Campaign, eventIds: readonly string[]): Campaign {
  const days = new Map(campaign.days);
  const held = new Map(campaign.held);
  let { heldCount } = campaign;
  for (const eventId of eventIds) {
    const [day, ad] = seenOf({ ...campaign, days }, eventId) ?? [];
    if (day === undefined || !ad || ad.invalid) continue;
    const { ads, perViewer } = days.get(day) ?? EMPTY_DAY;
    days.set(day, { ads: ads.set(eventId, { ...ad, invalid: true }), perViewer });
    const bucket = held.get(ad.bucket);
    if (!bucket) continue;
    const left = (bucket.byPublisher.get(ad.publisherId) ?? 1) - 1;
    const byPublisher = new Map(bucket.byPublisher).set(ad.publisherId, left);
    if (left === 0) byPublisher.delete(ad.publisherId);
    if (bucket.count === 1) held.delete(ad.bucket);
    else held.set(ad.bucket, { ...bucket, count: bucket.count - 1, byPublisher });
    heldCount -= 1;
  }
  return { ...campaign, days, held, heldCount };
}

function settled(campaign: Campaign, { until, from, count, amountMicroUsd }: CampaignSettled['data']): Campaign {
  const held = new Map(campaign.held);
  held.delete(bucketOf(until, from));
  return {
    ...campaign,
    held,
    heldCount: campaign.heldCount - count,
    settledCount: campaign.settledCount + count,
    settledMicroUsd: campaign.settledMicroUsd + BigInt(amountMicroUsd),
  };
}

/** What a fact makes of a campaign. */
export function evolveCampaign(campaign: Campaign, { type, data }: CampaignEvent): Campaign {
  switch (type) {
    case 'billing.campaign.created':
      return { ...campaign, phase: 'Active', organizationId: data.organizationId, terms: data.terms };
    case 'billing.campaign.paused':
      return { ...campaign, phase: 'Paused', closedAt: data.at };
    case 'billing.campaign.resumed':
      return { ...campaign, phase: 'Active', closedAt: '' };
    case 'billing.campaign.impressions-counted':
      return withCounted(campaign, 'impression', data);
    case 'billing.campaign.clicks-counted':
      return withCounted(campaign, 'click', data);
    case 'billing.campaign.invalidated':
      return withoutInvalid(campaign, data.eventIds);
    case 'billing.campaign.settled':
      return settled(campaign, data);
    case 'billing.campaign.ended':
      return { ...campaign, phase: 'Ended', closedAt: data.at };
  }
}

interface CampaignJson extends Omit<Campaign, 'terms' | 'days' | 'held' | 'settledMicroUsd'> {
  readonly terms?: CampaignTerms;
  readonly settledMicroUsd: string;
  readonly days: readonly (readonly [
    string,
    readonly (readonly [string, SeenAd])[],
    readonly (readonly [string, number])[],
  ])[];
  readonly held: readonly (readonly [
    string,
    Omit<HeldAds, 'byPublisher'> & { readonly byPublisher: readonly (readonly [string, number])[] },
  ])[];
}

export const campaignSnapshot: SnapshotCodec<Campaign> = {
  version: 1,
  every: 1_000,
  toJson: ({ terms, days, held, settledMicroUsd, ...rest }): CampaignJson => ({
    ...rest,
    ...(terms ? { terms } : {}),
    settledMicroUsd: settledMicroUsd.toString(),
    days: [...days].map(([day, { ads, perViewer }]) => [day, [...ads.entries()], [...perViewer.entries()]]),
    held: [...held].map(([bucket, ads]) => [bucket, { ...ads, byPublisher: [...ads.byPublisher] }]),
  }),
  fromJson: (json) => {
    const { terms, days, held, settledMicroUsd, ...rest } = json as CampaignJson;
    return {
      ...rest,
      terms,
      settledMicroUsd: BigInt(settledMicroUsd),
      days: new Map(
        days.map(([day, ads, perViewer]) => [
          day,
          { ads: PersistentMap.of(ads), perViewer: PersistentMap.of(perViewer) },
        ]),
      ),
      held: new Map(held.map(([bucket, ads]) => [bucket, { ...ads, byPublisher: new Map(ads.byPublisher) }])),
    };
  },
};
