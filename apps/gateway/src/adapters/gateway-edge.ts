import type { Server } from 'node:http';
import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import mercurius from 'mercurius';
import { Clock, SolyxError } from '@solyx/kernel';
import { Authenticator } from '../application/authenticator';
import { Bootstrap } from '../application/bootstrap';
import { GatewaySettings } from '../application/gateway-settings';
import { Join } from '../application/join';
import { LiveQuery } from '../application/live.query';
import { DocumentsQuery } from '../application/money/documents.query';
import { DocumentLimits } from './graphql/document-limits';
import { graphqlRoutes } from './graphql/graphql.routes';
import { ApiResolvers } from './graphql/resolvers';
import { makeSchema, readSdl } from './graphql/schema';
import { SubscriptionServer } from './graphql/subscription.server';
import { agentRoutes } from './http/agent.routes';
import { documentRoutes } from './http/document.routes';
import { Edge } from './http/edge';
import { eventStreamRoutes } from './http/event-stream.routes';
import { publicRoutes } from './http/public.routes';
import { TokenBuckets } from './token-bucket';

const BOOTSTRAP_TRIES_MAX = 40;
const BOOTSTRAP_PAUSE_MS = 500;

/** What the plain routes lead to. */
@Injectable()
export class Doors {
  constructor(
    readonly live: LiveQuery,
    readonly join: Join,
    readonly documents: DocumentsQuery,
  ) {}
}

/** Puts the API onto the service's own HTTP server. */
@Injectable()
export class GatewayEdge implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Gateway');
  private subscriptions: SubscriptionServer | undefined;

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly resolvers: ApiResolvers,
    private readonly authenticator: Authenticator,
    private readonly doors: Doors,
    private readonly bootstrap: Bootstrap,
    private readonly settings: GatewaySettings,
    private readonly clock: Clock,
  ) {}

  async onModuleInit(): Promise<void> {
    const http = this.host.httpAdapter.getInstance<FastifyInstance>();
    const sdl = readSdl();
    const schema = makeSchema(sdl, this.resolvers.map());
    const limits = new DocumentLimits(schema);
    const edge = new Edge(this.authenticator, new TokenBuckets(() => this.clock.now()), this.settings.rates);
    await http.register(mercurius, { schema, jit: 1, routes: false, errorFormatter: unformatted });
    await http.register(async (scope) => graphqlRoutes(scope, { edge, limits }));
    await http.register(async (scope) => {
      publicRoutes(scope, { sdl, version: this.settings.version });
      eventStreamRoutes(scope, { edge, live: this.doors.live });
      agentRoutes(scope, { edge, join: this.doors.join });
      documentRoutes(scope, { edge, documents: this.doors.documents });
    });
    this.subscriptions = new SubscriptionServer({ edge, limits, schema });
    this.subscriptions.attach(this.host.httpAdapter.getHttpServer() as Server);
  }

  /** The event store may come up later than the gateway: its first facts are tried for 20 s. */
  async onApplicationBootstrap(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.bootstrap.run();
        return;
      } catch (error) {
        const ours = SolyxError.from(error);
        if (!ours.retryable || attempt >= BOOTSTRAP_TRIES_MAX) throw error;
        if (attempt === 4) this.logger.warn(`waiting for the event store: ${ours.message}`);
        await new Promise((resolve) => setTimeout(resolve, BOOTSTRAP_PAUSE_MS));
      }
    }
  }

  beforeApplicationShutdown(): void {
    this.subscriptions?.close();
  }
}

/** Errors leave the executor as they are; the route words them. */
const unformatted = (execution: { readonly data?: unknown; readonly errors?: readonly unknown[] | undefined }) =>
  ({ statusCode: 200, response: { data: execution.data ?? null, errors: execution.errors } }) as never;
