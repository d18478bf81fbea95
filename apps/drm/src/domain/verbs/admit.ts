import type { WaitReason } from '@solyx/contracts';
import type { QueuedWorkload } from '../partition-state';
import type { Run } from '../run';
import { BLOCKED_SHAPES_MAX } from '../run';

/** Why a workload is not even looked at for a place; undefined where it may go on. */
export function admit({ draft, fleet, blockedShapes }: Run, { request }: QueuedWorkload): WaitReason | undefined {
  const { notBefore } = request;
  if (notBefore !== undefined && notBefore > draft.at) return { reason: 'BackingOff', count: 1 };
  if (blockedShapes >= BLOCKED_SHAPES_MAX) return { reason: 'BehindInQueue', count: fleet.nodes.length };
  return undefined;
}
