import type { RecordedEvent } from '../engine/events';
import type { LogReader } from '../log/log-reader';
import type { Outlet } from './outlet';
import { encodeEvent } from './read-codec';
import type { ReadRequest } from './read-request';

type Wish = Pick<ReadRequest, 'resolveLinks' | 'uuidForm'>;

/** Sends one event, its link followed if the reader wants that. Without a promise nothing has to be waited for. */
export function sendEvent(
  outlet: Outlet,
  reader: LogReader,
  event: RecordedEvent,
  wish: Wish,
): Promise<void> | undefined {
  if (wish.resolveLinks) return sendResolved(outlet, reader, event, wish);
  return outlet.send(encodeEvent({ event, link: undefined }, wish.uuidForm));
}

async function sendResolved(outlet: Outlet, reader: LogReader, event: RecordedEvent, wish: Wish): Promise<void> {
  await outlet.send(encodeEvent(await reader.resolve(event), wish.uuidForm));
}
