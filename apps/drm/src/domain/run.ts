import type { WaitReason } from '@solyx/contracts';
import type { Ask } from './ask';
import type { Draft } from './draft';
import type { Market } from './filter';
import { Future } from './future';
import { Incoming } from './leasing';
import { marketOf } from './market';
import { millisOf, type NodeState, type QueuedWorkload } from './partition-state';
import type { Found, NotFound } from './place';
import { policyOf, type Policy } from './policy';
import { Cohorts } from './queues/cohort';
import { queueKeyOf, queueNameOf, quotaOf, UNLIMITED } from './queues/queue-state';
import type { Reservation } from './reservation';
import { Fleet, knownView, type ShapeView } from './shape-view';
import type { Refusal } from './verbs/admit';
import { Evictor } from './verbs/preempt';
import { useIn } from './verbs/reclaim';

/** Blocked shapes that one schedule looks at; those behind them wait unseen, as what is ahead of them goes first. */
export const BLOCKED_SHAPES_MAX = 256;
export const REASONS_MAX = 16;
/** Blocked workloads for which anything is done in one schedule. */
const HELPED_MAX = 64;
/** And so many of each queue beyond, up to so many in all. */
const OF_EACH_QUEUE_MAX = 4;
const LOOKED_AT_MAX = 512;

/** Workloads of one shape, while one schedule runs. */
export interface Shape {
  readonly view: ShapeView;
  /** Set once one of them did not fit: capacity only shrinks from there, so no other will. */
  blocked?: NotFound & { readonly reasons: readonly WaitReason[] };
  /** No offer is left for it, or a limit is reached. */
  leasingStopped?: boolean;
}

/** A workload that is looked at. */
export interface Turn {
  readonly workload: QueuedWorkload;
  readonly ask: Ask;
  readonly shape: Shape;
}

/** A workload that nothing free can take. */
export interface Blocked extends Turn {
  readonly found: NotFound;
  /** The first of its shape. */
  readonly isFirst: boolean;
}

export interface WaitingWorkload {
  readonly workload: QueuedWorkload;
  readonly reasons: readonly WaitReason[];
  /** Said after the reasons. */
  readonly note?: string;
}

/** One run over a snapshot: what the verbs share. Lives as long as one call of `schedule`. */
export class Run {
  readonly policy: Policy;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly fleet: Fleet;
  readonly market: Market;
  readonly incoming: Incoming;
  readonly evictor: Evictor;
  readonly reservations: Reservation[] = [];
  /** In the order in which they were looked at. */
  readonly waiting: WaitingWorkload[] = [];
  blockedShapes = 0;
  /** Room that is kept for later. */
  readonly future: Future;
  /** Workloads whose start is planned, and when that is; milliseconds since 1970. */
  readonly planned = new Map<string, number>();
  /** Nodes that are shown without what is kept on them, as they are, while one workload is looked at. */
  readonly covered = new Map<string, NodeState>();
  /** Of queues whose budgets refused work. */
  readonly refusals = new Map<string, { readonly count: number; readonly refusal: Refusal }>();
  private readonly lookedAt = new Map<string, number>();
  private quotas: Cohorts | undefined;
  private readonly shapes = new Map<string, Shape>();

  constructor(readonly draft: Draft) {
    const { state, at } = draft;
    this.policy = policyOf(state.policy);
    this.now = millisOf(at);
    this.fleet = new Fleet(state, this.now);
    this.market = marketOf(state, at);
    this.incoming = new Incoming(this.market, at, state);
    this.future = new Future(this.fleet, this.now);
    this.evictor = new Evictor(draft, (organizationId, queue) => useIn(draft.state, organizationId, queue));
  }

  /** Worked out when the first quota is asked for. */
  get cohorts(): Cohorts {
    this.quotas ??= new Cohorts(this.draft.state);
    return this.quotas;
  }

  /** Who has room kept for it is a shape of its own; where room is reserved, so is whose work it is. */
  private keyOf(shape: string, request: QueuedWorkload['request']): string {
    const { claims, reservations } = this.draft.state;
    if (claims.size > 0 && claims.has(request.workloadId)) return `${shape} ${request.workloadId}`;
    return reservations.size === 0 ? shape : `${shape} of ${queueKeyOf(request)}`;
  }

  shapeOf({ shape, request }: QueuedWorkload, ask: Ask): Shape {
    const key = this.keyOf(shape, request);
    const known = this.shapes.get(key);
    if (known) return known;
    const made: Shape = { view: knownView(this.draft.state, this.fleet, this.market, { shape, ask }) };
    this.shapes.set(key, made);
    return made;
  }

  /**
   * What `find` answers while the workload sees the nodes as it may use them: with the room that evictions made for it,
   * and without what is kept for others until it will have ended.
   */
  seenBy<T>({ request }: QueuedWorkload, ask: Ask, find: () => T): T {
    const { fleet, future, draft, covered, now } = this;
    const own = fleet.reveal(draft.state, request.workloadId);
    const viewer = { organizationId: request.organizationId, queue: queueNameOf(request) };
    for (const nodeId of future.nodeIds) {
      const node = fleet.nodeOf(nodeId);
      if (!node) continue;
      const free = future.fromNow(draft.state, node, now + ask.runtimeMs, viewer);
      if (free === node) continue;
      covered.set(nodeId, node);
      fleet.cover(free);
    }
    const answer = find();
    if (own.length > 0 || covered.size > 0) fleet.refresh(draft.state, [...own, ...covered.keys()]);
    covered.clear();
    return answer;
  }

  /** Enough blocked workloads were helped and planned for one schedule: a few of each queue, whoever is ahead of it. */
  isDeep({ request }: QueuedWorkload): boolean {
    const { length } = this.waiting;
    if (this.policy.order === 'age' || length < HELPED_MAX) return false;
    if (length >= LOOKED_AT_MAX) return true;
    const key = queueKeyOf(request);
    const before = this.lookedAt.get(key) ?? 0;
    this.lookedAt.set(key, before + 1);
    return before >= OF_EACH_QUEUE_MAX;
  }

  knownShape({ shape, request }: QueuedWorkload): Shape | undefined {
    return this.shapes.get(this.keyOf(shape, request));
  }

  /** What is kept for later is left alone. */
  isKept(nodeId: string): boolean {
    return this.future.has(nodeId) || this.reservations.some(({ nodeIds }) => nodeIds.has(nodeId));
  }

  /** The fleet, and the pools of quotas, take over what a grant changed. */
  granted({ request }: QueuedWorkload, { picks }: Found): void {
    const quota = quotaOf(this.draft.state, request.organizationId, queueNameOf(request));
    if (quota !== undefined && quota !== UNLIMITED) this.cohorts.refresh(this.draft.state, quota);
    this.fleet.refresh(
      this.draft.state,
      picks.map(({ nodeId }) => nodeId),
    );
  }

  /** Others were asked to leave for a workload: the room is hidden from here on. */
  claimed({ request: { workloadId } }: QueuedWorkload): void {
    const { state } = this.draft;
    const nodeIds = (state.claims.get(workloadId)?.room ?? []).map(({ nodeId }) => nodeId);
    this.fleet.refresh(state, nodeIds);
  }
}
