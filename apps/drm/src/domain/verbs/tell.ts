import type { ReasonCode, WaitReason } from '@solyx/contracts';
import { WorkloadWaiting } from '@solyx/contracts/drm';
import { waitSentence } from '../explain';
import type { Run, WaitingWorkload } from '../run';
import { reasonsKey, waitingKey } from '../waiting';

/** Under a policy that tells the head: so many places are the head. */
const HEAD_MAX = 16;
/** And so many are told in one schedule, the others in later ones. */
const TOLD_MAX = 32;

/** Reasons that are the workload's own, whatever is ahead of it: it is told of them wherever it stands. */
const OWN: readonly ReasonCode[] = ['NeverFits', 'QueueUnknown', 'QuotaExceeded', 'BudgetSpent', 'BudgetExceeded'];

const ownOf = (reasons: string): string =>
  reasons
    .split(',')
    .filter((reason) => (OWN as readonly string[]).includes(reason))
    .join(',');

/** Deep in a long queue nothing is said again unless it is about the workload itself: `why` answers from the state. */
function isWorthSaying(told: string, key: string, ahead: number): boolean {
  if (told === '') return true;
  const [before = '', bucket] = told.split('|');
  if (ahead >= HEAD_MAX) return ownOf(before) !== ownOf(key);
  return before !== key || (ahead === 0) !== (bucket === '0');
}

/** Those who wait are told why, as far as the policy has it: where reasons or place changed. */
export function tell({ draft, policy, waiting }: Run): void {
  // Workloads of one shape share their reasons, so each list is put into words once.
  const keys = new Map<readonly WaitReason[], string>();
  let told = 0;
  const say = ({ workload, reasons, note }: WaitingWorkload, ahead: number): void => {
    const { workloadId, organizationId } = workload.request;
    const sentence = waitSentence(reasons, ahead, note);
    draft.record(WorkloadWaiting({ workloadId, organizationId, ahead, reasons, sentence, at: draft.at }));
    told += 1;
  };
  for (const [ahead, one] of waiting.entries()) {
    const key = keys.get(one.reasons) ?? reasonsKey(one.reasons);
    keys.set(one.reasons, key);
    if (draft.isFull || (policy.tell === 'head' && told >= TOLD_MAX)) return;
    const before = one.workload.waiting;
    const isNews = policy.tell === 'head' ? isWorthSaying(before, key, ahead) : waitingKey(key, ahead) !== before;
    if (isNews) say(one, ahead);
  }
}
