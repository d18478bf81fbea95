import type { AllocationGranted, AllocationReleased } from '@solyx/contracts/drm';
import { defineProjection } from '@solyx/eventing';
import { PLATFORM_ORGANIZATION } from '@solyx/kernel';

/** An allocation that holds GPUs of the node. */
export interface OpenUse {
  readonly gpuMilli: number;
  readonly since: string;
}

export interface NodeUseRow {
  readonly nodeId: string;
  /** By allocations that have ended: thousandths of a GPU × milliseconds. */
  readonly endedGpuMilliMs: string;
  readonly open: Readonly<Record<string, OpenUse>>;
}

const nodesOf = (data: AllocationGranted['data'] | AllocationReleased['data']): readonly string[] =>
  'allocation' in data ? [...new Set(data.allocation.shares.map(({ nodeId }) => nodeId))] : (data.nodeIds ?? []);

const lasted = (since: string, until: string): bigint => {
  const ms = Date.parse(until) - Date.parse(since);
  return BigInt(ms > 0 ? ms : 0);
};

/** How much of each node was used? */
export const nodeUseView = defineProjection<AllocationGranted | AllocationReleased, NodeUseRow>({
  name: 'billing_node_use',
  version: 1,
  key: ({ data }) => nodesOf(data),
  organization: () => PLATFORM_ORGANIZATION,
  initial: { nodeId: '', endedGpuMilliMs: '0', open: {} },
  on: {
    'drm.partition.allocation-granted': (row, { allocation }, _, nodeId) => {
      const { allocationId, shares, grantedAt } = allocation;
      const gpuMilli = shares.reduce((sum, share) => sum + (share.nodeId === nodeId ? share.gpuMilli : 0), 0);
      return { ...row, nodeId, open: { ...row.open, [allocationId]: { gpuMilli, since: grantedAt } } };
    },
    'drm.partition.allocation-released': (row, { allocationId, at }, _, nodeId) => {
      const { [allocationId]: ended, ...open } = row.open;
      if (!ended) return { ...row, nodeId };
      const used = BigInt(ended.gpuMilli) * lasted(ended.since, at);
      return { ...row, nodeId, open, endedGpuMilliMs: (BigInt(row.endedGpuMilliMs) + used).toString() };
    },
  },
});

/** Used until an instant, what is held then with it. */
export const usedUntil = ({ endedGpuMilliMs, open }: NodeUseRow, at: string): bigint =>
  Object.values(open).reduce(
    (sum, { gpuMilli, since }) => sum + BigInt(gpuMilli) * lasted(since, at),
    BigInt(endedGpuMilliMs),
  );
