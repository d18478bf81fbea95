import {
  EventBus,
  WrongLastSequence,
  type BusConsumption,
  type BusEnds,
  type BusMessage,
  type ConsumeOptions,
  type ContextName,
  type StoredMessage,
} from '@solyx/eventing';

/** What goes wrong on the way, decided by the one who tests; each is asked once for each message. */
export interface BusFaults {
  /** The publish fails: 'before' it was stored, or 'after', so that its outcome is unknown. */
  publish?(message: BusMessage): 'before' | 'after' | undefined;
  /** The delivery comes twice, or the consumer breaks instead of it. */
  deliver?(message: StoredMessage): 'twice' | 'break' | undefined;
  /** The acknowledgement is lost. */
  acknowledge?(message: StoredMessage): 'lost' | undefined;
}

interface Durable {
  floor: number;
  delivered: number;
  readonly acknowledged: Set<number>;
}

interface MemoryStream {
  readonly messages: StoredMessage[];
  lastSequence: number;
  readonly durables: Map<string, Durable>;
  readonly wakers: Set<() => void>;
}

/** The bus in memory: the same rules as JetStream, and faults on demand. */
export class MemoryBus extends EventBus {
  private readonly streams = new Map<ContextName, MemoryStream>();

  constructor(private readonly faults: BusFaults = {}) {
    super();
  }

  /** Everything that a context's stream holds. */
  messagesOf(context: ContextName): readonly StoredMessage[] {
    return this.streams.get(context)?.messages ?? [];
  }

  /** As a bus that lost its newest messages, or all of them. */
  lose(context: ContextName, newest: number): void {
    const stream = this.streams.get(context);
    if (!stream) return;
    stream.messages.splice(Math.max(0, stream.messages.length - newest), newest);
    stream.lastSequence = stream.messages[stream.messages.length - 1]?.sequence ?? 0;
  }

  /** As a bus that forgot its oldest messages, because it keeps only so many. */
  forget(context: ContextName, oldest: number): void {
    this.streams.get(context)?.messages.splice(0, oldest);
  }

  override async declare(context: ContextName): Promise<void> {
    if (this.streams.has(context)) return;
    this.streams.set(context, { messages: [], lastSequence: 0, durables: new Map(), wakers: new Set() });
  }

  override async ends(context: ContextName): Promise<BusEnds | undefined> {
    const stream = this.streams.get(context);
    if (!stream) return undefined;
    const { messages, lastSequence } = stream;
    const first = messages[0];
    const last = messages[messages.length - 1];
    return { lastSequence, ...(first ? { first } : {}), ...(last ? { last } : {}) };
  }

  override async publish(context: ContextName, message: BusMessage, expectedLast: number): Promise<number> {
    const fault = this.faults.publish?.(message);
    if (fault === 'before') throw new Error('publish failed');
    const stream = this.existing(context);
    const repeat = stream.messages.find(({ headers }) => headers['ce-id'] === message.headers['ce-id']);
    if (repeat) return repeat.sequence;
    if (stream.lastSequence !== expectedLast) throw new WrongLastSequence(`${context} is at ${stream.lastSequence}`);
    stream.lastSequence += 1;
    stream.messages.push({ ...message, sequence: stream.lastSequence });
    for (const wake of [...stream.wakers]) wake();
    if (fault === 'after') throw new Error('no acknowledgement');
    return expectedLast + 1;
  }

  override async floor(source: ContextName, name: string): Promise<number | undefined> {
    return this.streams.get(source)?.durables.get(name)?.floor;
  }

  override async consume(options: ConsumeOptions): Promise<BusConsumption> {
    const stream = this.existing(options.source);
    const durable: Durable = { floor: options.from - 1, delivered: options.from - 1, acknowledged: new Set() };
    stream.durables.set(options.name, durable);
    return this.deliverTo(stream, durable, options);
  }

  private deliverTo(stream: MemoryStream, durable: Durable, options: ConsumeOptions): BusConsumption {
    let open = true;
    let scheduled = false;
    const end = (): void => {
      open = false;
      stream.wakers.delete(wake);
    };
    const pump = (): void => {
      scheduled = false;
      const next = open ? stream.messages.find(({ sequence }) => sequence > durable.delivered) : undefined;
      if (!next) return;
      const fault = this.faults.deliver?.(next);
      if (fault === 'break') {
        end();
        options.onBroken(new Error('the consumer broke'));
        return;
      }
      durable.delivered = next.sequence;
      for (let times = fault === 'twice' ? 2 : 1; times > 0; times -= 1) this.hand(next, durable, options);
      wake();
    };
    const wake = (): void => {
      if (scheduled || !open) return;
      scheduled = true;
      setImmediate(pump);
    };
    stream.wakers.add(wake);
    wake();
    return { stop: async () => end() };
  }

  private hand(message: StoredMessage, durable: Durable, options: ConsumeOptions): void {
    options.onDelivery({
      message,
      ack: () => {
        if (this.faults.acknowledge?.(message) === 'lost') return;
        durable.acknowledged.add(message.sequence);
        while (durable.acknowledged.delete(durable.floor + 1)) durable.floor += 1;
      },
      working: () => undefined,
    });
  }

  private existing(context: ContextName): MemoryStream {
    const stream = this.streams.get(context);
    if (!stream) throw new Error(`the stream of ${context} does not exist`);
    return stream;
  }

  override async close(): Promise<void> {
    for (const stream of this.streams.values()) stream.wakers.clear();
  }
}
