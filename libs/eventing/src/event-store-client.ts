import { EventStoreDBClient } from '@eventstore/db-client';
import { StreamsClient } from '@eventstore/db-client/generated/streams_grpc_pb';
import { Logger } from '@nestjs/common';
import { sleep } from './backoff';

const logger = new Logger('EventStoreClient');

type Listener = (...args: unknown[]) => void;

interface AppendCall {
  on(event: string, listener: Listener): unknown;
  write(message: unknown): boolean;
}

/**
 * Client 6.2.1 shares one stream for all appends, and two of its habits end the process: an answer that it no longer
 * waits for throws inside its `data` listener (after another stream's failure cleared its table), and an append that
 * waits for `drain` when the stream fails rejects a promise that nobody holds. The first is caught here; the second
 * cannot happen where `write` never asks to wait, which is safe because `EventStoreLog` bounds what is under way.
 */
export function hardenAppendCall<T extends AppendCall>(call: T): T {
  const on = call.on.bind(call);
  const write = call.write.bind(call);
  call.on = (event, listener) =>
    on(
      event,
      event !== 'data'
        ? listener
        : (...args) => {
            try {
              listener(...args);
            } catch (error) {
              logger.warn(`an answer to an append that was given up: ${String(error)}`);
            }
          },
    );
  call.write = (message) => {
    write(message);
    return true;
  };
  return call;
}

let hardened = false;

function hardenClient(): void {
  if (hardened) return;
  hardened = true;
  const prototype = StreamsClient.prototype as unknown as { batchAppend: OpenAppends };
  const open: OpenAppends = prototype.batchAppend;
  prototype.batchAppend = function (...args) {
    return hardenAppendCall(open.apply(this, args));
  };
}

type OpenAppends = (this: unknown, ...args: unknown[]) => AppendCall;

interface Shared {
  readonly client: EventStoreDBClient;
  users: number;
}

const shared = new Map<string, Shared>();

/** One client per process and address, however many services the process hosts. */
export function acquireClient(connectionString: string): EventStoreDBClient {
  hardenClient();
  const known = shared.get(connectionString);
  if (known) {
    known.users += 1;
    return known.client;
  }
  const client = EventStoreDBClient.connectionString(connectionString);
  shared.set(connectionString, { client, users: 1 });
  return client;
}

/** The client waits for the end of every stream; one that never tells its end must not keep the process. */
const DISPOSE_WITHIN_MS = 250;

/** Ends the client once its last user has let go of it. */
export async function releaseClient(connectionString: string): Promise<void> {
  const known = shared.get(connectionString);
  if (!known) return;
  known.users -= 1;
  if (known.users > 0) return;
  shared.delete(connectionString);
  await Promise.race([known.client.dispose(), sleep(DISPOSE_WITHIN_MS)]);
}
