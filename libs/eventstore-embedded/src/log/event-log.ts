import type { RecordedEvent } from '../engine/events';
import { RecentIds } from '../engine/recent-ids';
import type { EventStorage, Tail } from '../storage/storage';
import { Appender } from './appender';
import { GroupCommit } from './group-commit';
import { LogReader } from './log-reader';
import { RecentEvents, type RecentEventsLimits } from './recent-events';
import { StreamIndex } from './stream-index';
import { Wakeups } from './wakeups';

export interface EventLogLimits {
  readonly recentEvents: RecentEventsLimits;
  readonly recentIds: number;
  readonly streams: number;
}

/** What fits into 300 MB of resident memory together with everything else. */
export const DEFAULT_LIMITS: EventLogLimits = {
  recentEvents: { bytes: 32 * 1024 * 1024, events: 40_000 },
  recentIds: 100_000,
  streams: 25_000,
};

export interface EventLogOptions {
  readonly storage: EventStorage;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A new UUID. */
  readonly newId: () => string;
  /** The outcome of a write is unknown: this process must end, since it could contradict what is stored. */
  readonly onFatal: (error: Error) => void;
  readonly limits?: EventLogLimits;
}

/** The log: its one writer, its readers, and what they share. */
export class EventLog {
  readonly appender: Appender;
  readonly reader: LogReader;
  readonly wakeups = new Wakeups();
  readonly commits: GroupCommit;
  private readonly recent: RecentEvents;
  readonly index: StreamIndex;

  private constructor(
    private published: Tail,
    readonly options: EventLogOptions,
  ) {
    const { storage, now, newId, limits = DEFAULT_LIMITS } = options;
    this.recent = new RecentEvents(published.position, limits.recentEvents);
    this.index = new StreamIndex(storage, limits.streams);
    this.commits = new GroupCommit(storage, {
      onCommitted: (events) => this.publish(events),
      onRefused: () => this.appender.rewind(this.published),
      onFatal: options.onFatal,
    });
    const { index, commits, recent } = this;
    const recentIds = new RecentIds(limits.recentIds);
    this.appender = new Appender({ storage, index, commits, recentIds, now, newId }, published);
    this.reader = new LogReader({ storage, index, recent, now, published: () => this.position });
  }

  /** Becomes the only writer of the storage. */
  static async open(options: EventLogOptions): Promise<EventLog> {
    return new EventLog(await options.storage.open(), options);
  }

  /** Position of the last event, 0 before the first. */
  get position(): number {
    return this.published.position;
  }

  get available(): boolean {
    return this.commits.failure === undefined && this.options.storage.available;
  }

  private publish(events: readonly RecordedEvent[]): void {
    const last = events.at(-1);
    if (!last) return;
    for (const event of events) this.recent.add(event);
    this.published = { position: last.position, created: last.created };
    this.wakeups.notify(events);
  }

  /** Accepts nothing more and lets go of the storage. Whoever closes waits for `commits.idle` first, if it wants to. */
  async close(reason: Error): Promise<void> {
    this.commits.stop(reason);
    await this.options.storage.close();
  }
}
