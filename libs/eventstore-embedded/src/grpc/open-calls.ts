import type { EventEmitter } from 'node:events';
import type { CallError } from './errors';

type Close = (error: CallError) => void;

/** Calls that live long, so that the server can end them in order; their number is bounded. */
export class OpenCalls {
  private readonly open_ = new Map<EventEmitter, Close>();

  constructor(private readonly max: number) {}

  get size(): number {
    return this.open_.size;
  }

  /** Counts a call in until it ends; false when there are too many. */
  open(call: EventEmitter): boolean {
    if (this.open_.size >= this.max) return false;
    this.open_.set(call, () => {});
    const release = (): boolean => this.open_.delete(call);
    for (const event of ['cancelled', 'close', 'finish', 'error']) call.once(event, release);
    return true;
  }

  /** What ends this call when the server stops. */
  onClose(call: EventEmitter, close: Close): void {
    if (this.open_.has(call)) this.open_.set(call, close);
  }

  closeAll(error: CallError): void {
    for (const close of [...this.open_.values()]) close(error);
  }
}
