import type { QueuedWorkload } from '../partition-state';
import type { Run } from '../run';

/** Who is looked at, in the order in which they are. */
export function* enqueue({ draft }: Run): Generator<QueuedWorkload> {
  for (const workloadId of draft.state.order) {
    const workload = draft.state.queue.get(workloadId);
    if (workload) yield workload;
  }
}
