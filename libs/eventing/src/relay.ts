import { Logger } from '@nestjs/common';
import type { Random, Recorded } from '@solyx/kernel';
import { backoffMs, sleep, type BackoffOptions } from './backoff';
import { encodeMessage, positionOf } from './bus-message';
import { Contiguous } from './contiguous';
import type { ContextName } from './define-context';
import type { EventBus } from './event-bus';
import type { EventLog } from './event-log';
import type { CheckpointStore } from './ports';
import type { Streams } from './streams';
import { inSpan, SERVICE } from './tracing';

/** Publishes that wait for their acknowledgement at most; more gain nothing on JetStream. */
export const PUBLISHING_MAX = 64;
const CHECKPOINT_EVERY_MS = 100;
/** Where only other contexts wrote, the place is remembered this many times less often. */
const QUIET_SHARE = 10;
const CHECKPOINT_EVERY_EVENTS = 1_000;
const RESTART = { firstMs: 50, mostMs: 2_000 };

export interface RelayParts {
  readonly log: EventLog;
  readonly bus: EventBus;
  readonly checkpoints: CheckpointStore;
  readonly random: Random;
  /** Told of each event before it is published. */
  readonly streams?: Pick<Streams, 'heard'>;
  /** Pause before starting again after a failure. */
  readonly restart?: BackoffOptions;
}

/** One stretch of publishing, from a start to the first failure. */
interface Session {
  readonly failure: AbortController;
  readonly progress: Contiguous<bigint>;
  readonly waiting: (() => void)[];
  nextSequence: number;
  publishing: number;
}

/**
 * Publishes the context's own events from the log to the bus: each one, in the log's order, once. It begins after the
 * newest message that the bus holds, so what the bus lost at its end is published again; and every publish names the
 * sequence that it must follow, so a failed one holds back all behind it and a second relay cannot interleave.
 */
export class Relay {
  private readonly logger: Logger;
  private readonly stopping = new AbortController();
  private ended: Promise<void> = Promise.resolve();
  private publishedTo = -1n;
  private savedTo = -1n;
  private sequence = 0;
  private savedSequence = 0;
  private unsaved = 0;
  private quiet = 0;
  private saving: Promise<void> = Promise.resolve();

  constructor(
    private readonly parts: RelayParts,
    private readonly context: ContextName,
    private readonly epoch: bigint,
  ) {
    this.logger = new Logger(`Relay ${context}`);
  }

  /** Position in the log up to which every event of the context is on the bus. */
  get position(): bigint {
    return this.publishedTo;
  }

  start(): void {
    this.ended = this.run();
  }

  /** Publishes nothing more, waits for what is under way, and remembers how far it came. */
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
    const { bus, log } = this.parts;
    await bus.declare(this.context);
    const { after, sequence } = await this.resumeFrom();
    const session: Session = {
      failure: new AbortController(),
      progress: new Contiguous(),
      waiting: [],
      nextSequence: sequence,
      publishing: 0,
    };
    const stop = (): void => session.failure.abort();
    this.stopping.signal.addEventListener('abort', stop, { once: true });
    if (this.stopping.signal.aborted) stop();
    const remember = setInterval(() => {
      this.quiet = (this.quiet + 1) % QUIET_SHARE;
      if (this.unsaved > 0 || this.quiet === 0) void this.checkpoint();
    }, CHECKPOINT_EVERY_MS);
    const subscription = await log.subscribe({
      ...(after < 0n ? {} : { after }),
      prefixes: [`${this.context}.`],
      raw: true,
      onEvent: (event) => {
        this.parts.streams?.heard(event.stream, event.revision);
        return this.publish(session, event);
      },
      onCheckpoint: (position) => {
        if (session.publishing === 0 && session.progress.size === 0 && !session.failure.signal.aborted) {
          this.publishedTo = position > this.publishedTo ? position : this.publishedTo;
        }
      },
    });
    try {
      await aborted(session.failure.signal);
    } finally {
      for (const wake of session.waiting.splice(0)) wake();
      await subscription.close();
      while (session.publishing > 0) await new Promise<void>((resolve) => session.waiting.push(resolve));
      clearInterval(remember);
      this.stopping.signal.removeEventListener('abort', stop);
      await this.checkpoint();
    }
    const { reason } = session.failure.signal as { readonly reason: unknown };
    if (!this.stopping.signal.aborted) throw reason instanceof Error ? reason : new Error(String(reason));
  }

  /**
   * After the newest message on the bus; or later, where what is remembered says so and the bus lost nothing since.
   * Where the bus holds no message, after what is remembered.
   */
  private async resumeFrom(): Promise<{ readonly after: bigint; readonly sequence: number }> {
    const { bus, checkpoints } = this.parts;
    const ends = await bus.ends(this.context);
    this.savedTo = (await checkpoints.load(this.context)) ?? -1n;
    this.savedSequence = Number((await checkpoints.load(this.sequenceName)) ?? 0n);
    this.sequence = ends?.lastSequence ?? 0;
    const last = ends?.last ? positionOf(ends.last) : undefined;
    const complete = last === undefined || (this.sequence >= this.savedSequence && this.savedTo > last);
    this.publishedTo = complete ? this.savedTo : last;
    return { after: this.publishedTo, sequence: this.sequence };
  }

  private get sequenceName(): string {
    return `${this.context}:sequence`;
  }

  /** Resolves once there is room for the next one, not once this one is stored. */
  private async publish(session: Session, event: Recorded): Promise<void> {
    const { signal } = session.failure;
    while (session.publishing >= PUBLISHING_MAX && !signal.aborted) {
      await new Promise<void>((resolve) => session.waiting.push(resolve));
    }
    // Nothing may follow a publish that failed; the next session begins with it.
    if (signal.aborted) return;
    const expected = session.nextSequence;
    session.nextSequence += 1;
    session.publishing += 1;
    const done = session.progress.begin(event.position);
    void this.send(event, expected)
      .then(
        (sequence) => {
          const reached = done();
          if (reached !== undefined) this.reach(reached, sequence);
        },
        (error: unknown) => session.failure.abort(error),
      )
      .finally(() => {
        session.publishing -= 1;
        for (const wake of session.waiting.splice(0)) wake();
      });
  }

  private async send(event: Recorded, expected: number): Promise<number> {
    const sequence = await inSpan(
      {
        name: `publish solyx.${event.type}.{org}.{id}`,
        kind: 'producer',
        traceparent: event.metadata.traceparent,
        attributes: {
          [SERVICE]: this.context,
          'messaging.system': 'nats',
          'messaging.message.id': event.id,
          'solyx.stream': event.stream,
        },
      },
      () => this.parts.bus.publish(this.context, encodeMessage(event), expected),
    );
    if (sequence !== expected + 1) throw new Error(`${event.id} was stored as ${sequence}, not ${expected + 1}`);
    return sequence;
  }

  private reach(position: bigint, sequence: number): void {
    this.publishedTo = position > this.publishedTo ? position : this.publishedTo;
    this.sequence = Math.max(this.sequence, sequence);
    this.unsaved += 1;
    if (this.unsaved >= CHECKPOINT_EVERY_EVENTS) void this.checkpoint();
  }

  /** The sequence first: a position never claims more of the bus than the sequence beside it. */
  private checkpoint(): Promise<void> {
    this.unsaved = 0;
    this.saving = this.saving.then(async () => {
      const { publishedTo: position, sequence, epoch } = this;
      if (position <= this.savedTo) return;
      try {
        if (sequence > this.savedSequence) {
          await this.parts.checkpoints.save(this.sequenceName, BigInt(sequence), epoch);
          this.savedSequence = sequence;
        }
        await this.parts.checkpoints.save(this.context, position, epoch);
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
