import { readFileSync } from 'node:fs';
import { Transport, type ConsumerDeserializer, type MicroserviceOptions, type Serializer } from '@nestjs/microservices';
import { credsAuthenticator } from 'nats';
import type { CommonConfig } from './config';

const RECONNECT_MS = 250;
const encoder = new TextEncoder();

interface Reply {
  readonly response?: unknown;
  readonly err?: unknown;
}

/** The body is the data. A message that asks for an answer is a request, whoever sent it and however. */
class PlainRequests implements ConsumerDeserializer {
  private requests = 0;

  deserialize(body: Uint8Array, options?: { readonly channel?: string; readonly replyTo?: string }): never {
    this.requests += 1;
    const id = options?.replyTo ? { id: String(this.requests) } : {};
    return { pattern: options?.channel ?? '', data: parse(body), ...id } as never;
  }
}

/** Undefined where it is no JSON: validation then says so, in the same words as for any other wrong message. */
function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

class PlainReplies implements Serializer<Reply, { readonly data: Uint8Array }> {
  serialize({ response, err }: Reply): { readonly data: Uint8Array } {
    const body = err === undefined ? (response ?? null) : { error: err };
    return { data: encoder.encode(JSON.stringify(body)) };
  }
}

/** NATS for Nest's message controllers: the service's own identity, inbox and queue group. */
export const busOptions = (config: CommonConfig): MicroserviceOptions => ({
  transport: Transport.NATS,
  options: {
    servers: config.natsUrl.split(','),
    name: `${config.service} ${config.instance} controllers`,
    queue: config.service,
    inboxPrefix: `_INBOX_${config.service}`,
    waitOnFirstConnect: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_MS,
    ignoreAuthErrorAbort: true,
    noAsyncTraces: true,
    deserializer: new PlainRequests(),
    serializer: new PlainReplies() as never,
    ...(config.natsCredsPath === undefined ? {} : { authenticator: credsOf(config.natsCredsPath) }),
    ...(config.natsCaPath === undefined ? {} : { tls: { caFile: config.natsCaPath } }),
  },
});

/** Read at each connect, so that a renewed file is taken. */
const credsOf = (path: string) => credsAuthenticator(() => new Uint8Array(readFileSync(path)));
