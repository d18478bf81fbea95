import {
  Global,
  Inject,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type Provider,
} from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, ModuleRef } from '@nestjs/core';
import { Clock, Ids, Random, SystemClock, SystemIds, SystemRandom } from '@solyx/kernel';
import { ContextRuntime, type RuntimeStatus } from './context-runtime';
import type { ContextDefinition } from './define-context';
import { EventBus } from './event-bus';
import { EventLog } from './event-log';
import { EventStoreLog } from './event-store-log';
import { EventStoreSnapshots } from './event-store-snapshots';
import { LiveTail } from './live-tail';
import { NatsBus } from './nats-bus';
import { NatsLink } from './nats-link';
import { eventSubscriptionsOf, tickSubscriptionsOf } from './on-event';
import { CheckpointStore, DecisionReplay, EventingOptions, Leadership, ParkingLot, ProjectionRunner } from './ports';
import { Database, postgresProviders } from './postgres';
import { Snapshots } from './snapshots';
import { Streams } from './streams';
import { Views } from './views';

const DEFINITION = Symbol('solyx:context-definition');

/** Gives every module of a service the addresses of its stores. `runService` imports it once, at the root. */
@Global()
@Module({})
export class EventingConnections {
  static forRoot(options: EventingOptions): DynamicModule {
    return {
      module: EventingConnections,
      providers: [{ provide: EventingOptions, useValue: options }],
      exports: [EventingOptions],
    };
  }
}

/** Whether this process leads, and how far it has come: for health and metrics. */
export class EventingStatus {
  private runtime: ContextRuntime | undefined;

  attach(runtime: ContextRuntime): void {
    this.runtime = runtime;
  }

  now(): RuntimeStatus {
    return this.runtime?.status() ?? { leading: false, epoch: -1n, relayed: -1n, consumed: {} };
  }
}

/** Starts the context once every provider exists, drains it before the service ends, and closes connections last. */
class EventingLifecycle implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  private runtime: ContextRuntime | undefined;

  constructor(
    @Inject(DEFINITION) private readonly definition: ContextDefinition,
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(ModuleRef) private readonly modules: ModuleRef,
    @Inject(EventingStatus) private readonly status: EventingStatus,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.runtime = new ContextRuntime(
      this.definition,
      {
        log: this.get(EventLog),
        bus: this.get(EventBus),
        streams: this.get(Streams),
        views: this.get(Views),
        clock: this.get(Clock),
        random: this.get(Random),
        leadership: this.get(Leadership),
        checkpoints: this.get(CheckpointStore),
        parking: this.get(ParkingLot),
        projections: this.get(ProjectionRunner),
        replay: this.getIfProvided(DecisionReplay),
      },
      this.handlers(),
    );
    this.status.attach(this.runtime);
    await this.runtime.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.runtime?.stop();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.get(LiveTail).stop();
    await this.get(EventBus).close();
    await this.get(EventLog).close();
    const snapshots = this.get(Snapshots);
    if (snapshots instanceof EventStoreSnapshots) await snapshots.close();
  }

  /** Every provider and controller that hears events or ticks, once each. */
  private handlers(): readonly object[] {
    const wrappers = [...this.discovery.getProviders(), ...this.discovery.getControllers()];
    const instances = wrappers
      .map(({ instance }) => instance as unknown)
      .filter((instance): instance is object => typeof instance === 'object' && instance !== null)
      .filter((instance) => eventSubscriptionsOf(instance).length > 0 || tickSubscriptionsOf(instance).length > 0);
    return [...new Set(instances)];
  }

  private get<T>(token: abstract new (...args: never[]) => T): T {
    return this.modules.get<T>(token, { strict: false });
  }

  private getIfProvided<T>(token: abstract new (...args: never[]) => T): T | undefined {
    try {
      return this.get(token);
    } catch {
      return undefined;
    }
  }
}

const SHARED: readonly Provider[] = [
  { provide: Clock, useClass: SystemClock },
  { provide: Ids, useClass: SystemIds },
  { provide: Random, useClass: SystemRandom },
  {
    provide: EventLog,
    inject: [EventingOptions, Random],
    useFactory: ({ eventStoreUrl }: EventingOptions, random: Random) => new EventStoreLog(eventStoreUrl, random),
  },
  {
    provide: Snapshots,
    inject: [EventingOptions],
    useFactory: ({ eventStoreUrl }: EventingOptions) => new EventStoreSnapshots(eventStoreUrl),
  },
  {
    provide: Streams,
    inject: [EventLog, Snapshots],
    useFactory: (log: EventLog, snapshots: Snapshots) => new Streams(log, snapshots),
  },
  { provide: EventBus, inject: [NatsLink], useFactory: (link: NatsLink) => new NatsBus(link) },
  { provide: LiveTail, inject: [EventLog], useFactory: (log: EventLog) => new LiveTail(log) },
  EventingStatus,
];

const SHOWN = [
  ...[Clock, Ids, Random, EventLog, Snapshots, Streams, EventBus, NatsLink, LiveTail, EventingStatus],
  ...[Leadership, CheckpointStore, ParkingLot, ProjectionRunner, Views, Database],
];

/**
 * Everything a service needs to hear, decide, record and show: `imports: [EventingModule.forContext(drmContext)]`.
 * Handlers are found by their decorators; they run while this process leads its context.
 */
@Module({})
export class EventingModule {
  static forContext(definition: ContextDefinition): DynamicModule {
    return {
      module: EventingModule,
      imports: [DiscoveryModule],
      providers: [
        ...SHARED,
        { provide: DEFINITION, useValue: definition },
        {
          provide: NatsLink,
          inject: [EventingOptions],
          useFactory: (options: EventingOptions) => new NatsLink(definition.context, options),
        },
        ...postgresProviders(definition),
        EventingLifecycle,
      ],
      exports: [...SHOWN],
    };
  }
}
