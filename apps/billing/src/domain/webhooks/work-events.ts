import type { JobCancelled, JobEvicted, JobFailed, JobQueued, JobRunning, JobSucceeded } from '@solyx/contracts/cmo';
import type { LeaseActivated, LeaseReleased } from '@solyx/contracts/drm';
import type { WebhookDisabled, WebhookFailing } from '@solyx/contracts/billing';
import { decimalOf } from './money-events';
import { saying } from './saying';

/** What facts about work, and about webhooks themselves, say to those outside, by the type of the fact. */
export const WORK_EVENTS = {
  'cmo.job.queued': ({ jobId, spec, submittedBy, at }: JobQueued['data']) =>
    saying('job.queued', at, {
      ...{ jobId, name: spec.name.slice(0, 128), project: spec.project, submittedBy },
      ...{ gpus: spec.resources.gpus, nodes: spec.nodes, simulated: spec.placement.simulated },
    }),
  'cmo.job.running': ({ jobId, attempt, at }: JobRunning['data']) => saying('job.running', at, { jobId, attempt }),
  'cmo.job.evicted': ({ jobId, attempt, reason, at }: JobEvicted['data']) =>
    saying('job.evicted', at, { jobId, attempt, reason }),
  'cmo.job.succeeded': ({ jobId, attempt, at }: JobSucceeded['data']) =>
    saying('job.succeeded', at, { jobId, attempt }),
  'cmo.job.failed': ({ jobId, attempt, reason, message, exitCode, at }: JobFailed['data']) =>
    saying('job.failed', at, { jobId, attempt, reason, message, exitCode: String(exitCode) }),
  'cmo.job.cancelled': ({ jobId, attempt, reason, at }: JobCancelled['data']) =>
    saying('job.cancelled', at, { jobId, attempt, reason }),
  'drm.lease.activated': ({ leaseId, nodeId, at }: LeaseActivated['data']) =>
    saying('lease.activated', at, { leaseId, nodeId }),
  'drm.lease.released': ({ leaseId, nodeId, reason, billedSeconds, costMicroUsd, at }: LeaseReleased['data']) =>
    saying('lease.ended', at, {
      ...{ leaseId, nodeId, reason, billedSeconds },
      cost: { currency: 'USD', micro: costMicroUsd, decimal: decimalOf(costMicroUsd) },
    }),
  'billing.webhook.failing': ({ endpointId, days, failingSince, lastError, at }: WebhookFailing['data']) =>
    saying('webhook.endpoint_failing', at, {
      ...{ endpointId, days, failingSince },
      ...(lastError === undefined ? {} : { lastError }),
    }),
  'billing.webhook.disabled': ({ endpointId, cause, failingSince, at }: WebhookDisabled['data']) =>
    saying('webhook.endpoint_disabled', at, {
      ...{ endpointId, cause },
      ...(failingSince === undefined ? {} : { failingSince }),
    }),
};
