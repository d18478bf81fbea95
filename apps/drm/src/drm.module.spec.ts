import 'reflect-metadata';
import { eventSubscriptionsOf, EventLog, EventingOptions, Streams, tickSubscriptionsOf, Views } from '@solyx/eventing';
import { Clock, ManualClock } from '@solyx/kernel';
import { eventRegistry } from '@solyx/contracts';
import { MemoryEventLog, MemoryViews } from '@solyx/testing';
import { AgentSignalsController } from './adapters/agent-signals.controller';
import { drmContext, DrmModule } from './drm.module';
import { SIMULATED_FLEET, SIMULATED_OFFERS } from './simulated-fleet';

type Class = new (...args: unknown[]) => object;
interface Provider {
  readonly provide: unknown;
  readonly useClass?: Class;
  readonly useFactory?: () => unknown;
}

/** What is declared, made by the types of constructors alone: as the simulator does it, without Nest. */
function construct(): Map<unknown, object> {
  const clock = new ManualClock();
  const log = new MemoryEventLog(clock);
  const made = new Map<unknown, object>([
    [Clock, clock],
    [EventLog, log],
    [Views, new MemoryViews(log, drmContext.projections, clock)],
    [Streams, new Streams(log)],
    [EventingOptions, { postgresUrl: 'postgres://nobody@127.0.0.1:1/none', instance: 'spec' }],
  ]);
  const providers = Reflect.getMetadata('providers', DrmModule) as (Class | Provider)[];
  const recipes = new Map<unknown, Class | (() => unknown)>(
    providers.map((one) => (typeof one === 'function' ? [one, one] : [one.provide, one.useClass ?? one.useFactory!])),
  );
  const make = (token: unknown): object => {
    const known = made.get(token);
    if (known) return known;
    const recipe = recipes.get(token);
    if (!recipe) throw new Error(`nobody provides ${String((token as Class | undefined)?.name)}`);
    const types = (Reflect.getMetadata('design:paramtypes', recipe) ?? []) as unknown[];
    const isClass = /^class /.test(Function.prototype.toString.call(recipe));
    const one = isClass ? new (recipe as Class)(...types.map(make)) : (recipe as () => object)();
    made.set(token, one);
    return one;
  };
  for (const token of recipes.keys()) make(token);
  const types = Reflect.getMetadata('design:paramtypes', AgentSignalsController) as unknown[];
  made.set(AgentSignalsController, new (AgentSignalsController as unknown as Class)(...types.map(make)));
  return made;
}

describe('The module', () => {
  const instances = [...construct().values()];

  it('can be built from its own table of contents', () => {
    expect(instances.some((one) => one instanceof AgentSignalsController)).toBe(true);
    expect(instances.flatMap((one) => tickSubscriptionsOf(one)).length).toBeGreaterThanOrEqual(5);
  });

  it('hears only events that exist, of contexts that it listens to', () => {
    const types = instances.flatMap((one) => eventSubscriptionsOf(one).flatMap((each) => each.types));
    expect(types.length).toBeGreaterThan(20);
    for (const type of types) {
      expect(eventRegistry.get(type)).toBeDefined();
      expect(drmContext.listens).toContain(type.split('.')[0]);
    }
  });
});

describe('The simulated fleet', () => {
  it('is labelled simulated, and its sites are known', () => {
    expect(SIMULATED_FLEET.every(({ terms }) => terms.simulated && terms.site === 'home')).toBe(true);
    expect(SIMULATED_OFFERS.map(({ site }) => site)).toEqual(['vast-eu', 'runpod-us', 'lambda-us']);
  });
});
