import { SolyxError, type Recorded } from '@solyx/kernel';
import {
  EventLog,
  type Appended,
  type ExpectedRevision,
  type NewEvent,
  type ReadAllOptions,
  type Subscription,
} from '@solyx/eventing';
import type { SharedLog } from './shared-log';

/** What may happen to one append, besides going well. */
export type AppendFault = 'crash-before' | 'lost-before' | 'crash-after' | 'lost-after';

/** The life of a process and its way to the store. */
export interface StoreAccess {
  /** Does the work after some virtual time and answers it; never answers where the process died before. */
  step<T>(work: () => T): Promise<T>;
  appendFault(): AppendFault | undefined;
  isStoreDown(): boolean;
  crash(): void;
}

const unavailable = (what: string): SolyxError => new SolyxError('Unavailable', `simulated: ${what}`);

/** The store as one process sees it: it takes time, it is away at times, answers get lost, and the process dies at it. */
export class ProcessLog extends EventLog {
  constructor(
    private readonly shared: SharedLog,
    private readonly access: StoreAccess,
  ) {
    super();
  }

  override async append(stream: string, events: readonly NewEvent[], expected: ExpectedRevision): Promise<Appended> {
    const fault = this.access.appendFault();
    const appended = await this.access.step(() => {
      this.assertUp();
      if (fault === 'crash-before') this.access.crash();
      if (fault === 'lost-before') throw unavailable('the append did not arrive');
      if (fault === 'crash-before') return { revision: -1n, position: -1n };
      const taken = this.shared.appendNow(stream, events, expected);
      if (fault === 'crash-after') this.access.crash();
      return taken;
    });
    // The effect is there before its answer is: others may act on it in between.
    await this.access.step(() => {
      if (fault === 'lost-after') throw unavailable('the answer to an append was lost');
    });
    return appended;
  }

  override async *readStream(
    stream: string,
    options: { readonly from?: bigint; readonly direction?: 'forwards' | 'backwards'; readonly limit?: number } = {},
  ): AsyncGenerator<Recorded> {
    await this.access.step(() => this.assertUp());
    yield* this.shared.readStream(stream, options);
  }

  override async *readAll(options: ReadAllOptions = {}): AsyncGenerator<Recorded> {
    await this.access.step(() => this.assertUp());
    yield* this.shared.readAll(options);
  }

  override async head(): Promise<bigint> {
    await this.access.step(() => this.assertUp());
    return this.shared.head();
  }

  override subscribe(): Promise<Subscription> {
    return this.shared.subscribe();
  }

  override async close(): Promise<void> {}

  private assertUp(): void {
    if (this.access.isStoreDown()) throw unavailable('the store is away');
  }
}

/** The log as a view has read it: some time behind, never further back than before. */
export class LaggingLog extends EventLog {
  private shown = 0;

  constructor(
    private readonly shared: SharedLog,
    private readonly until: () => number,
  ) {
    super();
  }

  private horizon(): bigint {
    this.shown = this.shared.countUntil(this.until(), this.shown);
    return this.shared.events[this.shown - 1]?.position ?? -1n;
  }

  override append(): Promise<Appended> {
    return Promise.reject(new Error('a view records nothing'));
  }
  override readStream(stream: string): AsyncIterable<Recorded> {
    return this.shared.readStream(stream);
  }
  override readAll(options: ReadAllOptions = {}): AsyncIterable<Recorded> {
    return this.shared.readAll({ ...options, until: this.horizon() });
  }
  override async head(): Promise<bigint> {
    return this.horizon();
  }
  override subscribe(): Promise<Subscription> {
    return this.shared.subscribe();
  }
  override async close(): Promise<void> {}
}
