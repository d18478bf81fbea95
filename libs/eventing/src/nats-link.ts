import { readFileSync } from 'node:fs';
import { Logger } from '@nestjs/common';
import { connect, credsAuthenticator, Events, type ConnectionOptions, type NatsConnection } from 'nats';
import type { ContextName } from './define-context';
import { inboxPrefixOf } from './nats-streams';
import type { EventingOptions } from './ports';

const TELL_AFTER_MS = 5_000;
const RECONNECT_MS = 250;

/** Whoever makes connections to NATS. */
export interface NatsConnector {
  connection(): Promise<NatsConnection>;
  close(): Promise<void>;
}

/** The service's one connection to NATS: made at first use, made again whenever it is lost. */
export class NatsLink implements NatsConnector {
  private readonly logger: Logger;
  private connecting: Promise<NatsConnection> | undefined;
  private closed = false;

  constructor(
    private readonly context: ContextName,
    private readonly options: EventingOptions,
  ) {
    this.logger = new Logger(`Nats ${context}`);
  }

  /** Waits for the server where it is not there yet. */
  connection(): Promise<NatsConnection> {
    if (this.closed) return Promise.reject(new Error('the connection to NATS was closed'));
    this.connecting ??= this.connect();
    return this.connecting;
  }

  /** Sends what is buffered, then closes. */
  async close(): Promise<void> {
    this.closed = true;
    const connecting = this.connecting;
    this.connecting = undefined;
    if (!connecting) return;
    // A connection that was never made has nothing to close; its attempt ends with the process.
    const late = new Promise<undefined>((resolve) => setImmediate(resolve, undefined));
    const connection = await Promise.race([connecting.catch(() => undefined), late]);
    if (!connection) void connecting.then((made) => made.close()).catch(() => undefined);
    else if (!connection.isClosed()) await connection.drain().catch(() => connection.close());
  }

  private async connect(): Promise<NatsConnection> {
    const tell = setTimeout(() => this.logger.warn(`waiting for NATS at ${this.options.natsUrl}`), TELL_AFTER_MS);
    try {
      const connection = await connect(this.settings());
      void this.watch(connection);
      return connection;
    } catch (error) {
      this.connecting = undefined;
      throw error;
    } finally {
      clearTimeout(tell);
    }
  }

  private settings(): ConnectionOptions {
    const { natsUrl, natsCredsPath, natsCaPath, instance } = this.options;
    return {
      servers: natsUrl.split(',').map((server) => server.trim()),
      name: `${this.context} ${instance}`,
      inboxPrefix: inboxPrefixOf(this.context),
      waitOnFirstConnect: true,
      maxReconnectAttempts: -1,
      reconnectTimeWait: RECONNECT_MS,
      reconnectJitter: RECONNECT_MS,
      ignoreAuthErrorAbort: true,
      // A stack trace for each request costs more than the request.
      noAsyncTraces: true,
      ...(natsCredsPath === undefined ? {} : { authenticator: credsAuthenticator(() => readFileSync(natsCredsPath)) }),
      ...(natsCaPath === undefined ? {} : { tls: { caFile: natsCaPath } }),
    };
  }

  private async watch(connection: NatsConnection): Promise<void> {
    void connection.closed().then((error) => {
      if (error && !this.closed) this.logger.warn(`the connection was closed: ${error.message}`);
      this.connecting = undefined;
    });
    for await (const { type, data } of connection.status()) {
      if (type === Events.Disconnect) this.logger.warn('disconnected');
      else if (type === Events.Reconnect) this.logger.log('connected again');
      else if (type === Events.Error)
        this.logger.error(`the server says: ${typeof data === 'object' ? JSON.stringify(data) : String(data)}`);
    }
  }
}
