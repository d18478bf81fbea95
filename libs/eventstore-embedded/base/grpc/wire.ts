import { Reader, Writer } from 'protobufjs/minimal';
import { TOMBSTONE, TOMBSTONE_REVISION, type Expected, type ProposedEvent, type StoredEvent } from '../engine/types';

/**
 * The messages of EventStoreDB's gRPC API, read and written by field number: the shapes that `@eventstore/db-client` sends
 * and expects. Hand-written for the hot paths: a generated class costs several times the CPU per event.
 */
export const EMPTY_BYTES = Buffer.alloc(0);

const toNumber = (value: unknown): number =>
  typeof value === 'number' ? value : (value as { toNumber(): number }).toNumber();

type Fields = Readonly<Record<number, (reader: Reader) => void>>;

/** Calls the function of each field that is known, skips the others. */
function readFields(bytes: Uint8Array, fields: Fields): void {
  const reader = Reader.create(bytes);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const read = fields[tag >>> 3];
    if (read) read(reader);
    else reader.skipType(tag & 7);
  }
}

const text = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');

export function readStreamName(bytes: Uint8Array): string {
  let name = '';
  readFields(bytes, { 3: (reader) => (name = text(reader.bytes())) });
  return name;
}

/** UUID as text; the structured form is two signed 64-bit halves. */
export function readUuid(bytes: Uint8Array): string {
  let id = '';
  readFields(bytes, {
    1: (reader) => (id = readStructured(reader.bytes())),
    2: (reader) => (id = reader.string().toLowerCase()),
  });
  return id;
}

function readStructured(bytes: Uint8Array): string {
  const half = { most: 0n, least: 0n };
  const big = (value: unknown): bigint => BigInt.asUintN(64, BigInt(String(value)));
  readFields(bytes, {
    1: (reader) => (half.most = big(reader.int64())),
    2: (reader) => (half.least = big(reader.int64())),
  });
  const hex = half.most.toString(16).padStart(16, '0') + half.least.toString(16).padStart(16, '0');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

interface ExpectedFields {
  readonly exact: number;
  readonly noStream: number;
  readonly any: number;
  readonly streamExists: number;
}
const EXPECTED: ExpectedFields = { exact: 2, noStream: 3, any: 4, streamExists: 5 };

const expectedReaders = (set: (expected: Expected) => void): Fields => ({
  [EXPECTED.exact]: (reader) => set(toNumber(reader.uint64())),
  [EXPECTED.noStream]: (reader) => (reader.bytes(), set('no_stream')),
  [EXPECTED.any]: (reader) => (reader.bytes(), set('any')),
  [EXPECTED.streamExists]: (reader) => (reader.bytes(), set('stream_exists')),
});

export interface StreamOptions {
  readonly stream: string;
  readonly expected: Expected;
}

/** Options of Append, Delete and Tombstone alike. */
export function readStreamOptions(bytes: Uint8Array): StreamOptions {
  let stream = '';
  let expected: Expected = 'any';
  readFields(bytes, {
    1: (reader) => (stream = readStreamName(reader.bytes())),
    ...expectedReaders((e) => (expected = e)),
  });
  return { stream, expected };
}

/** DeleteReq and TombstoneReq. */
export function readDeleteRequest(bytes: Uint8Array): StreamOptions {
  let options: StreamOptions = { stream: '', expected: 'any' };
  readFields(bytes, { 1: (reader) => (options = readStreamOptions(reader.bytes())) });
  return options;
}

/** An event as proposed, and the required metadata that it lacks. */
export interface Proposed extends ProposedEvent {
  readonly missing: readonly string[];
}

export function readProposed(bytes: Uint8Array): Proposed {
  let id = '';
  let type: string | undefined;
  let contentType: string | undefined;
  let metadata: Uint8Array = EMPTY_BYTES;
  let data: Uint8Array = EMPTY_BYTES;
  readFields(bytes, {
    1: (reader) => (id = readUuid(reader.bytes())),
    2: (reader) => {
      const [key, value] = readEntry(reader.bytes());
      if (key === 'type') type = value;
      else if (key === 'content-type') contentType = value;
    },
    3: (reader) => (metadata = reader.bytes()),
    4: (reader) => (data = reader.bytes()),
  });
  const missing = [...(type === undefined ? ['type'] : []), ...(contentType === undefined ? ['content-type'] : [])];
  return { id, type: type ?? '', json: contentType === 'application/json', metadata, data, missing };
}

function readEntry(bytes: Uint8Array): [string, string] {
  let key = '';
  let value = '';
  readFields(bytes, { 1: (reader) => (key = reader.string()), 2: (reader) => (value = reader.string()) });
  return [key, value];
}

export type AppendMessage = { readonly options?: StreamOptions; readonly event?: Proposed };

export function readAppendRequest(bytes: Uint8Array): AppendMessage {
  let message: AppendMessage = {};
  readFields(bytes, {
    1: (reader) => (message = { options: readStreamOptions(reader.bytes()) }),
    2: (reader) => (message = { event: readProposed(reader.bytes()) }),
  });
  return message;
}

export interface BatchMessage {
  /** UUID message, echoed as it came. */
  readonly correlationId: Uint8Array;
  readonly key: string;
  readonly options?: StreamOptions & { readonly deadlineMs?: number; readonly durationMs?: number };
  readonly events: readonly Proposed[];
  readonly isFinal: boolean;
}

export function readBatchRequest(bytes: Uint8Array): BatchMessage {
  let correlationId: Uint8Array = EMPTY_BYTES;
  let options: BatchMessage['options'];
  const events: Proposed[] = [];
  let isFinal = false;
  readFields(bytes, {
    1: (reader) => (correlationId = reader.bytes()),
    2: (reader) => (options = readBatchOptions(reader.bytes())),
    3: (reader) => void events.push(readProposed(reader.bytes())),
    4: (reader) => (isFinal = reader.bool()),
  });
  const base = { correlationId, key: readUuid(correlationId), events, isFinal };
  return options ? { ...base, options } : base;
}

function readBatchOptions(bytes: Uint8Array): NonNullable<BatchMessage['options']> {
  const base = readStreamOptions(bytes);
  let deadlineMs: number | undefined;
  let durationMs: number | undefined;
  readFields(bytes, {
    6: (reader) => (deadlineMs = readSecondsNanos(reader.bytes())),
    7: (reader) => (durationMs = readSecondsNanos(reader.bytes())),
  });
  return {
    ...base,
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
    ...(durationMs === undefined ? {} : { durationMs }),
  };
}

/** google.protobuf.Timestamp and Duration, in milliseconds. */
function readSecondsNanos(bytes: Uint8Array): number {
  let ms = 0;
  readFields(bytes, {
    1: (reader) => (ms += toNumber(reader.int64()) * 1000),
    2: (reader) => (ms += reader.int32() / 1e6),
  });
  return ms;
}

export interface ReadFilter {
  readonly on: 'stream' | 'type';
  readonly regex?: string;
  readonly prefixes: readonly string[];
  readonly windowMax: number;
  readonly checkpointMultiplier: number;
}

export interface ReadRequest {
  /** Undefined reads `$all`. */
  readonly stream?: string;
  readonly from: number | 'start' | 'end';
  readonly backwards: boolean;
  readonly resolveLinks: boolean;
  /** Undefined is a subscription. */
  readonly count?: number;
  readonly filter?: ReadFilter;
  readonly structuredUuid: boolean;
}

const DEFAULT_WINDOW = 32;

export function readReadRequest(bytes: Uint8Array): ReadRequest {
  let options: Uint8Array = EMPTY_BYTES;
  readFields(bytes, { 1: (reader) => (options = reader.bytes()) });
  const request = {
    from: 'start' as number | 'start' | 'end',
    backwards: false,
    resolveLinks: false,
    structuredUuid: false,
  };
  let stream: string | undefined;
  let count: number | undefined = Number.MAX_SAFE_INTEGER;
  let filter: ReadFilter | undefined;
  readFields(options, {
    1: (reader) => {
      const chosen = readStreamChoice(reader.bytes());
      stream = chosen.stream;
      request.from = chosen.from;
    },
    2: (reader) => (request.from = readAllChoice(reader.bytes())),
    3: (reader) => (request.backwards = reader.int32() === 1),
    4: (reader) => (request.resolveLinks = reader.bool()),
    5: (reader) => (count = Math.min(Number.MAX_SAFE_INTEGER, toNumber(reader.uint64()))),
    6: (reader) => (reader.bytes(), (count = undefined)),
    7: (reader) => (filter = readFilter(reader.bytes())),
    9: (reader) => (request.structuredUuid = isStructured(reader.bytes())),
  });
  return {
    ...request,
    ...(stream === undefined ? {} : { stream }),
    ...(count === undefined ? {} : { count }),
    ...(filter === undefined ? {} : { filter }),
  };
}

function isStructured(bytes: Uint8Array): boolean {
  let structured = false;
  readFields(bytes, { 1: (reader) => (reader.bytes(), (structured = true)), 2: (reader) => void reader.bytes() });
  return structured;
}

function readStreamChoice(bytes: Uint8Array): { stream: string; from: number | 'start' | 'end' } {
  const choice = { stream: '', from: 'start' as number | 'start' | 'end' };
  readFields(bytes, {
    1: (reader) => (choice.stream = readStreamName(reader.bytes())),
    2: (reader) => (choice.from = toNumber(reader.uint64())),
    3: (reader) => (reader.bytes(), (choice.from = 'start')),
    4: (reader) => (reader.bytes(), (choice.from = 'end')),
  });
  return choice;
}

function readAllChoice(bytes: Uint8Array): number | 'start' | 'end' {
  let from: number | 'start' | 'end' = 'start';
  readFields(bytes, {
    1: (reader) => readFields(reader.bytes(), { 1: (inner) => (from = toNumber(inner.uint64())) }),
    2: (reader) => (reader.bytes(), (from = 'start')),
    3: (reader) => (reader.bytes(), (from = 'end')),
  });
  return from;
}

function readFilter(bytes: Uint8Array): ReadFilter {
  let on: 'stream' | 'type' = 'stream';
  let expression: { regex?: string; prefixes: readonly string[] } = { prefixes: [] };
  let windowMax = DEFAULT_WINDOW;
  let checkpointMultiplier = 1;
  readFields(bytes, {
    1: (reader) => ((on = 'stream'), (expression = readExpression(reader.bytes()))),
    2: (reader) => ((on = 'type'), (expression = readExpression(reader.bytes()))),
    3: (reader) => (windowMax = Math.max(1, reader.uint32())),
    5: (reader) => (checkpointMultiplier = Math.max(1, reader.uint32())),
  });
  return { on, ...expression, windowMax, checkpointMultiplier };
}

function readExpression(bytes: Uint8Array): { regex?: string; prefixes: readonly string[] } {
  let regex: string | undefined;
  const prefixes: string[] = [];
  readFields(bytes, { 1: (reader) => (regex = reader.string()), 2: (reader) => void prefixes.push(reader.string()) });
  return regex === undefined || regex === '' ? { prefixes } : { regex, prefixes };
}

// ---- responses ----

const finish = (writer: Writer): Buffer => {
  const bytes = writer.finish();
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
};

/** A 64-bit value that may be beyond what a double holds. */
const writeRevision = (writer: Writer, revision: number): Writer =>
  revision === TOMBSTONE ? writer.uint64(TOMBSTONE_REVISION.toString()) : writer.uint64(revision);

const empty = (writer: Writer, field: number): Writer => writer.uint32((field << 3) | 2).uint32(0);
const varint = (writer: Writer, field: number): Writer => writer.uint32(field << 3);
const bytesField = (writer: Writer, field: number, bytes: Uint8Array): Writer =>
  writer.uint32((field << 3) | 2).bytes(bytes);
const stringField = (writer: Writer, field: number, value: string): Writer =>
  writer.uint32((field << 3) | 2).string(value);
const open = (writer: Writer, field: number): Writer => writer.uint32((field << 3) | 2).fork();

const writePosition = (writer: Writer, field: number, position: number): Writer => {
  open(writer, field);
  varint(writer, 1).uint64(position);
  varint(writer, 2).uint64(position);
  return writer.ldelim();
};

const writeStreamName = (writer: Writer, field: number, stream: string): Writer => {
  open(writer, field);
  bytesField(writer, 3, Buffer.from(stream, 'utf8'));
  return writer.ldelim();
};

const writeUuid = (writer: Writer, field: number, id: string, structured: boolean): Writer => {
  open(writer, field);
  if (structured) {
    const hex = id.replaceAll('-', '');
    open(writer, 1);
    varint(writer, 1).int64(BigInt.asIntN(64, BigInt(`0x${hex.slice(0, 16)}`)).toString());
    varint(writer, 2).int64(BigInt.asIntN(64, BigInt(`0x${hex.slice(16)}`)).toString());
    writer.ldelim();
  } else {
    stringField(writer, 2, id);
  }
  return writer.ldelim();
};

const entry = (writer: Writer, key: string, value: string): void => {
  open(writer, 6);
  stringField(writer, 1, key);
  stringField(writer, 2, value);
  writer.ldelim();
};

function writeRecorded(writer: Writer, field: number, event: StoredEvent, structured: boolean): void {
  open(writer, field);
  writeUuid(writer, 1, event.id, structured);
  writeStreamName(writer, 2, event.stream);
  writeRevision(varint(writer, 3), event.revision);
  varint(writer, 4).uint64(event.position);
  varint(writer, 5).uint64(event.position);
  entry(writer, 'type', event.type);
  entry(writer, 'created', event.createdTicks);
  entry(writer, 'content-type', event.json ? 'application/json' : 'application/octet-stream');
  bytesField(writer, 7, event.metadata);
  bytesField(writer, 8, event.data);
  writer.ldelim();
}

/** ReadResp with an event, or a link with the event that it points to (undefined where that is gone). */
export function writeReadEvent(resolved: { event?: StoredEvent; link?: StoredEvent }, structured: boolean): Buffer {
  const writer = Writer.create();
  open(writer, 1);
  if (resolved.event) writeRecorded(writer, 1, resolved.event, structured);
  if (resolved.link) writeRecorded(writer, 2, resolved.link, structured);
  varint(writer, 3).uint64((resolved.link ?? resolved.event)?.position ?? 0);
  return finish(writer.ldelim());
}

export function writeConfirmation(id: string): Buffer {
  const writer = open(Writer.create(), 2);
  return finish(stringField(writer, 1, id).ldelim());
}

export const writeCheckpoint = (position: number): Buffer => finish(writePosition(Writer.create(), 3, position));

export function writeStreamNotFound(stream: string): Buffer {
  const writer = open(Writer.create(), 4);
  return finish(writeStreamName(writer, 1, stream).ldelim());
}

export const writeCaughtUp = (): Buffer => finish(empty(Writer.create(), 8));

/** AppendResp and BatchAppendResp share how success is said; `field` is where. */
function writeSuccess(writer: Writer, field: number, revision: number, position: number): void {
  open(writer, field);
  if (revision < 0) empty(writer, 2);
  else writeRevision(varint(writer, 1), revision);
  if (position > 0) writePosition(writer, 3, position);
  else empty(writer, 4);
  writer.ldelim();
}

export function writeAppendSuccess(revision: number, position: number): Buffer {
  const writer = Writer.create();
  writeSuccess(writer, 1, revision, position);
  return finish(writer);
}

export function writeAppendWrongVersion(expected: Expected, current: number): Buffer {
  const writer = open(Writer.create(), 2);
  if (current < 0) empty(writer, 7);
  else writeRevision(varint(writer, 6), current);
  if (expected === 'any') empty(writer, 9);
  else if (expected === 'stream_exists') empty(writer, 10);
  else if (expected === 'no_stream') empty(writer, 11);
  else varint(writer, 8).uint64(expected);
  return finish(writer.ldelim());
}

/** DeleteResp and TombstoneResp. */
export const writeDeleted = (position: number): Buffer => finish(writePosition(Writer.create(), 1, position));

export type BatchFailure =
  | { readonly kind: 'wrong-version'; readonly expected: Expected; readonly current: number }
  | { readonly kind: 'deleted'; readonly stream: string }
  | { readonly kind: 'access-denied' }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'too-large'; readonly max: number }
  | { readonly kind: 'bad-request'; readonly message: string }
  | { readonly kind: 'unknown'; readonly message: string };

const GRPC_CODE = {
  'wrong-version': 9,
  deleted: 9,
  'access-denied': 7,
  timeout: 4,
  'too-large': 3,
  'bad-request': 3,
  unknown: 2,
} as const;

const TYPE_NAME = {
  'wrong-version': 'WrongExpectedVersion',
  deleted: 'StreamDeleted',
  'access-denied': 'AccessDenied',
  timeout: 'Timeout',
  'too-large': 'MaximumAppendSizeExceeded',
  'bad-request': 'BadRequest',
  unknown: 'Unknown',
} as const;

function failureDetail(failure: BatchFailure): Buffer {
  const writer = Writer.create();
  if (failure.kind === 'wrong-version') {
    if (failure.current < 0) empty(writer, 2);
    else writeRevision(varint(writer, 1), failure.current);
    if (failure.expected === 'any') empty(writer, 4);
    else if (failure.expected === 'stream_exists') empty(writer, 5);
    else if (failure.expected === 'no_stream') empty(writer, 6);
    else varint(writer, 3).uint64(failure.expected);
  } else if (failure.kind === 'deleted') writeStreamName(writer, 1, failure.stream);
  else if (failure.kind === 'too-large') varint(writer, 1).uint32(failure.max);
  else if (failure.kind === 'bad-request') stringField(writer, 1, failure.message);
  return finish(writer);
}

function batchEnvelope(writer: Writer, stream: string, expected: Expected): Buffer {
  writeStreamName(writer, 4, stream);
  if (expected === 'no_stream') empty(writer, 6);
  else if (expected === 'any') empty(writer, 7);
  else if (expected === 'stream_exists') empty(writer, 8);
  else varint(writer, 5).uint64(expected);
  return finish(writer);
}

export interface BatchReply {
  readonly correlationId: Uint8Array;
  readonly stream: string;
  readonly expected: Expected;
}

export function writeBatchSuccess(reply: BatchReply, revision: number, position: number): Buffer {
  const writer = bytesField(Writer.create(), 1, reply.correlationId);
  writeSuccess(writer, 3, revision, position);
  return batchEnvelope(writer, reply.stream, reply.expected);
}

/** A google.rpc.Status whose detail names the failure: never an error of the call, which would fail every other append. */
export function writeBatchFailure(reply: BatchReply, failure: BatchFailure): Buffer {
  const writer = bytesField(Writer.create(), 1, reply.correlationId);
  open(writer, 2);
  varint(writer, 1).int32(GRPC_CODE[failure.kind]);
  stringField(writer, 2, 'message' in failure ? failure.message : TYPE_NAME[failure.kind]);
  open(writer, 3);
  stringField(writer, 1, `type.googleapis.com/event_store.client.${TYPE_NAME[failure.kind]}`);
  bytesField(writer, 2, failureDetail(failure));
  writer.ldelim();
  writer.ldelim();
  return batchEnvelope(writer, reply.stream, reply.expected);
}

export function writeFeatures(
  version: string,
  methods: readonly { service: string; method: string; features: readonly string[] }[],
): Buffer {
  const writer = Writer.create();
  for (const { service, method, features } of methods) {
    open(writer, 1);
    stringField(writer, 1, method);
    stringField(writer, 2, service);
    for (const feature of features) stringField(writer, 3, feature);
    writer.ldelim();
  }
  return finish(stringField(writer, 2, version));
}

const STATE_LEADER = 8;

export function writeGossip(instanceId: string, host: string, port: number, nowTicks: string): Buffer {
  const writer = open(Writer.create(), 1);
  writeUuid(writer, 1, instanceId, false);
  varint(writer, 2).int64(nowTicks);
  varint(writer, 3).int32(STATE_LEADER);
  varint(writer, 4).bool(true);
  open(writer, 5);
  stringField(writer, 1, host);
  varint(writer, 2).uint32(port);
  writer.ldelim();
  return finish(writer.ldelim());
}
