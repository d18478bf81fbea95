import type { RecordedEvent } from '../engine/events';
import { isHiddenFromAll } from '../engine/stream-names';
import { PAGE_EVENTS_MAX, type Page } from '../log/log-reader';
import { streamDeleted, toCallError, unavailable } from './errors';
import { Outlet, type ReadCall } from './outlet';
import { encodeStreamNotFound } from './read-codec';
import { readRequestOf, type ReadRequest } from './read-request';
import { sendEvent } from './send-event';
import type { Services } from './services';
import { subscribe } from './subscription';

interface Paging {
  readonly first: Page;
  readonly next: (last: RecordedEvent) => Page;
  /** How many events are still wanted. */
  readonly remaining: () => number;
  /** False: enough. */
  readonly visit: (page: readonly RecordedEvent[]) => Promise<boolean>;
}

/** Gets pages one after another; the next is fetched while the reader gets the one before. */
async function eachPage({ first, next, remaining, visit }: Paging): Promise<void> {
  let page = await first;
  for (let last = page.at(-1); last; last = page.at(-1)) {
    const ahead = remaining() > page.length ? next(last) : undefined;
    // A reader that is gone does not care whether the page after the last could be read.
    if (ahead instanceof Promise) ahead.catch(() => {});
    if (!(await visit(page))) return;
    page = await (ahead ?? next(last));
  }
}

async function readAll(services: Services, outlet: Outlet, request: ReadRequest, limit: number): Promise<void> {
  const { reader } = services.log;
  const { direction, filter, from } = request;
  // The log goes on growing, a read ends where the log ended when it began.
  const end = services.log.position;
  const size = Math.min(limit, PAGE_EVENTS_MAX);
  let remaining = limit;
  const visit = async (page: readonly RecordedEvent[]): Promise<boolean> => {
    for (const event of page) {
      if (outlet.closed || event.position > end) return false;
      if (isHiddenFromAll(event.stream) || filter?.matches(event) === false) continue;
      const wait = sendEvent(outlet, reader, event, request);
      if (wait) await wait;
      remaining -= 1;
      if (remaining === 0) return false;
    }
    return true;
  };
  if (limit === 0) return;
  if (direction === 'forwards') {
    if (from === 'end') return;
    // Positions are whole numbers, and a read includes the one it names.
    const after = from === 'start' ? 0 : from - 1;
    const next = ({ position }: RecordedEvent): Page => reader.allAfter(position, size);
    await eachPage({ first: reader.allAfter(after, size), next, remaining: () => remaining, visit });
  } else {
    if (from === 'start') return;
    const before = from === 'end' ? Infinity : from;
    const next = ({ position }: RecordedEvent): Page => reader.allBefore(position, size);
    await eachPage({ first: reader.allBefore(before, size), next, remaining: () => remaining, visit });
  }
}

async function readStream(
  services: Services,
  outlet: Outlet,
  request: ReadRequest & { readonly stream: string },
  limit: number,
): Promise<void> {
  const { reader } = services.log;
  const { stream, direction, from } = request;
  const view = await reader.view(stream);
  if (view.tombstoned) throw streamDeleted(stream);
  if (view.last < 0 || view.softDeleted) {
    void outlet.send(encodeStreamNotFound(stream));
    return;
  }
  let remaining = limit;
  const visit = async (page: readonly RecordedEvent[]): Promise<boolean> => {
    for (const event of page) {
      if (outlet.closed) return false;
      const wait = sendEvent(outlet, reader, event, request);
      if (wait) await wait;
      remaining -= 1;
      if (remaining === 0) return false;
    }
    return true;
  };
  if (limit === 0) return;
  const range = { direction, limit: Math.min(limit, PAGE_EVENTS_MAX) };
  if (direction === 'forwards') {
    const start = from === 'end' ? Infinity : from === 'start' ? 0 : from;
    const pageFrom = (first: number): Page => reader.stream(stream, view, { ...range, first, last: view.last });
    const next = ({ revision }: RecordedEvent): Page => pageFrom(revision + 1);
    await eachPage({ first: pageFrom(start), next, remaining: () => remaining, visit });
  } else {
    const start = from === 'end' ? view.last : from === 'start' ? 0 : from;
    const pageTo = (last: number): Page => reader.stream(stream, view, { ...range, first: 0, last });
    const next = ({ revision }: RecordedEvent): Page => pageTo(revision - 1);
    await eachPage({ first: pageTo(start), next, remaining: () => remaining, visit });
  }
}

/** Serves a read or a subscription: both are the same call. */
export async function read(call: ReadCall, services: Services): Promise<void> {
  const outlet = new Outlet(call);
  if (!services.calls.open(call)) {
    outlet.fail(unavailable('too many calls are open: close some'));
    return;
  }
  services.calls.onClose(call, (error) => outlet.fail(error));
  try {
    const user = await services.access.authenticate(call.metadata);
    const request = readRequestOf(call.request);
    const { stream, limit } = request;
    if (!services.access.isOpen) await services.access.demand(user, 'read', stream ?? '$all');
    if (limit === undefined) await subscribe(services, outlet, request);
    else if (stream === undefined) await readAll(services, outlet, request, limit);
    else await readStream(services, outlet, { ...request, stream }, limit);
    outlet.end();
  } catch (error) {
    outlet.fail(toCallError(error));
  }
}
