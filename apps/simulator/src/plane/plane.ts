import type { Recorded, SolyxError } from '@solyx/kernel';
import { CONTEXTS, type ContextName, type Projection } from '@solyx/eventing';
import { Chance } from '../engine/chance';
import type { Token } from '../engine/injector';
import { Scheduler } from '../engine/scheduler';
import { SharedLog } from '../engine/shared-log';
import { Monitor } from '../invariants/monitor';
import { Customer } from '../scenario/customer';
import type { Scenario } from '../scenario/scenario';
import { Topic } from './bus';
import { Faults } from './faults';
import { Machine } from './machine';
import type { Mutate } from './ports';
import { ServiceProcess, type ServiceSpec } from './process';
import { servicesOf } from './services';

/** A lost process is replaced within this time. */
const RESTART_MS_MAX = 5_000;

/** What is broken on purpose, to see that it is noticed. */
export interface Mutant {
  readonly mutate?: Mutate;
  /** In place of a service's own classes. */
  readonly overrides?: Partial<Record<ContextName, readonly (readonly [Token, unknown])[]>>;
  /** Besides a service's own views. */
  readonly projections?: Partial<Record<ContextName, readonly Projection[]>>;
}

export interface Violation {
  readonly invariant: string;
  readonly message: string;
  readonly atMs: number;
}

/** All services, agents and customers in one process, over one store and one bus, in virtual time. */
export class Plane {
  readonly chance: Chance;
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly log: SharedLog;
  readonly monitor: Monitor;
  readonly customer: Customer;
  readonly machines: readonly Machine[];
  readonly processes: readonly ServiceProcess[];
  readonly seed: number;
  violation: Violation | undefined;
  /** How many events were parked, by context. */
  readonly parkedIn = new Map<ContextName, number>();
  private readonly topics: ReadonlyMap<ContextName, Topic>;
  private storeDownUntil = 0;

  constructor(
    readonly scenario: Scenario,
    private readonly mutant: Mutant = {},
  ) {
    this.seed = scenario.seed;
    this.chance = new Chance(`plane/${scenario.seed}`);
    this.scheduler = new Scheduler(this.chance.fork('scheduler'));
    this.faults = new Faults(scenario.profile, this.chance.fork('faults'));
    this.log = new SharedLog(this.scheduler.clock);
    this.monitor = new Monitor((invariant, message) => this.fail(invariant, message));
    const parts = { scheduler: this.scheduler, faults: this.faults };
    this.topics = new Map(
      CONTEXTS.map((context) => {
        const topic = new Topic(
          { ...parts, chance: this.chance.fork(`bus/${context}`) },
          () => this.process(context).isUp,
        );
        return [context, topic];
      }),
    );
    this.processes = servicesOf(this).map((spec) => new ServiceProcess(this.mutated(spec), this));
    this.customer = new Customer(this, this.chance.fork('customer'));
    this.machines = scenario.machines.map((one) => new Machine(one, this, this.chance.fork(`machine/${one.name}`)));
    this.log.onRecorded((event) => this.recorded(event));
  }

  get mutate(): Mutate {
    return this.mutant.mutate ?? ((decider) => decider);
  }

  private mutated(spec: ServiceSpec): ServiceSpec {
    const { context, projections } = spec.definition;
    const { overrides, projections: more } = this.mutant;
    return {
      ...spec,
      definition: { ...spec.definition, projections: [...projections, ...(more?.[context] ?? [])] },
      overrides: (life) => [...spec.overrides(life), ...(overrides?.[context] ?? [])],
    };
  }

  process(context: ContextName): ServiceProcess {
    const found = this.processes.find(({ spec }) => spec.definition.context === context);
    if (!found) throw new Error(`there is no ${context}`);
    return found;
  }

  topic(context: ContextName): Topic {
    const found = this.topics.get(context);
    if (!found) throw new Error(`there is no topic of ${context}`);
    return found;
  }

  private recorded(event: Recorded): void {
    const [context] = event.type.split('.');
    this.topic(context as ContextName).record(event);
    this.process('gateway').life?.tail.recorded(event);
    this.monitor.observe(event);
  }

  /** The first violation is the one to look at. */
  fail(invariant: string, message: string): void {
    this.violation ??= { invariant, message, atMs: this.scheduler.elapsed };
  }

  get isStoreDown(): boolean {
    return this.scheduler.clock.now() < this.storeDownUntil;
  }

  storeDown(ms: number): void {
    this.faults.count('store away');
    this.storeDownUntil = this.scheduler.clock.now() + ms;
  }

  storeUp(): void {
    this.storeDownUntil = 0;
  }

  /** What may be tried again later waits for an operator; what may not should never have been parked. */
  parked(context: ContextName, { type, id }: Recorded, error: SolyxError): void {
    this.parkedIn.set(context, (this.parkedIn.get(context) ?? 0) + 1);
    this.faults.count('parked event');
    const told = `${context} parked ${type} ${id}: ${error.code} ${error.message}`;
    const cause = error.cause instanceof Error ? (error.cause.stack ?? '') : '';
    // A store or a service that is away for longer than handlers are tried leaves them to an operator.
    const { outages, crashes } = this.scenario.profile;
    if (!error.retryable || outages + crashes === 0)
      this.fail(
        'nothing is parked',
        `${told}
${cause}`,
      );
  }

  crashed(process: ServiceProcess): void {
    const wait = this.chance.between(50, RESTART_MS_MAX);
    this.scheduler.after(wait, () => process.start());
  }

  /** Nothing is on its way between services, agents and customers. */
  get isQuiet(): boolean {
    return (
      this.customer.pending === 0 &&
      this.processes.every(({ isUp, consumers }) => isUp && consumers.every(({ waiting }) => waiting === 0)) &&
      [...this.topics.values()].every(({ waiting }) => waiting === 0) &&
      this.machines.every(({ isQuiet }) => isQuiet)
    );
  }
}
