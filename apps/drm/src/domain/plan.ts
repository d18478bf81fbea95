import {
  type AllocationShare,
  type Candidate,
  type Offer,
  type StartInterval,
  type Transfer,
  type WaitReason,
  type WorkloadRequest,
} from '@solyx/contracts';
import { PlanComputed, type AllocationGranted, WorkloadQueued } from '@solyx/contracts/drm';
import { accept, divideHalfEven, formatMicro, type Command, type Decider } from '@solyx/kernel';
import { alternativesFor } from './alternatives';
import { askOf } from './ask';
import { startIntervals } from './eta';
import { plural, sentenceOf, waitSentence } from './explain';
import { suit } from './filter';
import { nodeOfOffer } from './leasing';
import { marketOf } from './market';
import { evolvePartition } from './partition-evolve';
import type { PartitionState } from './partition-state';
import { requestOf, type PlanRequest } from './plan-request';
import { fixedScore } from './score';
import { inThought } from './schedule';
import { Fleet } from './shape-view';
import { transfersTo } from './transfers';

export { requestOf, type PlanRequest } from './plan-request';

const HOUR_SECONDS = 3600n;
const LEASE_OFFERS_MAX = 8;
/** Enough for a queue of thousands to be decided in thought. */
const PLAN_BOUNDS = { decisions: 20_000, bytes: 64 * 1024 * 1024 };

interface Expected {
  readonly perHour: bigint;
  readonly transfers: readonly Transfer[];
}

/** For what waits: the price where it would most likely run, on a node that suits it or on the best offer. */
function expected(state: PartitionState, request: WorkloadRequest, offers: readonly Offer[], at: string): Expected {
  const ask = askOf(request);
  const market = marketOf(state, at);
  const nodes = offers.length > 0 ? offers.map((offer) => nodeOfOffer('lease', offer, at)) : undefined;
  const places = (nodes ?? new Fleet(state).nodes).flatMap((node) => {
    const suiting = suit(node, ask, market);
    return 'suited' in suiting ? [{ node, suited: suiting.suited, fixed: fixedScore(node, ask, suiting.suited) }] : [];
  });
  const [best] = places.sort((a, b) => b.fixed - a.fixed);
  if (!best) return { perHour: 0n, transfers: [] };
  return {
    perHour: best.suited.price.perHour * BigInt(ask.nodes),
    transfers: transfersTo(state, request.data, [best.node.terms.site]),
  };
}

const NO_REASONS: readonly WaitReason[] = [];

interface Outlook extends Expected {
  readonly shares: readonly AllocationShare[];
  readonly candidates: readonly Candidate[];
  readonly leaseOffers: readonly Offer[];
  readonly reasons: readonly WaitReason[];
  readonly feasible: boolean;
  readonly waits: boolean;
  readonly sentence: string;
}

const granted = ({ allocation, candidates, sentence }: AllocationGranted['data']): Outlook => ({
  shares: allocation.shares,
  transfers: allocation.transfers,
  perHour: BigInt(allocation.priceMicroUsdPerHour),
  candidates,
  leaseOffers: [],
  reasons: [],
  feasible: true,
  waits: false,
  sentence: `It would start now: ${sentence}`,
});

/** The schedule is run in thought, with the workload last among its equals; what it says of the workload is the plan. */
function outlook(state: PartitionState, request: WorkloadRequest, at: string): Outlook {
  const { workloadId } = request;
  const queued = evolvePartition(state, WorkloadQueued({ request, at }));
  const { decisions, waiting } = inThought(queued, at, PLAN_BOUNDS);
  const leaseOffers: Offer[] = [];
  for (const { type, data } of decisions) {
    if (type === 'drm.partition.allocation-granted' && data.allocation.workloadId === workloadId) return granted(data);
    if (type === 'drm.partition.lease-requested' && data.workloadId === workloadId) leaseOffers.push(data.offer);
  }
  // Deep in a long queue nobody is told at once; what would be said is asked for here.
  const place = waiting.findIndex(({ workload }) => workload.request.workloadId === workloadId);
  const { reasons = NO_REASONS, note } = waiting[place] ?? {};
  const said = place < 0 ? 'It would wait.' : waitSentence(reasons, place, note);
  const feasible = !reasons.some(({ reason }) => reason === 'NeverFits');
  const renting = leaseOffers.length > 0 ? ` ${plural(leaseOffers.length, 'node')} would be leased for it.` : '';
  return {
    ...expected(state, request, leaseOffers, at),
    shares: [],
    candidates: [],
    leaseOffers: leaseOffers.slice(0, LEASE_OFFERS_MAX),
    reasons,
    feasible,
    waits: feasible,
    sentence: feasible ? `${said.replace('It waits', 'It would wait')}${renting}` : said,
  };
}

/** When it would start: now, or as it is foreseen; undefined where nothing that is known would let it. */
function startOf(
  state: PartitionState,
  request: WorkloadRequest,
  waits: boolean,
  at: string,
): StartInterval | undefined {
  if (!waits) return { p10At: at, p50At: at, p90At: at };
  const queued = evolvePartition(state, WorkloadQueued({ request, at }));
  return startIntervals(queued, at, new Set([request.workloadId])).get(request.workloadId);
}

/**
 * The limit that keeps it back, or the one that it would meet first: a quota or a budget of its queue, its highest
 * price, room; for work that starts, its own budget where that is spent before its maximum runtime, else that runtime.
 */
function bindingLimit({ reasons, feasible, waits }: Outlook, maximum: bigint, budget: string | undefined): string {
  const has = (pattern: RegExp): boolean => reasons.some(({ reason }) => pattern.test(reason));
  if (has(/quota|borrow|lend/i)) return 'quota';
  if (has(/budget/i)) return 'budget';
  if (reasons[0]?.reason === 'PriceTooHigh') return 'price';
  if (waits || !feasible) return 'capacity';
  return budget !== undefined && maximum > BigInt(budget) ? 'budget' : 'runtime';
}

/** What would happen now, at what price. Pure; reserves nothing. */
export function planOf(state: PartitionState, plan: PlanRequest): PlanComputed['data'] {
  const { planId, spec, at } = plan;
  const request = requestOf(plan);
  const seen = outlook(state, request, at);
  const { perHour, sentence, ...rest } = seen;
  const running = divideHalfEven(perHour * BigInt(spec.limits.maxRuntimeSeconds), HOUR_SECONDS);
  const moving = rest.transfers.reduce((sum, { priceMicroUsd }) => sum + BigInt(priceMicroUsd), 0n);
  const maximum = running + moving;
  const start = rest.feasible ? startOf(state, request, rest.waits, at) : undefined;
  const money = `at most ${formatMicro(maximum, true)} USD for one attempt`;
  return {
    planId,
    ...rest,
    priceMicroUsdPerHour: String(perHour),
    maximumMicroUsd: String(maximum),
    alternatives: alternativesFor(state, request, at),
    ...(start ? { start } : {}),
    bindingLimit: bindingLimit(seen, maximum, spec.limits.budgetMicroUsd),
    sentence: sentenceOf(`${sentence} It would cost ${money}.`),
    at,
  };
}

export type PlanCommand = Command<'RecordPlan', PlanComputed['data']>;

/** A plan is answered once. */
export const planDecider: Decider<PlanCommand, { readonly isComputed: boolean }, PlanComputed, never> = {
  name: 'drm.plan',
  initial: { isComputed: false },
  decide: ({ data }, { isComputed }) => (isComputed ? accept() : accept(PlanComputed(data))),
  evolve: () => ({ isComputed: true }),
};
