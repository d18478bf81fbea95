import { randomUUID } from 'node:crypto';
import {
  Server,
  ServerCredentials,
  type sendUnaryData,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { Engine, type EngineStats } from './engine/engine';
import { Access, type User } from './grpc/access';
import { appendCall, BatchCall, deleteCall } from './grpc/append-calls';
import { ReadCall, type ReadStream } from './grpc/read-call';
import { fromError, unimplemented } from './grpc/status';
import {
  readAppendRequest,
  readBatchRequest,
  readDeleteRequest,
  readReadRequest,
  writeFeatures,
  writeGossip,
  type AppendMessage,
  type BatchMessage,
  type StreamOptions,
} from './grpc/wire';
import { MemoryStorage } from './storage/memory-storage';
import { PostgresStorage } from './storage/postgres-storage';

export const SERVER_VERSION = '23.10.0.0';
const MESSAGE_BYTES_MAX = 17 * 1024 * 1024;

export interface EventStoreOptions {
  /** Where events are kept; left out, they live in memory and end with the process. */
  readonly postgresUrl?: string;
  /** Default 127.0.0.1. Any other needs TLS. */
  readonly host?: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer };
  /** Who may call; needs TLS, because the client sends no credentials without it. */
  readonly users?: readonly User[];
  /** What gossip tells others to connect to; default host and port. */
  readonly advertise?: { readonly host: string; readonly port: number };
  /** Called when nothing can be promised any more. The process should end. */
  readonly onFatal?: (error: Error) => void;
  readonly now?: () => number;
}

export interface RunningEventStore {
  readonly port: number;
  readonly connectionString: string;
  stats(): EngineStats;
  /** Ends open calls as UNAVAILABLE, waits for the commit in flight, releases the writer's lock. */
  close(): Promise<void>;
}

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '::1']);
const PREFIX = 'event_store.client';
const raw = (bytes: Buffer): Buffer => bytes;

const method = (
  service: string,
  name: string,
  kind: 'unary' | 'client' | 'server' | 'duplex',
  decode: (bytes: Buffer) => unknown,
) => ({
  path: `/${PREFIX}.${service}/${name}`,
  requestStream: kind === 'client' || kind === 'duplex',
  responseStream: kind === 'server' || kind === 'duplex',
  requestDeserialize: decode,
  requestSerialize: raw as (value: unknown) => Buffer,
  responseSerialize: raw as (value: unknown) => Buffer,
  responseDeserialize: raw as (bytes: Buffer) => unknown,
});

const STREAMS: ServiceDefinition = {
  read: method('streams.Streams', 'Read', 'server', readReadRequest),
  append: method('streams.Streams', 'Append', 'client', readAppendRequest),
  batchAppend: method('streams.Streams', 'BatchAppend', 'duplex', readBatchRequest),
  delete: method('streams.Streams', 'Delete', 'unary', readDeleteRequest),
  tombstone: method('streams.Streams', 'Tombstone', 'unary', readDeleteRequest),
};
const FEATURES: ServiceDefinition = {
  getSupportedMethods: method('server_features.ServerFeatures', 'GetSupportedMethods', 'unary', raw),
};
const GOSSIP: ServiceDefinition = { read: method('gossip.Gossip', 'Read', 'unary', raw) };

const SUPPORTED = ['append', 'batchappend', 'delete', 'read', 'tombstone'].map((name) => ({
  service: `${PREFIX}.streams.streams`,
  method: name,
  features: name === 'read' ? ['position', 'events'] : [],
}));

/** Services of a real server that Solyx does not use; each call is answered with what it is not. */
const ABSENT: readonly (readonly [string, readonly (readonly [string, 'unary' | 'client' | 'server' | 'duplex'])[]])[] =
  [
    [
      'persistent_subscriptions.PersistentSubscriptions',
      [
        ['Create', 'unary'],
        ['Update', 'unary'],
        ['Delete', 'unary'],
        ['Read', 'duplex'],
        ['GetInfo', 'unary'],
        ['ReplayParked', 'unary'],
        ['List', 'unary'],
        ['RestartSubsystem', 'unary'],
      ],
    ],
    [
      'projections.Projections',
      [
        ['Create', 'unary'],
        ['Update', 'unary'],
        ['Delete', 'unary'],
        ['Statistics', 'server'],
        ['Disable', 'unary'],
        ['Enable', 'unary'],
        ['Reset', 'unary'],
        ['State', 'unary'],
        ['Result', 'unary'],
        ['RestartSubsystem', 'unary'],
      ],
    ],
    [
      'users.Users',
      [
        ['Create', 'unary'],
        ['Update', 'unary'],
        ['Delete', 'unary'],
        ['Disable', 'unary'],
        ['Enable', 'unary'],
        ['Details', 'server'],
        ['ChangePassword', 'unary'],
        ['ResetPassword', 'unary'],
      ],
    ],
    [
      'operations.Operations',
      [
        ['StartScavenge', 'unary'],
        ['StopScavenge', 'unary'],
        ['Shutdown', 'unary'],
        ['MergeIndexes', 'unary'],
        ['ResignNode', 'unary'],
        ['SetNodePriority', 'unary'],
        ['RestartPersistentSubscriptions', 'unary'],
      ],
    ],
  ];

function addAbsent(server: Server): void {
  for (const [service, methods] of ABSENT) {
    const name = service.split('.')[0] ?? service;
    const definition: Record<string, ReturnType<typeof method>> = {};
    const handlers: UntypedServiceImplementation = {};
    for (const [rpc, kind] of methods) {
      definition[rpc] = method(service, rpc, kind, raw);
      const error = unimplemented(`${name.replaceAll('_', ' ')} (${rpc})`);
      handlers[rpc] =
        kind === 'unary' || kind === 'client'
          ? (_call: unknown, callback: sendUnaryData<Buffer>) => callback(error)
          : (call: ServerDuplexStream<Buffer, Buffer>) => void call.emit('error', error);
    }
    server.addService(definition as ServiceDefinition, handlers);
  }
}

/** Starts a server that `@eventstore/db-client` cannot tell from EventStoreDB, for the streams API. */
export async function startEventStore(options: EventStoreOptions): Promise<RunningEventStore> {
  const host = options.host ?? '127.0.0.1';
  if (!options.tls && !LOOPBACK.has(host))
    throw new Error(`refusing to listen on ${host} without TLS: credentials and events would be readable`);
  if (options.users && options.users.length > 0 && !options.tls)
    throw new Error('users need TLS: the client sends no credentials without it');
  const storage =
    options.postgresUrl === undefined
      ? new MemoryStorage()
      : new PostgresStorage({ connectionString: options.postgresUrl });
  const fatal = options.onFatal ?? (() => undefined);
  const engine = new Engine({ storage, onFatal: fatal, ...(options.now ? { now: options.now } : {}) });
  await engine.open();
  const access = new Access(engine, options.users ?? []);
  const server = new Server({
    'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
    'grpc.max_send_message_length': MESSAGE_BYTES_MAX,
    'grpc.max_concurrent_streams': 10_000,
  });
  const calls = new Set<{ emit(event: 'error', error: Error): boolean }>();
  addStreams(server, engine, access, calls, LOOPBACK.has(host));
  const port = await bind(server, host, options);
  addFacts(server, options.advertise ?? { host, port }, engine);
  addAbsent(server);
  const scheme = `esdb://${host}:${port}?tls=${options.tls ? 'true' : 'false'}`;
  return {
    port,
    connectionString: scheme,
    stats: () => engine.stats(),
    close: async () => {
      for (const call of calls) call.emit('error', fromError(new Error('the event store is closing')));
      await new Promise<void>((resolve) => {
        const force = setTimeout(() => server.forceShutdown(), 1_000);
        server.tryShutdown(() => {
          clearTimeout(force);
          resolve();
        });
      });
      await engine.close();
    },
  };
}

function bind(server: Server, host: string, options: EventStoreOptions): Promise<number> {
  const credentials = options.tls
    ? ServerCredentials.createSsl(null, [{ cert_chain: options.tls.cert, private_key: options.tls.key }])
    : ServerCredentials.createInsecure();
  return new Promise((resolve, reject) => {
    server.bindAsync(`${host}:${options.port}`, credentials, (error, port) => (error ? reject(error) : resolve(port)));
  });
}

function addStreams(
  server: Server,
  engine: Engine,
  access: Access,
  calls: Set<{ emit(event: 'error', error: Error): boolean }>,
  ignoreDeadlines: boolean,
): void {
  const track = <
    C extends { emit(event: 'error', error: Error): boolean; on(event: string, listener: () => void): unknown },
  >(
    call: C,
  ): C => {
    calls.add(call);
    for (const event of ['close', 'finish', 'cancelled', 'error']) call.on(event, () => calls.delete(call));
    return call;
  };
  const read = async (call: ReadStream): Promise<void> => {
    try {
      const user = access.caller(call.metadata);
      await access.check(user, call.request.stream ?? '$all', 'read');
      await new ReadCall(engine, call, (stream) => access.isAllowed(user, stream, 'read')).run();
    } catch (error) {
      call.emit('error', fromError(error));
    }
  };
  server.addService(STREAMS, {
    read: (call: ReadStream) => void read(track(call)),
    append: (call: ServerReadableStream<AppendMessage, Buffer>, callback: sendUnaryData<Buffer>) =>
      appendCall(engine, access, call, callback),
    batchAppend: (call: ServerDuplexStream<BatchMessage, Buffer>) => {
      try {
        new BatchCall(engine, access, track(call), ignoreDeadlines);
      } catch (error) {
        call.emit('error', fromError(error));
      }
    },
    delete: (call: ServerUnaryCall<StreamOptions, Buffer>, callback: sendUnaryData<Buffer>) =>
      deleteCall(engine, access, 'delete', call, callback),
    tombstone: (call: ServerUnaryCall<StreamOptions, Buffer>, callback: sendUnaryData<Buffer>) =>
      deleteCall(engine, access, 'tombstone', call, callback),
  });
}

function addFacts(server: Server, address: { host: string; port: number }, engine: Engine): void {
  const instanceId = randomUUID();
  const features = writeFeatures(SERVER_VERSION, SUPPORTED);
  server.addService(FEATURES, {
    getSupportedMethods: (_call: unknown, callback: sendUnaryData<Buffer>) => callback(null, features),
  });
  server.addService(GOSSIP, {
    read: (_call: unknown, callback: sendUnaryData<Buffer>) =>
      callback(null, writeGossip(instanceId, address.host, address.port, engine.nowTicks().toString())),
  });
}
