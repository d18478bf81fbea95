import type { RoomShare } from '@solyx/contracts';
import type { Ask } from './ask';
import { giveBack, take } from './capacity';
import { narrower } from './claims';
import { lacking, pickGpus } from './filter';
import type { NodeState, PartitionState } from './partition-state';
import { holdingOf } from './pool';
import { placeIn } from './queues/line';
import type { Eligible, Fleet, ShapeView } from './shape-view';
import { gangNodes } from './topology';

/** Whose room it is. */
export interface Owner {
  readonly organizationId: string;
  /** Left out: any queue of the organization. */
  readonly queue?: string;
}

/** Room that is kept from an instant to another, on one node. */
export interface Kept {
  readonly id: string;
  readonly from: number;
  readonly until: number;
  readonly room: RoomShare;
  readonly owner: Owner;
  /** Its owner's work may use it; else it is for one workload that is planned. */
  readonly isOpen: boolean;
}

/** What is to be planned. */
export interface Sought {
  readonly state: PartitionState;
  readonly id: string;
  readonly view: ShapeView;
  readonly owner: Owner;
}

export interface Window {
  readonly from: number;
  readonly until: number;
}

/** Nodes on which anything may be kept, so that a look at them stays short. */
export const KEPT_NODES_MAX = 256;
/** Ends that are looked at to plan one start. */
const TURNS_MAX = 4_096;
const GANG_TRIES_MAX = 4;

/** Something becomes free. */
interface Turning {
  readonly at: number;
  readonly nodeIds: readonly string[];
  readonly id: string;
}

const byTime = (a: Turning, b: Turning): number => a.at - b.at || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

const ELIGIBLE = new WeakMap<ShapeView, ReadonlyMap<string, Eligible>>();

/** The nodes of a view by their ids: worked out once per view. */
export function eligibleOf(view: ShapeView): ReadonlyMap<string, Eligible> {
  const known = ELIGIBLE.get(view) ?? new Map(view.eligible.map((one) => [one.nodeId, one]));
  ELIGIBLE.set(view, known);
  return known;
}

/** What is free in both. */
function least(a: NodeState, b: NodeState): NodeState {
  const gpuFree = a.gpuFree.map((free, place) => Math.min(free, b.gpuFree[place] ?? 0));
  return {
    ...a,
    ...(a.shared && b.shared ? { shared: narrower(a.shared, b.shared) } : {}),
    gpuFree,
    gpuMilliFree: gpuFree.reduce((sum, free) => sum + Math.max(0, free), 0),
    cpuFree: Math.min(a.cpuFree, b.cpuFree),
    memoryFree: Math.min(a.memoryFree, b.memoryFree),
  };
}

/** Room for the ask on a node that has it. */
export function roomOn(node: NodeState, { suited }: Eligible, ask: Ask): RoomShare {
  const places = pickGpus(node, ask, suited.places);
  return {
    nodeId: node.terms.nodeId,
    gpuIndexes: places.map((place) => node.facts.gpus[place]?.index ?? 0),
    gpuMilli: ask.gpuMilliTotal,
    cpuMilli: ask.cpuMilli,
    memoryMiB: ask.memoryMiB,
    ...(ask.isPlain ? {} : holdingOf(node, ask, places)),
  };
}

/**
 * What will be free, if everything that runs takes as long as it may: the profile of conservative backfill (Mu'alem and
 * Feitelson 2001). Room is kept in it for reservations and for planned starts; whoever starts now is shown each node
 * without what is kept there until its own end, so that nobody is delayed. Lives as long as one schedule.
 */
export class Future {
  private readonly byNode = new Map<string, Kept[]>();
  private turnings: Turning[] | undefined;
  private readonly known = new WeakMap<NodeState, { readonly kept: number; readonly until: Map<number, NodeState> }>();

  constructor(
    private readonly fleet: Fleet,
    private readonly now: number,
  ) {}

  get nodeIds(): Iterable<string> {
    return this.byNode.keys();
  }

  get isEmpty(): boolean {
    return this.byNode.size === 0;
  }

  get isFull(): boolean {
    return this.byNode.size >= KEPT_NODES_MAX;
  }

  has(nodeId: string): boolean {
    return this.byNode.has(nodeId);
  }

  keep(kept: Kept): void {
    const { nodeId } = kept.room;
    const others = this.byNode.get(nodeId);
    if (others) others.push(kept);
    else this.byNode.set(nodeId, [kept]);
    const { turnings } = this;
    if (!turnings) return;
    const ends = { at: kept.until, nodeIds: [nodeId], id: kept.id };
    turnings.splice(
      placeIn(turnings.length, (place) => byTime(turnings[place] ?? ends, ends) < 0),
      0,
      ends,
    );
  }

  /** The node with what is free of it during all of a window, for a workload of this owner. */
  during(state: PartitionState, node: NodeState, window: Window, viewer: Owner | undefined): NodeState {
    const { from, until } = window;
    const kept = (this.byNode.get(node.terms.nodeId) ?? []).filter(
      (one) => one.from < until && one.until > from && !(one.isOpen && viewer && isOwner(one.owner, viewer)),
    );
    if (from <= this.now && kept.length === 0) return node;
    let free = this.at(state, node, kept, from);
    for (const { from: later } of kept) if (later > from) free = least(free, this.at(state, node, kept, later));
    return free;
  }

  /** As `during`, from now on: asked for each workload that is looked at, so what was found out before is kept. */
  fromNow(state: PartitionState, node: NodeState, until: number, viewer: Owner): NodeState {
    const kept = this.byNode.get(node.terms.nodeId) ?? [];
    if (kept.every(({ from }) => from >= until)) return node;
    if (kept.some(({ isOpen }) => isOpen)) return this.during(state, node, { from: this.now, until }, viewer);
    const known = this.known.get(node);
    const profile = known?.kept === kept.length ? known : { kept: kept.length, until: new Map<number, NodeState>() };
    this.known.set(node, profile);
    // What is free changes only where something that is kept begins: between two such instants it is the same.
    const last = kept.reduce((latest, { from }) => (from < until && from > latest ? from : latest), 0);
    const free = profile.until.get(last) ?? this.during(state, node, { from: this.now, until }, viewer);
    profile.until.set(last, free);
    return free;
  }

  /** The earliest start of a workload that does not fit now, and where; undefined where no end would let it in. */
  plan(sought: Sought, some: readonly string[]): readonly Kept[] | undefined {
    const { state, view, owner } = sought;
    const eligible = eligibleOf(view);
    const open = new Set(some);
    let turns = 0;
    for (const { at, nodeIds } of this.turningsOf(state)) {
      const touched = nodeIds.filter((nodeId) => eligible.has(nodeId));
      turns += 1;
      if (turns > TURNS_MAX) return undefined;
      if (touched.length === 0) continue;
      const window = { from: at, until: at + view.ask.runtimeMs };
      const rooms = this.roomAt(sought, window, open, touched);
      if (rooms) return rooms.map((room) => ({ ...window, id: sought.id, room, owner, isOpen: false }));
    }
    return undefined;
  }

  /** All the room it needs, in one window; `open` are nodes that had some before, and may have it still. */
  private roomAt(
    sought: Sought,
    window: Window,
    open: Set<string>,
    touched: readonly string[],
  ): readonly RoomShare[] | undefined {
    const { ask } = sought.view;
    const rooms = new Map<string, RoomShare>();
    const fits = (nodeId: string): boolean => {
      const room = rooms.get(nodeId) ?? this.roomIn(sought, window, nodeId);
      if (room) rooms.set(nodeId, room);
      return room !== undefined;
    };
    for (const nodeId of touched) if (fits(nodeId)) open.add(nodeId);
    for (let tries = 0; tries < GANG_TRIES_MAX && open.size >= ask.nodesMin; tries += 1) {
      const chosen = this.chosen(sought.view, open);
      if (!chosen) return undefined;
      const misfits = chosen.filter((nodeId) => !fits(nodeId));
      if (misfits.length === 0) return chosen.flatMap((nodeId) => rooms.get(nodeId) ?? []);
      for (const nodeId of misfits) open.delete(nodeId);
    }
    return undefined;
  }

  private chosen({ ask }: ShapeView, open: ReadonlySet<string>): readonly string[] | undefined {
    const { nodes, nodesMin, topology } = ask.request;
    if (nodes === 1) return [...open].slice(0, 1);
    const wish = { nodes, ...(nodesMin === undefined ? {} : { nodesMin }), ...(topology ? { topology } : {}) };
    const terms = [...open].sort().flatMap((nodeId) => this.fleet.nodeOf(nodeId)?.terms ?? []);
    return gangNodes(wish, terms);
  }

  private roomIn({ state, view, owner }: Sought, window: Window, nodeId: string): RoomShare | undefined {
    const eligible = eligibleOf(view).get(nodeId);
    const node = this.fleet.nodeOf(nodeId);
    if (!eligible || !node) return undefined;
    const free = this.during(state, node, window, owner);
    const isRoom = lacking(free, view.ask, eligible.suited.places) === undefined;
    return isRoom ? roomOn(free, eligible, view.ask) : undefined;
  }

  /** The node at an instant: without what will have ended, with what is kept then. */
  private at(state: PartitionState, node: NodeState, kept: readonly Kept[], at: number): NodeState {
    let then = node;
    for (const workloadId of at > this.now ? node.workloads : []) {
      const held = state.held.get(workloadId);
      if (!held || held.deadline > at) continue;
      for (const share of held.allocation.shares) {
        if (share.nodeId === node.terms.nodeId) then = giveBack(then, share, workloadId, node.idleSince);
      }
    }
    for (const { id, from, until, room, owner } of kept) {
      if (from <= at && at < until) then = take(then, room, `kept for ${id}`, owner.organizationId);
    }
    return then;
  }

  /** Instants at which something becomes free, the first first; those that are overdue end any moment. */
  turningsOf(state: PartitionState): readonly Turning[] {
    if (this.turnings) return this.turnings;
    const turnings: Turning[] = [];
    for (const { allocation, deadline } of state.held.values()) {
      const nodeIds = allocation.shares.map(({ nodeId }) => nodeId);
      turnings.push({ at: Math.max(deadline, this.now + 1), nodeIds, id: allocation.workloadId });
    }
    for (const kept of this.byNode.values()) {
      for (const { id, until, room } of kept)
        if (until > this.now) turnings.push({ at: until, nodeIds: [room.nodeId], id });
    }
    this.turnings = turnings.sort(byTime);
    return turnings;
  }
}

/** Is the room for whom looks at it? */
export const isOwner = (owner: Owner, viewer: Owner): boolean =>
  owner.organizationId === viewer.organizationId && (owner.queue === undefined || owner.queue === viewer.queue);
