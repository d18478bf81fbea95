import { Logger } from '@nestjs/common';
import type { Clock, Random } from '@solyx/kernel';
import { Consumer } from './consumer';
import type { ContextDefinition } from './define-context';
import { DeliveryRecords } from './delivery-records';
import type { EventBus } from './event-bus';
import { EventDispatcher } from './event-dispatcher';
import type { EventLog } from './event-log';
import { HandlerTable } from './handler-table';
import { OperatorRequests } from './operator-requests';
import type { CheckpointStore, DecisionReplay, Leadership, ParkingLot, ProjectionRunner } from './ports';
import { Relay } from './relay';
import type { Streams } from './streams';
import { ticksOf, TickScheduler } from './ticks';
import type { Views } from './views';

export interface RuntimeParts {
  readonly log: EventLog;
  readonly bus: EventBus;
  readonly streams: Streams;
  readonly views: Views;
  readonly clock: Clock;
  readonly random: Random;
  readonly leadership: Leadership;
  readonly checkpoints: CheckpointStore;
  readonly parking: ParkingLot;
  readonly projections: ProjectionRunner;
  readonly replay?: DecisionReplay | undefined;
}

/** What one term of leadership runs. */
interface Term {
  readonly epoch: bigint;
  readonly relay: Relay;
  readonly consumers: readonly Consumer[];
  readonly ticks: TickScheduler;
}

export interface RuntimeStatus {
  readonly leading: boolean;
  readonly epoch: bigint;
  /** Position up to which own events are on the bus; -1 before the first. */
  readonly relayed: bigint;
  /** Position up to which each source was handled. */
  readonly consumed: Readonly<Record<string, bigint>>;
}

/** Relay, consumers, projections and ticks of one context: all of them while this process leads, none while it does not. */
export class ContextRuntime {
  private readonly logger: Logger;
  private readonly dispatcher: EventDispatcher;
  private readonly instances: readonly object[];
  private term: Term | undefined;
  private stopped = false;

  /** `instances` are the objects whose methods are decorated with `@OnEvent` and `@OnTick`. */
  constructor(
    private readonly definition: ContextDefinition,
    private readonly parts: RuntimeParts,
    instances: readonly object[],
  ) {
    this.logger = new Logger(`Context ${definition.context}`);
    const { streams, views, parking, clock, random, replay } = parts;
    const records = new DeliveryRecords({ definition, streams, parking, clock });
    const operators = new OperatorRequests({
      ...{ definition, streams, views, parking, clock, replay, records },
      dispatcher: () => this.dispatcher,
    });
    this.instances = [...instances, operators, records];
    const handlers = new HandlerTable(this.instances);
    this.dispatcher = new EventDispatcher({ handlers, parking, clock, random, records });
    for (const type of handlers.types()) this.requireHeard(type);
  }

  /** Campaigns for the lead. Resolves at once. */
  async start(): Promise<void> {
    await this.parts.leadership.campaign(this.definition.context, {
      onElected: (epoch) => this.lead(epoch),
      onLost: () => this.cede(),
    });
  }

  /** Drains: takes nothing new, finishes what runs, remembers how far it came, and only then gives up the lead. */
  async stop(): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    await this.cede();
    await this.parts.leadership.resign();
  }

  status(): RuntimeStatus {
    const { term } = this;
    return {
      leading: term !== undefined,
      epoch: term?.epoch ?? -1n,
      relayed: term?.relay.position ?? -1n,
      consumed: Object.fromEntries((term?.consumers ?? []).map(({ name, position }) => [name, position])),
    };
  }

  private requireHeard(type: string): void {
    const source = type.split('.')[0] ?? '';
    if (this.definition.listens.some((heard) => heard === source)) return;
    throw new Error(`${this.definition.context} handles ${type} but does not list ${source} in listens`);
  }

  private async lead(epoch: bigint): Promise<void> {
    if (this.stopped) return;
    const { definition, parts } = this;
    this.logger.log(`leads, epoch ${epoch}`);
    parts.streams.forget();
    const consumerParts = { ...parts, dispatcher: this.dispatcher };
    const term: Term = {
      epoch,
      relay: new Relay(parts, definition.context, epoch),
      consumers: definition.listens.map((source) => new Consumer(consumerParts, definition.context, source, epoch)),
      ticks: new TickScheduler(ticksOf(this.instances), definition.context),
    };
    this.term = term;
    term.relay.start();
    for (const consumer of term.consumers) consumer.start();
    term.ticks.start();
    await parts.projections.start(definition, definition.projections, epoch);
  }

  private async cede(): Promise<void> {
    const { term } = this;
    this.term = undefined;
    if (!term) return;
    await Promise.all([term.ticks.stop(), ...term.consumers.map((consumer) => consumer.stop())]);
    await Promise.all([term.relay.stop(), this.parts.projections.stop()]);
    this.logger.log(`no longer leads, epoch ${term.epoch}`);
  }
}
