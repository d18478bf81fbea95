import { eventSubscriptionsOf, serviceActor, Streams, tickSubscriptionsOf } from '@solyx/eventing';
import { ManualClock, deriveId, type DomainEvent, type EventMetadata, type Recorded } from '@solyx/kernel';
import { MemoryEventLog, MemoryViews } from '@solyx/testing';
import { SimulatedLessor } from '../adapters/simulated-lessor';
import { AdvanceTimeProcess } from '../application/advance-time.process';
import { AnswerQuestionHandler } from '../application/answer-question.handler';
import { DrainNodeProcess } from '../application/drain-node.process';
import type { FleetNode } from '../application/drm-settings';
import { ForeseeStartsProcess } from '../application/foresee-starts.process';
import { HearEvictionsProcess } from '../application/hear-evictions.process';
import { HearMarketHandler } from '../application/hear-market.handler';
import { LeaseNodeProcess } from '../application/lease-node.process';
import { leaseView } from '../application/lease.projection';
import type { Lessor } from '../application/lessor';
import { ManageNodeHandler } from '../application/manage-node.handler';
import { ManageQueueHandler } from '../application/manage-queue.handler';
import { ObserveOffersProcess } from '../application/observe-offers.process';
import { PartitionInbox } from '../application/partition-inbox';
import { PartitionReplay } from '../application/partition-replay.query';
import { PlanWorkloadHandler } from '../application/plan-workload.handler';
import { QueueWorkloadHandler } from '../application/queue-workload.handler';
import { ReconcileLeasesProcess } from '../application/reconcile-leases.process';
import { RegisterFleetProcess } from '../application/register-fleet.process';
import { WatchHeartbeatsProcess } from '../application/watch-heartbeats.process';
import { SIMULATED_OFFERS } from '../simulated-fleet';
import { T0 } from './builders';

type Method = (event?: Recorded, delivery?: { attempt: number; redelivered: boolean }) => Promise<void>;

/** The service over a log in memory: what other contexts say is appended, and what is appended is delivered. */
export class Plane {
  readonly clock = new ManualClock(T0);
  readonly log = new MemoryEventLog(this.clock);
  readonly views = new MemoryViews(this.log, [leaseView], this.clock);
  streams = new Streams(this.log);
  inbox!: PartitionInbox;
  heartbeats!: WatchHeartbeatsProcess;
  replay!: PartitionReplay;
  private handlers: readonly object[] = [];
  private handled = -1n;
  private told = 0;

  constructor(
    private readonly fleet: readonly FleetNode[] = [],
    private readonly lessor: Lessor = new SimulatedLessor({ offers: SIMULATED_OFFERS }),
  ) {
    this.start();
  }

  /** A new process: nothing but the log is left of the one before. */
  start(): void {
    const { clock, log, lessor } = this;
    const settings = { partition: 'main', heartbeatTimeoutMs: 15_000, offerFreshSeconds: 600, fleet: this.fleet };
    const streams = new Streams(log);
    const inbox = new PartitionInbox(streams, clock, settings);
    this.streams = streams;
    this.inbox = inbox;
    this.heartbeats = new WatchHeartbeatsProcess(streams, inbox, clock, settings);
    this.replay = new PartitionReplay(log, settings);
    this.handlers = [
      new QueueWorkloadHandler(inbox),
      new HearMarketHandler(inbox),
      new HearEvictionsProcess(streams, clock, lessor, inbox),
      new ManageNodeHandler(streams, inbox),
      new ManageQueueHandler(streams, inbox),
      new PlanWorkloadHandler(streams, inbox, clock),
      new AnswerQuestionHandler(streams, inbox, clock),
      new ForeseeStartsProcess(inbox, clock),
      new AdvanceTimeProcess(inbox),
      new DrainNodeProcess(streams, inbox, clock),
      new LeaseNodeProcess(streams, inbox, lessor, clock, settings),
      new ObserveOffersProcess(streams, inbox, lessor, clock, settings),
      new ReconcileLeasesProcess(streams, inbox, lessor, this.views, clock),
      new RegisterFleetProcess(streams, clock, settings),
      this.heartbeats,
    ];
  }

  /** Appends what another context recorded. */
  async hear(event: DomainEvent, stream: string, organizationId = 'acme'): Promise<void> {
    this.told += 1;
    const id = deriveId('told', this.told);
    const metadata: EventMetadata = {
      version: 1,
      organizationId,
      actor: { kind: 'key', id: 'key_1', roles: ['owner'] },
      $correlationId: `correlation-${this.told}`,
      $causationId: `correlation-${this.told}`,
    };
    await this.log.append(stream, [{ ...event, id, metadata }], 'any');
  }

  /** Delivers what is new until nothing is, each event `times` over. */
  async deliver(times = 1): Promise<void> {
    for (;;) {
      const batch: Recorded[] = [];
      for await (const event of this.log.readAll({ after: this.handled, limit: 500 })) batch.push(event);
      const last = batch[batch.length - 1];
      if (!last) return;
      // Events of other streams are handled side by side, as consumers do.
      await Promise.all(
        batch.map(async (event) => {
          for (let i = 0; i < times; i += 1) await this.handle(event, i);
        }),
      );
      this.handled = last.position;
    }
  }

  /** Delivers everything again, from the beginning. */
  async redeliver(): Promise<void> {
    this.handled = -1n;
    await this.deliver();
  }

  /** Lets time pass, a second at a time. */
  async pass(seconds: number, each?: () => void): Promise<void> {
    for (let i = 0; i < seconds; i += 1) {
      this.clock.advance(1_000);
      each?.();
      await this.tick();
    }
  }

  async tick(): Promise<void> {
    for (const handler of this.handlers) {
      for (const { method } of tickSubscriptionsOf(handler)) await (handler as Record<string, Method>)[method]?.();
    }
    await this.deliver();
  }

  async events(type: string): Promise<Recorded[]> {
    const found: Recorded[] = [];
    for await (const event of this.log.readAll()) if (event.type === type) found.push(event);
    return found;
  }

  private async handle(event: Recorded, attempt: number): Promise<void> {
    for (const handler of this.handlers) {
      for (const { types, method } of eventSubscriptionsOf(handler)) {
        if (!types.includes(event.type)) continue;
        await (handler as Record<string, Method>)[method]?.(event, { attempt: attempt + 1, redelivered: attempt > 0 });
      }
    }
  }
}

export const drmActor = serviceActor('drm');
