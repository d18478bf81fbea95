import type { RecordedEvent } from '../engine/events';
import { AppendRefused, OutcomeUnknown, type EventStorage } from '../storage/storage';

/** Something that waits to become durable: an append, or a mere question whether those before it are. */
export interface Write {
  readonly events: readonly RecordedEvent[];
  readonly bytes: number;
  committed(): void;
  refused(error: Error): void;
}

export interface GroupCommitListener {
  /** A batch is durable; called before its writes are told. */
  onCommitted(events: readonly RecordedEvent[]): void;
  /** Nothing of what was queued is or will be written; called before the writes are told. */
  onRefused(): void;
  /** It is unknown whether a batch was written: this process must not go on. */
  onFatal(error: Error): void;
}

/** One transaction at most; a single append is smaller. */
const BATCH_BYTES_MAX = 4 * 1024 * 1024;
const BATCH_EVENTS_MAX = 8192;

/**
 * The one writer. Appends that come while a transaction runs share the next one, so a batch is as large as the storage
 * is slow, and nobody waits for a timer.
 */
export class GroupCommit {
  private queue: Write[] = [];
  private running = false;
  private poisoned: Error | undefined;
  /** Bytes accepted and not durable yet. */
  queuedBytes = 0;
  batches = 0;
  events = 0;
  lastBatch = { events: 0, millis: 0 };

  constructor(
    private readonly storage: EventStorage,
    private readonly listener: GroupCommitListener,
  ) {}

  get idle(): boolean {
    return !this.running && this.queue.length === 0;
  }

  /** Why nothing can be accepted any more, or undefined. */
  get failure(): Error | undefined {
    return this.poisoned;
  }

  add(write: Write): void {
    if (this.poisoned) {
      write.refused(this.poisoned);
      return;
    }
    this.queue.push(write);
    this.queuedBytes += write.bytes;
    if (this.running) return;
    this.running = true;
    // Whatever else this turn of the event loop brings joins the first batch.
    setImmediate(() => void this.run());
  }

  private async run(): Promise<void> {
    while (this.queue.length > 0 && !this.poisoned) await this.commit(this.takeBatch());
    this.running = false;
  }

  private takeBatch(): Write[] {
    let bytes = 0;
    let events = 0;
    let count = 0;
    for (const write of this.queue) {
      bytes += write.bytes;
      events += write.events.length;
      if (count > 0 && (bytes > BATCH_BYTES_MAX || events > BATCH_EVENTS_MAX)) break;
      count += 1;
    }
    if (count < this.queue.length) return this.queue.splice(0, count);
    const all = this.queue;
    this.queue = [];
    return all;
  }

  private async commit(batch: readonly Write[]): Promise<void> {
    const events = batch.flatMap((write) => write.events);
    const started = performance.now();
    try {
      if (events.length > 0) await this.storage.append(events);
    } catch (error) {
      this.fail(batch, error);
      return;
    }
    this.batches += 1;
    this.events += events.length;
    this.lastBatch = { events: events.length, millis: performance.now() - started };
    for (const write of batch) this.queuedBytes -= write.bytes;
    this.listener.onCommitted(events);
    for (const write of batch) write.committed();
  }

  /** Later writes were checked against the failed ones, therefore they fail with them. */
  private fail(batch: readonly Write[], error: unknown): void {
    const failed = [...batch, ...this.queue];
    this.queue = [];
    this.queuedBytes = 0;
    const cause = error instanceof Error ? error : new Error(String(error));
    const reason =
      cause instanceof AppendRefused ? cause : new OutcomeUnknown(`outcome unknown: ${cause.message}`, { cause });
    if (reason instanceof OutcomeUnknown) this.poisoned = reason;
    this.listener.onRefused();
    for (const write of failed) write.refused(reason);
    if (this.poisoned) this.listener.onFatal(this.poisoned);
  }

  /** Accepts nothing more, and gives back what is not being written yet. */
  stop(reason: Error): void {
    this.poisoned ??= reason;
    const left = this.queue;
    this.queue = [];
    for (const write of left) this.queuedBytes -= write.bytes;
    for (const write of left) write.refused(reason);
  }
}
