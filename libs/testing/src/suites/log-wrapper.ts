import type { Recorded } from '@solyx/kernel';
import {
  EventLog,
  type Appended,
  type ExpectedRevision,
  type NewEvent,
  type ReadAllOptions,
  type SubscribeOptions,
  type Subscription,
} from '@solyx/eventing';

/** A log in front of another, for specs that watch or disturb it. */
export class LogWrapper extends EventLog {
  constructor(protected readonly log: EventLog) {
    super();
  }
  override append(stream: string, events: readonly NewEvent[], expected: ExpectedRevision): Promise<Appended> {
    return this.log.append(stream, events, expected);
  }
  override readStream(...args: Parameters<EventLog['readStream']>): AsyncIterable<Recorded> {
    return this.log.readStream(...args);
  }
  override readAll(options?: ReadAllOptions): AsyncIterable<Recorded> {
    return this.log.readAll(options);
  }
  override subscribe(options: SubscribeOptions): Promise<Subscription> {
    return this.log.subscribe(options);
  }
  override head(): Promise<bigint> {
    return this.log.head();
  }
  override close(): Promise<void> {
    return this.log.close();
  }
}
