import { randomUUID } from 'node:crypto';
import type { RecordedEvent } from '../engine/events';
import { isHiddenFromAll } from '../engine/stream-names';
import { PAGE_EVENTS_MAX } from '../log/log-reader';
import { streamDeleted } from './errors';
import type { Outlet } from './outlet';
import { CAUGHT_UP, encodeCheckpoint, encodeConfirmation } from './read-codec';
import type { ReadRequest } from './read-request';
import { sendEvent } from './send-event';
import type { Services } from './services';

/**
 * A subscription is a cursor and a wake-up over the log. It has no buffer of its own, so it can neither lose nor
 * reorder, and a slow reader costs one page.
 */
export async function subscribe(services: Services, outlet: Outlet, request: ReadRequest): Promise<void> {
  const { stream } = request;
  if (stream === undefined) await new AllSubscription(services, outlet, request).run();
  else await new StreamSubscription(services, outlet, { ...request, stream }).run();
}

/** Waits for the next event of the stream, or of the log, or for the end of the reader. */
function nextEvent({ log }: Services, outlet: Outlet, stream: string | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      giveUp();
      forget();
      resolve();
    };
    const giveUp = log.wakeups.wait(stream, done);
    const forget = outlet.whenOver(() => setImmediate(done));
  });
}

class AllSubscription {
  /** Position of the last event considered. */
  private cursor: number;
  private considered = 0;
  private live = false;

  constructor(
    private readonly services: Services,
    private readonly outlet: Outlet,
    private readonly request: ReadRequest,
  ) {
    const { from } = request;
    this.cursor = from === 'start' ? 0 : from === 'end' ? services.log.position : from;
  }

  async run(): Promise<void> {
    const { services, outlet } = this;
    await outlet.send(encodeConfirmation(randomUUID()));
    while (!outlet.closed) {
      const page = services.log.reader.allAfter(this.cursor, PAGE_EVENTS_MAX);
      if (page instanceof Promise) {
        // Memory no longer has what this reader needs: it fell behind, and will be told when it has caught up again.
        this.live = false;
        await this.deliver(await page);
      } else if (page.length > 0) await this.deliver(page);
      else {
        if (!this.live) await this.goLive();
        if (this.cursor >= services.log.position) await nextEvent(services, outlet, undefined);
      }
    }
  }

  private async goLive(): Promise<void> {
    this.live = true;
    const { outlet, cursor } = this;
    if (this.request.filter) await outlet.send(encodeCheckpoint(cursor));
    await outlet.send(CAUGHT_UP);
  }

  private async deliver(page: readonly RecordedEvent[]): Promise<void> {
    const { outlet, request } = this;
    const { filter } = request;
    for (const event of page) {
      if (outlet.closed) return;
      this.cursor = event.position;
      if (isHiddenFromAll(event.stream)) continue;
      if (!filter || filter.matches(event)) {
        const wait = sendEvent(outlet, this.services.log.reader, event, request);
        if (wait) await wait;
      }
      this.considered += 1;
      if (filter && this.considered % filter.checkpointEvery === 0) await outlet.send(encodeCheckpoint(this.cursor));
    }
  }
}

class StreamSubscription {
  /** Revision of the last event delivered, or passed over. */
  private cursor = -1;
  private live = false;

  constructor(
    private readonly services: Services,
    private readonly outlet: Outlet,
    private readonly request: ReadRequest & { readonly stream: string },
  ) {}

  async run(): Promise<void> {
    const { services, outlet } = this;
    const { stream, from } = this.request;
    const { reader } = services.log;
    const atStart = await reader.view(stream);
    if (atStart.tombstoned) throw streamDeleted(stream);
    if (from !== 'start') this.cursor = from === 'end' ? atStart.last : from;
    await outlet.send(encodeConfirmation(randomUUID()));
    while (!outlet.closed) {
      const viewed = reader.view(stream);
      const view = viewed instanceof Promise ? await viewed : viewed;
      const before = services.log.position;
      const range = { direction: 'forwards', first: this.cursor + 1, last: view.last, limit: PAGE_EVENTS_MAX } as const;
      const page = reader.stream(stream, view, range);
      const events = page instanceof Promise ? await page : page;
      if (events.length > 0) await this.deliver(events);
      else {
        // Whatever is left up to the end is hidden for good: truncated, too old, or deleted.
        this.cursor = Math.max(this.cursor, view.last);
        if (view.tombstoned) await this.endForEver();
        if (!this.live) await this.goLive();
        // Waiting for an event must begin before another one could come.
        if (services.log.position === before) await nextEvent(services, outlet, stream);
      }
    }
  }

  private async goLive(): Promise<void> {
    this.live = true;
    await this.outlet.send(CAUGHT_UP);
  }

  private async deliver(events: readonly RecordedEvent[]): Promise<void> {
    const { outlet, request } = this;
    for (const event of events) {
      if (outlet.closed) return;
      this.cursor = event.revision;
      const wait = sendEvent(outlet, this.services.log.reader, event, request);
      if (wait) await wait;
    }
  }

  /** The record of the deletion is the last thing that anybody hears of this stream. */
  private async endForEver(): Promise<never> {
    const { stream } = this.request;
    const record = await this.services.log.reader.tombstoneOf(stream);
    if (record) await sendEvent(this.outlet, this.services.log.reader, record, this.request);
    throw streamDeleted(stream);
  }
}
