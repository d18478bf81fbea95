import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { GraphQLError, subscribe, validate, type ExecutionArgs, type GraphQLSchema } from 'graphql';
import {
  CloseCode,
  GRAPHQL_TRANSPORT_WS_PROTOCOL,
  handleProtocols,
  makeServer,
  type Context,
  type SubscribePayload,
} from 'graphql-ws';
import { WebSocketServer, type WebSocket } from 'ws';
import { SolyxError } from '@solyx/kernel';
import type { Operation } from '../../application/operation';
import { tooMany, type Edge } from '../http/edge';
import type { DocumentLimits } from './document-limits';
import { formatError } from './errors';
import type { GraphqlContext } from './schema';

const MESSAGE_BYTES_MAX = 128 * 1024;
const SOCKETS_PER_KEY_MAX = 100;
const SUBSCRIPTIONS_PER_SOCKET_MAX = 64;
const ALIVE_MS = 12_000;
/** A client that does not take a message for this long is dropped; it may come back and resume. */
const STALLED_MS = 15_000;
/** RFC 6455 and IANA: try again later. */
const TRY_AGAIN_LATER = 1013;

interface Extra {
  readonly request: IncomingMessage;
  readonly socket: WebSocket;
  operation?: Operation;
  running: number;
}
type Connection = Context<Record<string, unknown>, Extra>;

interface Parts {
  readonly edge: Edge;
  readonly limits: DocumentLimits;
  readonly schema: GraphQLSchema;
}

/** Subscriptions over graphql-transport-ws on `/graphql`. One message is on its way to a client at a time: no queue grows. */
export class SubscriptionServer {
  private readonly sockets = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_BYTES_MAX, handleProtocols });
  private readonly perKey = new Map<string, number>();
  private readonly protocol = makeServer<Record<string, unknown>, Extra>({
    onConnect: (connection) => this.connect(connection),
    onSubscribe: (connection, _id, payload) => this.begin(connection, payload),
    subscribe: async (args) => guard(await subscribe(args), args),
    onComplete: ({ extra }) => void (extra.running -= 1),
    onError: ({ extra }, _id, _payload, errors) =>
      errors.map((error) => formatError(error, extra.operation?.correlationId ?? '')),
    onNext: ({ extra }, ...[, , , { data, errors }]) => ({
      ...(data === undefined ? {} : { data }),
      ...(errors ? { errors: errors.map((error) => formatError(error, extra.operation?.correlationId ?? '')) } : {}),
    }),
  });

  constructor(private readonly parts: Parts) {
    this.sockets.on('connection', (socket: WebSocket, request: IncomingMessage) => this.opened(socket, request));
  }

  attach(server: Server): void {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const { pathname } = new URL(request.url ?? '/', 'http://gateway');
      if (pathname !== '/graphql') {
        socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n');
        return;
      }
      this.sockets.handleUpgrade(request, socket, head, (opened) => this.sockets.emit('connection', opened, request));
    });
  }

  /** Tells every client to come back elsewhere. */
  close(): void {
    for (const socket of this.sockets.clients) socket.close(1001, 'the gateway is going away: resume elsewhere');
    this.sockets.close();
  }

  private opened(socket: WebSocket, request: IncomingMessage): void {
    const extra: Extra = { request, socket, running: 0 };
    let answered = true;
    const alive = setInterval(() => {
      if (!answered) socket.terminate();
      answered = false;
      socket.ping();
    }, ALIVE_MS);
    socket.on('pong', () => (answered = true));
    socket.on('error', () => socket.terminate());
    const closed = this.protocol.opened(
      {
        protocol: socket.protocol,
        send: (text) => send(socket, text),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (receive) => {
          socket.on('message', (data: Buffer) => {
            receive(data.toString()).catch(() => socket.close(CloseCode.InternalServerError, 'an unexpected failure'));
          });
        },
      },
      extra,
    );
    socket.once('close', (code, reason) => {
      clearInterval(alive);
      if (extra.operation) this.count(extra.operation.caller.actor.id, -1);
      void closed(code, reason.toString());
    });
  }

  private async connect({ connectionParams, extra }: Connection): Promise<boolean> {
    const given = connectionParams?.['authorization'] ?? connectionParams?.['Authorization'];
    const authorization = typeof given === 'string' ? given : extra.request.headers.authorization;
    const address = extra.request.socket.remoteAddress ?? '';
    try {
      const operation = await this.parts.edge.enter(authorization, address);
      if (this.count(operation.caller.actor.id, 1) > SOCKETS_PER_KEY_MAX) {
        this.count(operation.caller.actor.id, -1);
        extra.socket.close(TRY_AGAIN_LATER, `a key has at most ${SOCKETS_PER_KEY_MAX} connections`);
        return true;
      }
      extra.operation = operation;
      return true;
    } catch (error) {
      if (error instanceof SolyxError && error.code === 'Unauthenticated') return false;
      extra.socket.close(TRY_AGAIN_LATER, 'the key cannot be checked now');
      return true;
    }
  }

  private count(keyId: string, by: number): number {
    const now = (this.perKey.get(keyId) ?? 0) + by;
    if (now <= 0) this.perKey.delete(keyId);
    else this.perKey.set(keyId, now);
    return now;
  }

  private begin({ extra }: Connection, payload: SubscribePayload): ExecutionArgs | readonly GraphQLError[] {
    try {
      return this.prepare(extra, payload);
    } catch (error) {
      return [new GraphQLError('refused', { originalError: SolyxError.from(error) })];
    }
  }

  private prepare(extra: Extra, payload: SubscribePayload): ExecutionArgs | readonly GraphQLError[] {
    const { edge, limits, schema } = this.parts;
    const { operation } = extra;
    if (!operation) throw new SolyxError('Unauthenticated', 'the connection was not opened');
    const measured = limits.measure(payload.query);
    const variables = payload.variables ?? {};
    if (measured.operation !== 'subscription') {
      throw new SolyxError(
        'InvalidArgument',
        'only subscriptions come over the web socket',
        {},
        {
          reason: 'InvalidRequest',
          hint: 'Send queries and mutations by POST.',
        },
      );
    }
    const taken = edge.take(operation, 'subscription', 1);
    if (!taken.allowed || extra.running >= SUBSCRIPTIONS_PER_SOCKET_MAX) throw tooMany(taken, 'subscriptions');
    measured.cost(variables);
    const faults = validate(schema, measured.document);
    if (faults.length > 0) return faults;
    extra.running += 1;
    const contextValue: GraphqlContext & { readonly socket: WebSocket } = { operation, socket: extra.socket };
    return { schema, document: measured.document, contextValue, variableValues: variables };
  }
}

/** Resolves when the message was handed to the network; a client that does not take it is dropped, with the reason. */
function send(socket: WebSocket, text: string): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState !== socket.OPEN) {
      resolve();
      return;
    }
    const stalled = setTimeout(() => {
      socket.close(TRY_AGAIN_LATER, 'SlowListener: resume after the position that you saw last');
      socket.terminate();
    }, STALLED_MS);
    socket.send(text, () => {
      clearTimeout(stalled);
      resolve();
    });
  });
}

type Subscribed = Awaited<ReturnType<typeof subscribe>>;

/** An error in the middle of a stream is told to its client as an item; a listener that was too slow is dropped. */
function guard(subscribed: Subscribed, { contextValue }: ExecutionArgs): Subscribed {
  if (!(Symbol.asyncIterator in subscribed)) return subscribed;
  const inner = subscribed;
  let failed = false;
  const next = async (): ReturnType<typeof inner.next> => {
    if (failed) return { value: undefined, done: true };
    try {
      return await inner.next();
    } catch (error) {
      failed = true;
      const { socket } = contextValue as { readonly socket: WebSocket };
      if (error instanceof SolyxError && error.reason === 'SlowListener') {
        socket.close(TRY_AGAIN_LATER, 'SlowListener: resume after the position that you saw last');
      }
      return {
        value: { errors: [new GraphQLError('failed', { originalError: SolyxError.from(error) })] },
        done: false,
      };
    }
  };
  return Object.assign(Object.create(null) as object, {
    next,
    return: (value?: unknown) => inner.return(value as never),
    throw: (error: unknown) => inner.throw(error),
    [Symbol.asyncIterator]() {
      return this;
    },
  }) as unknown as Subscribed;
}

export const PROTOCOL = GRAPHQL_TRANSPORT_WS_PROTOCOL;
