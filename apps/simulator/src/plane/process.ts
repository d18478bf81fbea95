import { Clock, Ids, Random, SeededIds, SolyxError, type Recorded } from '@solyx/kernel';
import {
  DecisionReplay,
  DeliveryRecords,
  encodeMessage,
  EventDispatcher,
  EventLog,
  HandlerTable,
  LiveTail,
  OperatorRequests,
  parkedEvent,
  ParkingLot,
  Streams,
  ticksOf,
  Views,
  type ContextDefinition,
  type Delivery,
} from '@solyx/eventing';
import { MemoryParkingLot, MemoryViews } from '@solyx/testing';
import { Injector, type Token } from '../engine/injector';
import { LaggingLog, ProcessLog, type AppendFault, type StoreAccess } from '../engine/process-log';
import { Consumer, type Listener } from './bus';
import type { Plane } from './plane';
import { MemorySnapshots, SimulatedStreams, SkewedClock, VirtualTail } from './ports';

/** Ticks come about as often as they say, at most so many times as seldom. */
const STRETCH_MAX = 2;

export interface ServiceSpec {
  readonly definition: ContextDefinition;
  readonly module: Token;
  /** What stands in for the world, for one life of the process. */
  overrides(life: Life): Iterable<readonly [Token, unknown]>;
}

/** A service over its lives: what survives a crash is here, all else is in `life`. */
export class ServiceProcess {
  readonly views: MemoryViews;
  readonly parking = new MemoryParkingLot();
  readonly snapshots: MemorySnapshots;
  readonly clock: SkewedClock;
  readonly consumers: readonly Consumer[];
  life: Life | undefined;
  lives = 0;

  constructor(
    readonly spec: ServiceSpec,
    readonly plane: Plane,
  ) {
    const { definition } = spec;
    const { profile } = plane.faults;
    this.snapshots = new MemorySnapshots(plane.scenario.snapshotEvery);
    const chance = plane.chance.fork(`process/${definition.context}`);
    this.clock = new SkewedClock(plane.scheduler.clock, chance.between(0, profile.skewMs));
    const lagMs = chance.between(0, profile.viewLagMs);
    const shown = (): number => plane.scheduler.clock.now() - (plane.faults.active ? lagMs : 0);
    this.views = new MemoryViews(new LaggingLog(plane.log, shown), definition.projections, this.clock);
    this.consumers = definition.listens.map((source) => {
      const parts = { scheduler: plane.scheduler, faults: plane.faults, chance: chance.fork(source) };
      return new Consumer(`${definition.context}-${source}`, plane.topic(source), parts);
    });
  }

  get isUp(): boolean {
    return this.life !== undefined;
  }

  /** Cold caches, a new beginning; what the bus holds is delivered again. */
  start(): void {
    if (this.life) return;
    this.lives += 1;
    this.life = new Life(this);
    const { life } = this;
    for (const consumer of this.consumers) consumer.start(life);
    this.plane.topic(this.spec.definition.context).pump();
    life.startTicks();
  }

  /** At once, in the middle of whatever it does. */
  crash(): void {
    if (!this.life) return;
    this.life.alive = false;
    this.life = undefined;
    for (const consumer of this.consumers) consumer.stop();
    this.plane.crashed(this);
  }
}

/** One process from its start to its crash. */
export class Life implements StoreAccess, Listener {
  alive = true;
  readonly clock: Clock;
  readonly streams: Streams;
  readonly tail: VirtualTail;
  readonly injector: Injector;
  readonly handlers: HandlerTable;
  private readonly instances: readonly object[];
  private readonly records: DeliveryRecords;

  constructor(private readonly process: ServiceProcess) {
    const { spec, plane, lives } = process;
    const { context } = spec.definition;
    const log = new ProcessLog(plane.log, this);
    this.clock = process.clock;
    this.streams = new SimulatedStreams(log, process.snapshots, plane.mutate);
    this.tail = new VirtualTail(plane.log, plane.scheduler);
    const overrides = new Map<Token, unknown>([
      [EventLog, log],
      [Streams, this.streams],
      [Clock, this.clock],
      [Ids, new SeededIds(`${plane.seed}/${context}/${lives}`)],
      [Random, plane.chance.fork(`random/${context}/${lives}`)],
      [Views, process.views],
      [ParkingLot, process.parking],
      [LiveTail, this.tail],
      ...spec.overrides(this),
    ]);
    this.injector = new Injector(spec.module, overrides);
    const { streams, clock } = this;
    this.records = new DeliveryRecords({ definition: spec.definition, streams, parking: process.parking, clock });
    this.instances = [...this.injector.listeners(), this.operatorRequests(), this.records];
    this.handlers = new HandlerTable(this.instances);
  }

  private operatorRequests(): OperatorRequests {
    const { spec, plane, views, parking } = this.process;
    const { streams, clock, records } = this;
    const replay = this.injector.has(DecisionReplay) ? this.injector.get(DecisionReplay) : undefined;
    const dispatcher = (): EventDispatcher =>
      new EventDispatcher({ handlers: this.handlers, parking, clock, random: plane.chance, records });
    return new OperatorRequests({
      ...{ definition: spec.definition, streams, views, parking, clock, replay, dispatcher, records },
    });
  }

  /** Each about as often as it says, never twice at a time. */
  startTicks(): void {
    const { plane, spec } = this.process;
    const chance = plane.chance.fork(`ticks/${spec.definition.context}/${this.process.lives}`);
    for (const tick of ticksOf(this.instances)) {
      const next = (ms: number): void => {
        plane.scheduler.after(ms, () => {
          if (!this.alive) return;
          void this.attempt(tick.name, () => tick.run()).then(() =>
            next(tick.everyMs * chance.between(1, STRETCH_MAX)),
          );
        });
      };
      next(chance.between(0, Math.min(tick.everyMs, 1_000)));
    }
  }

  /** What nobody waits for: what may be tried again is, by who calls it; anything else is a fault. */
  async attempt(name: string, work: () => Promise<void>): Promise<void> {
    if (!this.alive) return;
    try {
      await work();
    } catch (thrown) {
      const error = SolyxError.from(thrown);
      const { context } = this.process.spec.definition;
      if (!error.retryable) this.process.plane.fail('nothing breaks', `${context}: ${name} failed: ${textOf(error)}`);
    }
  }

  hears(event: Recorded): boolean {
    return this.handlers.handlersOf(event.type).length > 0;
  }

  handle(event: Recorded, delivery: Delivery): Promise<void> {
    return this.handlers.handle(event, delivery);
  }

  park(event: Recorded, { error, attempts }: { readonly error: SolyxError; readonly attempts: number }): void {
    const { parking, plane, spec } = this.process;
    const consumer = `${spec.definition.context}-${event.type.split('.')[0] ?? ''}`;
    const at = this.clock.iso();
    const given = parkedEvent(consumer, encodeMessage(event), { error, attempts, at });
    void parking.park(given).then(() => this.records.parked(given));
    plane.parked(spec.definition.context, event, error);
  }

  step<T>(work: () => T): Promise<T> {
    const { faults, scheduler } = this.process.plane;
    return new Promise((resolve, reject) => {
      scheduler.after(faults.storeLatencyMs(), () => {
        if (!this.isAlive()) return;
        try {
          const result = work();
          // The work itself may have been its end.
          if (this.isAlive()) resolve(result);
        } catch (error) {
          if (this.isAlive()) reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
  }

  private isAlive(): boolean {
    return this.alive;
  }

  appendFault(): AppendFault | undefined {
    return this.process.plane.faults.append();
  }

  isStoreDown(): boolean {
    return this.process.plane.isStoreDown;
  }

  crash(): void {
    this.process.crash();
  }
}

const textOf = (error: SolyxError): string => {
  const cause = error.cause instanceof Error ? `\n${error.cause.stack ?? ''}` : '';
  return `${error.code} ${error.message}${cause}`;
};
