import type { QueuedWorkload } from '../partition-state';
import { byShares } from '../queues/lanes';
import type { Run } from '../run';

function* byAge({ draft }: Run): Generator<QueuedWorkload> {
  for (const workloadId of draft.state.order) {
    const workload = draft.state.queue.get(workloadId);
    if (workload) yield workload;
  }
}

/** Who is looked at, in the order in which they are. */
export const enqueue = (run: Run): Generator<QueuedWorkload> =>
  run.policy.order === 'age' ? byAge(run) : byShares(run.draft.state, run.now);
