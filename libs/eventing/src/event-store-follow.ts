import { streamNameFilter, type AllStreamRecordedEvent, type EventStoreDBClient } from '@eventstore/db-client';
import { itemsOf } from './event-store-reading';
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
  subscription.on('caughtUp', () => note({ kind: 'caughtUp' }));
  // Whatever comes next wakes the loop, which then sees that it is over.
  const abort = (): void => note({ kind: 'caughtUp' });
  signal?.addEventListener('abort', abort, { once: true });
  try {
    const items = itemsOf<Followed | { readonly event?: AllStreamRecordedEvent }>(subscription, () =>
      subscription.unsubscribe(),
    );
    for await (const item of items) {
      if (signal?.aborted) return;
      if ('kind' in item) yield item;
      else if (item.event) yield { kind: 'event', event: toStored(item.event) };
    }
    throw new Error('the server ended the subscription');
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

interface Queue {
  push(item: Followed): boolean;
}
