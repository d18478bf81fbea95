import { HandlerTable, Streams, tickSubscriptionsOf, type Delivery, type NewEvent } from '@solyx/eventing';
import { deriveId, ManualClock, type DomainEvent, type EventMetadata, type Recorded } from '@solyx/kernel';
import type { AgentLogLine } from '@solyx/contracts';
import { MemoryEventLog, MemoryViews } from '@solyx/testing';
import { AdmitAgentHandler } from '../application/admit-agent.handler';
import { AgentConsumers } from '../application/agent-consumers';
import { CancelJobHandler } from '../application/cancel-job.handler';
import { DispatchTasksProcess } from '../application/dispatch-tasks.process';
import { PlaceJobHandler } from '../application/place-job.handler';
import { RecordReportHandler } from '../application/record-report.handler';
import { ReserveQuotaHandler } from '../application/reserve-quota.handler';
import { SimulatedExecutor } from '../application/simulated-executor.process';
import { StopOverdueProcess } from '../application/stop-overdue.process';
import { SubmitJobHandler } from '../application/submit-job.handler';
import { TaskLogs, type LogTarget } from '../application/task-logs';
import { Timers, type Timer } from '../application/timers';
import { cmoContext } from '../cmo.module';

/** Timers that a spec fires: in order of time, each awaited. */
class ManualTimers extends Timers {
  private readonly waiting = new Set<{ readonly atMs: number; readonly work: () => Promise<void> }>();
  constructor(private readonly clock: ManualClock) {
    super();
  }
  override at(atMs: number, work: () => Promise<void>): Timer {
    const entry = { atMs, work };
    this.waiting.add(entry);
    return { cancel: () => void this.waiting.delete(entry) };
  }
  clear(): void {
    this.waiting.clear();
  }
  get count(): number {
    return this.waiting.size;
  }
  /** Advances the clock to the next one and fires it; false where there is none. */
  async fireNext(): Promise<boolean> {
    const [next] = [...this.waiting].sort((a, b) => a.atMs - b.atMs);
    if (!next) return false;
    this.waiting.delete(next);
    this.clock.advance(next.atMs - this.clock.now());
    await next.work().catch(() => undefined);
    return true;
  }
}

class KeptLogs extends TaskLogs {
  readonly lines: string[] = [];
  override write(_: LogTarget, { text }: AgentLogLine): void {
    this.lines.push(text);
  }
}

class KeptConsumers extends AgentConsumers {
  readonly names = new Set<string>();
  override async ensure(nodeId: string): Promise<void> {
    this.names.add(nodeId);
  }
  override async remove(nodeId: string): Promise<void> {
    this.names.delete(nodeId);
  }
}

const CUSTOMER = { kind: 'key', id: 'key_1', roles: ['owner'] } as const;

/** cmo over a log in memory: facts of the others are written by the spec, deliveries are as often as it likes. */
export class SmallPlane {
  readonly clock = new ManualClock();
  readonly log = new MemoryEventLog(this.clock);
  readonly streams = new Streams(this.log);
  readonly views = new MemoryViews(this.log, cmoContext.projections, this.clock);
  readonly timers = new ManualTimers(this.clock);
  readonly logs = new KeptLogs();
  readonly consumers = new KeptConsumers();
  readonly reports = new RecordReportHandler(this.streams, this.clock);
  private handlers: readonly object[];
  private table: HandlerTable;
  private position = -1n;
  private facts = 0;

  constructor(private readonly times = 1) {
    this.handlers = this.build();
    this.table = new HandlerTable(this.handlers);
  }

  private build(): readonly object[] {
    const { streams, clock, views } = this;
    const dispatch = new DispatchTasksProcess(streams, clock);
    return [
      new SubmitJobHandler(streams, clock),
      new ReserveQuotaHandler(streams, clock),
      new PlaceJobHandler(streams, clock, dispatch),
      new CancelJobHandler(streams, clock),
      dispatch,
      new StopOverdueProcess(streams, views, clock),
      new AdmitAgentHandler(this.consumers, views),
      new SimulatedExecutor(streams, views, clock, this.timers, this.logs),
    ];
  }

  /** As after a crash: nothing is known but what is on record. */
  restart(): void {
    this.handlers = this.build();
    this.table = new HandlerTable(this.handlers);
  }

  async tick(): Promise<void> {
    for (const handler of this.handlers) {
      for (const { method } of tickSubscriptionsOf(handler)) {
        await (handler as Record<string, () => Promise<void>>)[method]?.();
      }
    }
  }

  /** A fact of another context, and all that follows from it. */
  async happens(stream: string, event: DomainEvent): Promise<void> {
    await this.record(stream, event);
    await this.settle();
  }

  /** A fact that nobody has heard of yet. */
  async record(stream: string, event: DomainEvent): Promise<void> {
    this.facts += 1;
    const id = deriveId('fact', this.facts);
    const metadata: EventMetadata = {
      ...{ version: 1, organizationId: 'acme', actor: CUSTOMER, $correlationId: 'request-1', $causationId: id },
    };
    const stored: NewEvent = { ...event, id, metadata };
    await this.log.append(stream, [stored], 'any');
  }

  /** Delivers what was recorded, until nothing new is. */
  async settle(): Promise<void> {
    for (let found = true; found;) {
      found = false;
      for await (const event of this.log.readAll({ after: this.position })) {
        found = true;
        this.position = event.position;
        for (let time = 1; time <= this.times; time += 1) await this.deliver(event, time);
      }
    }
  }

  async deliver(event: Recorded, attempt = 1): Promise<void> {
    const delivery: Delivery = { attempt, redelivered: attempt > 1 };
    await this.table.handle(event, delivery);
  }

  /** Fires every timer there is before anything that follows is delivered. */
  async fireAll(): Promise<void> {
    while (await this.timers.fireNext());
    await this.settle();
  }

  /** Fires timers, and delivers what follows, until nothing is left to fire. */
  async pass(): Promise<void> {
    while (await this.timers.fireNext()) await this.settle();
  }

  async typesOf(stream: string): Promise<readonly string[]> {
    const types: string[] = [];
    for await (const event of this.log.readStream(stream)) types.push(event.type);
    return types;
  }

  async eventsOf(stream: string): Promise<readonly Recorded[]> {
    const events: Recorded[] = [];
    for await (const event of this.log.readStream(stream)) events.push(event);
    return events;
  }
}
