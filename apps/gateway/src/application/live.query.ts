import { Injectable } from '@nestjs/common';
import { SolyxError, type Recorded } from '@solyx/kernel';
import { EventLog, LiveTail } from '@solyx/eventing';
import { jobOf } from '../domain/subjects';
import { EventVisibility } from './event-visibility';
import { toEventView, type EventView } from './event-view';
import { hasType, parsePosition, streamPrefixes } from './events.query';
import { FleetQuery } from './fleet.query';
import { Freshness } from './freshness';
import { Gate } from './gate';
import { LogLines, type LogLineView } from './log-lines';
import type { Operation } from './operation';
import { TenantViews } from './tenant-views';
import {
  gatewayAllocation,
  gatewayJob,
  gatewayLease,
  gatewayStep,
  toOffer,
  type JobRow,
  type LeaseRow,
  type OfferRow,
  type StepRow,
} from './views';
import type { NodeView } from './fleet.query';

const STEPS_MAX = 500;
const READS_AT_ONCE = 8;
const VIEW_WAIT_MS = 5_000;

export interface FleetDelta {
  readonly node: NodeView | null;
  readonly offer: OfferRow | null;
  readonly lease: LeaseRow | null;
  readonly position: string;
}

/** What goes on: history first, then each event as it is recorded, without a gap and without a repeat. */
@Injectable()
export class LiveQuery {
  constructor(
    private readonly log: EventLog,
    private readonly tail: LiveTail,
    private readonly views: TenantViews,
    private readonly visibility: EventVisibility,
    private readonly fleetQuery: FleetQuery,
    private readonly lines: LogLines,
    private readonly gate: Gate,
    private readonly freshness: Freshness,
  ) {}

  /** Whether `events` would begin; the position to begin after. Throws what it would throw. */
  async allowEvents(
    operation: Operation,
    input: { readonly after?: string | null; readonly types?: readonly string[] | null },
  ): Promise<bigint | undefined> {
    await this.gate.allow(operation, 'events:read');
    streamPrefixes(input.types);
    return parsePosition(input.after, 'after');
  }

  /** Events that the caller may see, after a position or from now on. */
  async *events(
    operation: Operation,
    input: { readonly after?: string | null; readonly types?: readonly string[] | null },
    signal: AbortSignal,
  ): AsyncGenerator<EventView> {
    const after = await this.allowEvents(operation, input);
    const ofType = hasType(input.types);
    const filter = (event: Recorded): boolean => ofType(event) && this.visibility.maySee(operation, event) !== false;
    for await (const event of this.tail.listen({ filter, signal, ...(after === undefined ? {} : { after }) })) {
      if (!(await this.visibility.sees(operation, event))) continue;
      yield this.shown(operation, event);
    }
  }

  private shown(operation: Operation, event: Recorded): EventView {
    this.freshness.note(operation.organizationId, event.position);
    return toEventView(event);
  }

  /** Every event about one job, from its beginning or after a position. Goes on until the caller leaves. */
  async *jobEvents(
    operation: Operation,
    jobId: string,
    afterText: string | null | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<EventView> {
    await this.gate.allow(operation, 'jobs:read');
    const job = await this.requireJob(operation, jobId);
    let after = parsePosition(afterText, 'after') ?? -1n;
    const now = await this.log.head();
    if (now > after) {
      if (!(await this.views.waitFor(gatewayStep, now, VIEW_WAIT_MS))) {
        throw new SolyxError('Unavailable', 'the history of the job is not ready yet', {}, { reason: 'ViewBehind' });
      }
      for (const event of await this.history(operation, job, after, now)) {
        if (signal.aborted) return;
        yield this.shown(operation, event);
      }
      after = now;
    }
    const filter = (event: Recorded): boolean => jobOf(event) === jobId;
    for await (const event of this.tail.listen({ after, filter, signal })) yield this.shown(operation, event);
  }

  private async requireJob(operation: Operation, jobId: string): Promise<JobRow> {
    const job = await this.views.ownNow(operation, gatewayJob, jobId);
    if (job) return job;
    throw new SolyxError('NotFound', `there is no job ${jobId.slice(0, 64)}`, {}, { reason: 'JobUnknown' });
  }

  /** The job's recorded events, read where the view says that they lie. */
  private async history(operation: Operation, job: JobRow, after: bigint, until: bigint): Promise<readonly Recorded[]> {
    const steps = await this.views.ofJob(operation, gatewayStep, job, { first: STEPS_MAX });
    const wanted = steps.filter(({ position }) => BigInt(position) > after && BigInt(position) <= until);
    const events: Recorded[] = [];
    for (let from = 0; from < wanted.length; from += READS_AT_ONCE) {
      const some = await Promise.all(wanted.slice(from, from + READS_AT_ONCE).map((step) => this.at(step)));
      events.push(...some.filter((event) => event !== undefined));
    }
    return events.sort((a, b) => (a.position < b.position ? -1 : 1));
  }

  private async at({ stream, revision }: StepRow): Promise<Recorded | undefined> {
    for await (const event of this.log.readStream(stream, { from: BigInt(revision), limit: 1 })) return event;
    return undefined;
  }

  /** What the job prints. Ends when the job has ended and its last line is out. */
  async *logs(
    operation: Operation,
    input: { readonly jobId: string; readonly after?: string | null; readonly attempt?: number | null },
    signal: AbortSignal,
  ): AsyncGenerator<LogLineView> {
    await this.gate.allow(operation, 'jobs:read');
    const job = await this.requireJob(operation, input.jobId);
    const stop = new AbortController();
    const both = AbortSignal.any([signal, stop.signal]);
    let ended = job.endedAt !== null;
    const watching = ended
      ? Promise.resolve()
      : this.untilEnded(job, both).then(
          () => void (ended = true),
          () => undefined,
        );
    const after = parsePosition(input.after, 'after');
    try {
      const options = { organizationId: job.organizationId, jobId: job.id, signal: both, ended: () => ended };
      for await (const line of this.lines.read({ ...options, ...(after === undefined ? {} : { after }) })) {
        if (input.attempt === null || input.attempt === undefined || line.attempt === input.attempt) yield line;
      }
    } finally {
      stop.abort();
      await watching;
    }
  }

  private async untilEnded(job: JobRow, signal: AbortSignal): Promise<void> {
    const filter = ({ type, stream }: Recorded): boolean =>
      stream === `cmo.job-${job.id}` && /^cmo\.job\.(succeeded|failed|cancelled)$/.test(type);
    for await (const event of this.tail.listen({ after: BigInt(job.position), filter, signal }))
      if (filter(event)) return;
  }

  /** Nodes, offers and leases as they change, after a position or from now on. */
  async *fleet(
    operation: Operation,
    afterText: string | null | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<FleetDelta> {
    await this.gate.allow(operation, 'fleet:read');
    const after = parsePosition(afterText, 'after');
    const filter = ({ type }: Recorded): boolean => FLEET.test(type);
    for await (const event of this.tail.listen({ filter, signal, ...(after === undefined ? {} : { after }) })) {
      this.freshness.note(operation.organizationId, event.position);
      yield* this.deltas(operation, event);
    }
  }

  private async *deltas(operation: Operation, event: Recorded): AsyncGenerator<FleetDelta> {
    const position = String(event.position);
    const none = { node: null, offer: null, lease: null, position };
    const data = event.data as Readonly<Record<string, unknown>>;
    if (event.type === 'drm.offer.observed') {
      yield { ...none, offer: toOffer(data['offer'] as Parameters<typeof toOffer>[0]) };
    } else if (event.type.startsWith('drm.lease.')) {
      const lease = await this.views.shared(operation, gatewayLease, String(data['leaseId']));
      if (lease) yield { ...none, lease };
    } else {
      for (const nodeId of await this.nodesOf(operation, event, data)) {
        const node = await this.fleetQuery.node(operation, nodeId);
        if (node) yield { ...none, node };
      }
    }
  }

  private async nodesOf(
    operation: Operation,
    event: Recorded,
    data: Readonly<Record<string, unknown>>,
  ): Promise<readonly string[]> {
    if (event.type === 'drm.node.registered') return [String((data['terms'] as { nodeId?: unknown }).nodeId)];
    if (event.type.startsWith('drm.node.')) return [String(data['nodeId'])];
    const granted = data['allocation'] as { shares: readonly { nodeId: string }[] } | undefined;
    const before = { position: String(event.position - 1n) };
    const held =
      granted ?? (await this.views.shared(operation, gatewayAllocation, String(data['allocationId']), before));
    return [...new Set((held?.shares ?? []).map(({ nodeId }) => nodeId))];
  }
}

const FLEET = /^drm\.(node|offer|lease)\.|^drm\.partition\.allocation-/;
