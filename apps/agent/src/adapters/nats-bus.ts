import { existsSync } from 'node:fs';
import {
  connect,
  ConsumerEvents,
  Events,
  jwtAuthenticator,
  type ConnectionOptions,
  type ConsumerMessages,
  type JetStreamClient,
  type JsMsg,
  type NatsConnection,
} from 'nats';
import { agentConsumer, agentInboxPrefix } from '@solyx/contracts/agent';
import type { Bus } from '../tasks/bus';
import { sleep } from '../tasks/sleep';
import type { TaskMessage } from '../tasks/supervisor';
import { backoffMs } from '../domain/backoff';
import type { Identity } from './identity';
import { textOf, type Logger } from './logger';

const CMO_STREAM = 'SOLYX_CMO';
const RECONNECT_MS = 250;
const PING_MS = 5_000;
const STORE_WITHIN_MS = 5_000;
const TASKS_AT_ONCE = 32;
const PULL_MS = 30_000;
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 2_000;
const REPEAT_MS = 2_000;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const encode = (body: unknown): Uint8Array => encoder.encode(JSON.stringify(body));

export interface NatsBusOptions {
  readonly identity: Identity;
  readonly natsUrl: string;
  readonly natsCaPath?: string;
  readonly logger: Logger;
}

/** The agent's one connection to the bus: outwards, under its own name, made again whenever it is lost. */
export class NatsAgentBus implements Bus {
  private readonly stopping = new AbortController();
  private connection: NatsConnection | undefined;
  private stream: JetStreamClient | undefined;
  private messages: ConsumerMessages | undefined;

  constructor(private readonly options: NatsBusOptions) {}

  get isConnected(): boolean {
    return this.connection !== undefined && !this.connection.isClosed() && this.reachable;
  }
  private reachable = false;

  /** Resolves once the server is there. */
  async connect(): Promise<void> {
    const connection = await connect(this.settings());
    this.connection = connection;
    this.stream = connection.jetstream({ timeout: STORE_WITHIN_MS });
    this.reachable = true;
    void this.watch(connection);
  }

  private settings(): ConnectionOptions {
    const { identity, natsUrl, natsCaPath } = this.options;
    const { nodeId } = identity.membership;
    const caFile = natsCaPath ?? (existsSync(identity.caFile) ? identity.caFile : undefined);
    return {
      servers: natsUrl.split(',').map((server) => server.trim()),
      name: `agent ${nodeId}`,
      inboxPrefix: agentInboxPrefix(nodeId),
      // Asked at each connect, so that a renewed JWT is used.
      authenticator: jwtAuthenticator(() => identity.credentials.jwt, identity.credentials.seed),
      waitOnFirstConnect: true,
      maxReconnectAttempts: -1,
      reconnectTimeWait: RECONNECT_MS,
      reconnectJitter: RECONNECT_MS,
      ignoreAuthErrorAbort: true,
      noAsyncTraces: true,
      pingInterval: PING_MS,
      ...(caFile === undefined ? {} : { tls: { caFile } }),
    };
  }

  private async watch(connection: NatsConnection): Promise<void> {
    for await (const { type, data } of connection.status()) {
      if (type === Events.Disconnect) {
        this.reachable = false;
        this.options.logger.warn('the bus is away');
      } else if (type === Events.Reconnect) {
        this.reachable = true;
        this.options.logger.info('the bus is back');
      } else if (type === Events.Error) this.options.logger.error('the bus says no', { error: JSON.stringify(data) });
    }
  }

  private open(): NatsConnection {
    if (!this.connection || this.connection.isClosed()) throw new Error('there is no connection to the bus');
    return this.connection;
  }

  async request(subject: string, body: unknown, timeoutMs: number): Promise<unknown> {
    const answer = await this.open().request(subject, encode(body), { timeout: timeoutMs });
    return JSON.parse(decoder.decode(answer.data)) as unknown;
  }

  publish(subject: string, body: unknown): void {
    // While the bus is away nothing is kept for it: old heartbeats are no news.
    if (this.isConnected) this.open().publish(subject, encode(body));
  }

  async store(subject: string, body: unknown, id: string): Promise<void> {
    if (!this.stream || !this.isConnected) throw new Error('there is no connection to the bus');
    await this.stream.publish(subject, encode(body), { msgID: id, timeout: STORE_WITHIN_MS });
  }

  /** With a renewed JWT. */
  async reconnect(): Promise<void> {
    await this.open().reconnect();
  }

  /** Hands over this node's messages, one after another, until closed. What throws comes again. */
  async consume(handle: (message: TaskMessage) => Promise<void>): Promise<void> {
    const { signal } = this.stopping;
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      try {
        await this.consumeOnce(handle, () => (attempt = 0));
      } catch (error) {
        this.options.logger.debug('the tasks cannot be read yet', { error: textOf(error) });
      }
      await sleep(backoffMs(Math.max(1, attempt), FIRST_RETRY_MS, LAST_RETRY_MS, Math.random()), signal);
    }
  }

  private async consumeOnce(handle: (message: TaskMessage) => Promise<void>, heard: () => void): Promise<void> {
    if (!this.stream) throw new Error('there is no connection to the bus');
    const { nodeId } = this.options.identity.membership;
    const consumer = await this.stream.consumers.get(CMO_STREAM, agentConsumer(nodeId));
    const messages = await consumer.consume({ max_messages: TASKS_AT_ONCE, expires: PULL_MS });
    this.messages = messages;
    void this.watchConsumer(messages);
    if (this.stopping.signal.aborted) messages.stop();
    for await (const message of messages) {
      heard();
      await this.hand(message, handle);
    }
  }

  /** A consumer that is gone is made again by cmo; asking anew finds it. */
  private async watchConsumer(messages: ConsumerMessages): Promise<void> {
    const gone: readonly string[] = [
      ConsumerEvents.ConsumerDeleted,
      ConsumerEvents.ConsumerNotFound,
      ConsumerEvents.StreamNotFound,
    ];
    for await (const { type } of await messages.status()) if (gone.includes(type)) messages.stop();
  }

  private async hand(message: JsMsg, handle: (message: TaskMessage) => Promise<void>): Promise<void> {
    const headers: Record<string, string> = {};
    for (const key of message.headers?.keys() ?? []) headers[key] = message.headers?.get(key) ?? '';
    try {
      await handle({ subject: message.subject, headers, body: decoder.decode(message.data) });
      message.ack();
    } catch (error) {
      this.options.logger.warn('a message is tried again', { subject: message.subject, error: textOf(error) });
      message.nak(REPEAT_MS);
    }
  }

  async close(): Promise<void> {
    this.stopping.abort();
    this.messages?.stop();
    const { connection } = this;
    this.reachable = false;
    if (connection && !connection.isClosed()) await connection.drain().catch(() => connection.close());
  }
}
