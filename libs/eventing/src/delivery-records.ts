import { Logger } from '@nestjs/common';
import { accept, deriveId, type Clock, type Command, type Decider, type DomainEvent } from '@solyx/kernel';
import { messageFromText, type BusMessage } from './bus-message';
import { serviceActor, type CommandContext } from './command-context';
import type { ContextDefinition } from './define-context';
import { consumerNameOf } from './event-bus';
import { OnTick } from './on-event';
import type { ParkedEvent, ParkingLot } from './ports';
import type { Streams } from './streams';

const RECONCILE_EVERY_MS = 15_000;
/** Parked events of one consumer that are compared with what is recorded; what lies behind waits its turn. */
const COMPARED_MAX = 500;
const EVENT_ID_MAX = 1024;
const TYPE_MAX = 256;
const MESSAGE_MAX = 1024;

/** Parked events of one consumer, as recorded: how often each had been delivered. */
type Recorded = ReadonlyMap<string, number>;

interface Parked {
  readonly consumer: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly code: string;
  readonly message: string;
  readonly attempts: number;
  readonly at: string;
}
type Unparked = Pick<Parked, 'consumer' | 'eventId' | 'at'>;
type DeliveryCommand = Command<'RecordParked', Parked> | Command<'RecordUnparked', Unparked>;
type DeliveryEvent = DomainEvent<string, Parked | Unparked>;

/** What one consumer has parked, on `<context>.delivery-<consumer>`: each change once, whatever is told twice. */
export const deliveryDecider = (context: string): Decider<DeliveryCommand, Recorded, DeliveryEvent, never> => ({
  name: `${context}.delivery`,
  initial: new Map(),
  decide: ({ type, data }, recorded) => {
    if (type === 'RecordUnparked') {
      return recorded.has(data.eventId) ? accept({ type: `${context}.delivery.unparked`, data }) : accept();
    }
    if (recorded.get(data.eventId) === data.attempts) return accept();
    return accept({ type: `${context}.delivery.parked`, data });
  },
  evolve: (recorded, { data }) => {
    const next = new Map(recorded);
    if ('attempts' in data) next.set(data.eventId, data.attempts);
    else next.delete(data.eventId);
    return next;
  },
});

/** These are about parking itself: to record that one of them was parked could go on for ever. */
const isDeliveryFact = (type: string): boolean => /^[a-z]+\.delivery\./.test(type);

const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;

/**
 * Whose event it is. The data's own word goes first: the scheduler decides for several tenants in one append, whose
 * metadata can name only one of them.
 */
export function tenantOfParked({ event, stream, organizationId }: ParkedEvent): string {
  let data: unknown;
  try {
    data = JSON.parse(messageFromText(event).body) as unknown;
  } catch {
    data = undefined;
  }
  for (const holder of [data, member(data, 'allocation'), member(data, 'request'), member(data, 'details')]) {
    const said = member(holder, 'organizationId');
    if (typeof said === 'string' && said !== '') return said;
  }
  return stream.startsWith('drm.partition-') ? 'platform' : organizationId;
}

const headersOf = ({ event }: ParkedEvent): BusMessage['headers'] => {
  try {
    return messageFromText(event).headers;
  } catch {
    return {};
  }
};

export interface DeliveryRecordsParts {
  readonly definition: ContextDefinition;
  readonly streams: Streams;
  readonly parking: ParkingLot;
  readonly clock: Clock;
}

/**
 * Tells in the log what a context parks and takes up again, so that whoever reads the log knows what lies in each
 * parking lot. The lot goes first: it alone keeps events safe. What could not be recorded then is recorded by a tick.
 */
export class DeliveryRecords {
  private readonly logger = new Logger('DeliveryRecords');
  private readonly decider: ReturnType<typeof deliveryDecider>;
  /** What the last tick found to differ: it may only have been under way, so it is believed the second time. */
  private suspects: ReadonlySet<string> = new Set();

  constructor(private readonly parts: DeliveryRecordsParts) {
    this.decider = deliveryDecider(parts.definition.context);
  }

  /** Once the event is in the lot. Never rejects. */
  async parked(event: ParkedEvent): Promise<void> {
    if (isDeliveryFact(event.type)) return;
    const data: Parked = {
      consumer: event.consumer,
      eventId: event.eventId.slice(0, EVENT_ID_MAX),
      eventType: event.type.slice(0, TYPE_MAX),
      code: event.code,
      message: event.message.slice(0, MESSAGE_MAX),
      attempts: event.attempts,
      at: this.parts.clock.iso(),
    };
    await this.record(event, { type: 'RecordParked', data });
  }

  /** When the event is taken for a retry. Never rejects. */
  async unparked(event: ParkedEvent): Promise<void> {
    if (isDeliveryFact(event.type)) return;
    const eventId = event.eventId.slice(0, EVENT_ID_MAX);
    const data: Unparked = { consumer: event.consumer, eventId, at: this.parts.clock.iso() };
    await this.record(event, { type: 'RecordUnparked', data });
  }

  /** Brings the log in line with the lot, after a crash between the two or while the log could not be written. */
  @OnTick(RECONCILE_EVERY_MS)
  async reconcile(): Promise<void> {
    const { context, listens } = this.parts.definition;
    const differing = new Set<string>();
    for (const source of listens) await this.compare(consumerNameOf(context, source), differing);
    this.suspects = differing;
  }

  private async compare(consumer: string, differing: Set<string>): Promise<void> {
    // The log first: what it names and the lot no longer has was taken out since.
    const { state } = await this.parts.streams.load(this.decider, consumer);
    const { events, total } = await this.parts.parking.list({ consumer }, COMPARED_MAX);
    const kept = new Set(events.map(({ eventId }) => eventId.slice(0, EVENT_ID_MAX)));
    for (const event of events) {
      if (isDeliveryFact(event.type) || state.has(event.eventId.slice(0, EVENT_ID_MAX))) continue;
      if (this.isBelieved(`parked ${consumer} ${event.eventId}`, differing)) await this.parked(event);
    }
    if (total > events.length) return;
    for (const eventId of state.keys()) {
      if (kept.has(eventId) || !this.isBelieved(`taken ${consumer} ${eventId}`, differing)) continue;
      await this.unparked({ ...NOTHING, consumer, eventId });
    }
  }

  private isBelieved(difference: string, differing: Set<string>): boolean {
    differing.add(difference);
    return this.suspects.has(difference);
  }

  private async record(event: ParkedEvent, command: DeliveryCommand): Promise<void> {
    const { streams } = this.parts;
    try {
      // How far the stream is makes the same event parked, taken and parked again three facts, each with its own id.
      const { revision } = await streams.load(this.decider, event.consumer);
      await streams.transact(this.decider, event.consumer, command, this.contextOf(event, command, revision));
    } catch (error) {
      this.logger.warn(`${command.type} of ${event.eventId} is recorded later: ${String(error)}`);
    }
  }

  private contextOf(event: ParkedEvent, { type }: DeliveryCommand, revision: bigint): CommandContext {
    const { context } = this.parts.definition;
    const commandId = deriveId(type, event.consumer, event.eventId, event.attempts, revision);
    const { 'ce-correlationid': correlationId = commandId, traceparent } = headersOf(event);
    return {
      commandId,
      organizationId: tenantOfParked(event),
      actor: serviceActor(context),
      correlationId,
      causationId: event.eventId,
      ...(traceparent === undefined ? {} : { traceparent }),
    };
  }
}

/** An event of which only the name is left. */
const NOTHING: Omit<ParkedEvent, 'consumer' | 'eventId'> = {
  ...{ type: 'unknown', stream: '', position: '', organizationId: 'platform', code: '', reason: '', message: '' },
  ...{ hint: '', attempts: 0, parkedAt: '', event: '' },
};
