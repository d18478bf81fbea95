import type { WaitReason } from '@solyx/contracts';
import type { Ask } from './ask';
import type { Draft } from './draft';
import type { Market } from './filter';
import { Incoming } from './leasing';
import { marketOf } from './market';
import { millisOf, type QueuedWorkload } from './partition-state';
import type { Found, NotFound } from './place';
import { policyOf, type Policy } from './policy';
import type { Reservation } from './reservation';
import { Fleet, knownView, type ShapeView } from './shape-view';
import { Evictor } from './verbs/preempt';

/** Blocked shapes that one schedule looks at; those behind them wait unseen, as what is ahead of them goes first. */
export const BLOCKED_SHAPES_MAX = 256;
export const REASONS_MAX = 16;

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
  private readonly shapes = new Map<string, Shape>();

  constructor(readonly draft: Draft) {
    const { state, at } = draft;
    this.policy = policyOf(state.policy);
    this.now = millisOf(at);
    this.fleet = new Fleet(state, this.now);
    this.market = marketOf(state, at);
    this.incoming = new Incoming(this.market, at, state);
    // No queue has a quota yet that another could take back.
    this.evictor = new Evictor(draft, () => undefined);
  }

  /** Who has room kept for it is a shape of its own. */
  shapeOf({ shape, request }: QueuedWorkload, ask: Ask): Shape {
    const key = this.draft.state.claims.has(request.workloadId) ? `${shape} ${request.workloadId}` : shape;
    const known = this.shapes.get(key);
    if (known) return known;
    const made: Shape = { view: knownView(this.draft.state, this.fleet, this.market, { shape, ask }) };
    this.shapes.set(key, made);
    return made;
  }

  /** What `find` answers while the workload sees the room that is kept for it, and nobody else does. */
  seenBy<T>({ request: { workloadId } }: QueuedWorkload, find: () => T): T {
    const own = this.fleet.reveal(this.draft.state, workloadId);
    const answer = find();
    if (own.length > 0) this.fleet.refresh(this.draft.state, own);
    return answer;
  }

  /** The fleet takes over what a grant changed. */
  granted({ picks }: Found): void {
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

  wait(workload: QueuedWorkload, ...reasons: readonly WaitReason[]): void {
    this.waiting.push({ workload, reasons });
  }
}
