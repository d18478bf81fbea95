import {
  ConsumerEvents,
  Events,
  headers as natsHeaders,
  NatsError,
  type ConsumerInfo,
  type ConsumerMessages,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
  type MsgHdrs,
  type NatsConnection,
  type StoredMsg,
} from 'nats';
import { SolyxError } from '@solyx/kernel';
import type { BusMessage } from './bus-message';
import type { ContextName } from './define-context';
import {
  EventBus,
  streamNameOf,
  UNACKNOWLEDGED_MAX,
  WrongLastSequence,
  type BusConsumption,
  type BusEnds,
  type ConsumeOptions,
  type StoredMessage,
} from './event-bus';
import type { NatsConnector } from './nats-link';
import { consumerConfigOf, streamConfigOf } from './nats-streams';

/** A lost answer is asked for again, so a short wait costs little. */
const ANSWER_WITHIN_MS = 2_500;
const WRONG_LAST_SEQUENCE = 10071;
const STREAM_NOT_FOUND = 10059;
const CONSUMER_NOT_FOUND = 10014;
const MESSAGE_NOT_FOUND = 10037;
const NAME_IN_USE = 10058;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const codeOf = (error: unknown): number | undefined =>
  error instanceof NatsError ? error.api_error?.err_code : undefined;

const unavailable = (what: string, cause: unknown): SolyxError =>
  new SolyxError('Unavailable', `${what}: ${cause instanceof Error ? cause.message : String(cause)}`, {}, { cause });

/** Undefined where JetStream says that the thing does not exist. */
async function unlessMissing<T>(asked: Promise<T>, ...missing: readonly number[]): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (missing.includes(codeOf(error) ?? -1)) return undefined;
    throw error;
  }
}

function toMessage(message: { subject: string; data: Uint8Array }, header: MsgHdrs | undefined): BusMessage {
  const headers: Record<string, string> = {};
  for (const key of header?.keys() ?? []) headers[key] = header?.get(key) ?? '';
  return { subject: message.subject, headers, body: decoder.decode(message.data) };
}

interface Api {
  readonly connection: NatsConnection;
  readonly jetstream: JetStreamClient;
  readonly manager: JetStreamManager;
}

/** The bus over NATS JetStream, 2.9 and newer. */
export class NatsBus extends EventBus {
  private known: { readonly connection: NatsConnection; readonly api: Promise<Api> } | undefined;

  constructor(private readonly link: NatsConnector) {
    super();
  }

  override async declare(context: ContextName): Promise<void> {
    const { manager } = await this.api();
    const config = streamConfigOf(context);
    try {
      await manager.streams.add(config);
    } catch (error) {
      if (codeOf(error) !== NAME_IN_USE) throw unavailable(`stream ${config.name} cannot be declared`, error);
      await manager.streams.update(config.name, config);
    }
  }

  override async ends(context: ContextName): Promise<BusEnds | undefined> {
    const { manager } = await this.api();
    const stream = streamNameOf(context);
    const info = await unlessMissing(manager.streams.info(stream), STREAM_NOT_FOUND);
    if (!info) return undefined;
    const { first_seq: firstSequence, last_seq: lastSequence, messages } = info.state;
    if (messages === 0) return { lastSequence };
    const first = await this.message(manager, stream, firstSequence);
    const last = await this.message(manager, stream, lastSequence);
    return { lastSequence, ...(first ? { first } : {}), ...(last ? { last } : {}) };
  }

  private async message(manager: JetStreamManager, stream: string, seq: number): Promise<StoredMessage | undefined> {
    const found = await unlessMissing<StoredMsg>(manager.streams.getMessage(stream, { seq }), MESSAGE_NOT_FOUND);
    return found ? { ...toMessage(found, found.header), sequence: found.seq } : undefined;
  }

  override async publish(context: ContextName, message: BusMessage, expectedLast: number): Promise<number> {
    const { jetstream } = await this.api();
    const headers = natsHeaders();
    for (const [key, value] of Object.entries(message.headers)) headers.set(key, value);
    try {
      const ack = await jetstream.publish(message.subject, encoder.encode(message.body), {
        headers,
        msgID: message.headers['ce-id'] ?? '',
        timeout: ANSWER_WITHIN_MS,
        expect: { lastSequence: expectedLast, streamName: streamNameOf(context) },
      });
      return ack.seq;
    } catch (error) {
      if (codeOf(error) === WRONG_LAST_SEQUENCE) {
        throw new WrongLastSequence(`${streamNameOf(context)} is not at ${expectedLast}`, { cause: error });
      }
      throw unavailable(`not published to ${streamNameOf(context)}`, error);
    }
  }

  override async floor(source: ContextName, name: string): Promise<number | undefined> {
    const { manager } = await this.api();
    const info = await unlessMissing(
      manager.consumers.info(streamNameOf(source), name),
      CONSUMER_NOT_FOUND,
      STREAM_NOT_FOUND,
    );
    return info?.ack_floor.stream_seq;
  }

  override async consume(options: ConsumeOptions): Promise<BusConsumption> {
    const { connection, jetstream, manager } = await this.api();
    const stream = streamNameOf(options.source);
    await unlessMissing(manager.consumers.delete(stream, options.name), CONSUMER_NOT_FOUND);
    const info = await manager.consumers.add(stream, consumerConfigOf(options.name, options.from));
    return new NatsConsumption(connection, jetstream, info, options).begin();
  }

  private async api(): Promise<Api> {
    const connection = await this.link.connection();
    if (this.known?.connection !== connection) {
      const api = connection
        .jetstreamManager({ checkAPI: false, timeout: ANSWER_WITHIN_MS })
        .then((manager) => ({ connection, manager, jetstream: connection.jetstream() }));
      this.known = { connection, api };
    }
    return this.known.api;
  }

  override async close(): Promise<void> {
    await this.link.close();
  }
}

const BROKEN: ReadonlySet<string> = new Set([
  ConsumerEvents.ConsumerDeleted,
  ConsumerEvents.ConsumerNotFound,
  ConsumerEvents.StreamNotFound,
  ConsumerEvents.HeartbeatsMissed,
  ConsumerEvents.NoResponders,
]);

/**
 * Deliveries of one durable consumer. The server numbers what it delivers; a number left out is a message lost on the
 * way, behind which later ones would overtake it, so that is the end of this consumption.
 */
class NatsConsumption implements BusConsumption {
  private messages: ConsumerMessages | undefined;
  private readonly statuses: ReturnType<NatsConnection['status']> & { stop?(): void };
  private delivered = 0;
  private over = false;

  constructor(
    connection: NatsConnection,
    private readonly jetstream: JetStreamClient,
    private readonly info: ConsumerInfo,
    private readonly options: ConsumeOptions,
  ) {
    this.statuses = connection.status();
  }

  async begin(): Promise<this> {
    const consumer = this.jetstream.consumers.getPullConsumerFor(this.info);
    this.messages = await consumer.consume({
      max_messages: UNACKNOWLEDGED_MAX,
      bind: true,
      callback: (message) => this.take(message),
    });
    void this.messages.closed().then((error) => this.fail(error ?? new Error('the consumer closed')));
    void this.watchConsumer(this.messages);
    void this.watchConnection();
    return this;
  }

  private take(message: JsMsg): void {
    if (this.over) return;
    const { deliverySequence, streamSequence } = message.info;
    if (deliverySequence !== this.delivered + 1) {
      this.fail(new Error(`delivery ${deliverySequence} after ${this.delivered}: one was lost on the way`));
      return;
    }
    this.delivered = deliverySequence;
    this.options.onDelivery({
      message: { ...toMessage(message, message.headers), sequence: streamSequence },
      ack: () => message.ack(),
      working: () => message.working(),
    });
  }

  private async watchConsumer(messages: ConsumerMessages): Promise<void> {
    for await (const status of await messages.status()) {
      if (BROKEN.has(status.type)) this.fail(new Error(`${status.type} ${String(status.data)}`));
    }
  }

  private async watchConnection(): Promise<void> {
    for await (const { type } of this.statuses) {
      if (type === Events.Disconnect) this.fail(new Error('disconnected from NATS'));
    }
  }

  private fail(error: unknown): void {
    if (this.over) return;
    this.over = true;
    this.options.onBroken(error);
  }

  async stop(): Promise<void> {
    this.over = true;
    this.statuses.stop?.();
    await this.messages?.close();
  }
}
