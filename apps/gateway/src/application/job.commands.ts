import { Injectable } from '@nestjs/common';
import { derivePrefixedId, type Recorded } from '@solyx/kernel';
import type { JobSpec } from '@solyx/contracts';
import type { PlanComputed } from '@solyx/contracts/drm';
import { EventLog } from '@solyx/eventing';
import { parseJobFile } from '../domain/job-spec';
import { Gate } from './gate';
import { KnownQueues } from './known-queues';
import type { Operation } from './operation';
import { isRefusal, notAnswered, refusable, refusalOf, specRefusal, toRefusal, type Refusal } from './refusal';
import { isRefused, Requests } from './requests';
import { TenantViews } from './tenant-views';
import { gatewayJob, newJobRow, toOffer, type JobRow } from './views';
import { toCandidate, toWait } from './why.query';

export interface JobAck {
  readonly __typename: 'JobAck';
  readonly job: JobRow;
  readonly position: string;
}

const ack = (job: JobRow, position: bigint): JobAck => ({ __typename: 'JobAck', job, position: String(position) });

/** What customers do with jobs: submit, cancel, plan. */
@Injectable()
export class JobCommands {
  constructor(
    private readonly requests: Requests,
    private readonly views: TenantViews,
    private readonly gate: Gate,
    private readonly log: EventLog,
    private readonly queues: KnownQueues,
  ) {}

  /** Answers when the orchestrator has queued the job or refused it, after 5 s with what is known. */
  async submit(operation: Operation, file: unknown, idempotencyKey: string): Promise<JobAck | Refusal> {
    await this.gate.allow(operation, 'jobs:submit');
    const parsed = parseJobFile(file);
    if (!parsed.ok) return specRefusal(parsed.faults);
    return refusable(async () => {
      const { spec } = parsed;
      const ids = this.requests.identify(operation, 'submitJob', idempotencyKey, spec);
      const fault = await this.queues.fault(operation, spec.queue);
      // What was accepted once stays so, also where its queue is gone by now.
      if (fault && !(await this.requests.isRecorded(ids))) return specRefusal([fault]);
      const jobId = derivePrefixedId('job', ids.requestId);
      const recorded = await this.requests.record(operation, ids, { type: 'SubmitJob', data: { ...ids, jobId, spec } });
      if (isRefusal(recorded)) return recorded;
      if (recorded.repeated) {
        const known = await this.latest(operation, jobId);
        // The job as it is now, but the position of the first answer: what was asked for has been true since then.
        const first = known && (await this.firstOf(`cmo.job-${jobId}`));
        if (known) return ack(known, first?.position ?? recorded.position);
      }
      const isQueued = (event: Recorded): boolean => event.type === 'cmo.job.queued';
      const event = await this.requests.answer(operation, ids.requestId, isQueued);
      if (event && isRefused(event)) return refusalOf(event);
      if (event) return ack(gatewayJob.apply(gatewayJob.initial, event, jobId) ?? gatewayJob.initial, event.position);
      return ack(
        this.unanswered(operation, jobId, spec, { at: ids.at, position: recorded.position }),
        recorded.position,
      );
    });
  }

  private unanswered(
    operation: Operation,
    id: string,
    spec: JobSpec,
    { at, position }: { readonly at: string; readonly position: bigint },
  ): JobRow {
    const { organizationId } = operation;
    return {
      ...newJobRow({ id, organizationId, submittedBy: operation.caller.actor.id, spec, at }),
      position: String(position),
      sentence: 'It is recorded; the orchestrator has not taken it up yet.',
    };
  }

  /** The job from its view, or, where the view lags, from the job's own stream. */
  private async latest(operation: Operation, jobId: string): Promise<JobRow | undefined> {
    const row = await this.views.own(operation, gatewayJob, jobId);
    if (row) return row;
    let folded: JobRow | undefined;
    for await (const event of this.log.readStream(`cmo.job-${jobId}`, { limit: 500 })) {
      // What the view does not fold says nothing of the row; applied all the same, it would end it.
      if (gatewayJob.keys(event).length === 0) continue;
      folded = gatewayJob.apply(folded ?? gatewayJob.initial, event, jobId);
    }
    return folded?.organizationId === operation.organizationId ? folded : undefined;
  }

  async cancel(
    operation: Operation,
    jobId: string,
    reason: string | null | undefined,
    idempotencyKey: string,
  ): Promise<JobAck | Refusal> {
    await this.gate.allow(operation, 'jobs:cancel');
    return refusable(async () => {
      const job = await this.latest(operation, jobId);
      if (!job) return toRefusal('NotFound', 'JobUnknown', { jobId: jobId.slice(0, 128) });
      const input = { jobId, reason: (reason ?? 'Cancelled').slice(0, 1024) };
      const ids = this.requests.identify(operation, 'cancelJob', idempotencyKey, input);
      const recorded = await this.requests.record(operation, ids, { type: 'CancelJob', data: { ...ids, ...input } });
      if (isRefusal(recorded)) return recorded;
      const ends = ({ type, stream }: Recorded): boolean =>
        stream === `cmo.job-${jobId}` && (type === 'cmo.job.stopping' || type === 'cmo.job.cancelled');
      const event =
        recorded.repeated && job.endedAt !== null
          ? undefined
          : await this.requests.answer(operation, ids.requestId, ends);
      if (event && isRefused(event)) return refusalOf(event);
      const now = (await this.latest(operation, jobId)) ?? job;
      return ack(now, event?.position ?? recorded.position);
    });
  }

  /** What would happen now, at what price. Nothing is reserved. */
  async plan(operation: Operation, file: unknown, idempotencyKey: string) {
    await this.gate.allow(operation, 'plan:read');
    const parsed = parseJobFile(file);
    if (!parsed.ok) return specRefusal(parsed.faults);
    return refusable(async () => {
      const { spec } = parsed;
      const ids = this.requests.identify(operation, 'plan', idempotencyKey, spec);
      const fault = await this.queues.fault(operation, spec.queue);
      if (fault) return specRefusal([fault]);
      const planId = derivePrefixedId('plan', ids.requestId);
      const recorded = await this.requests.record(operation, ids, {
        type: 'RequestPlan',
        data: { ...ids, planId, spec },
      });
      if (isRefusal(recorded)) return recorded;
      const stream = `drm.plan-${planId}`;
      const known = recorded.repeated ? await this.firstOf(stream) : undefined;
      const event = known ?? (await this.requests.answer(operation, ids.requestId, (one) => one.stream === stream));
      if (!event) return notAnswered(recorded.position);
      return isRefused(event) ? refusalOf(event) : toPlan(event);
    });
  }

  private async firstOf(stream: string): Promise<Recorded | undefined> {
    for await (const event of this.log.readStream(stream, { limit: 1 })) return event;
    return undefined;
  }
}

function toPlan(event: Recorded) {
  const data = event.data as PlanComputed['data'];
  return {
    __typename: 'Plan' as const,
    feasible: data.feasible,
    waits: data.waits,
    sentence: data.sentence,
    shares: data.shares,
    transfers: data.transfers,
    candidates: data.candidates.map(toCandidate),
    leaseOffers: data.leaseOffers.map(toOffer),
    reasons: data.reasons.map(toWait),
    priceMicroUsdPerHour: data.priceMicroUsdPerHour,
    maximumMicroUsd: data.maximumMicroUsd,
    alternatives: data.alternatives ?? [],
    start: data.start ?? null,
    bindingLimit: data.bindingLimit ?? null,
    position: String(event.position),
  };
}
