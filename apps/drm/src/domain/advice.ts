import { AdviceDecided, LeaseReleaseWanted, LeaseWanted, type AdviceObserved } from '@solyx/contracts/drm';
import type { AutonomyLimits, Offer, ReasonCode } from '@solyx/contracts';
import type { Draft } from './draft';
import { leaseSentence } from './explain';
import { isLeasable, LEASED_NODES_MAX, leaseIdOf, leasesOf, LEASES_PENDING_MAX, offersOf, remaining } from './leasing';
import { isoOf, millisOf, type LeaseState, type PartitionState } from './partition-state';

type Advice = AdviceObserved['data'];

const HOUR_MS = 3_600_000;

const costOf = (leases: Iterable<{ readonly offer: Offer }>): bigint => {
  let sum = 0n;
  for (const { offer } of leases) sum += BigInt(offer.priceMicroUsdPerHour);
  return sum;
};

/** Each limit holds over all leases, whoever caused them, so that advice can never push the sum past it. */
function exceeds(state: PartitionState, limits: AutonomyLimits, offers: readonly Offer[], at: string): boolean {
  const { size } = state.leases;
  const pending = leasesOf(state).filter(({ phase }) => phase === 'pending').length;
  const hourAgo = isoOf(millisOf(at) - HOUR_MS);
  const recent = state.advisedLeases.filter((one) => one > hourAgo).length;
  const cost = costOf(state.leases.values()) + costOf(offers.map((offer) => ({ offer })));
  return (
    size + offers.length > Math.min(limits.leasedNodesMax, LEASED_NODES_MAX) ||
    pending + offers.length > LEASES_PENDING_MAX ||
    recent + offers.length > limits.leasesPerHourMax ||
    cost > BigInt(limits.leaseMicroUsdPerHourMax)
  );
}

/** The cheapest fresh offers of the model, for us; undefined where there are too few. */
function cheapest(state: PartitionState, advice: Advice, at: string): readonly Offer[] | undefined {
  const order = (a: Offer, b: Offer): number => {
    const difference = BigInt(a.priceMicroUsdPerHour) - BigInt(b.priceMicroUsdPerHour);
    return difference === 0n ? (a.offerId < b.offerId ? -1 : 1) : difference < 0n ? -1 : 1;
  };
  const offers = offersOf(state)
    .filter((one) => isLeasable(one, at) && (advice.gpuModel === undefined || one.offer.gpuModel === advice.gpuModel))
    .sort((a, b) => order(a.offer, b.offer));
  const chosen: Offer[] = [];
  for (const one of offers) {
    const left = remaining(state, one);
    for (let i = 0; i < left && chosen.length < advice.count; i += 1) chosen.push(one.offer);
  }
  return chosen.length === advice.count ? chosen : undefined;
}

function lease(draft: Draft, advice: Advice, limits: AutonomyLimits): ReasonCode {
  const { state, at } = draft;
  const tooMany = advice.count > LEASES_PENDING_MAX || advice.count > draft.room - 1;
  const offers = tooMany ? undefined : cheapest(state, advice, at);
  if (tooMany || (offers && exceeds(state, limits, offers, at))) return 'LimitExceeded';
  if (!offers) return 'OfferExhausted';
  for (const offer of offers) {
    const leaseId = leaseIdOf(draft.state, offer);
    const sentence = leaseSentence(offer, 'The optimizer advised it, within its limits', offers.length);
    const { adviceId } = advice;
    draft.record(LeaseWanted({ leaseId, offer, reason: 'AdviceObeyed', sentence, adviceId, at }));
  }
  return 'AdviceObeyed';
}

/** Active leases whose node is idle and paid for; the dearest first. */
function idle(state: PartitionState, advice: Advice, now: number): readonly LeaseState[] {
  const isIdle = ({ phase, offer, nodeId, activeAt }: LeaseState): boolean =>
    phase === 'active' &&
    (advice.gpuModel === undefined || offer.gpuModel === advice.gpuModel) &&
    now >= millisOf(activeAt) + offer.minimumSeconds * 1000 &&
    state.nodes.get(nodeId)?.workloads.length === 0;
  return leasesOf(state)
    .filter(isIdle)
    .sort((a, b) => Number(BigInt(b.offer.priceMicroUsdPerHour) - BigInt(a.offer.priceMicroUsdPerHour)));
}

function release(draft: Draft, advice: Advice): ReasonCode {
  const most = Math.min(advice.count, draft.room - 1);
  const leases = idle(draft.state, advice, millisOf(draft.at)).slice(0, most);
  for (const { leaseId, nodeId } of leases) {
    const { adviceId } = advice;
    draft.record(LeaseReleaseWanted({ leaseId, nodeId, reason: 'FleetIdle', adviceId, at: draft.at }));
  }
  return leases.length > 0 || advice.count === 0 ? 'AdviceObeyed' : 'LeaseUnknown';
}

function answer(draft: Draft, advice: Advice): ReasonCode {
  const { autonomy } = draft.state;
  if (autonomy?.killSwitch === true) return 'KillSwitchEngaged';
  // The level in force now counts, not the one under which the advice was given.
  if (autonomy?.level !== 'act' || advice.level !== 'act') return 'AutonomyTooLow';
  if (advice.action === 'hold') return 'AdviceObeyed';
  return advice.action === 'lease' ? lease(draft, advice, autonomy.limits) : release(draft, advice);
}

/** Step 2 of a schedule: advice is obeyed within the limits that people set, or not, and why. */
export function decideAdvice(draft: Draft): void {
  for (const advice of draft.state.advice) {
    if (draft.room < 2) return;
    const reason = answer(draft, advice);
    const { adviceId } = advice;
    draft.record(AdviceDecided({ adviceId, obeyed: reason === 'AdviceObeyed', reason, at: draft.at }));
  }
}
