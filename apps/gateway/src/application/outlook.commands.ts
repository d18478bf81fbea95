import { Injectable } from '@nestjs/common';
import { derivePrefixedId, type Recorded } from '@solyx/kernel';
import type { EtaComputed, ExplanationComputed, FleetMeasured } from '@solyx/contracts/drm';
import { EventLog } from '@solyx/eventing';
import { parseJobFile } from '../domain/job-spec';
import type { RequestCommand } from '../domain/request';
import { Gate } from './gate';
import { KnownQueues } from './known-queues';
import type { Operation } from './operation';
import { isRefusal, notAnswered, refusable, refusalOf, specRefusal, toRefusal, type Refusal } from './refusal';
import { isRefused, Requests, type RequestIds } from './requests';
import { TenantViews } from './tenant-views';
import { gatewayJob } from './views';
import { toWait } from './why.query';

/** What the scheduler is asked to work out: when, why, how fragmented. Each answer is a fact on a stream of its own. */
@Injectable()
export class OutlookCommands {
  constructor(
    private readonly requests: Requests,
    private readonly views: TenantViews,
    private readonly gate: Gate,
    private readonly log: EventLog,
    private readonly queues: KnownQueues,
  ) {}

  /** When a job would start and end: one that exists, or one that is not submitted. */
  async eta(
    operation: Operation,
    { jobId, spec }: { readonly jobId?: string | null; readonly spec?: unknown },
    idempotencyKey: string,
  ) {
    await this.gate.allow(operation, 'plan:read');
    const parsed = spec === undefined || spec === null ? undefined : parseJobFile(spec);
    if (parsed?.ok === false) return specRefusal(parsed.faults);
    const hasId = typeof jobId === 'string' && jobId !== '';
    if (hasId === (parsed !== undefined)) {
      return specRefusal([
        { field: '', problem: 'either a job or a spec is wanted', hint: 'Name a job, or give a job file.' },
      ]);
    }
    return refusable(async () => {
      const fault = await this.queues.fault(operation, parsed?.ok === true ? parsed.spec.queue : undefined);
      if (fault) return specRefusal([fault]);
      const about = hasId ? { jobId } : { ...(parsed?.ok ? { spec: parsed.spec } : {}) };
      if (hasId && !(await this.views.ownNow(operation, gatewayJob, jobId))) return unknownJob(jobId);
      const ids = this.requests.identify(operation, 'eta', idempotencyKey, about);
      const etaId = derivePrefixedId('eta', ids.requestId);
      const answer = await this.answer(operation, ids, `drm.eta-${etaId}`, {
        type: 'RequestEta',
        data: { ...ids, etaId, ...about },
      });
      return isRefusal(answer) ? answer : toEta(answer);
    });
  }

  /** Why a job is where it is, worked out now: who is ahead and what would let it in. */
  async explain(operation: Operation, jobId: string, idempotencyKey: string) {
    await this.gate.allow(operation, 'jobs:read');
    return refusable(async () => {
      if (!(await this.views.ownNow(operation, gatewayJob, jobId))) return unknownJob(jobId);
      const ids = this.requests.identify(operation, 'explain', idempotencyKey, { jobId });
      const explanationId = derivePrefixedId('why', ids.requestId);
      const answer = await this.answer(operation, ids, `drm.explanation-${explanationId}`, {
        type: 'RequestExplanation',
        data: { ...ids, explanationId, jobId },
      });
      return isRefusal(answer) ? answer : toOutlook(answer);
    });
  }

  /** How much of what is free the usual work could not use. */
  async measureFleet(operation: Operation, idempotencyKey: string) {
    await this.gate.allow(operation, 'fleet:read');
    return refusable(async () => {
      const ids = this.requests.identify(operation, 'measureFleet', idempotencyKey, {});
      const fleetId = derivePrefixedId('fleet', ids.requestId);
      const answer = await this.answer(operation, ids, `drm.fleet-${fleetId}`, {
        type: 'MeasureFleet',
        data: { ...ids, fleetId },
      });
      if (isRefusal(answer)) return answer;
      const { at: measuredAt, fleetId: _id, ...figures } = answer.data as FleetMeasured['data'];
      return { __typename: 'FleetFigures' as const, ...figures, at: measuredAt, position: String(answer.position) };
    });
  }

  /** The one fact on the answer's stream, or the refusal. */
  private async answer(
    operation: Operation,
    ids: RequestIds,
    stream: string,
    command: RequestCommand,
  ): Promise<Recorded | Refusal> {
    const recorded = await this.requests.record(operation, ids, command);
    if (isRefusal(recorded)) return recorded;
    const known = recorded.repeated ? await this.firstOf(stream) : undefined;
    const event = known ?? (await this.requests.answer(operation, ids.requestId, (one) => one.stream === stream));
    if (!event) return notAnswered(recorded.position);
    return isRefused(event) ? refusalOf(event) : event;
  }

  private async firstOf(stream: string): Promise<Recorded | undefined> {
    for await (const event of this.log.readStream(stream, { limit: 1 })) return event;
    return undefined;
  }
}

const unknownJob = (jobId: string): Refusal => toRefusal('NotFound', 'JobUnknown', { jobId: jobId.slice(0, 128) });

function toEta(event: Recorded) {
  const { phase, start, end, observations, basis, calibration, simulated, sentence, at } =
    event.data as EtaComputed['data'];
  return {
    __typename: 'Eta' as const,
    ...{ phase, observations, basis, calibration, simulated, sentence, at },
    start: start ?? null,
    end: end ?? null,
    position: String(event.position),
  };
}

function toOutlook(event: Recorded) {
  const { phase, ahead, reasons, blockers, waysIn, start, sentence, at } = event.data as ExplanationComputed['data'];
  return {
    __typename: 'Outlook' as const,
    ...{ phase, ahead, waysIn, sentence, at },
    waiting: reasons.map(toWait),
    blockers: blockers.map(({ name, workloadId, position, likelyEndAt, latestEndAt }) => ({
      ...{ name, position },
      jobId: workloadId ?? null,
      likelyEndAt: likelyEndAt ?? null,
      latestEndAt: latestEndAt ?? null,
    })),
    start: start ?? null,
    position: String(event.position),
  };
}
