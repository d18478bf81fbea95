import type { ServerWritableStream } from '@grpc/grpc-js';
import type { ReadReq } from '@eventstore/db-client/generated/streams_pb';
import type { CallError } from './errors';

export type ReadCall = ServerWritableStream<ReadReq, Buffer>;

/** What may wait for a slow reader inside the server, besides its page: beyond that its cursor stands still. */
const WAITING_BYTES_MAX = 256 * 1024;
const WAITING_MESSAGES_MAX = 256;

/** The way out to one reader: as fast as the reader takes, and over when the reader is gone. */
export class Outlet {
  private over = false;
  private waitingBytes = 0;
  private resume: (() => void) | undefined;
  private readonly onOver = new Set<() => void>();

  constructor(private readonly call: ReadCall) {
    call.on('drain', () => {
      this.waitingBytes = 0;
      this.release();
    });
    call.on('cancelled', () => this.finish());
    call.on('close', () => this.finish());
  }

  get closed(): boolean {
    return this.over;
  }

  /** Sends a message. A promise means: wait for it before the next. */
  send(message: Buffer): Promise<void> | undefined {
    if (this.over) return undefined;
    this.waitingBytes += message.length;
    if (this.call.write(message)) {
      this.waitingBytes = 0;
      return undefined;
    }
    const full = this.waitingBytes >= WAITING_BYTES_MAX || this.call.writableLength >= WAITING_MESSAGES_MAX;
    return full ? new Promise((resolve) => (this.resume = resolve)) : undefined;
  }

  end(): void {
    if (this.over) return;
    this.finish();
    this.call.end();
  }

  fail(error: CallError): void {
    if (this.over) return;
    this.finish();
    this.call.emit('error', error.toStatus());
  }

  /** Runs when the reader is gone or has been answered; at once if that is so already. The result forgets it. */
  whenOver(run: () => void): () => void {
    if (this.over) run();
    else this.onOver.add(run);
    return () => this.onOver.delete(run);
  }

  private finish(): void {
    if (this.over) return;
    this.over = true;
    this.release();
    for (const run of this.onOver) run();
  }

  private release(): void {
    const resume = this.resume;
    this.resume = undefined;
    resume?.();
  }
}
