import type { AutonomyLimits, LimitCheck, Offer, ReasonCode } from '@solyx/contracts';
import type { Advised } from '@solyx/contracts/optimizer';
import { gpuMilliOf } from './observe';
import type { Autonomy } from './policy';
import type { Supply } from './supply';

/** Name and version of the rules below: a recorded advice tells which made it. */
export const HEURISTIC = 'threshold/1';
/** Nodes that one advice leases or releases at most: the scheduler has no more leases on their way at once. */
export const COUNT_MAX = 8;

export interface Thresholds {
  /** Work that waits for GPUs this long is worth a lease. */
  readonly waitSeconds: number;
}

export type Advice = Pick<Advised['data'], 'action' | 'count' | 'gpuModel' | 'checks' | 'sentence'> & {
  readonly reason: ReasonCode;
};

/** What leasing `count` more nodes of this offer would come to, limit by limit, over all leases whoever caused them. */
export function checkLimits(
  supply: Supply,
  offer: Offer,
  count: number,
  limits: AutonomyLimits,
): readonly LimitCheck[] {
  const { observation, leasedThisHour } = supply;
  const rent = BigInt(observation.leaseMicroUsdPerHour) + BigInt(count) * BigInt(offer.priceMicroUsdPerHour);
  const check = (limit: string, allowed: bigint, wouldBe: bigint): LimitCheck => ({
    limit,
    allowed: allowed.toString(),
    wouldBe: wouldBe.toString(),
    within: wouldBe <= allowed,
  });
  return [
    check('leasedNodesMax', BigInt(limits.leasedNodesMax), BigInt(observation.leasedNodes + count)),
    check('leaseMicroUsdPerHourMax', BigInt(limits.leaseMicroUsdPerHourMax), rent),
    check('leasesPerHourMax', BigInt(limits.leasesPerHourMax), BigInt(leasedThisHour + count)),
  ];
}

const hold = (reason: ReasonCode, sentence: string, checks: readonly LimitCheck[] = []): Advice => ({
  action: 'hold',
  count: 0,
  reason,
  checks,
  sentence,
});

const kind = (simulated: boolean): string => (simulated ? 'simulated ' : '');
const gpus = (milli: number): string => (milli / 1_000).toString();

function lease(supply: Supply, limits: AutonomyLimits): Advice {
  const { observation, offer, offerLeft, simulated, gpuModel } = supply;
  const { queuedGpuMilli, gpuMilliFree, oldestQueuedSeconds } = observation;
  const short = queuedGpuMilli - gpuMilliFree;
  const waits = `${observation.queued} ${kind(simulated)}workloads wait for ${gpus(queuedGpuMilli)} GPUs, the oldest for ${oldestQueuedSeconds} s, and ${gpus(gpuMilliFree)} are free`;
  if (!offer) return hold('OfferExhausted', `${waits}; no fresh offer of ${gpuModel || 'any GPU'} is left.`);
  const wanted = Math.min(Math.ceil(short / gpuMilliOf(offer)), offerLeft, COUNT_MAX);
  for (let count = wanted; count >= 1; count -= 1) {
    const checks = checkLimits(supply, offer, count, limits);
    if (!checks.every(({ within }) => within)) continue;
    return {
      action: 'lease',
      count,
      gpuModel: offer.gpuModel,
      reason: 'QueueWaiting',
      checks,
      sentence: `${waits}: lease ${count} × ${offer.gpusPerNode} ${kind(offer.simulated)}${offer.gpuModel} from ${offer.provider}.`,
    };
  }
  const checks = checkLimits(supply, offer, 1, limits);
  const over = checks.filter(({ within }) => !within).map(({ limit }) => limit);
  return hold('LimitExceeded', `${waits}; one more lease would exceed ${over.join(' and ')}.`, checks);
}

/** What would be best within the limits, were the optimizer free to say it. */
function best(supply: Supply, limits: AutonomyLimits, { waitSeconds }: Thresholds): Advice {
  const { observation, releasable } = supply;
  const { queued, queuedGpuMilli, gpuMilliFree, oldestQueuedSeconds } = observation;
  if (queued > 0 && queuedGpuMilli > gpuMilliFree && oldestQueuedSeconds >= waitSeconds) return lease(supply, limits);
  if (queued === 0 && releasable > 0) {
    const count = Math.min(releasable, COUNT_MAX);
    const sentence = `Nothing waits and ${releasable} leased nodes are idle: release ${count}.`;
    return { action: 'release', count, reason: 'FleetIdle', checks: [], sentence };
  }
  return hold('Balanced', `${queued} workloads wait and ${gpus(gpuMilliFree)} GPUs are free: nothing to do.`);
}

/**
 * One advice, by thresholds: lease when GPU work waits longer than allowed and the fleet has no room for it; release
 * leased nodes that stay idle; else hold. Never more than the limits allow. A pure function of its arguments.
 * With the kill switch on it holds; at the level `observe` it holds and says what it would have advised.
 */
export function advise(supply: Supply, autonomy: Autonomy, thresholds: Thresholds): Advice {
  if (autonomy.killSwitch) return hold('KillSwitchEngaged', 'The kill switch is on: nothing is advised.');
  const advice = best(supply, autonomy.limits, thresholds);
  if (autonomy.level !== 'observe' || advice.action === 'hold') return advice;
  return hold('AutonomyTooLow', `Only observing; else: ${advice.sentence}`, advice.checks);
}
