import type { Readable } from 'node:stream';

/**
 * What a read finds. Where the loop is left early, the rest is let through and thrown away: a call of the client that
 * nobody drains stays open for ever, and so does the client that is asked to end.
 */
export async function* itemsOf<T>(read: object, cancel: () => Promise<void>): AsyncGenerator<T> {
  const stream = read as Readable;
  // Past the loop nobody listens any more, and an error without a listener ends the process.
  stream.on('error', () => undefined);
  try {
    yield* stream.iterator({ destroyOnReturn: false }) as AsyncIterable<T>;
  } finally {
    stream.resume();
    await cancel().catch(() => undefined);
  }
}
