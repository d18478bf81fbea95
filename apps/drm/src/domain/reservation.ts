import type { Ask } from './ask';
import { lacking } from './filter';
import { NOTHING_KEPT, type Guard } from './guard';
import type { NodeState, PartitionState } from './partition-state';
import { gangNodes } from './topology';
import { changedShared, type SharedGpus } from './pool';
import type { Eligible, Fleet, ShapeView } from './shape-view';

/**
 * Nodes kept for a blocked workload. Work behind it may use them only if it is surely over by `from`.
 * EASY backfill (Lifka 1995), with `limits.maxRuntimeSeconds`, which is enforced, as the estimate.
 */
export interface Reservation {
  readonly nodeIds: ReadonlySet<string>;
  /** Milliseconds since 1970 when the blocked workload fits on them at the latest. */
  readonly from: number;
}

/** Blocked shapes, from the head of the queue, that are protected; those behind them are not. */
export const RESERVATIONS_MAX = 8;

/** Nobody who may still run at `from` starts on a node that is kept. */
export const easyGuard = (reservations: readonly Reservation[], now: number): Guard =>
  reservations.length === 0
    ? NOTHING_KEPT
    : {
        has: (nodeId) => reservations.some(({ nodeIds }) => nodeIds.has(nodeId)),
        allows: ({ nodeId }, _, { runtimeMs }) =>
          !reservations.some(({ nodeIds, from }) => now + runtimeMs > from && nodeIds.has(nodeId)),
      };

interface Scratch {
  readonly nodeId: string;
  readonly places: readonly number[] | undefined;
  readonly node: NodeState;
  readonly facts: NodeState['facts'];
  readonly terms: NodeState['terms'];
  readonly gpuFree: number[];
  shared?: SharedGpus;
  cpuFree: number;
  memoryFree: number;
}

const scratchOf = (fleet: Fleet, { at, nodeId, suited }: Eligible): Scratch | undefined => {
  const node = fleet.nodes[at];
  return (
    node && {
      nodeId,
      places: suited.places,
      node,
      facts: node.facts,
      terms: node.terms,
      gpuFree: [...node.gpuFree],
      ...(node.shared ? { shared: node.shared } : {}),
      cpuFree: node.cpuFree,
      memoryFree: node.memoryFree,
    }
  );
};

/** Allocations on these nodes, the first to end first. */
function endings(state: PartitionState, nodes: Iterable<Scratch>): { workloadId: string; deadline: number }[] {
  const workloads = new Map<string, number>();
  for (const { node } of nodes) {
    for (const id of node.workloads) workloads.set(id, state.held.get(id)?.deadline ?? Number.MAX_SAFE_INTEGER);
  }
  return [...workloads]
    .map(([workloadId, deadline]) => ({ workloadId, deadline }))
    .sort((a, b) => a.deadline - b.deadline || (a.workloadId < b.workloadId ? -1 : 1));
}

/** Frees what the workload holds on the scratch nodes; answers those that changed. */
function free(state: PartitionState, nodes: ReadonlyMap<string, Scratch>, workloadId: string): readonly Scratch[] {
  const changed: Scratch[] = [];
  for (const share of state.held.get(workloadId)?.allocation.shares ?? []) {
    const scratch = nodes.get(share.nodeId);
    if (!scratch) continue;
    const each = share.gpuIndexes.length === 0 ? 0 : share.gpuMilli / share.gpuIndexes.length;
    scratch.node.facts.gpus.forEach(({ index }, place) => {
      if (share.gpuIndexes.includes(index)) scratch.gpuFree[place] = (scratch.gpuFree[place] ?? 0) + each;
    });
    const shared = changedShared(scratch, share, -1, '');
    if (shared) scratch.shared = shared;
    scratch.cpuFree += share.cpuMilli;
    scratch.memoryFree += share.memoryMiB;
    changed.push(scratch);
  }
  return changed;
}

const fits = (scratch: Scratch, ask: Ask): boolean => lacking(scratch, ask, scratch.places) === undefined;

/** The nodes to keep for a gang among those that will have room; undefined where they do not hold it. */
function gangRoom(
  { nodes, nodesMin, topology }: Ask['request'],
  ready: ReadonlySet<string>,
  known: ReadonlyMap<string, Scratch>,
): readonly string[] | undefined {
  const wish = { nodes, ...(nodesMin === undefined ? {} : { nodesMin }), ...(topology ? { topology } : {}) };
  const terms = [...ready].flatMap((nodeId) => known.get(nodeId)?.terms ?? []);
  return gangNodes(wish, terms);
}

/**
 * When the blocked workload fits at the latest, and where, if everything that runs ends at its maximum runtime.
 * Undefined where too few nodes suit it: waiting for running work would not help it.
 */
export function reservationFor(state: PartitionState, fleet: Fleet, view: ShapeView): Reservation | undefined {
  const { ask, eligible } = view;
  if (eligible.length < ask.nodesMin) return undefined;
  const nodes = new Map<string, Scratch>();
  for (const one of eligible) {
    const scratch = scratchOf(fleet, one);
    if (scratch) nodes.set(one.nodeId, scratch);
  }
  const ready = new Set<string>();
  for (const scratch of nodes.values()) if (fits(scratch, ask)) ready.add(scratch.nodeId);
  for (const { workloadId, deadline } of endings(state, nodes.values())) {
    for (const scratch of free(state, nodes, workloadId)) if (fits(scratch, ask)) ready.add(scratch.nodeId);
    const kept = gangRoom(ask.request, ready, nodes);
    if (kept) return { nodeIds: new Set(kept), from: deadline };
  }
  return undefined;
}
