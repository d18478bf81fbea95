import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import { deriveId, ManualClock, SeededRandom, SolyxError, type Recorded } from '@solyx/kernel';
import { JobRunning } from '@solyx/contracts/cmo';
import { eventually, MemoryBus, MemoryCheckpoints, MemoryEventLog, MemoryParkingLot } from '@solyx/testing';
import {
  CheckpointStore,
  Consumer,
  EventBus,
  EventDispatcher,
  HandlerTable,
  OnEvent,
  Relay,
  type BusMessage,
  type ConsumeOptions,
  type ContextName,
  type Delivery,
  type NewEvent,
} from './index';

const at = '2026-01-01T00:00:00.000Z';
const restart = { firstMs: 1, mostMs: 2 };

const running = (stream: string, revision: number): NewEvent => ({
  ...JobRunning({ jobId: stream, attempt: revision + 1, at }),
  id: deriveId('delivery', stream, revision),
  metadata: {
    version: 1,
    organizationId: 'acme',
    actor: { kind: 'service', id: 'cmo', roles: [] },
    $correlationId: 'c',
    $causationId: 'c',
  },
});

/** What all incarnations of a service have handled: a crash takes the process, never what it had recorded. */
class Journal {
  readonly handled: { readonly stream: string; readonly revision: bigint; readonly delivery: Delivery }[] = [];
  /** Asked before each handling; an error here is the handler's. */
  fault: () => Error | undefined = () => undefined;
}

class Handler {
  alive = true;
  constructor(private readonly journal: Journal) {}

  @OnEvent(JobRunning)
  async hear(event: Recorded<JobRunning>, delivery: Delivery): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    const fault = this.journal.fault();
    if (fault) throw fault;
    if (this.alive) this.journal.handled.push({ stream: event.stream, revision: event.revision, delivery });
  }
}

/** The bus as one process sees it: once that is dead, nothing that it does reaches the bus any more. */
class MortalBus extends EventBus {
  alive = true;
  constructor(private readonly bus: MemoryBus) {
    super();
  }
  private living(): MemoryBus {
    if (!this.alive) throw new Error('dead');
    return this.bus;
  }
  override declare = async (context: ContextName) => this.living().declare(context);
  override ends = async (context: ContextName) => this.living().ends(context);
  override publish = async (context: ContextName, message: BusMessage, last: number) =>
    this.living().publish(context, message, last);
  override floor = async (source: ContextName, name: string) => this.living().floor(source, name);
  override consume = async (options: ConsumeOptions) =>
    this.living().consume({
      ...options,
      onDelivery: (delivery) => {
        if (!this.alive) return;
        options.onDelivery({ ...delivery, ack: () => (this.alive ? delivery.ack() : undefined) });
      },
    });
  override close = async () => undefined;
}

/** Likewise for what is remembered. */
class MortalCheckpoints extends CheckpointStore {
  alive = true;
  constructor(private readonly store: CheckpointStore) {
    super();
  }
  override load = async (name: string) => this.store.load(name);
  override save = async (name: string, position: bigint, epoch: bigint) => {
    if (this.alive) await this.store.save(name, position, epoch);
  };
}

class Incarnation {
  private readonly checkpoints: MortalCheckpoints;
  private readonly bus: MortalBus;
  private readonly handler: Handler;
  private readonly relay: Relay;
  private readonly consumer: Consumer;

  constructor(
    parts: { log: MemoryEventLog; bus: MemoryBus; checkpoints: CheckpointStore; journal: Journal },
    epoch: bigint,
  ) {
    this.bus = new MortalBus(parts.bus);
    this.checkpoints = new MortalCheckpoints(parts.checkpoints);
    this.handler = new Handler(parts.journal);
    const random = new SeededRandom(1);
    const shared = { log: parts.log, bus: this.bus, checkpoints: this.checkpoints, random, restart };
    const dispatcher = new EventDispatcher({
      handlers: new HandlerTable([this.handler]),
      parking: new MemoryParkingLot(),
      clock: new ManualClock(),
      random,
      retry: restart,
    });
    this.relay = new Relay(shared, 'cmo', epoch);
    this.consumer = new Consumer({ ...shared, dispatcher }, 'billing', 'cmo', epoch);
    this.relay.start();
    this.consumer.start();
  }

  crash(): Promise<unknown> {
    this.bus.alive = false;
    this.handler.alive = false;
    this.checkpoints.alive = false;
    return this.stop();
  }

  async stop(): Promise<unknown> {
    return Promise.all([this.relay.stop(), this.consumer.stop()]);
  }
}

/** Takes the next of a list of choices each time, and nothing once they are used up. */
const script = <T>(choices: readonly T[]) => {
  let next = 0;
  return (): T | undefined => choices[next++];
};

const often = <T>(value: T, ...faults: readonly T[]) =>
  fc.array(fc.oneof({ weight: 6, arbitrary: fc.constant(value) }, ...faults.map((fault) => fc.constant(fault))), {
    maxLength: 40,
  });

const scenario = fc.record({
  streams: fc.integer({ min: 1, max: 4 }),
  /** How many events come in each round; after each but the last, the process dies. */
  rounds: fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 4 }),
  /** Handled at least this many more before the process dies. */
  handledBeforeCrash: fc.integer({ min: 0, max: 8 }),
  publish: often<'before' | 'after' | undefined>(undefined, 'before', 'after'),
  deliver: often<'twice' | 'break' | undefined>(undefined, 'twice', 'break'),
  acknowledge: often<'lost' | undefined>(undefined, 'lost'),
  handler: often<boolean>(false, true),
  /** Between rounds, what the bus does to what it holds. */
  loss: fc.constantFrom<'none' | 'tail' | 'all' | 'oldest'>('none', 'tail', 'all', 'oldest'),
});

beforeAll(() => {
  Logger.overrideLogger(false);
});

describe('delivery', () => {
  it('gives handlers every event, in order per stream, whatever breaks, repeats or is lost on the bus', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (given) => {
        const publish = script(given.publish);
        const deliver = script(given.deliver);
        const acknowledge = script(given.acknowledge);
        const failing = script(given.handler);
        const log = new MemoryEventLog(new ManualClock());
        const bus = new MemoryBus({ publish, deliver, acknowledge });
        const journal = new Journal();
        journal.fault = () => (failing() === true ? new SolyxError('Unavailable', 'not yet') : undefined);
        const parts = { log, bus, checkpoints: new MemoryCheckpoints(), journal };
        const revisions = new Map<string, number>();
        let appended = 0;
        for (const [round, count] of given.rounds.entries()) {
          const process = new Incarnation(parts, BigInt(round + 1));
          for (let i = 0; i < count; i += 1) {
            const stream = `cmo.job-${i % given.streams}`;
            const revision = revisions.get(stream) ?? 0;
            revisions.set(stream, revision + 1);
            await log.append(stream, [running(stream, revision)], revision === 0 ? 'no_stream' : BigInt(revision - 1));
            appended += 1;
          }
          const last = round === given.rounds.length - 1;
          const distinct = () => new Set(journal.handled.map(({ stream, revision }) => `${stream}@${revision}`)).size;
          const wanted = last ? appended : Math.min(appended, distinct() + given.handledBeforeCrash);
          await eventually(() => expect(distinct()).toBeGreaterThanOrEqual(wanted), 20_000);
          if (last) {
            await process.stop();
            continue;
          }
          await process.crash();
          if (given.loss === 'tail') bus.lose('cmo', 3);
          if (given.loss === 'oldest') bus.forget('cmo', 3);
          if (given.loss === 'all') bus.lose('cmo', Number.MAX_SAFE_INTEGER);
        }
        const seen = new Map<string, bigint>();
        for (const { stream, revision, delivery } of journal.handled) {
          const before = seen.get(stream) ?? -1n;
          if (revision <= before) expect(delivery.redelivered).toBe(true);
          else {
            expect(revision).toBe(before + 1n);
            seen.set(stream, revision);
          }
        }
        for (const [stream, count] of revisions) expect(seen.get(stream)).toBe(BigInt(count - 1));
      }),
      { numRuns: 100 },
    );
  });

  it('publishes every event once and in the order of the log, whatever fails', async () => {
    const faults = often<'before' | 'after' | undefined>(undefined, 'before', 'after');
    await fc.assert(
      fc.asyncProperty(
        faults,
        fc.integer({ min: 1, max: 150 }),
        fc.integer({ min: 0, max: 20 }),
        async (list, count, lost) => {
          const log = new MemoryEventLog(new ManualClock());
          const bus = new MemoryBus({ publish: script(list) });
          const checkpoints = new MemoryCheckpoints();
          for (let i = 0; i < count; i += 1) {
            await log.append(`cmo.job-${i}`, [running(`cmo.job-${i}`, 0)], 'no_stream');
            await log.append(
              `drm.node-${i}`,
              [{ ...running(`drm.node-${i}`, 0), type: 'drm.node.other' }],
              'no_stream',
            );
          }
          const relayed = async (epoch: bigint) => {
            const relay = new Relay({ log, bus, checkpoints, random: new SeededRandom(1), restart }, 'cmo', epoch);
            relay.start();
            await eventually(() => expect(bus.messagesOf('cmo')).toHaveLength(count));
            await relay.stop();
          };
          await relayed(1n);
          bus.lose('cmo', Math.min(lost, count - 1));
          await relayed(2n);
          const subjects = bus.messagesOf('cmo').map(({ headers }) => headers['ce-subject']);
          expect(subjects).toEqual(Array.from({ length: count }, (_, i) => `cmo.job-${i}`));
        },
      ),
      { numRuns: 25 },
    );
  });
});
