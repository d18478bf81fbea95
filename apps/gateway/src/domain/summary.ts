import type { Recorded } from '@solyx/kernel';
import { formatMicro } from '@solyx/kernel';
import { reasonOf } from '@solyx/contracts';

type Data = Readonly<Record<string, unknown>>;

const money = (value: unknown): string =>
  typeof value === 'string' && /^-?\d{1,30}$/.test(value) ? `${formatMicro(BigInt(value), true)} USD` : 'an amount';
const part = (data: Data, name: string): Data => (data[name] ?? {}) as Data;
const text = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number'
    ? String(value)
    : Array.isArray(value)
      ? value.join(', ')
      : '?';

const nodesOf = (allocation: Data): string => {
  const shares = allocation['shares'];
  if (!Array.isArray(shares)) return '?';
  return [...new Set(shares.map((share: Data) => text(share['nodeId'])))].slice(0, 4).join(', ');
};

const SUMMARIES: Readonly<Record<string, (data: Data) => string>> = {
  'gateway.request.job-submitted': () => 'the job was asked for',
  'gateway.request.job-cancellation-requested': (data) => `it was asked to end: ${text(data['reason'])}`,
  'cmo.job.queued': () => 'it waits for its budget hold',
  'cmo.job.quota-reserved': (data) => `${money(data['holdMicroUsd'])} are held; it may be placed`,
  'cmo.job.funded': (data) =>
    data['refused'] === undefined
      ? `its hold was raised to ${money(data['holdMicroUsd'])}`
      : `no more is held for it (${text(data['refused'])}): it ends before it spends more than its hold still has`,
  'cmo.job.admitted': (data) => `it holds its place on ${nodesOf(part(data, 'allocation'))}`,
  'cmo.job.starting': (data) => `its tasks were sent to ${text(data['nodeIds'])}`,
  'cmo.job.running': () => 'every rank runs',
  'cmo.job.task-started': (data) => `rank ${text(data['rank'])} runs on ${text(data['nodeId'])}`,
  'cmo.job.task-exited': (data) => `rank ${text(data['rank'])} ended with exit code ${text(data['exitCode'])}`,
  'cmo.job.checkpointed': (data) => `it left a checkpoint on ${text(data['nodeId'])}`,
  'cmo.job.stopping': (data) => `its tasks were told to end: ${text(data['reason'])}`,
  'cmo.job.succeeded': () => 'it succeeded',
  'cmo.job.failed': (data) => `it failed: ${text(data['reason'])}`,
  'cmo.job.cancelled': (data) => `it was cancelled: ${text(data['reason'])}`,
  'cmo.job.evicted': (data) => `attempt ${text(data['attempt'])} lost its place: ${text(data['reason'])}`,
  'cmo.job.requeued': (data) => `it waits again, as attempt ${text(data['attempt'])}: ${text(data['reason'])}`,
  'cmo.dispatch.task-assigned': (data) => `${text(data['nodeId'])} was told to run rank ${text(data['rank'])}`,
  'cmo.dispatch.task-stop-requested': (data) => `${text(data['nodeId'])} was told to end it`,
  'drm.partition.workload-queued': () => 'the scheduler took it into its queue',
  'drm.partition.workload-waiting': (data) => text(data['sentence']),
  'drm.partition.allocation-granted': (data) => text(data['sentence']),
  'drm.partition.allocation-released': (data) => `its place is free again: ${text(data['reason'])}`,
  'drm.partition.workload-ended': (data) => `the scheduler heard that it ended: ${text(data['reason'])}`,
  'drm.partition.lease-requested': (data) => text(data['sentence']),
  'drm.partition.preemption-requested': (data) => text(data['sentence']),
  'billing.budget.hold-placed': (data) => `${money(data['amountMicroUsd'])} were set aside`,
  'billing.budget.hold-released': (data) => `${money(data['releasedMicroUsd'])} are free again`,
  'billing.budget.charge-counted': (data) => `${money(data['amountMicroUsd'])} were counted against the budget`,
  'billing.account.usage-opened': () => 'its meter runs',
  'billing.account.charge-posted': (data) => `${money(data['totalMicroUsd'])} were charged`,
};

const LENGTH_MAX = 500;

/** What an event says, for people: half a sentence. Events of unknown type are named. */
export function summaryOf(event: Pick<Recorded, 'type' | 'data'>): string {
  const data = (typeof event.data === 'object' && event.data !== null ? event.data : {}) as Data;
  if (event.type.endsWith('.command.refused')) {
    return `${text(data['command'])} was refused: ${reasonOf(text(data['reason'])).message}`.slice(0, LENGTH_MAX);
  }
  const summary = Object.hasOwn(SUMMARIES, event.type) ? SUMMARIES[event.type] : undefined;
  return (summary?.(data) ?? event.type).slice(0, LENGTH_MAX);
}
