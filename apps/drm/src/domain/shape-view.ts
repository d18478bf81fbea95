import type { ReasonCode } from '@solyx/contracts';
import type { Ask } from './ask';
import { choose, dealFor, type Choice, type Market, type Suited } from './filter';
import type { NodeState, PartitionState } from './partition-state';
import { fixedScore } from './score';

/** The nodes of a partition in the order of their ids, as they are while one schedule runs. */
export class Fleet {
  readonly nodes: NodeState[] = [];
  private readonly places = new Map<string, number>();

  constructor(state: PartitionState) {
    for (const nodeId of state.nodeIds) {
      const node = state.nodes.get(nodeId);
      if (!node) continue;
      this.places.set(nodeId, this.nodes.length);
      this.nodes.push(node);
    }
  }

  /** Takes the newer states of these nodes. */
  refresh(state: PartitionState, nodeIds: Iterable<string>): void {
    for (const nodeId of nodeIds) {
      const place = this.places.get(nodeId);
      const node = state.nodes.get(nodeId);
      if (place !== undefined && node) this.nodes[place] = node;
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
type Kind = { readonly suited: Suited; readonly fixed: number } | ReasonCode;

function kindOf(node: NodeState, choice: Choice, ask: Ask, market: Market): Kind {
  const deal = dealFor(node, choice.gpuModel, ask, market);
  if (typeof deal === 'string') return deal;
  const suited = { ...choice, ...deal };
  return { suited, fixed: fixedScore(node, ask, suited) };
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
    const name = `${source}|${choice.gpuModel}|${site}`;
    const kind = kinds.get(name) ?? kindOf(node, choice, ask, market);
    kinds.set(name, kind);
    if (typeof kind === 'string') {
      counted(misfits, kind);
      liftable += 1;
      continue;
    }
    const suited = choice.places === undefined ? kind.suited : { ...kind.suited, places: choice.places };
    eligible.push({ at, nodeId, suited, fixed: kind.fixed });
  }
  return { ask, eligible, misfits, liftable };
}
