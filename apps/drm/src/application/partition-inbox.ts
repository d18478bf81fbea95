import { Injectable } from '@nestjs/common';
import { causedBy, onOccasion, serviceActor, Streams, type CommandContext } from '@solyx/eventing';
import { Clock, deriveId, PLATFORM_ORGANIZATION, SolyxError, type DomainEvent, type Recorded } from '@solyx/kernel';
import { wasCut } from '../domain/draft';
import { INPUTS_MAX, partitionDecider, type PartitionCommand } from '../domain/partition';
import {
  isDecision,
  type PartitionDecision,
  type PartitionEvent,
  type PartitionInput,
} from '../domain/partition-events';
import type { PartitionState } from '../domain/partition-state';
import { DrmSettings } from './drm-settings';

const WAITING_MAX = 10_000;
const BATCH_BYTES_MAX = 256 * 1024;
/** Schedules in a row that one batch may cause; what is left is decided with the next batch or tick. */
const FOLLOW_UPS_MAX = 32;

interface Waiting {
  readonly input: PartitionInput;
  /** Undefined where the service itself noticed it: no other fact is its cause. */
  readonly source: Recorded | undefined;
  /** Names the cause, the same whenever it comes again. */
  readonly cause: string;
  readonly bytes: number;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/** Of the workload that a decision is about: all that its event needs besides the decision. */
interface Origin {
  readonly organizationId: string;
  readonly correlationId: string;
  readonly traceparent: string;
}

/**
 * The one door to the partition's journal. Inputs that come while an append is under way wait together and are taken
 * as one batch: one schedule, one append, each event under its own tenant, correlation and trace.
 */
@Injectable()
export class PartitionInbox {
  private waiting: Waiting[] = [];
  private draining: Promise<void> | undefined;
  /** Where the journal stood when last seen: part of every command's id, so that no two commands share one. */
  private seen: { readonly state: PartitionState; readonly position: bigint } | undefined;

  constructor(
    private readonly streams: Streams,
    private readonly clock: Clock,
    private readonly settings: DrmSettings,
  ) {}

  /** Resolves once the journal knows the input, now or since an earlier delivery. */
  async submit(input: PartitionInput, source: Recorded): Promise<void> {
    await this.wait(input, source, source.id);
  }

  /** What the service noticed or worked out by itself. Resolves as `submit` does; `key` names the occasion. */
  async observe(input: PartitionInput, key: string): Promise<void> {
    await this.wait(input, undefined, deriveId('drm.note', input.type, key));
  }

  private async wait(input: PartitionInput, source: Recorded | undefined, cause: string): Promise<void> {
    if (this.waiting.length >= WAITING_MAX) {
      throw new SolyxError('ResourceExhausted', 'too many inputs wait for the scheduler', { limit: WAITING_MAX });
    }
    const bytes = JSON.stringify(input.data).length;
    await new Promise<void>((resolve, reject) => {
      this.waiting.push({ input, source, cause, bytes, done: resolve, failed: reject });
      this.draining ??= this.drain().finally(() => {
        this.draining = undefined;
      });
    });
  }

  /** Looks again, because time has passed. */
  async tick(): Promise<void> {
    await this.draining;
    const { order, leases, advice } = await this.state();
    if (order.length === 0 && leases.size === 0 && advice.length === 0) return;
    await this.settle({ type: 'Tick', data: { at: this.clock.iso() } }, []);
  }

  /** The partition as the journal has it now. */
  async state(): Promise<PartitionState> {
    const { state, position } = await this.streams.load(partitionDecider, this.settings.partition);
    this.see(state, position);
    return state;
  }

  /** Only forwards: a read that began before an append may end after it. */
  private see(state: PartitionState, position: bigint): void {
    if (!this.seen || position >= this.seen.position) this.seen = { state, position };
  }

  private async drain(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.takeBatch();
      try {
        const inputs = batch.map(({ input }) => input);
        await this.settle({ type: 'Advance', data: { inputs, at: this.clock.iso() } }, batch);
        for (const { done } of batch) done();
      } catch (error) {
        for (const { failed } of batch) failed(error);
      }
    }
  }

  private takeBatch(): readonly Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { bytes: more } of this.waiting) {
      if (count >= INPUTS_MAX || (count > 0 && bytes + more > BATCH_BYTES_MAX)) break;
      bytes += more;
      count += 1;
    }
    return this.waiting.splice(0, count);
  }

  /** Records the command, and goes on deciding while decisions fill their bounds. */
  private async settle(command: PartitionCommand, batch: readonly Waiting[]): Promise<void> {
    let events = await this.record(command, batch);
    for (let i = 0; i < FOLLOW_UPS_MAX && wasCut(events.filter(isDecision)); i += 1) {
      events = await this.record({ type: 'Tick', data: { at: this.clock.iso() } }, batch);
    }
  }

  private async record(command: PartitionCommand, batch: readonly Waiting[]): Promise<readonly PartitionEvent[]> {
    if (!this.seen) await this.state();
    const context = this.contextFor(command, batch);
    try {
      const outcome = await this.streams.transact(partitionDecider, this.settings.partition, command, context);
      if (!outcome.accepted) return [];
      this.see(outcome.state, outcome.position);
      return outcome.events;
    } catch (error) {
      // It may have been appended all the same: look before the next command gets its id.
      this.seen = undefined;
      throw error;
    }
  }

  private contextFor(command: PartitionCommand, batch: readonly Waiting[]): CommandContext {
    const sources = batch.map(({ cause }) => cause);
    const commandId = deriveId('drm.partition', command.type, this.seen?.position ?? -1n, ...sources);
    const last = batch.findLast(({ source }) => source !== undefined)?.source;
    const base: CommandContext = last
      ? { ...causedBy(last, serviceActor('drm')), commandId, organizationId: PLATFORM_ORGANIZATION }
      : { ...onOccasion('drm', commandId), commandId, correlationId: commandId, causationId: commandId };
    const inputs = new Map<DomainEvent, CommandContext>(
      batch.map(({ input, source, cause }) => [input, { ...(source ? causedBy(source) : noted(cause)), commandId }]),
    );
    const origins = originsOf(batch);
    const causes = new Map(batch.map(({ input, cause }) => [workloadOf(input), cause]));
    const contextOf = (event: DomainEvent): CommandContext | undefined => {
      const own = inputs.get(event);
      if (own || !isDecision(event as PartitionEvent)) return own;
      const decision = event as PartitionDecision;
      const workloadId = workloadOf(decision);
      const origin = origins.get(workloadId) ?? originOf(this.seen?.state, workloadId);
      if (!origin) return undefined;
      return {
        commandId,
        actor: base.actor,
        organizationId: isAboutFleet(decision) ? PLATFORM_ORGANIZATION : origin.organizationId,
        correlationId: origin.correlationId === '' ? base.correlationId : origin.correlationId,
        // Its own input, where that came with the batch; else what made room for it.
        causationId: causes.get(workloadId) ?? base.causationId,
        ...(origin.traceparent === '' ? {} : { traceparent: origin.traceparent }),
      };
    };
    return { ...base, contextOf };
  }
}

const noted = (cause: string): CommandContext => ({
  ...onOccasion('drm', cause),
  correlationId: cause,
  causationId: cause,
});

/** Leases belong to the platform, though a workload may be their cause. */
const isAboutFleet = ({ type }: PartitionDecision): boolean =>
  type === 'drm.partition.lease-requested' || type === 'drm.partition.lease-release-requested';

function workloadOf({ type, data }: PartitionEvent): string {
  switch (type) {
    case 'drm.partition.workload-queued':
      return data.request.workloadId;
    case 'drm.partition.allocation-granted':
      return data.allocation.workloadId;
    case 'drm.partition.workload-ended':
    case 'drm.partition.allocation-released':
    case 'drm.partition.preemption-requested':
    case 'drm.partition.workload-waiting':
      return data.workloadId;
    case 'drm.partition.lease-requested':
      return data.workloadId ?? '';
    default:
      return '';
  }
}

function originsOf(batch: readonly Waiting[]): ReadonlyMap<string, Origin> {
  const origins = new Map<string, Origin>();
  for (const { input } of batch) {
    if (input.type !== 'drm.partition.workload-queued') continue;
    const { request, correlationId = '', traceparent = '' } = input.data;
    origins.set(request.workloadId, { organizationId: request.organizationId, correlationId, traceparent });
  }
  return origins;
}

function originOf(state: PartitionState | undefined, workloadId: string): Origin | undefined {
  const queued = state?.queue.get(workloadId);
  if (queued) return { ...queued, organizationId: queued.request.organizationId };
  const held = state?.held.get(workloadId);
  return held && { ...held, organizationId: held.allocation.organizationId };
}
