import { randomUUID } from 'node:crypto';
import type { ServerWritableStream } from '@grpc/grpc-js';
import type { Engine } from '../engine/engine';
import { LINK_TYPE, isVisible, firstVisible } from '../engine/metadata';
import { TOMBSTONE, isDeleted, type StoredEvent } from '../engine/types';
import { compileFilter } from './filter';
import { streamDeleted } from './status';
import {
  writeCaughtUp,
  writeCheckpoint,
  writeConfirmation,
  writeReadEvent,
  writeStreamNotFound,
  type ReadRequest,
} from './wire';

export type ReadStream = ServerWritableStream<ReadRequest, Buffer>;

const PAGE = 512;
const FIRST_PAGE = 64;

/** One read or subscription: a cursor over the log and, for subscriptions, a wake-up. Holds no events while the client is slow. */
export class ReadCall {
  private ended = false;
  private wake: (() => void) | undefined;
  private committed = false;
  private readonly request: ReadRequest;

  constructor(
    private readonly engine: Engine,
    private readonly call: ReadStream,
    private readonly allowed: (stream: string) => Promise<boolean>,
  ) {
    this.request = call.request;
    call.on('cancelled', () => this.stop());
    call.on('error', () => this.stop());
    call.on('close', () => this.stop());
  }

  private stop(): void {
    this.ended = true;
    this.wake?.();
  }

  async run(): Promise<void> {
    const { stream, count } = this.request;
    if (count === undefined) await this.subscribe();
    else if (stream === undefined) await this.readAll(count);
    else await this.readStream(stream, count);
    if (!this.ended) this.call.end();
  }

  /** Resolves when the client took it, so that nothing piles up here. */
  private async send(bytes: Buffer): Promise<void> {
    if (this.ended) return;
    if (this.call.write(bytes)) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.call.off('drain', done);
        this.wake = undefined;
        resolve();
      };
      this.call.once('drain', done);
      this.wake = done;
    });
  }

  private async sendEvent(event: StoredEvent): Promise<void> {
    const resolved = this.request.resolveLinks && event.type === LINK_TYPE ? await this.resolve(event) : { event };
    await this.send(writeReadEvent(resolved, this.request.structuredUuid));
  }

  /** `revision@stream`; a target that is truncated or deleted leaves the link alone. */
  private async resolve(link: StoredEvent): Promise<{ event?: StoredEvent; link: StoredEvent }> {
    const text = Buffer.from(link.data).toString('utf8');
    const at = text.indexOf('@');
    const revision = Number(text.slice(0, at));
    const stream = text.slice(at + 1);
    if (at < 1 || !Number.isSafeInteger(revision)) return { link };
    const head = await this.engine.head(stream);
    if (head.tombstoned || isDeleted(head) || !(await this.allowed(stream))) return { link };
    const [event] = await this.engine.readStream(stream, revision, 1, false);
    const found = event?.revision === revision && isVisible(event, stream, head, this.engine.nowTicks());
    return found ? { event, link } : { link };
  }

  private async readStream(stream: string, count: number): Promise<void> {
    const head = await this.engine.head(stream);
    if (head.tombstoned) throw streamDeleted(stream);
    if (head.revision < 0 || isDeleted(head)) return this.send(writeStreamNotFound(stream));
    const { backwards, from } = this.request;
    const lowest = firstVisible(stream, head);
    let next = from === 'start' ? 0 : from === 'end' ? head.revision + (backwards ? 0 : 1) : from;
    if (!backwards) next = Math.max(next, lowest);
    const nowTicks = this.engine.nowTicks();
    for (let left = count, page = FIRST_PAGE; left > 0 && !this.ended; page = PAGE) {
      const events = await this.engine.readStream(stream, next, Math.min(left, page), backwards);
      for (const event of events) {
        if (event.revision < lowest) return;
        if (!isVisible(event, stream, head, nowTicks)) continue;
        await this.sendEvent(event);
        left -= 1;
      }
      const last = events[events.length - 1];
      if (!last || events.length < Math.min(left + events.length, page)) return;
      next = backwards ? last.revision - 1 : last.revision + 1;
      if (next < 0) return;
    }
  }

  private async readAll(count: number): Promise<void> {
    const { backwards, from, filter } = this.request;
    const wanted = compileFilter(filter);
    const end = Number.MAX_SAFE_INTEGER;
    let next = from === 'start' ? 0 : from === 'end' ? end : Math.min(from, end);
    if (from === 'end' && !backwards) return;
    for (let left = count; left > 0 && !this.ended;) {
      const page = filter ? PAGE : Math.min(left, PAGE);
      const events = await this.engine.readAll(next, page, backwards);
      for (const event of events) {
        if (!wanted(event)) continue;
        await this.sendEvent(event);
        left -= 1;
        if (left === 0) return;
      }
      const last = events[events.length - 1];
      if (!last || events.length < page) return;
      next = backwards ? last.position : last.position + 1;
    }
  }

  private async subscribe(): Promise<void> {
    const { stream } = this.request;
    if (stream !== undefined && (await this.engine.head(stream)).tombstoned) throw streamDeleted(stream);
    const off = this.engine.onCommit(() => {
      this.committed = true;
      this.wake?.();
    });
    try {
      // The cursor is fixed before the client hears of the subscription: what it writes next, it will see.
      const start = await this.startOf(stream);
      await this.send(writeConfirmation(randomUUID()));
      if (stream === undefined) await this.followAll(start);
      else await this.followStream(stream, start);
    } finally {
      off();
    }
  }

  /** First revision or position to deliver: the request's own is exclusive. */
  private async startOf(stream: string | undefined): Promise<number> {
    const { from } = this.request;
    if (from === 'start') return 0;
    if (typeof from === 'number') return from + 1;
    if (stream === undefined) return this.engine.lastPosition + 1;
    return (await this.engine.head(stream)).revision + 1;
  }

  private async idle(): Promise<void> {
    while (!this.committed && !this.ended) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      this.wake = undefined;
    }
  }

  private async followAll(start: number): Promise<void> {
    const { filter } = this.request;
    const wanted = compileFilter(filter);
    const interval = filter ? filter.windowMax * filter.checkpointMultiplier : Number.POSITIVE_INFINITY;
    let next = start;
    let considered = 0;
    for (let caughtUp = false; !this.ended;) {
      this.committed = false;
      const events = await this.engine.readAll(next, PAGE, false);
      for (const event of events) {
        if (this.ended) return;
        if (wanted(event)) await this.sendEvent(event);
        considered += 1;
        next = event.position + 1;
        if (considered >= interval) {
          considered = 0;
          await this.send(writeCheckpoint(event.position));
        }
      }
      if (events.length > 0) continue;
      if (!caughtUp) {
        caughtUp = true;
        if (filter) await this.send(writeCheckpoint(Math.max(next - 1, 0)));
        await this.send(writeCaughtUp());
      }
      await this.idle();
    }
  }

  private async followStream(stream: string, start: number): Promise<void> {
    let next = start;
    for (let caughtUp = false; !this.ended;) {
      this.committed = false;
      const head = await this.engine.head(stream);
      const nowTicks = this.engine.nowTicks();
      next = isDeleted(head) ? next : Math.max(next, head.tombstoned ? next : firstVisible(stream, head));
      const events = next > head.revision ? [] : await this.engine.readStream(stream, next, PAGE, false);
      for (const event of events) {
        if (this.ended) return;
        if (isVisible(event, stream, head, nowTicks) && !isDeleted(head)) await this.sendEvent(event);
        if (event.revision === TOMBSTONE) throw streamDeleted(stream);
        next = event.revision + 1;
      }
      if (events.length > 0) continue;
      if (!caughtUp) {
        caughtUp = true;
        await this.send(writeCaughtUp());
      }
      await this.idle();
    }
  }
}
