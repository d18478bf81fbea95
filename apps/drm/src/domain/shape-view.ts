import type { ReasonCode, ScoreTerm } from '@solyx/contracts';
import type { Ask } from './ask';
import { ClaimBook } from './claims';
import { choose, dealFor, pickGpus, type Choice, type Market, type Suited } from './filter';
import { costName } from './market';
import type { NodeState, PartitionState } from './partition-state';
import { policyOf } from './policy';
import { fixedScore, freeScore, Packed, scoreTerms } from './score';

/**
 * The nodes of a partition in the order of their ids, as they are while one schedule runs: without the room that
 * evictions make for somebody.
 */
export class Fleet {
  readonly nodes: NodeState[] = [];
  /** Where the policy places by what the whole mix of work can use afterwards. */
  readonly packed: Packed | undefined;
  private readonly places = new Map<string, number>();
  private claims: ClaimBook;

  constructor(
    state: PartitionState,
    private readonly now = 0,
  ) {
    this.claims = new ClaimBook(state, now);
    for (const nodeId of state.nodeIds) {
      const node = state.nodes.get(nodeId);
      if (!node) continue;
      this.places.set(nodeId, this.nodes.length);
      this.nodes.push(this.claims.visible(node));
    }
    const { scores, savesPower } = policyOf(state.policy);
    this.packed = scores === 'packing' ? new Packed(state, this.nodes, savesPower) : undefined;
  }

  /** Says how good nodes are on which the work fits: a whole number of micro-GPU, the sum of their terms. */
  scorer(view: ShapeView): (eligible: Eligible, node: NodeState) => number {
    if (this.packed) return this.packed.scorer(view);
    return ({ fixed, suited }, node) => fixed + freeScore(node, view.ask, suited);
  }

  /** How good one node is on which the work fits. */
  scoreOf(view: ShapeView, eligible: Eligible, node: NodeState): number {
    return this.scorer(view)(eligible, node);
  }

  /** Every opinion that has one, for the explanation. */
  termsOf({ at, suited }: Pick<Eligible, 'at' | 'suited'>, node: NodeState, ask: Ask): readonly ScoreTerm[] {
    return this.packed?.terms(at, ask, suited) ?? scoreTerms(node, ask, suited);
  }

  /** Places of the GPUs to hold on a node where the work fits. */
  gpusOn({ at, suited }: Pick<Eligible, 'at' | 'suited'>, node: NodeState, ask: Ask): readonly number[] {
    return this.packed?.places(at, ask, suited) ?? pickGpus(node, ask, suited.places);
  }

  nodeOf(nodeId: string): NodeState | undefined {
    return this.nodes[this.places.get(nodeId) ?? -1];
  }

  /** Shows a node as one workload may use it, until it is refreshed. */
  cover(node: NodeState): void {
    const place = this.places.get(node.terms.nodeId);
    if (place === undefined) return;
    this.nodes[place] = node;
    this.packed?.changed(place, node);
  }

  /** Takes the newer states of these nodes. */
  refresh(state: PartitionState, nodeIds: Iterable<string>): void {
    if (state.claims.size > 0 || !this.claims.isEmpty) this.claims = new ClaimBook(state, this.now);
    this.show(state, nodeIds, '');
  }

  /** Shows the nodes on which room is kept for a workload as it sees them; answers which they are. */
  reveal(state: PartitionState, workloadId: string): readonly string[] {
    const nodeIds = this.claims.nodeIdsOf(workloadId);
    this.show(state, nodeIds, workloadId);
    return nodeIds;
  }

  private show(state: PartitionState, nodeIds: Iterable<string>, workloadId: string): void {
    for (const nodeId of nodeIds) {
      const place = this.places.get(nodeId);
      const node = state.nodes.get(nodeId);
      if (place === undefined || !node) continue;
      const seen = this.claims.visible(node, workloadId);
      this.nodes[place] = seen;
      this.packed?.changed(place, seen);
    }
  }
}

/** A node that would serve the shape were it empty. */
export interface Eligible {
  /** Place in the fleet. */
  readonly at: number;
  readonly nodeId: string;
  readonly suited: Suited;
  /** Sum of the opinions that do not depend on what is free. */
  readonly fixed: number;
}

/** How often each reason was met. */
export type Counts = ReadonlyMap<ReasonCode, number>;

export const counted = (counts: Map<ReasonCode, number>, reason: ReasonCode, by = 1): void => {
  counts.set(reason, (counts.get(reason) ?? 0) + by);
};

/** What all workloads of one shape have in common while one schedule runs: worked out once. */
export interface ShapeView {
  readonly ask: Ask;
  readonly eligible: readonly Eligible[];
  readonly misfits: Counts;
  /** Nodes that prices or links alone keep away. */
  readonly liftable: number;
}

/** What all nodes of one source, model and site have in common for a shape. */
type Kind = { readonly suited: Suited; readonly score: number } | ReasonCode;

function kindOf(node: NodeState, choice: Choice, ask: Ask, market: Market): Kind {
  const deal = dealFor(node, choice.gpuModel, ask, market);
  if (typeof deal === 'string') return deal;
  const suited = { ...choice, ...deal };
  return { suited, score: fixedScore(node, ask, suited) };
}

export function viewOf(fleet: Fleet, ask: Ask, market: Market): ShapeView {
  const eligible: Eligible[] = [];
  const misfits = new Map<ReasonCode, number>();
  const kinds = new Map<string, Kind>();
  let liftable = 0;
  for (let at = 0; at < fleet.nodes.length; at += 1) {
    const node = fleet.nodes[at];
    if (!node) continue;
    const choice = choose(node, ask);
    if (typeof choice === 'string') {
      counted(misfits, choice);
      continue;
    }
    const { nodeId, source, site } = node.terms;
    const priced = market.gpuHour === undefined ? '' : costName(node);
    const kindName = `${source}|${choice.gpuModel}|${site}|${priced}`;
    const kind = kinds.get(kindName) ?? kindOf(node, choice, ask, market);
    kinds.set(kindName, kind);
    if (typeof kind === 'string') {
      counted(misfits, kind);
      liftable += 1;
      continue;
    }
    const suited = choice.places === undefined ? kind.suited : { ...kind.suited, places: choice.places };
    eligible.push({ at, nodeId, suited, fixed: kind.score });
  }
  return { ask, eligible, misfits, liftable };
}

/** Views of one fleet at one market. */
interface Known {
  readonly market: Market;
  readonly views: Map<string, ShapeView>;
}

const VIEWS_MAX = 1_024;
const KNOWN = new WeakMap<readonly string[], Known>();

/**
 * The view of a shape, from an earlier schedule over the same nodes, prices and routes where there was one: a pure
 * function's answer, remembered. The list of node ids stands for the fleet, since it is another one after each change.
 */
export function knownView(
  { nodeIds }: PartitionState,
  fleet: Fleet,
  market: Market,
  wanted: { readonly shape: string; readonly ask: Ask },
): ShapeView {
  let known = KNOWN.get(nodeIds);
  if (
    known?.market.entries !== market.entries ||
    known.market.routes !== market.routes ||
    known.market.gpuHour !== market.gpuHour ||
    known.market.coversEgress !== market.coversEgress
  ) {
    known = { market, views: new Map() };
    KNOWN.set(nodeIds, known);
  }
  const view = known.views.get(wanted.shape) ?? viewOf(fleet, wanted.ask, market);
  if (known.views.size >= VIEWS_MAX) known.views.clear();
  known.views.set(wanted.shape, view);
  return view;
}
