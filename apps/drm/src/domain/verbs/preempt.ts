import type { EvictionReason, Quota, RoomShare, ScoreTerm, WorkloadRequest } from '@solyx/contracts';
import { PreemptionRequested } from '@solyx/contracts/drm';
import { askOf, type Ask } from '../ask';
import { ClaimBook } from '../claims';
import { DISRUPTION_LIMITS, DisruptionBudget, type DisruptionLimits } from '../disruption';
import type { Draft } from '../draft';
import { DEFAULT_QUEUE, NOTICE_SECONDS, queueKey, stakeOfKey } from '../eviction';
import { plural, sentenceOf } from '../explain';
import { millisOf, type HeldAllocation, type QueuedWorkload } from '../partition-state';
import { minus, NONE, plus, RESOURCES, sumOf } from '../queues/amounts';
import { wantedOf } from '../queues/lanes';
import type { ShapeView } from '../shape-view';
import { stakesOn, type NodeStakes } from '../stakes';
import { byCost, chooseVictims, lostWork, type Choice, type Place, type Victim } from '../victims';
import { quotaVictims, Reclaimer, type UseOf } from './reclaim';

/** Workloads for which one schedule looks for victims; the others look next time. */
const TRIES_MAX = 8;
const MOVE_TRIES_MAX = 2;
const GPU_MINUTE = 60_000_000;

/** An eviction, to be recorded. */
export interface Eviction {
  readonly held: HeldAllocation;
  readonly reason: EvictionReason;
  readonly noticeSeconds: number;
  readonly sentence: string;
  readonly forWorkloadId?: string;
  readonly room?: readonly RoomShare[];
  readonly terms?: readonly ScoreTerm[];
}

/** Asks a running workload to leave. Its GPUs are free when it has ended, not before. */
export function evict(draft: Draft, { held, sentence, ...what }: Eviction): void {
  const { workloadId, allocationId, attempt, organizationId } = held.allocation;
  const ids = { workloadId, allocationId, attempt, organizationId };
  draft.record(PreemptionRequested({ ...ids, ...what, sentence: sentenceOf(sentence), at: draft.at }));
}

/** A workload that runs and has not been asked to leave. */
export const isStaying = (held: HeldAllocation | undefined): held is HeldAllocation =>
  held !== undefined && held.ending === '' && held.evicting === undefined;

const nodesInWords = ({ allocation: { shares } }: HeldAllocation): string =>
  shares.length === 1 ? (shares[0]?.nodeId ?? '') : plural(shares.length, 'node');

/** "0.5 GPU-minutes". */
export const lostInWords = (lost: number): string => `${Math.round(lost / (GPU_MINUTE / 10)) / 10} GPU-minutes`;

const WHY: Readonly<Record<string, string>> = {
  Preempted: 'it has a lower priority',
  SpotReclaimed: 'it runs as spot',
  Reclaimed: 'it runs on quota that its queue has borrowed',
  Consolidated: 'there is room for it elsewhere',
};

/** The work of another organization has no name here. */
const beneficiary = ({ allocation }: HeldAllocation, { organizationId, name }: WorkloadRequest): string =>
  allocation.organizationId === organizationId ? name : 'work of another organization';

const sentenceFor = ({ held, reason, lost }: Victim, request: WorkloadRequest): string =>
  `It is asked to leave ${nodesInWords(held)} within ${NOTICE_SECONDS} s, for ${beneficiary(held, request)} ` +
  `(priority ${request.priority}): ${WHY[reason] ?? reason}, and ${lostInWords(lost)} of its work are lost. ` +
  `It is queued again in its old place.`;

/** Who may be asked, and why. */
export interface Prey {
  /** Says no only where nobody on the node may be. */
  readonly mayBeOn: (stakes: NodeStakes) => boolean;
  readonly reasonToTake: (held: HeldAllocation) => EvictionReason | undefined;
}

const NOBODY: readonly HeldAllocation[] = [];

export interface Beneficiary {
  readonly workload: QueuedWorkload;
  readonly view: ShapeView;
}

/** Records the evictions that were chosen, the room with the first of them; false where there is no room to record. */
export function evictAll(draft: Draft, { victims, room }: Choice, request: WorkloadRequest, gain = 0): boolean {
  if (draft.room < victims.length) return false;
  for (const [place, victim] of victims.entries()) {
    evict(draft, {
      held: victim.held,
      reason: victim.reason,
      noticeSeconds: NOTICE_SECONDS,
      sentence: sentenceFor(victim, request),
      forWorkloadId: request.workloadId,
      ...(place === 0 && room.length > 0 ? { room } : {}),
      terms: [
        { term: 'lost-work', value: 0 - victim.lost },
        ...(gain > 0 ? [{ term: 'room-gained', value: gain }] : []),
      ],
    });
  }
  return true;
}

/** What one schedule needs to know to take room from those who run. */
export class Evictor {
  private tries = 0;
  private moveTries = 0;
  /** Nobody was found for one of them, so nobody will be for its like. */
  private readonly hopeless = new Set<string>();
  /** By queue: what those ahead of the one that is looked at wait for already. */
  private readonly pledged = new Map<string, Quota>();
  /** What of the quota that is on its way back is spoken for. */
  private takenBack: Quota = NONE;

  constructor(
    private readonly draft: Draft,
    private readonly useOf: UseOf,
    private readonly limits: DisruptionLimits = DISRUPTION_LIMITS,
  ) {}

  /** Those who were asked to leave for it, and have not left. */
  awaited(workloadId: string): number {
    const { state, at } = this.draft;
    if (state.claims.size === 0) return 0;
    const nodeIds = new Set(new ClaimBook(state, millisOf(at)).nodeIdsOf(workloadId));
    if (nodeIds.size === 0) return 0;
    return state.evicting.filter((id) =>
      state.held.get(id)?.allocation.shares.some(({ nodeId }) => nodeIds.has(nodeId)),
    ).length;
  }

  /**
   * Asks others to leave, so that there is room for a workload that nothing free can take. Answers for how many it waits
   * now. Spot work evicts nobody; other work evicts spot work of anyone, work of lower priority of its own organization,
   * and what other queues have borrowed of its queue's quota; nobody before the end of his minimum runtime, and no more
   * than the disruption budgets allow.
   */
  makeRoom({ workload, view }: Beneficiary, isKept: (nodeId: string) => boolean): number {
    const { draft } = this;
    const { request, shape } = workload;
    const already = this.awaited(request.workloadId);
    if (already > 0) return this.pledge(askOf(request), already);
    const like = `${request.organizationId} ${request.queue ?? ''} ${request.priority} ${shape}`;
    if (request.spot === true || this.tries >= TRIES_MAX || this.hopeless.has(like)) return 0;
    const ask = askOf(request);
    const reclaimer = new Reclaimer(ask, this.useNow);
    if (!reclaimer.isOwed && !this.hasPrey(request)) {
      this.hopeless.add(like);
      return 0;
    }
    this.tries += 1;
    const budget = new DisruptionBudget(draft.state, draft.at, this.limits);
    const prey: Prey = {
      mayBeOn: ({ hasSpot, lowest }) => hasSpot || reclaimer.isOwed || lowest < request.priority,
      reasonToTake: (held) => this.reasonToTake(held, request, reclaimer),
    };
    const places = this.places(view, ask, prey, isKept);
    const allows = (victims: readonly Victim[]): boolean => budget.allows(victims) && reclaimer.allows(victims);
    const choice = chooseVictims(places, { ask, allows });
    if (choice && choice.victims.length > 0 && evictAll(draft, choice, request)) {
      return this.pledge(ask, choice.victims.length);
    }
    this.hopeless.add(like);
    return 0;
  }

  /**
   * For a workload that its queue's own quota covers, and for which there is nothing left in the cohort: those who run on
   * what they borrowed of it are asked to leave. Answers for how many it waits now; no room is kept, as none was missing.
   */
  takeBack({ request }: QueuedWorkload, ask: Ask, short: Quota): number {
    const { draft } = this;
    const reclaimer = new Reclaimer(ask, this.useNow);
    if (!reclaimer.isOwed || request.spot === true || this.tries >= TRIES_MAX) return 0;
    const { state, at } = draft;
    const now = millisOf(at);
    const leaving = state.evicting.flatMap((id) => state.held.get(id) ?? []).filter((held) => reclaimer.lent(held));
    const coming = minus(sumOf(leaving.flatMap(({ allocation }) => allocation.shares)), this.takenBack);
    const left = minus(short, coming);
    this.takenBack = plus(this.takenBack, short);
    if (RESOURCES.every((of) => left[of] <= 0)) return this.pledge(ask, leaving.length);
    this.tries += 1;
    const candidates = [...state.held.values()].flatMap((held): readonly Victim[] => {
      if (!isStaying(held) || now < held.stake.safeUntil || !reclaimer.mayTake(held)) return [];
      return [{ held, workloadId: held.allocation.workloadId, reason: 'Reclaimed', lost: lostWork(held, now) }];
    });
    const budget = new DisruptionBudget(state, at, this.limits);
    const victims = quotaVictims(candidates, left, (some) => budget.allows(some) && reclaimer.allows(some));
    const isDone = victims !== undefined && evictAll(draft, { victims, room: [], lost: 0 }, request);
    return isDone ? this.pledge(ask, leaving.length + victims.length) : leaving.length;
  }

  /** What a queue uses, without those who were asked to leave, and with those who wait for what is on its way to them. */
  private readonly useNow: UseOf = (organizationId, queue) => {
    const use = this.useOf(organizationId, queue);
    if (!use) return undefined;
    const { state } = this.draft;
    const leaving = state.evicting
      .flatMap((id) => state.held.get(id) ?? [])
      .filter(({ allocation, stake }) => allocation.organizationId === organizationId && stake.queue === queue)
      .flatMap(({ allocation }) => allocation.shares);
    const pledged = this.pledged.get(queueKey(organizationId, queue)) ?? NONE;
    return { ...use, used: minus(plus(use.used, pledged), sumOf(leaving)) };
  };

  private pledge(ask: Ask, count: number): number {
    const { organizationId, queue = DEFAULT_QUEUE } = ask.request;
    const key = queueKey(organizationId, queue);
    this.pledged.set(key, plus(this.pledged.get(key) ?? NONE, wantedOf(ask)));
    return count;
  }

  /** Is there anyone at all? Says no at once for most of a queue in which all are alike. */
  private hasPrey({ organizationId, priority }: WorkloadRequest): boolean {
    for (const [key] of this.draft.state.stakes.entries()) {
      const stake = stakeOfKey(key);
      if (stake.spot || (stake.organizationId === organizationId && stake.priority < priority)) return true;
    }
    return false;
  }

  private reasonToTake(
    held: HeldAllocation,
    { organizationId, priority }: WorkloadRequest,
    reclaimer: Reclaimer,
  ): EvictionReason | undefined {
    if (held.stake.spot) return 'SpotReclaimed';
    const isLower = held.allocation.organizationId === organizationId && held.stake.priority < priority;
    if (isLower) return 'Preempted';
    return reclaimer.mayTake(held) ? 'Reclaimed' : undefined;
  }

  /** May one more workload be looked at, for which others could move? One of its like that found nothing speaks for it. */
  mayTryMoves({ shape }: QueuedWorkload): boolean {
    const like = `moves ${shape}`;
    if (this.moveTries >= MOVE_TRIES_MAX || this.hopeless.has(like)) return false;
    this.moveTries += 1;
    this.hopeless.add(like);
    return true;
  }

  /** The nodes that suit the ask, as they will be when all who were asked have left, and who else might be asked. */
  *places(view: ShapeView, ask: Ask, prey: Prey, isKept: (nodeId: string) => boolean): Generator<Place> {
    const { state, at } = this.draft;
    const now = millisOf(at);
    const claims = new ClaimBook(state, now);
    const leaving = new Set([...state.evicting, ...state.ending]);
    for (const eligible of view.eligible) {
      const node = state.nodes.get(eligible.nodeId);
      if (!node || node.cordoned || node.releasing || isKept(eligible.nodeId)) continue;
      const stakes = stakesOn(state, node);
      const victims: Victim[] = [];
      for (const held of now >= stakes.safeUntil && prey.mayBeOn(stakes) ? stakes.held : NOBODY) {
        const { workloadId } = held.allocation;
        if (now < held.stake.safeUntil || leaving.has(workloadId)) continue;
        const reason = prey.reasonToTake(held);
        if (reason) victims.push({ held, workloadId, reason, lost: lostWork(held, now) });
      }
      const promised = claims.promised(node, ask.request.workloadId);
      if (victims.length > 0 || promised !== node) yield { eligible, node: promised, victims: victims.sort(byCost) };
      else if (ask.nodesMin > 1) yield { eligible, node, victims };
    }
  }
}

/** Work on nodes that their lessor takes back is told so, with what is left of the notice. */
export function leaveInTime(draft: Draft): void {
  const { state, at } = draft;
  for (const nodeId of state.leaving) {
    const node = state.nodes.get(nodeId);
    const noticeSeconds = Math.max(0, Math.floor((millisOf(node?.evictBy ?? at) - millisOf(at)) / 1000));
    for (const workloadId of node?.workloads ?? []) {
      const held = draft.state.held.get(workloadId);
      if (!isStaying(held)) continue;
      if (draft.isFull) return;
      const sentence = `The lessor takes ${nodeId} back in ${noticeSeconds} s. It is queued again in its old place.`;
      evict(draft, { held, reason: 'SpotReclaimed', noticeSeconds, sentence });
    }
  }
}
