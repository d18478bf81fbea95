import type { ServerDuplexStream } from '@grpc/grpc-js';
import { sizeOf, type ProposedEvent } from '../engine/events';
import { nameFault } from '../engine/stream-names';
import type { AppendAnswer } from '../log/appender';
import type { User } from '../security/users';
import { encodeBatchAppendSuccess, type BatchAppendMessage, type BatchAppendOptions } from './batch-append-codec';
import { encodeBatchAppendError, type BatchAppendFailure } from './batch-append-errors';
import { toCallError, unavailable, type CallError } from './errors';
import type { Services } from './services';

export type BatchAppendCall = ServerDuplexStream<BatchAppendMessage, Buffer>;

/** An append of which more is to come. */
interface Partial {
  readonly options: BatchAppendOptions;
  readonly events: ProposedEvent[];
  bytes: number;
}

/** An append that is being written. */
interface Outstanding {
  readonly stream: string;
  readonly deadline: number;
  readonly bytes: number;
}

/** What one connection may have under way before it is no longer read from. */
const OUTSTANDING_MAX = 4096;
const OUTSTANDING_BYTES_MAX = 16 * 1024 * 1024;
/** Appends of which a client may have sent a part; the official client finishes one before it starts another. */
const PARTIAL_MAX = 64;
const SWEEP_MS = 200;

/**
 * One multiplexed stream of appends. Every append is answered exactly once, because the client waits without a timer,
 * and an error ends the stream only when the whole store cannot write.
 */
export class BatchAppendSession {
  private readonly partial = new Map<string, Partial>();
  /** Answered before their last part came; the rest is not read. */
  private readonly ignored = new Set<string>();
  private readonly outstanding = new Map<string, Outstanding>();
  private outstandingBytes = 0;
  private ended = false;
  private blocked = false;
  private sweeper: NodeJS.Timeout | undefined;

  constructor(
    private readonly call: BatchAppendCall,
    private readonly services: Services,
    private readonly user: User,
  ) {
    call.on('drain', () => this.flow());
    call.on('cancelled', () => this.stop());
    call.on('end', () => this.halfClose());
    call.on('data', (message: BatchAppendMessage) => this.receive(message));
  }

  /** Ends the call with an error, which the client takes for every append that it has not been answered. */
  fail(error: CallError): void {
    if (this.ended) return;
    this.stop();
    this.call.emit('error', error.toStatus());
  }

  private receive(message: BatchAppendMessage): void {
    const { correlationId } = message;
    if (this.ended) return;
    if (this.ignored.has(correlationId)) {
      if (message.isFinal) this.ignored.delete(correlationId);
      return;
    }
    const append = this.partial.get(correlationId) ?? this.begin(message);
    if (!append) return;
    for (const event of message.events) append.bytes += sizeOf(event);
    append.events.push(...message.events);
    const fault = this.faultOf(append, message.fault);
    if (fault) this.refuse(message, append.options.stream, fault);
    else if (message.isFinal) this.submit(correlationId, append);
  }

  private begin(message: BatchAppendMessage): Partial | undefined {
    // A part without a beginning belongs to nobody; an answer to it would break the client.
    if (!message.options) return undefined;
    const append = { options: message.options, events: [], bytes: 0 };
    if (this.partial.size >= PARTIAL_MAX) {
      this.refuse(message, message.options.stream, { kind: 'bad-request', message: 'finish the appends you began' });
      return undefined;
    }
    this.partial.set(message.correlationId, append);
    return append;
  }

  /** Deadlines are the client's wall clock, whatever clock the log has. In the server's order: deadline, then what the request says, then size. */
  private faultOf({ options, bytes }: Partial, fault: string | undefined): BatchAppendFailure | undefined {
    if (options.deadline <= Date.now()) return { kind: 'timeout' };
    const message = nameFault(options.stream) ?? fault;
    if (message !== undefined) return { kind: 'bad-request', message };
    const max = this.services.appendBytesMax;
    return bytes > max ? { kind: 'too-large', max } : undefined;
  }

  private refuse({ correlationId, isFinal }: BatchAppendMessage, stream: string, failure: BatchAppendFailure): void {
    this.partial.delete(correlationId);
    if (!isFinal) this.ignored.add(correlationId);
    this.send(encodeBatchAppendError(correlationId, stream, failure));
  }

  private submit(correlationId: string, { options, events, bytes }: Partial): void {
    const { stream, expected, deadline } = options;
    this.partial.delete(correlationId);
    this.outstanding.set(correlationId, { stream, deadline, bytes });
    this.outstandingBytes += bytes;
    this.sweeper ??= setTimeout(() => this.sweep(), SWEEP_MS);
    const written = this.services.append({ stream, expected, events }, this.user);
    written.then(
      (answer) => this.answer(correlationId, options, answer),
      (error: unknown) => this.answerFailure(correlationId, stream, toCallError(error)),
    );
    this.flow();
  }

  private answer(correlationId: string, { stream, expected }: BatchAppendOptions, answer: AppendAnswer): void {
    if (!this.settle(correlationId)) return;
    if (answer.kind === 'written') {
      const { revision, position } = answer;
      this.send(encodeBatchAppendSuccess({ correlationId, stream, revision, position }));
    } else if (answer.kind === 'wrong-version') {
      this.send(encodeBatchAppendError(correlationId, stream, { ...answer, expected }));
    } else this.send(encodeBatchAppendError(correlationId, stream, answer));
  }

  private answerFailure(correlationId: string, stream: string, error: CallError): void {
    if (!this.settle(correlationId)) return;
    if (error.trailers['exception'] === 'access-denied') {
      this.send(encodeBatchAppendError(correlationId, stream, { kind: 'access-denied' }));
      return;
    }
    // The protocol has no word for "try again" within the stream: only its end says it, and the client reconnects.
    this.fail(error);
  }

  /** Takes an append off the list; false when it was answered before. */
  private settle(correlationId: string): boolean {
    const append = this.outstanding.get(correlationId);
    if (!append || this.ended) return false;
    this.outstanding.delete(correlationId);
    this.outstandingBytes -= append.bytes;
    return true;
  }

  /** Answers what is past its deadline. Whether it will be written is open then, as with any deadline. */
  private sweep(): void {
    const now = Date.now();
    for (const [correlationId, { stream, deadline }] of this.outstanding) {
      if (deadline > now) continue;
      this.settle(correlationId);
      this.send(encodeBatchAppendError(correlationId, stream, { kind: 'timeout' }));
    }
    this.sweeper = this.outstanding.size > 0 && !this.ended ? setTimeout(() => this.sweep(), SWEEP_MS) : undefined;
  }

  private send(answer: Buffer): void {
    if (this.ended) return;
    this.blocked = !this.call.write(answer);
    this.flow();
    this.endWhenDone();
  }

  /** Reads on only while answers flow and not too much is under way. */
  private flow(): void {
    if (this.blocked && !this.call.writableNeedDrain) this.blocked = false;
    const full = this.outstanding.size >= OUTSTANDING_MAX || this.outstandingBytes >= OUTSTANDING_BYTES_MAX;
    if (full || this.blocked) this.call.pause();
    else if (this.call.isPaused()) this.call.resume();
  }

  private halfClosed = false;

  private halfClose(): void {
    this.halfClosed = true;
    this.endWhenDone();
  }

  private endWhenDone(): void {
    if (!this.halfClosed || this.ended || this.outstanding.size > 0) return;
    this.stop();
    this.call.end();
  }

  private stop(): void {
    this.ended = true;
    clearTimeout(this.sweeper);
    this.partial.clear();
    this.outstanding.clear();
  }
}

/** Serves one stream of appends once its caller is known. */
export async function batchAppend(call: BatchAppendCall, services: Services): Promise<void> {
  const release = services.calls.open(call);
  if (!release) {
    call.emit('error', unavailable('too many calls are open: close some').toStatus());
    return;
  }
  try {
    const user = await services.access.authenticate(call.metadata);
    const session = new BatchAppendSession(call, services, user);
    services.calls.onClose(call, (error) => session.fail(error));
  } catch (error) {
    call.emit('error', toCallError(error).toStatus());
  }
}
