import {
  status,
  type sendUnaryData,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
} from '@grpc/grpc-js';
import type { Engine } from '../engine/engine';
import type { WriteResult } from '../engine/batch';
import { isMetadataStream } from '../engine/metadata';
import { StorageUnavailable } from '../storage/storage';
import type { Access, User } from './access';
import {
  APPEND_BYTES_MAX,
  fromError,
  invalid,
  missingMetadata,
  serviceError,
  streamDeleted,
  tooLarge,
  wrongVersion,
} from './status';
import {
  writeAppendSuccess,
  writeAppendWrongVersion,
  writeBatchFailure,
  writeBatchSuccess,
  writeDeleted,
  type AppendMessage,
  type BatchFailure,
  type BatchMessage,
  type BatchReply,
  type Proposed,
  type StreamOptions,
} from './wire';

const sizeOf = (event: Proposed): number => event.data.byteLength + event.metadata.byteLength + 2 * event.type.length;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const STREAM_NAME_MAX = 1024;

/** What is wrong with a name or an id, if anything. */
function faultOf(stream: string, events: readonly Proposed[]): string | undefined {
  if (stream === '' || stream === '$all') return `'${stream}' cannot be written to`;
  if (stream.length > STREAM_NAME_MAX || stream.includes('\u0000'))
    return 'a stream name has 1 to 1024 characters, none of them NUL';
  const bad = events.find(({ id, type }) => !UUID.test(id) || type.includes('\u0000'));
  return bad ? `'${bad.id}' is not the id of an event` : undefined;
}

/** Append: one call per append, events one by one, one answer at the end. */
export function appendCall(
  engine: Engine,
  access: Access,
  call: ServerReadableStream<AppendMessage, Buffer>,
  callback: sendUnaryData<Buffer>,
): void {
  let options: StreamOptions | undefined;
  const events: Proposed[] = [];
  let bytes = 0;
  let done = false;
  const finish = (error: Error | null, value?: Buffer): void => {
    if (done) return;
    done = true;
    callback(error ? fromError(error) : null, value);
  };
  call.on('data', (message: AppendMessage) => {
    if (done) return;
    if (message.options) options = message.options;
    if (!message.event) return;
    events.push(message.event);
    bytes += sizeOf(message.event);
    if (message.event.missing.length > 0) finish(missingMetadata(message.event.missing));
    else if (bytes > APPEND_BYTES_MAX) finish(tooLarge());
  });
  call.on('error', () => (done = true));
  call.on('end', () => {
    if (done) return;
    void (async () => {
      try {
        const user = access.caller(call.metadata);
        if (!options) throw invalid('an append begins with its options');
        const fault = faultOf(options.stream, events);
        if (fault !== undefined) throw invalid(fault);
        await access.check(user, options.stream, 'write');
        const result = await engine.write({ kind: 'append', ...options, events });
        finish(null, appendAnswer(options, result));
      } catch (error) {
        finish(error as Error);
      }
    })();
  });
}

function appendAnswer(options: StreamOptions, result: WriteResult): Buffer {
  switch (result.kind) {
    case 'written':
      return writeAppendSuccess(result.revision, result.position);
    case 'wrong-version':
      return writeAppendWrongVersion(options.expected, result.current);
    case 'deleted':
      throw streamDeleted(result.stream);
  }
}

/** Delete and Tombstone: a wrong version is an error here. */
export function deleteCall(
  engine: Engine,
  access: Access,
  kind: 'delete' | 'tombstone',
  call: ServerUnaryCall<StreamOptions, Buffer>,
  callback: sendUnaryData<Buffer>,
): void {
  void (async () => {
    try {
      const { stream, expected } = call.request;
      const user = access.caller(call.metadata);
      const fault = faultOf(stream, []);
      if (fault !== undefined || isMetadataStream(stream))
        throw invalid(fault ?? 'metadata is deleted with its stream');
      await access.check(user, stream, 'delete');
      const result = await engine.write({ kind, stream, expected, events: [] });
      if (result.kind === 'deleted') throw streamDeleted(result.stream);
      if (result.kind === 'wrong-version') throw wrongVersion(stream, expected, result.current);
      callback(null, writeDeleted(result.position));
    } catch (error) {
      callback(fromError(error));
    }
  })();
}

interface OpenAppend extends BatchReply {
  readonly options: NonNullable<BatchMessage['options']>;
  readonly deadlineMs: number;
  readonly events: Proposed[];
  bytes: number;
  failure?: BatchFailure;
}

const OPEN_APPENDS_MAX = 10_000;
const NO_DEADLINE = Number.POSITIVE_INFINITY;

/** BatchAppend: many appends on one call; exactly one answer each, errors included. */
export class BatchCall {
  private readonly open = new Map<string, OpenAppend>();
  private inFlight = 0;
  private halfClosed = false;
  private ended = false;
  private readonly user: User | undefined;

  constructor(
    private readonly engine: Engine,
    private readonly access: Access,
    private readonly call: ServerDuplexStream<BatchMessage, Buffer>,
    private readonly ignoreDeadlines: boolean,
  ) {
    this.user = access.caller(call.metadata);
    call.on('data', (message: BatchMessage) => this.take(message));
    call.on('end', () => {
      this.halfClosed = true;
      this.endIfDone();
    });
    call.on('cancelled', () => (this.ended = true));
    call.on('error', () => (this.ended = true));
    call.on('drain', () => call.resume());
  }

  private take(message: BatchMessage): void {
    const append = this.append(message);
    if (!append) return;
    for (const event of message.events) {
      if (append.failure) break;
      append.bytes += sizeOf(event);
      if (event.missing.length > 0)
        append.failure = { kind: 'bad-request', message: `missing metadata: ${event.missing.join(',')}` };
      else if (append.bytes > APPEND_BYTES_MAX) append.failure = { kind: 'too-large', max: APPEND_BYTES_MAX };
      else append.events.push(event);
    }
    if (!message.isFinal) return;
    this.open.delete(message.key);
    this.inFlight += 1;
    void this.commit(append);
  }

  private append(message: BatchMessage): OpenAppend | undefined {
    const known = this.open.get(message.key);
    if (known) return known;
    if (!message.options) return undefined;
    if (this.open.size >= OPEN_APPENDS_MAX) {
      this.call.emit('error', serviceError(status.RESOURCE_EXHAUSTED, 'too many appends are open on one call'));
      return undefined;
    }
    const { options, correlationId } = message;
    const deadlineMs =
      options.deadlineMs ?? (options.durationMs === undefined ? NO_DEADLINE : Date.now() + options.durationMs);
    const append: OpenAppend = {
      correlationId,
      stream: options.stream,
      expected: options.expected,
      options,
      deadlineMs,
      events: [],
      bytes: 0,
    };
    if (!message.isFinal) this.open.set(message.key, append);
    return append;
  }

  private async commit(append: OpenAppend): Promise<void> {
    const answer = await this.answer(append);
    this.inFlight -= 1;
    if (this.ended) return;
    // A client that does not read its answers is not read from either.
    if (!this.call.write(answer)) this.call.pause();
    this.endIfDone();
  }

  private async answer(append: OpenAppend): Promise<Buffer> {
    try {
      const failure = await this.refusal(append);
      if (failure) return writeBatchFailure(append, failure);
      const { stream, expected, events } = append;
      const result = await this.engine.write({ kind: 'append', stream, expected, events });
      if (result.kind === 'written') return writeBatchSuccess(append, result.revision, result.position);
      if (result.kind === 'deleted') return writeBatchFailure(append, result);
      return writeBatchFailure(append, { kind: 'wrong-version', expected, current: result.current });
    } catch (error) {
      // The client knows Timeout as retryable with the same ids; Unknown would not be.
      if (error instanceof StorageUnavailable) return writeBatchFailure(append, { kind: 'timeout' });
      return writeBatchFailure(append, {
        kind: 'unknown',
        message: error instanceof Error ? error.message : String(error),
      });
    }
  }

  /** Deadline, access, size, then names: in this order. Consistency is the engine's. */
  private async refusal(append: OpenAppend): Promise<BatchFailure | undefined> {
    if (!this.ignoreDeadlines && Date.now() > append.deadlineMs) return { kind: 'timeout' };
    if (!(await this.access.isAllowed(this.user, append.stream, 'write'))) return { kind: 'access-denied' };
    if (append.failure) return append.failure;
    const fault = faultOf(append.stream, append.events);
    return fault === undefined ? undefined : { kind: 'bad-request', message: fault };
  }

  private endIfDone(): void {
    if (!this.halfClosed || this.ended || this.inFlight > 0 || this.open.size > 0) return;
    this.ended = true;
    this.call.end();
  }
}
