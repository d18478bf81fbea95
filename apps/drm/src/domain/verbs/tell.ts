import type { WaitReason } from '@solyx/contracts';
import { WorkloadWaiting } from '@solyx/contracts/drm';
import { waitSentence } from '../explain';
import type { Run } from '../run';
import { reasonsKey, waitingKey } from '../waiting';

/** Those who wait are told, where the reasons or the bucket of their place changed. */
export function tell({ draft, waiting }: Run): void {
  // Workloads of one shape share their reasons, so each list is put into words once.
  const keys = new Map<readonly WaitReason[], string>();
  for (const [ahead, { workload, reasons }] of waiting.entries()) {
    const key = keys.get(reasons) ?? reasonsKey(reasons);
    keys.set(reasons, key);
    if (draft.isFull) return;
    if (waitingKey(key, ahead) === workload.waiting) continue;
    const { workloadId, organizationId } = workload.request;
    const sentence = waitSentence(reasons, ahead);
    draft.record(WorkloadWaiting({ workloadId, organizationId, ahead, reasons, sentence, at: draft.at }));
  }
}
