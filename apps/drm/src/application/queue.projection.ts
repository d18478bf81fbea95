import type { WaitReason } from '@solyx/contracts';
import type {
  AllocationGranted,
  AllocationReleased,
  WorkloadEnded,
  WorkloadQueued,
  WorkloadWaiting,
} from '@solyx/contracts/drm';
import { defineProjection } from '@solyx/eventing';

export interface QueueRow {
  readonly workloadId: string;
  readonly name: string;
  readonly project: string;
  readonly simulated: boolean;
  readonly attempt: number;
  readonly priority: number;
  readonly queuedAt: string;
  readonly phase: 'Waiting' | 'Holding';
  /** Workloads before it when the reasons last changed. */
  readonly ahead: number;
  readonly reasons: readonly WaitReason[];
  /** Why it waits, or why it is where it is. */
  readonly sentence: string;
  /** Nodes by rank; empty while it waits. */
  readonly nodeIds: readonly string[];
}

type QueueFact = WorkloadQueued | WorkloadWaiting | AllocationGranted | AllocationReleased | WorkloadEnded;

/** Which work waits, why, and which holds GPUs? A row ends with the workload. */
export const queueView = defineProjection<QueueFact, QueueRow>({
  name: 'drm_queue',
  version: 1,
  key: ({ data }) => {
    if ('request' in data) return data.request.workloadId;
    return 'allocation' in data ? data.allocation.workloadId : data.workloadId;
  },
  indexes: ['phase', 'project'],
  initial: {
    ...{ workloadId: '', name: '', project: '', simulated: false, attempt: 0, priority: 0, queuedAt: '' },
    ...{ phase: 'Waiting', ahead: 0, reasons: [], sentence: '', nodeIds: [] },
  },
  on: {
    'drm.partition.workload-queued': (_row, { request }) => ({
      ...{ workloadId: request.workloadId, name: request.name, project: request.project, attempt: request.attempt },
      ...{ simulated: request.placement.simulated, priority: request.priority, queuedAt: request.queuedAt },
      ...{ phase: 'Waiting', ahead: 0, reasons: [], sentence: '', nodeIds: [] },
    }),
    'drm.partition.workload-waiting': (row, { ahead, reasons, sentence }) => ({ ...row, ahead, reasons, sentence }),
    'drm.partition.allocation-granted': (row, { allocation, sentence }) => ({
      ...row,
      ...{ phase: 'Holding', ahead: 0, reasons: [], sentence, nodeIds: allocation.shares.map(({ nodeId }) => nodeId) },
    }),
    // A newer attempt may wait already: what an older one held is not its business.
    'drm.partition.allocation-released': (row, { attempt }) => (row.attempt > attempt ? row : undefined),
    'drm.partition.workload-ended': (row, { attempt }) =>
      row.workloadId === '' || (row.phase === 'Waiting' && row.attempt <= attempt) ? undefined : row,
  },
});
