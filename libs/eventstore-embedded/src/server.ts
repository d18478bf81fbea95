import { randomUUID } from 'node:crypto';
import { isIP } from 'node:net';
import { GossipService } from '@eventstore/db-client/generated/gossip_grpc_pb';
import type { ClusterInfo } from '@eventstore/db-client/generated/gossip_pb';
import { ServerFeaturesService } from '@eventstore/db-client/generated/serverfeatures_grpc_pb';
import type { SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb';
import { StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb';
import { Server, ServerCredentials, type sendUnaryData } from '@grpc/grpc-js';
import { append, deleteStream, tombstoneStream } from './grpc/append';
import { batchAppend, type BatchAppendCall } from './grpc/batch-append';
import { decodeBatchAppend } from './grpc/batch-append-codec';
import { unavailable } from './grpc/errors';
import { Gossip, supportedMethods, type Advertised } from './grpc/features';
import { listen } from './grpc/listener';
import { OpenCalls } from './grpc/open-calls';
import type { ReadCall } from './grpc/outlet';
import { read } from './grpc/read';
import { Services } from './grpc/services';
import { addLeftOutServices } from './grpc/unimplemented';
import { EventLog, type EventLogLimits } from './log/event-log';
import { Access } from './security/access';
import { Users, type UserRecord } from './security/users';
import { MemoryStorage } from './storage/memory-storage';
import { PostgresStorage } from './storage/postgres-storage';
import { AppendRefused, type EventStorage } from './storage/storage';

export interface EventStoreOptions {
  /** Where the events are kept: a PostgreSQL, or any storage. Neither: in memory, for tests and simulations. */
  readonly postgresUrl?: string;
  readonly storage?: EventStorage;
  /** Address to listen on; without TLS only the loopback interface. Default 127.0.0.1. */
  readonly host?: string;
  /** 0: a free one. */
  readonly port: number;
  /** PEM texts. */
  readonly tls?: { readonly cert: string | Buffer; readonly key: string | Buffer };
  /** Who may call, over TLS only. None: whoever reaches the port, which must be on loopback then. */
  readonly users?: readonly UserRecord[];
  /** The address that discovering clients are sent to. Default: the one listened on. */
  readonly advertise?: Advertised;
  /** Bytes of one append. Default 1 MiB, as EventStoreDB. */
  readonly appendBytesMax?: number;
  readonly limits?: EventLogLimits;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /**
   * The outcome of a commit is unknown: the process must end, and its successor reads what is true. Default: throw, which
   * ends the process.
   */
  readonly onFatal?: (error: Error) => void;
  /** One line for the operator. */
  readonly log?: (message: string) => void;
}

export interface EventStoreStats {
  /** Are appends accepted? */
  readonly available: boolean;
  readonly position: number;
  readonly appended: number;
  readonly commits: number;
  readonly queuedBytes: number;
  readonly lastCommitMs: number;
  readonly lastCommitEvents: number;
  readonly openCalls: number;
  readonly waitingReaders: number;
}

export interface EventStore {
  readonly host: string;
  readonly port: number;
  /** For `@eventstore/db-client`. */
  readonly connectionString: string;
  readonly eventLog: EventLog;
  stats(): EventStoreStats;
  /** Answers what is under way, then ends all calls with UNAVAILABLE and lets go of the storage. */
  close(): Promise<void>;
}

const APPEND_BYTES_MAX = 1024 * 1024;
/** One message of the client: batches are cut at 3 MiB, single events reach 16 MiB. */
const MESSAGE_BYTES_MAX = 17 * 1024 * 1024;
const OPEN_CALLS_MAX = 4096;
const DRAIN_MS = 5000;

export const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || /^127\./.test(host);

/** Why these options would open the store to strangers, or undefined. */
export function exposure({ host = '127.0.0.1', tls, users = [] }: EventStoreOptions): string | undefined {
  if (!tls && !isLoopback(host))
    return `without TLS the store listens on loopback only, not on ${host}: set cert and key`;
  if (users.length === 0 && !isLoopback(host)) return `on ${host} everybody could write: configure users`;
  if (!tls && users.length > 0) return 'clients send credentials over TLS only: set cert and key, or drop the users';
  return undefined;
}

const throwLater = (error: Error): void => {
  setImmediate(() => {
    throw error;
  });
};

function storageOf({ storage, postgresUrl, log, onFatal = throwLater }: EventStoreOptions): EventStorage {
  if (storage) return storage;
  if (postgresUrl === undefined) return new MemoryStorage();
  return new PostgresStorage({ url: postgresUrl, onFatal, ...(log ? { log } : {}) });
}

/** Starts a server that speaks EventStoreDB's streams protocol over the storage, and becomes its only writer. */
export async function startEventStore(options: EventStoreOptions): Promise<EventStore> {
  const danger = exposure(options);
  if (danger !== undefined) throw new Error(danger);
  const { host = '127.0.0.1', onFatal = throwLater, now = Date.now, limits } = options;
  const storage = storageOf(options);
  const eventLog = await EventLog.open({ storage, now, newId: randomUUID, onFatal, ...(limits ? { limits } : {}) });
  const access = new Access(new Users(options.users ?? []), eventLog.index);
  const calls = new OpenCalls(OPEN_CALLS_MAX);
  const services = new Services(eventLog, access, calls, options.appendBytesMax ?? APPEND_BYTES_MAX);
  const server = createServer(services, () => options.advertise ?? { host, port: listener.port });
  const listener = await listen(server, credentialsOf(options), { host, port: options.port }).catch(
    async (error: unknown) => {
      await eventLog.close(new AppendRefused('the event store could not listen'));
      throw error;
    },
  );
  const { port } = listener;
  const close = async (): Promise<void> => {
    await drained(eventLog);
    calls.closeAll(unavailable('the event store is stopping: connect again shortly'));
    await listener.close();
    await eventLog.close(new AppendRefused('the event store is stopping'));
  };
  const authority = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  const connectionString = `esdb://${authority}?tls=${options.tls ? 'true' : 'false'}`;
  return { host, port, connectionString, eventLog, stats: () => statsOf(eventLog, calls), close };
}

const statsOf = ({ available, position, commits, wakeups }: EventLog, calls: OpenCalls): EventStoreStats => ({
  available,
  position,
  appended: commits.events,
  commits: commits.batches,
  queuedBytes: commits.queuedBytes,
  lastCommitMs: commits.lastBatch.millis,
  lastCommitEvents: commits.lastBatch.events,
  openCalls: calls.size,
  waitingReaders: wakeups.size,
});

function createServer(services: Services, advertised: () => Advertised): Server {
  const server = new Server({
    'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
    'grpc.max_send_message_length': -1,
  });
  const gossip = new Gossip(advertised);
  server.addService(hotStreamsService, {
    read: (call: ReadCall) => void read(call, services),
    batchAppend: (call: BatchAppendCall) => void batchAppend(call, services),
    append: (call: Parameters<typeof append>[0], callback: Parameters<typeof append>[1]) =>
      append(call, callback, services),
    delete: (call: Parameters<typeof deleteStream>[0], callback: Parameters<typeof deleteStream>[1]) =>
      deleteStream(call, callback, services),
    tombstone: (call: Parameters<typeof tombstoneStream>[0], callback: Parameters<typeof tombstoneStream>[1]) =>
      tombstoneStream(call, callback, services),
  });
  server.addService(ServerFeaturesService, {
    getSupportedMethods: (_call: unknown, callback: sendUnaryData<SupportedMethods>) =>
      callback(null, supportedMethods()),
  });
  server.addService(GossipService, {
    read: (_call: unknown, callback: sendUnaryData<ClusterInfo>) => callback(null, gossip.clusterInfo(Date.now())),
  });
  addLeftOutServices(server);
  return server;
}

const asIs = (bytes: Buffer): Buffer => bytes;

/** The service as the client defines it, with a codec of our own where every microsecond counts. */
const hotStreamsService = {
  ...StreamsService,
  read: { ...StreamsService.read, responseSerialize: asIs },
  batchAppend: { ...StreamsService.batchAppend, requestDeserialize: decodeBatchAppend, responseSerialize: asIs },
};

const credentialsOf = ({ tls }: EventStoreOptions): ServerCredentials =>
  tls
    ? ServerCredentials.createSsl(null, [{ cert_chain: Buffer.from(tls.cert), private_key: Buffer.from(tls.key) }])
    : ServerCredentials.createInsecure();

/** Waits until everything accepted is answered, within bounds. */
async function drained({ commits }: EventLog): Promise<void> {
  const until = performance.now() + DRAIN_MS;
  while (!commits.idle && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 5));
}
