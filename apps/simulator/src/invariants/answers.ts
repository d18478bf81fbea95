import { CONTEXTS } from '@solyx/eventing';
import type { Recorded } from '@solyx/kernel';
import type { JobSubmitted, NodeJoinRequested, PlanRequested } from '@solyx/contracts/gateway';
import { jobIdOf, type Answer } from '../scenario/customer';
import type { SharedLog } from '../engine/shared-log';
import type { Fail } from './gpu-ledger';
import type { JobBooks } from './job-book';

const ONCE = 'every request is answered once';

interface Range {
  readonly least: number;
  readonly most: number;
}
const EXACTLY_ONE: Range = { least: 1, most: 1 };
/** "Already so" is no event. */
const AT_MOST_ONE: Range = { least: 0, most: 1 };

/** Which events answer a request, and how many there must be. Refusals count for every kind. */
const ANSWERS: Readonly<Record<string, { readonly types: readonly string[]; readonly range: Range }>> = {
  'gateway.request.job-submitted': { types: ['cmo.job.queued'], range: EXACTLY_ONE },
  'gateway.request.job-cancellation-requested': {
    types: ['cmo.job.stopping', 'cmo.job.cancelled'],
    range: AT_MOST_ONE,
  },
  'gateway.request.plan-requested': { types: ['drm.plan.computed'], range: EXACTLY_ONE },
  'gateway.request.node-drain-requested': { types: ['drm.node.cordoned'], range: AT_MOST_ONE },
  'gateway.request.node-cordon-requested': { types: ['drm.node.cordoned'], range: AT_MOST_ONE },
  'gateway.request.node-uncordon-requested': { types: ['drm.node.uncordoned'], range: AT_MOST_ONE },
  'gateway.request.procurement-requested': { types: ['drm.node.procured'], range: AT_MOST_ONE },
  'gateway.request.queue-requested': { types: ['drm.quota.set', 'drm.quota.removed'], range: AT_MOST_ONE },
  'gateway.request.reservation-requested': { types: ['drm.reservation.made'], range: AT_MOST_ONE },
  'gateway.request.reservation-cancel-requested': { types: ['drm.reservation.cancelled'], range: AT_MOST_ONE },
  'gateway.request.eta-requested': { types: ['drm.eta.computed'], range: AT_MOST_ONE },
  'gateway.request.explanation-requested': { types: ['drm.explanation.computed'], range: AT_MOST_ONE },
  'gateway.request.budget-requested': { types: ['billing.budget.set'], range: AT_MOST_ONE },
  'gateway.request.autonomy-requested': { types: ['optimizer.policy.autonomy-set'], range: AT_MOST_ONE },
  'gateway.request.view-verification-requested': {
    types: CONTEXTS.map((context) => `${context}.verification.completed`),
    range: { least: CONTEXTS.length, most: CONTEXTS.length },
  },
  'gateway.request.parked-retry-requested': { types: [], range: AT_MOST_ONE },
  'gateway.request.node-join-requested': { types: ['drm.node.registered'], range: EXACTLY_ONE },
};

/** Each request is one event on its stream, and what it directly caused is its one answer. */
export function checkRequests(log: SharedLog, fail: Fail): number {
  const caused = new Map<string, Recorded[]>();
  for (const event of log.events) {
    const { $causationId } = event.metadata;
    const known = caused.get($causationId);
    if (known) known.push(event);
    else caused.set($causationId, [event]);
  }
  let requests = 0;
  for (const stream of log.streamNames()) {
    if (!stream.startsWith('gateway.request-')) continue;
    const [request, ...more] = log.streamNow(stream);
    if (!request) continue;
    requests += 1;
    if (more.length > 0) fail(ONCE, `${stream} holds ${more.length + 1} requests`);
    const expected = ANSWERS[request.type];
    if (!expected) continue;
    const answers = (caused.get(request.id) ?? []).filter(
      ({ type }) => expected.types.includes(type) || type.endsWith('.command.refused'),
    );
    const { least, most } = expected.range;
    if (answers.length < least || answers.length > most) {
      fail(ONCE, `${request.type} ${stream} has the answers [${answers.map(({ type }) => type).join()}]`);
    }
    checkSubject(request, answers, fail);
  }
  return requests;
}

/** The answer is about what was asked for. */
function checkSubject(request: Recorded, answers: readonly Recorded[], fail: Fail): void {
  const [answer] = answers;
  if (!answer || answer.type.endsWith('.command.refused')) return;
  const { jobId } = request.data as Partial<JobSubmitted['data']>;
  const { planId } = request.data as Partial<PlanRequested['data']>;
  const { nodeId } = request.data as Partial<NodeJoinRequested['data']>;
  const subject = planId ?? jobId ?? (request.type.includes('node-') ? nodeId : undefined);
  if (subject !== undefined && !answer.stream.endsWith(`-${subject}`)) {
    fail(ONCE, `${request.type} of ${subject} was answered on ${answer.stream}`);
  }
}

/** What customers were told: one job per key, and another input under a used key is refused. */
export function checkAnswers(answers: readonly Answer[], jobs: JobBooks, fail: Fail): void {
  const taken = new Map<string, string>();
  for (const { action, said, value } of answers) {
    if (action.kind !== 'submit') continue;
    const jobId = jobIdOf(action.organizationId, action.key);
    if (said !== 'ack' && said !== 'IdempotencyKeyReused') {
      fail(ONCE, `submission ${action.key} was told ${said}`);
      continue;
    }
    if (!jobs.jobs.has(jobId)) fail(ONCE, `submission ${action.key} was acknowledged, but ${jobId} is nowhere`);
    if (said !== 'ack') continue;
    const job = (value as { job?: { id: string } }).job?.id;
    if (job !== jobId) fail(ONCE, `submission ${action.key} was told of ${job}, not ${jobId}`);
    const input = JSON.stringify(action.file);
    const other = taken.get(jobId);
    if (other !== undefined && other !== input) fail(ONCE, `key ${action.key} took two inputs`);
    taken.set(jobId, input);
  }
}
