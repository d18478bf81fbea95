import type { CampaignTerms } from '@solyx/contracts';

/** Who could be shown an advertisement, where. */
export interface AdRequest {
  /** Of the viewer's account. Who pays for premium sees none. */
  readonly plan: 'free' | 'premium';
  readonly viewerHash: string;
  /** What the page or conversation is about. */
  readonly category: string;
  readonly simulated: boolean;
  readonly at: string;
}

/** A campaign as it stands for one viewer. */
export interface AdCandidate {
  readonly campaignId: string;
  readonly isActive: boolean;
  readonly terms: CampaignTerms;
  /** How many more impressions (cpm) or clicks (cpc) its budget pays for. */
  readonly left: number;
  /** How often this viewer saw it on this day of UTC. */
  readonly shownToViewerToday: number;
  readonly impressions: number;
  readonly clicks: number;
}

const isEligible = ({ isActive, terms, left, shownToViewerToday }: AdCandidate, request: AdRequest): boolean =>
  isActive &&
  left > 0 &&
  terms.simulated === request.simulated &&
  terms.startsAt <= request.at &&
  (terms.endsAt === undefined || request.at < terms.endsAt) &&
  (terms.categories.length === 0 || terms.categories.includes(request.category)) &&
  shownToViewerToday < terms.impressionsPerViewerPerDay;

/** What a thousand impressions bring, as a fraction. Clicks are expected as before, beginning at one in a hundred. */
function worthOf({ terms, impressions, clicks }: AdCandidate): readonly [numerator: bigint, denominator: bigint] {
  const rate = BigInt(terms.rateMicroUsd);
  if (terms.pricing === 'cpm') return [rate, 1n];
  return [rate * 1_000n * BigInt(clicks + 1), BigInt(impressions + 100)];
}

/** Whether the first is worth more; among equals the one that its viewer saw less, then by name. */
function isBetter(a: AdCandidate, b: AdCandidate): boolean {
  const [[an, ad], [bn, bd]] = [worthOf(a), worthOf(b)];
  const difference = an * bd - bn * ad;
  if (difference !== 0n) return difference > 0n;
  if (a.shownToViewerToday !== b.shownToViewerToday) return a.shownToViewerToday < b.shownToViewerToday;
  return a.campaignId < b.campaignId;
}

/** The advertisement to show, or none. The same question has the same answer, in whatever order campaigns come. */
export function chooseAd(request: AdRequest, candidates: readonly AdCandidate[]): AdCandidate | undefined {
  if (request.plan === 'premium') return undefined;
  let best: AdCandidate | undefined;
  for (const candidate of candidates) {
    if (isEligible(candidate, request) && (!best || isBetter(candidate, best))) best = candidate;
  }
  return best;
}
