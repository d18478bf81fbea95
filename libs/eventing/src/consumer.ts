import { Logger } from '@nestjs/common';
import type { Random } from '@solyx/kernel';
import { backoffMs, sleep, type BackoffOptions } from './backoff';
import { encodeMessage, positionOf, type BusMessage } from './bus-message';
import { Contiguous } from './contiguous';
import type { ContextName } from './define-context';
import { consumerNameOf, type BusDelivery, type BusEnds, type EventBus } from './event-bus';
import type { EventDispatcher } from './event-dispatcher';
import type { EventLog } from './event-log';
import { KeyedWork } from './keyed-work';
import type { CheckpointStore } from './ports';

export const HANDLERS_RUNNING_MAX = 64;
const WORKING_EVERY_MS = 10_000;
const CHECKPOINT_EVERY_MS = 1_000;
const LOG_CHECKPOINT_EVERY = 1_000;
const RESTART = { firstMs: 100, mostMs: 3_000 };

export interface ConsumerParts {
  readonly bus: EventBus;
  readonly log: EventLog;
  readonly checkpoints: CheckpointStore;
  readonly dispatcher: EventDispatcher;
  readonly random: Random;
  /** Pause before starting again after a break. */
  readonly restart?: BackoffOptions;
}

/** One stretch of deliveries in order, from a start to the next break. */
interface Session {
  readonly signal: AbortSignal;
  readonly work: KeyedWork;
  /** Taken and not yet done with, by sequence. */
  readonly open: Map<number, BusDelivery>;
  readonly progress: Contiguous<bigint>;
  /** Head of the log at the start: what was there already may have been handled already. */
  readonly head: bigint;
  seen: number;
}

/**
 * Hears one context for another. At least once, in order per event stream also after a crash: every start replaces the
 * durable consumer by one that begins at the first unacknowledged message, and a gap in what is delivered is a new start.
 * The position up to which all was handled is kept besides, so that what the bus lost is read from the log.
 */
export class Consumer {
  readonly name: string;
  private readonly logger: Logger;
  private readonly stopping = new AbortController();
  private ended: Promise<void> = Promise.resolve();
  private handledTo = -1n;
  private savedTo = -1n;
  private saving: Promise<void> = Promise.resolve();

  constructor(
    private readonly parts: ConsumerParts,
    context: ContextName,
    private readonly source: ContextName,
    private readonly epoch: bigint,
  ) {
    this.name = consumerNameOf(context, source);
    this.logger = new Logger(`Consumer ${this.name}`);
  }

  /** Position in the log up to which every event of the source was handled or parked. */
  get position(): bigint {
    return this.handledTo;
  }

  start(): void {
    this.ended = this.run();
  }

  /** Takes nothing more, lets running handlers finish, and remembers how far it came. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.ended;
    await this.checkpoint();
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      const begun = Date.now();
      try {
        await this.session();
      } catch (error) {
        this.logger.warn(`starting again: ${error instanceof Error ? error.message : String(error)}`);
      }
      if (Date.now() - begun > RESTART.mostMs) attempt = 1;
      if (!this.stopping.signal.aborted)
        await sleep(backoffMs(attempt, this.parts.restart ?? RESTART, this.parts.random), signal);
    }
  }

  private async session(): Promise<void> {
    const { bus, checkpoints } = this.parts;
    const known = await checkpoints.load(this.checkpointName);
    if (known !== undefined && known > this.handledTo) this.savedTo = this.handledTo = known;
    const ends = await bus.ends(this.source);
    if (!ends) {
      this.logger.debug(`waits for ${this.source}, which has published nothing yet`);
      return;
    }
    const head = await this.parts.log.head();
    const acknowledged = (await bus.floor(this.source, this.name)) ?? 0;
    const floor = acknowledged <= ends.lastSequence ? acknowledged : 0;
    if (floor === 0 || (ends.first?.sequence ?? ends.lastSequence + 1) > floor + 1) await this.readLog(ends, head);
    if (this.stopping.signal.aborted) return;
    await this.listen(Math.max(floor + 1, ends.first?.sequence ?? 1), head);
  }

  /** What the bus no longer has is read from the log, up to the first event that the bus does have. */
  private async readLog(ends: BusEnds, head: bigint): Promise<void> {
    const first = ends.first ? positionOf(ends.first) : undefined;
    const until = first === undefined ? head : first - 1n;
    const { signal } = this.stopping;
    let read = 0;
    const all = this.parts.log.readAll({ after: this.handledTo, until, prefixes: [`${this.source}.`], raw: true });
    for await (const event of all) {
      const done = await this.parts.dispatcher.dispatch(this.name, encodeMessage(event), true, signal);
      if (!done) return;
      this.reach(event.position);
      read += 1;
      if (read % LOG_CHECKPOINT_EVERY === 0) await this.checkpoint();
    }
  }

  private async listen(from: number, head: bigint): Promise<void> {
    const broken = new AbortController();
    const stop = (): void => broken.abort();
    this.stopping.signal.addEventListener('abort', stop, { once: true });
    const session: Session = {
      signal: broken.signal,
      work: new KeyedWork(HANDLERS_RUNNING_MAX),
      open: new Map(),
      progress: new Contiguous(),
      head,
      seen: from - 1,
    };
    const extend = setInterval(() => {
      for (const delivery of session.open.values()) delivery.working();
    }, WORKING_EVERY_MS);
    const remember = setInterval(() => void this.checkpoint(), CHECKPOINT_EVERY_MS);
    try {
      const consumption = await this.parts.bus.consume({
        source: this.source,
        name: this.name,
        from,
        onDelivery: (delivery) => this.take(session, delivery),
        onBroken: (error) => {
          this.logger.warn(`deliveries broke: ${error instanceof Error ? error.message : String(error)}`);
          broken.abort();
        },
      });
      await aborted(broken.signal);
      await consumption.stop();
      await session.work.stop();
    } finally {
      clearInterval(extend);
      clearInterval(remember);
      this.stopping.signal.removeEventListener('abort', stop);
      await this.checkpoint();
    }
  }

  private take(session: Session, delivery: BusDelivery): void {
    const { message } = delivery;
    if (session.signal.aborted) return;
    if (message.sequence <= session.seen) {
      // A repeat: acknowledged again if it is done with, else its first delivery is still being worked on.
      if (!session.open.has(message.sequence)) delivery.ack();
      return;
    }
    session.seen = message.sequence;
    session.open.set(message.sequence, delivery);
    const position = positionOf(message);
    const done = session.progress.begin(position ?? -1n);
    session.work.add(message.headers['ce-subject'] ?? message.subject, async () => {
      const handled =
        (position !== undefined && position <= this.handledTo) || (await this.handle(session, message, position));
      if (!handled) return;
      delivery.ack();
      session.open.delete(message.sequence);
      this.reach(done() ?? -1n);
    });
  }

  private handle(session: Session, message: BusMessage, position = -1n): Promise<boolean> {
    const redelivered = position <= session.head;
    return this.parts.dispatcher.dispatch(this.name, message, redelivered, session.signal);
  }

  private reach(position: bigint): void {
    if (position > this.handledTo) this.handledTo = position;
  }

  private get checkpointName(): string {
    return `consumer:${this.name}`;
  }

  private checkpoint(): Promise<void> {
    this.saving = this.saving.then(async () => {
      const position = this.handledTo;
      if (position <= this.savedTo) return;
      try {
        await this.parts.checkpoints.save(this.checkpointName, position, this.epoch);
        this.savedTo = position;
      } catch (error) {
        this.logger.warn(`checkpoint not saved: ${error instanceof Error ? error.message : String(error)}`);
      }
    });
    return this.saving;
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
