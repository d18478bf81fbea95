import type { NodeFacts, NodeTerms, Offer } from '@solyx/contracts';
import { derivePrefixedId } from '@solyx/kernel';
import type { Ask } from './ask';
import { emptyNode, take } from './capacity';
import { lacking, LIFTABLE, pickGpus, suit, type Market, type Suited } from './filter';
import { billedSeconds, offerCost } from './currency';
import { loadOf } from './market';
import { millisOf, type LeaseState, type NodeState, type OfferState, type PartitionState } from './partition-state';
import { holdingOf } from './pool';
import { freeScore, fixedScore } from './score';

/** Bounds of the policy `best-fit/1`. Constants, not configuration, so that a recorded decision replays as it was. */
export const LEASED_NODES_MAX = 64;
export const LEASES_PENDING_MAX = 8;
/** A leased node without work is given back after this, and after the offer's minimum. */
export const LEASE_IDLE_MS = 300_000;

export const leaseIdOf = (state: PartitionState, offer: Offer): string =>
  derivePrefixedId('lease', offer.offerId, state.leaseCount);

export const leasedNodeIdOf = (leaseId: string): string => derivePrefixedId('node', leaseId);

/** Terms of the node that a lease of this offer brings. */
export const termsOfLease = (leaseId: string, offer: Offer): NodeTerms => ({
  nodeId: leasedNodeIdOf(leaseId),
  source: 'leased',
  provider: offer.provider,
  simulated: offer.simulated,
  executor: offer.simulated ? 'simulated' : 'agent',
  site: offer.site,
  region: offer.region,
  leaseId,
  costMicroUsdPerHour: offer.priceMicroUsdPerHour,
});

export const factsOfLease = (leaseId: string, offer: Offer): NodeFacts => ({
  hostname: `${offer.offerId}-${leaseId.slice(-4)}`.slice(0, 128),
  os: offer.simulated ? 'simulated' : 'unknown',
  cpuMilli: offer.cpuMilli,
  memoryMiB: offer.memoryMiB,
  gpus: Array.from({ length: offer.gpusPerNode }, (_, index) => ({
    index,
    model: offer.gpuModel,
    memoryMiB: offer.gpuMemoryMiB,
  })),
});

/** The node that the offer would become. */
export const nodeOfOffer = (leaseId: string, offer: Offer, at: string): NodeState =>
  emptyNode(termsOfLease(leaseId, offer), factsOfLease(leaseId, offer), at);

/** What is left of an offer: what was seen, less what was leased of it since. */
export function remaining(state: PartitionState, { offer }: OfferState): number {
  let taken = 0;
  for (const lease of state.leases.values()) {
    if (lease.offer.offerId === offer.offerId && lease.requestedAt >= offer.observedAt) taken += 1;
  }
  return Math.max(0, offer.available - taken);
}

export const isLeasable = ({ offer, notBefore }: OfferState, at: string): boolean =>
  offer.freshUntil > at && notBefore <= at;

export const offersOf = (state: PartitionState): readonly OfferState[] =>
  [...state.offers.values()].sort((a, b) => (a.offer.offerId < b.offer.offerId ? -1 : 1));

export const leasesOf = (state: Pick<PartitionState, 'leases'>): readonly LeaseState[] =>
  [...state.leases.values()].sort((a, b) => (a.leaseId < b.leaseId ? -1 : 1));

/** A leased node on its way, filled in thought with the work that waits for it. */
interface Coming {
  readonly leaseId: string;
  readonly readyAt: number;
  node: NodeState;
}

export interface LeaseChoice {
  readonly offer: Offer;
  readonly suited: Suited;
}

/**
 * Leased nodes that are on their way while one schedule runs. Blocked work is assigned to them in the order of the
 * queue, so that a burst leases what it needs, and once.
 */
export class Incoming {
  private readonly coming: Coming[] = [];

  constructor(
    private readonly market: Market,
    private readonly at: string,
    state: PartitionState,
  ) {
    for (const lease of leasesOf(state)) if (lease.phase === 'pending') this.expect(lease.leaseId, lease.offer, at);
  }

  get pending(): number {
    return this.coming.length;
  }

  expect(leaseId: string, offer: Offer, requestedAt: string): void {
    const readyAt = millisOf(requestedAt) + offer.bootSeconds * 1000;
    this.coming.push({ leaseId, readyAt, node: nodeOfOffer(leaseId, offer, this.at) });
  }

  /** Assigns up to `wanted` nodes of what is coming to the workload; answers how many, and when the last is ready. */
  assign(ask: Ask, wanted: number): { readonly nodes: number; readonly readyAt: number } {
    let nodes = 0;
    let readyAt = 0;
    for (const one of this.coming) {
      if (nodes >= wanted) break;
      const suiting = suit(one.node, ask, this.market);
      if ('reason' in suiting || lacking(one.node, ask, suiting.suited.places) !== undefined) continue;
      one.node = filled(one.node, ask, suiting.suited);
      nodes += 1;
      readyAt = Math.max(readyAt, one.readyAt);
    }
    return { nodes, readyAt };
  }
}

function filled(node: NodeState, ask: Ask, suited: Suited): NodeState {
  const places = pickGpus(node, ask, suited.places);
  const indexes = places.map((place) => node.facts.gpus[place]?.index ?? 0);
  const share = {
    ...node.terms,
    rank: 0,
    gpuModel: suited.gpuModel,
    gpuIndexes: indexes,
    gpuMilli: ask.gpuMilliTotal,
    cpuMilli: ask.cpuMilli,
    memoryMiB: ask.memoryMiB,
    ...(ask.isPlain ? {} : holdingOf(node, ask, places)),
    priceMicroUsdPerHour: '0',
  };
  return take(node, share, ask.request.workloadId, ask.request.organizationId);
}

const anyOfferSuits = (state: PartitionState, ask: Ask, market: Market, isCounted: (reason: string) => boolean) =>
  [...state.offers.values()].some(({ offer }) => {
    const suiting = suit(nodeOfOffer('lease', offer, ''), ask, market);
    return 'suited' in suiting || isCounted(suiting.reason);
  });

/** Some offer, fresh or not, would bring a node that is large enough. */
export const offersEverSuit = (state: PartitionState, ask: Ask, market: Market): boolean =>
  anyOfferSuits(state, ask, market, (reason) => LIFTABLE.has(reason));

/**
 * How good an offer is for the work that waits. In one currency: what the whole node costs for as long as it must be
 * paid, its boot and its risk, less what others who wait for the same would carry; else as a node that is there.
 */
function offerScore(
  offer: Offer,
  node: NodeState,
  ask: Ask,
  wanted: OffersWanted & { readonly suited: Suited },
): number {
  const { suited, market, sharers } = wanted;
  const fixed = fixedScore(node, ask, suited);
  if (suited.cost === undefined || market.gpuHour === undefined) return fixed + freeScore(node, ask, suited);
  return fixed + suited.cost.microGpu - offerCost(offer, loadOf(ask), market.gpuHour, sharers).microGpu;
}

export interface OffersWanted {
  readonly nodes: number;
  readonly at: string;
  readonly market: Market;
  /** Others that wait for the same. */
  readonly sharers: number;
}

/**
 * The offers to lease for `nodes` more nodes: as good a place as any by the same opinions, then the cheapest for us,
 * then by id. Undefined where there are not enough: a gang leases all or none.
 */
export function chooseOffers(
  state: PartitionState,
  ask: Ask,
  wanted: OffersWanted,
): readonly LeaseChoice[] | undefined {
  const ranked = offersOf(state)
    .filter((one) => isLeasable(one, wanted.at))
    .flatMap((one) => {
      const node = nodeOfOffer('lease', one.offer, wanted.at);
      const suiting = suit(node, ask, wanted.market);
      if ('reason' in suiting) return [];
      const { suited } = suiting;
      const score = offerScore(one.offer, node, ask, { ...wanted, suited });
      return [{ offer: one.offer, suited, score, left: remaining(state, one) }];
    })
    .sort((a, b) => b.score - a.score || costOrder(a.offer, b.offer));
  const chosen: LeaseChoice[] = [];
  for (const { offer, suited, left } of ranked) {
    for (let i = 0; i < left && chosen.length < wanted.nodes; i += 1) chosen.push({ offer, suited });
  }
  return chosen.length === wanted.nodes ? chosen : undefined;
}

const costOrder = (a: Offer, b: Offer): number => {
  const difference = BigInt(a.priceMicroUsdPerHour) - BigInt(b.priceMicroUsdPerHour);
  return difference === 0n ? (a.offerId < b.offerId ? -1 : 1) : difference < 0n ? -1 : 1;
};

/** An hourly lease goes back so shortly before its next hour begins. */
const LAST_MOMENTS_MS = 60_000;
/** Nothing has run on it for so long, where the next hour would cost again. */
const QUIET_MS = 60_000;

/** Until when a lease is paid at a time: the end of the minimum, or of the billing unit that has begun. */
export function paidUntil({ offer, activeAt }: LeaseState, now: number): number {
  const active = millisOf(activeAt);
  return active + billedSeconds(offer, (now - active) / 1000) * 1000;
}

/**
 * May a leased node on which nothing runs go back? Past the minimum and the idle window, where it is billed to the
 * second. Where it is billed in longer units, what has begun is paid: it stays useful until the last moments of the
 * unit, and goes then, unless something ran on it just now.
 */
export function isIdleLease(lease: LeaseState, idleSince: string, now: number): boolean {
  const { offer, activeAt } = lease;
  const idleMs = now - millisOf(idleSince);
  const unitMs = (offer.billingUnitSeconds ?? 1) * 1000;
  if (unitMs <= LAST_MOMENTS_MS) {
    return now >= millisOf(activeAt) + offer.minimumSeconds * 1000 && idleMs >= LEASE_IDLE_MS;
  }
  const rest = paidUntil(lease, now) - now;
  return rest <= LAST_MOMENTS_MS && idleMs >= QUIET_MS;
}
