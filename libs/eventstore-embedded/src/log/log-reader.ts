import { TOMBSTONE_REVISION, type RecordedEvent } from '../engine/events';
import { linkTarget, type LinkTarget } from '../engine/links';
import { baseOf } from '../engine/stream-names';
import { viewOf, type StreamView } from '../engine/stream-state';
import type { Direction, EventStorage } from '../storage/storage';
import type { RecentEvents } from './recent-events';
import type { StreamIndex } from './stream-index';

/** Events of one page at most; the storage bounds the bytes. */
export const PAGE_EVENTS_MAX = 1000;

/** A page, at once when memory has it. */
export type Page = RecordedEvent[] | Promise<RecordedEvent[]>;

/** An event as a reader gets it: with its link, when a link was followed to it. */
export interface ResolvedEvent {
  readonly event: RecordedEvent | undefined;
  readonly link: RecordedEvent | undefined;
}

export interface LogReaderParts {
  readonly storage: EventStorage;
  readonly index: StreamIndex;
  readonly recent: RecentEvents;
  readonly now: () => number;
  /** Position of the last event that may be shown. */
  readonly published: () => number;
}

/** Reads what is published, from memory where possible. */
export class LogReader {
  constructor(private readonly parts: LogReaderParts) {}

  /** A stream as it is now, from memory or storage. */
  view(stream: string): StreamView | Promise<StreamView> {
    const entry = this.parts.index.peek(baseOf(stream));
    if (entry) return viewOf(entry.committed, stream, this.parts.now());
    const loaded = this.parts.index.load(baseOf(stream));
    return loaded.then(({ committed }) => viewOf(committed, stream, this.parts.now()));
  }

  /** Events after a position, in order. Empty only at the end of the log. */
  allAfter(position: number, limit: number): Page {
    const published = this.parts.published();
    if (position >= published) return [];
    const cached = this.parts.recent.after(position, limit);
    if (cached) return cached;
    return this.parts.storage.readAll({ direction: 'forwards', after: position, before: published + 1, limit });
  }

  /** Events before a position, the last first. Empty only at the start of the log. */
  allBefore(position: number, limit: number): Page {
    const before = Math.min(position, this.parts.published() + 1);
    return this.parts.storage.readAll({ direction: 'backwards', after: 0, before, limit });
  }

  /** Visible events of a stream between two revisions, both included. Empty only when there are no more. */
  stream(stream: string, view: StreamView, range: StreamRange): Page {
    const first = Math.max(range.first, view.first);
    const last = Math.min(range.last, view.last);
    if (first > last) return [];
    const { direction, limit } = range;
    if (direction === 'forwards' && view.createdFrom === -Infinity) {
      const cached = this.parts.recent.ofStream(stream, first, limit);
      if (cached) return cached.filter((event) => event.revision <= last);
    }
    const createdFrom = view.createdFrom;
    return this.parts.storage.readStream({ stream, direction, first, last, createdFrom, limit });
  }

  /** The record that ended a stream for ever. */
  async tombstoneOf(stream: string): Promise<RecordedEvent | undefined> {
    const cached = this.parts.recent.find(stream, TOMBSTONE_REVISION);
    if (cached) return cached;
    const revision = TOMBSTONE_REVISION;
    const at = { direction: 'forwards', first: revision, last: revision, createdFrom: -Infinity, limit: 1 } as const;
    const [record] = await this.parts.storage.readStream({ stream, ...at });
    return record;
  }

  /** Follows a link; what is no link stands for itself. A target that cannot be shown leaves the link alone. */
  async resolve(event: RecordedEvent): Promise<ResolvedEvent> {
    const target = linkTarget(event);
    if (!target) return { event, link: undefined };
    return { event: await this.visible(target), link: event };
  }

  private async visible({ stream, revision }: LinkTarget): Promise<RecordedEvent | undefined> {
    const view = await this.view(stream);
    if (view.tombstoned) return undefined;
    const at = { direction: 'forwards', first: revision, last: revision, limit: 1 } as const;
    const [event] = await this.stream(stream, view, at);
    return event;
  }
}

export interface StreamRange {
  readonly direction: Direction;
  readonly first: number;
  readonly last: number;
  readonly limit: number;
}
