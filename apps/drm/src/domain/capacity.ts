import type { AllocationShare, NodeFacts, NodeTerms, Quota } from '@solyx/contracts';
import type { NodeState } from './partition-state';
import { changedShared, sharedGpus, type SharedGpus } from './pool';

/** Thousandths of a GPU. */
export const WHOLE_GPU = 1000;

export const gpuMilliOf = (facts: NodeFacts): number => facts.gpus.length * WHOLE_GPU;

const withShared = (shared: SharedGpus | undefined): { readonly shared?: SharedGpus } => (shared ? { shared } : {});

/** All of a node, as quotas count it. */
export const totalOf = (facts: NodeFacts): Quota => ({
  gpuMilli: gpuMilliOf(facts),
  cpuMilli: facts.cpuMilli,
  memoryMiB: facts.memoryMiB,
});

/** A node that holds nothing. */
export const emptyNode = (terms: NodeTerms, facts: NodeFacts, at: string): NodeState => ({
  ...withShared(sharedGpus(terms, facts)),
  terms,
  facts,
  gpuFree: facts.gpus.map(() => WHOLE_GPU),
  gpuMilliFree: gpuMilliOf(facts),
  cpuFree: facts.cpuMilli,
  memoryFree: facts.memoryMiB,
  workloads: [],
  cordoned: false,
  releasing: false,
  joinedAt: at,
  idleSince: at,
});

/** What capacity is counted in: of a share, or of room that is kept. */
export type Held = Pick<AllocationShare, 'gpuIndexes' | 'gpuMilli' | 'cpuMilli' | 'memoryMiB' | 'mig' | 'pool'>;

const perGpu = (share: Held): number => (share.gpuIndexes.length === 0 ? 0 : share.gpuMilli / share.gpuIndexes.length);

function changed(node: NodeState, share: Held, sign: 1 | -1, organizationId: string): NodeState {
  const milli = sign * perGpu(share);
  const indexes = new Set(share.gpuIndexes);
  return {
    ...node,
    ...withShared(changedShared(node, share, sign === -1 ? 1 : -1, organizationId)),
    gpuFree: node.gpuFree.map((free, place) =>
      indexes.has(node.facts.gpus[place]?.index ?? -1) ? free + milli : free,
    ),
    gpuMilliFree: node.gpuMilliFree + sign * share.gpuMilli,
    cpuFree: node.cpuFree + sign * share.cpuMilli,
    memoryFree: node.memoryFree + sign * share.memoryMiB,
  };
}

/** The node with the share taken out of what is free. A private pool is its tenant's while anything is held on it. */
export const take = (node: NodeState, share: Held, workloadId: string, organizationId = ''): NodeState => ({
  ...changed(node, share, -1, organizationId),
  workloads: [...node.workloads, workloadId],
});

/** The node with the share free again. A node that came back after a loss is empty and does not hold it: no change. */
export function giveBack(node: NodeState, share: Held, workloadId: string, at: string): NodeState {
  if (!node.workloads.includes(workloadId)) return node;
  const workloads = node.workloads.filter((id) => id !== workloadId);
  return { ...changed(node, share, 1, ''), workloads, idleSince: at };
}
