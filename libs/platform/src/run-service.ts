import 'reflect-metadata';
import { AsyncLocalStorage } from 'node:async_hooks';
import { Global, Module, type DynamicModule, type Type } from '@nestjs/common';
import { ModulesContainer, NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { PATTERN_METADATA } from '@nestjs/microservices/constants';
import { EventingConnections, type ContextDefinition, type EventingOptions } from '@solyx/eventing';
import type { Logger } from 'pino';
import { busOptions } from './bus-transport';
import type { CommonConfig } from './config';
import { ErrorsFilter } from './errors.filter';
import { Health } from './health';
import { lifecycle } from './lifecycle';
import { createLogger, NestLogger } from './logger';
import { Metrics } from './metrics';
import { watchContext } from './probes';
import { flushTraces, startTracing } from './tracing';

const BODY_BYTES_MAX = 1024 * 1024;
const DAY_SECONDS = 86_400;

/** Which service speaks: several share a process, while Nest's logger is one for all. */
const scope = new AsyncLocalStorage<NestLogger>();
const scoped = (fallback: NestLogger): NestLogger =>
  new Proxy(fallback, { get: (target, name) => Reflect.get(scope.getStore() ?? target, name) as unknown });

/** What `runService` offers to every provider of a service, beside what its own module declares. */
@Global()
@Module({})
class PlatformModule {
  static around(service: Type<unknown>, config: CommonConfig, shared: readonly [Health, Metrics]): DynamicModule {
    const [health, metrics] = shared;
    const providers = [
      { provide: Health, useValue: health },
      { provide: Metrics, useValue: metrics },
    ];
    const imports = [EventingConnections.forRoot(eventingOptions(config)), service];
    return { module: PlatformModule, imports, providers, exports: providers };
  }
}

const eventingOptions = (config: CommonConfig): EventingOptions => ({
  eventStoreUrl: config.eventStoreUrl,
  natsUrl: config.natsUrl,
  postgresUrl: config.postgresUrl,
  instance: config.instance,
  ...(config.viewHistoryDays === undefined ? {} : { viewHistorySeconds: config.viewHistoryDays * DAY_SECONDS }),
  ...(config.natsCredsPath === undefined ? {} : { natsCredsPath: config.natsCredsPath }),
  ...(config.natsCaPath === undefined ? {} : { natsCaPath: config.natsCaPath }),
});

export interface RunningService {
  readonly app: NestFastifyApplication;
  /** Where /live, /ready and /metrics answer. */
  readonly url: string;
  /** Takes nothing new, finishes what runs, lets go of everything. */
  drain(): Promise<void>;
}

/** Do any controllers of the module listen to the bus? */
function hasMessageControllers(app: NestFastifyApplication): boolean {
  return [...app.get(ModulesContainer).values()].some((module) =>
    [...module.controllers.values()].some(({ metatype }) => {
      const prototype = (metatype as Type<unknown> | null)?.prototype as Record<string, unknown> | undefined;
      const names = prototype ? Object.getOwnPropertyNames(prototype) : [];
      return names.some((name) => typeof prototype?.[name] === 'function' && isMessageHandler(prototype[name]));
    }),
  );
}

const isMessageHandler = (method: object): boolean => Reflect.hasMetadata(PATTERN_METADATA, method);

/** Routes for operators and orchestrators, not part of anyone's API. */
function addOperatorRoutes(app: NestFastifyApplication, health: Health, metrics: Metrics): void {
  const http = app.getHttpAdapter().getInstance();
  http.get('/live', async () => ({ live: true }));
  http.get('/ready', async (_request, reply) => {
    const report = await health.report();
    return reply.code(report.ready ? 200 : 503).send(report);
  });
  http.get('/metrics', async (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metrics.text(health)),
  );
}

/** Starts the service and returns it, for those who drive it themselves; `runService` is the usual way. */
export async function startService(
  module: Type<unknown>,
  context: ContextDefinition,
  config: CommonConfig,
  logger: Logger = createLogger(config),
): Promise<RunningService> {
  const nest = new NestLogger(logger);
  return scope.run(nest, async () => {
    startTracing(config);
    const health = new Health();
    const metrics = new Metrics(context.context);
    const adapter = new FastifyAdapter({ bodyLimit: BODY_BYTES_MAX, forceCloseConnections: 'idle' });
    const app = await NestFactory.create<NestFastifyApplication>(
      PlatformModule.around(module, config, [health, metrics]),
      adapter,
      { logger: scoped(nest), abortOnError: false },
    );
    // A signal comes from outside every service; what is said while draining is still this one's.
    const drain = (): Promise<void> =>
      scope.run(nest, async () => {
        health.draining();
        await app.close();
        await flushTraces();
      });
    try {
      watchContext(app, { context: context.context, health, metrics });
      addOperatorRoutes(app, health, metrics);
      app.useGlobalFilters(new ErrorsFilter());
      const listens = hasMessageControllers(app);
      if (listens) app.connectMicroservice(busOptions(config), { inheritAppConfig: true });
      await app.listen(config.httpPort, config.httpHost);
      if (listens) await app.startAllMicroservices();
      health.running();
      return { app, url: await app.getUrl(), drain };
    } catch (error) {
      await app.close().catch(() => undefined);
      throw error;
    }
  });
}

/**
 * A service from start to end: HTTP for operators, the bus, logs, traces, drain. Several may run in one process.
 * Never rejects: what fails is logged, the others are drained, and the process ends with 1.
 */
export async function runService(
  module: Type<unknown>,
  context: ContextDefinition,
  config: CommonConfig,
): Promise<void> {
  const logger = createLogger(config);
  let running: RunningService | undefined;
  lifecycle.join({ logger, drain: async () => running?.drain() });
  try {
    running = await startService(module, context, config, logger);
    logger.info({ url: running.url }, 'ready');
    process.send?.({ solyx: 'ready', service: context.context });
  } catch (error) {
    logger.fatal({ err: error }, 'did not start');
    await lifecycle.end(1, `${context.context} did not start`);
  }
}
