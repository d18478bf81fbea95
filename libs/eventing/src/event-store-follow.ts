import { streamNameFilter, type AllStreamRecordedEvent, type EventStoreDBClient } from '@eventstore/db-client';
import { toStored } from './event-store-records';
import type { Followed } from './log-subscription';

/** Checkpoints come each this many times 32 events, matching or not. */
const CHECKPOINT_INTERVAL = 4;

/**
 * Events after a position, for ever, and between them where the server has got to. Ends by throwing when the connection
 * does. Notes about progress are put into the same queue as the events, so none overtakes an event.
 */
export async function* follow(
  client: EventStoreDBClient,
  after: bigint,
  prefixes: readonly string[],
  signal?: AbortSignal,
): AsyncGenerator<Followed> {
  const note = (followed: Followed): void => {
    if (!subscription.destroyed && !subscription.readableEnded) (subscription as unknown as Queue).push(followed);
  };
  const subscription = client.subscribeToAll({
    fromPosition: after < 0n ? 'start' : { commit: after, prepare: after },
    filter: streamNameFilter({
      prefixes: [...prefixes],
      checkpointInterval: CHECKPOINT_INTERVAL,
      checkpointReached: async (_subscription, position) => note({ kind: 'checkpoint', position: position.commit }),
    }),
  });
  // Past the loop nobody listens any more, and an error without a listener ends the process.
  subscription.on('error', () => undefined);
  subscription.on('caughtUp', () => note({ kind: 'caughtUp' }));
  const cancel = (): void => void subscription.unsubscribe().catch(() => undefined);
  const abort = (): void => {
    subscription.destroy();
  };
  signal?.addEventListener('abort', abort, { once: true });
  try {
    for await (const item of subscription as AsyncIterable<Followed | { readonly event?: AllStreamRecordedEvent }>) {
      if ('kind' in item) yield item;
      else if (item.event) {
        yield { kind: 'event', event: toStored(item.event) };
      }
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
    cancel();
  }
}

interface Queue {
  push(item: Followed): boolean;
}
