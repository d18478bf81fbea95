import { Global, Module, type Provider } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Clock, Ids, ManualClock, SeededIds, type Role } from '@solyx/kernel';
import { EventLog, LiveTail, onOccasion, ParkingLot, Streams, Views } from '@solyx/eventing';
import { MemoryEventLog, MemoryParkingLot, MemoryViews } from '@solyx/testing';
import { createNatsKeys, agentSignerOf, type HealthReport } from '@solyx/platform';
import { HmacKeys } from '../adapters/hmac-keys';
import { NatsAgentIdentities } from '../adapters/nats-agent-identities';
import { AgentIdentities } from '../application/agent-identities';
import { GatewaySettings, type EdgeRates } from '../application/gateway-settings';
import { Keys } from '../application/keys';
import { LogLines, type LogLineView } from '../application/log-lines';
import { ServiceHealth } from '../application/service-health';
import { Operation } from '../application/operation';
import { PROJECTIONS } from '../application/views';
import { apiKeyDecider } from '../domain/api-key';
import { GatewayModule } from '../gateway.module';
import { BillingDesk } from '../application/money/billing-desk';
import { MemoryBillingDesk } from './money-plane';
import { Plane } from './plane';

export const PEPPER = 'ab'.repeat(32);
const RATES: EdgeRates = {
  query: { perSecond: 100_000, burst: 1_000_000 },
  mutation: { perSecond: 10_000, burst: 100_000 },
  subscription: { perSecond: 1_000, burst: 10_000 },
};

/** Output that a spec has put there; ends when the job has. */
export class MemoryLogLines extends LogLines {
  readonly lines: (LogLineView & { readonly organizationId: string })[] = [];

  override async *read(options: Parameters<LogLines['read']>[0]): AsyncGenerator<LogLineView> {
    let next = options.after ?? 0n;
    while (!options.signal.aborted) {
      const line = this.lines.find(
        (one) =>
          BigInt(one.sequence) > next && one.jobId === options.jobId && one.organizationId === options.organizationId,
      );
      if (line) {
        next = BigInt(line.sequence);
        yield line;
      } else if (options.ended()) return;
      else await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
}

/** Every service is ready, until a spec says otherwise; undefined: it does not answer. */
export class MemoryServiceHealth extends ServiceHealth {
  readonly reports = new Map<string, HealthReport | undefined>();

  override async ask(context: string): Promise<HealthReport | undefined> {
    if (this.reports.has(context)) return this.reports.get(context);
    return { ready: true, failing: [], checks: { parked: { ok: true, details: { parked: 0 } } } };
  }
}

export interface GraphqlAnswer {
  readonly status: number;
  readonly headers: Headers;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a spec looks where it pleases.
  readonly data: any;
  readonly errors: readonly { readonly message: string; readonly extensions: Record<string, unknown> }[];
  readonly extensions: Record<string, unknown> | undefined;
}

/** The whole gateway over HTTP, with its ports in memory. */
export interface Harness {
  readonly app: NestFastifyApplication;
  readonly url: string;
  readonly clock: ManualClock;
  readonly log: MemoryEventLog;
  readonly streams: Streams;
  readonly views: MemoryViews;
  readonly plane: Plane;
  readonly keys: HmacKeys;
  readonly lines: MemoryLogLines;
  readonly health: MemoryServiceHealth;
  readonly desk: MemoryBillingDesk;
  /** A new key of an organization. */
  key(organizationId: string, ...roles: Role[]): Promise<string>;
  operation(organizationId: string, ...roles: Role[]): Operation;
  ask(key: string | undefined, query: string, variables?: Record<string, unknown>): Promise<GraphqlAnswer>;
  close(): Promise<void>;
}

export async function startGateway(settings: Partial<GatewaySettings> = {}): Promise<Harness> {
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const log = new MemoryEventLog(clock);
  const streams = new Streams(log);
  const views = new MemoryViews(log, PROJECTIONS);
  const keys = new HmacKeys(PEPPER);
  const lines = new MemoryLogLines();
  const health = new MemoryServiceHealth();
  const desk = new MemoryBillingDesk();
  const full: GatewaySettings = {
    publicUrl: 'http://gateway.test',
    version: '0.0.0',
    agentNatsUrl: 'nats://127.0.0.1:1',
    agentSigner: agentSignerOf(createNatsKeys()),
    heartbeatSeconds: 2,
    eventStore: 'memory',
    bootstrap: {},
    rates: RATES,
    ...settings,
  };
  const identities = new NatsAgentIdentities(full.agentSigner, clock);
  const value = (provide: unknown, useValue: unknown): Provider => ({ provide: provide as symbol, useValue });
  const shared = [
    ...[value(Clock, clock), value(Ids, new SeededIds('gateway')), value(EventLog, log), value(Streams, streams)],
    ...[value(Views, views), value(ParkingLot, new MemoryParkingLot()), value(LiveTail, new LiveTail(log))],
  ];
  const replaced = [
    ...[value(GatewaySettings, full), value(Keys, keys), value(LogLines, lines), value(AgentIdentities, identities)],
    ...[value(ServiceHealth, health), value(BillingDesk, desk)],
  ];
  const tokens = new Set(replaced.map((provider) => (provider as { provide: unknown }).provide));
  const own = (Reflect.getMetadata('providers', GatewayModule) as Provider[]).filter(
    (provider) => !('provide' in provider && tokens.has(provider.provide)),
  );
  @Global()
  @Module({ providers: shared, exports: shared })
  class MemoryModule {}
  @Module({ imports: [MemoryModule], providers: [...own, ...replaced] })
  class TestModule {}
  const app = await NestFactory.create<NestFastifyApplication>(TestModule, new FastifyAdapter(), { logger: false });
  await app.listen(0, '127.0.0.1');
  const url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  const plane = new Plane(log);
  let made = 0;
  return {
    ...{ app, url, clock, log, streams, views, plane, keys, lines, health, desk },
    key: async (organizationId, ...roles) => {
      made += 1;
      const keyId = keys.idFor(`spec ${made}`);
      const text = keys.fresh('test', keyId);
      const data = { keyId, organizationId, name: 'spec', hash: keys.hash(text), roles, createdAt: clock.iso() };
      await streams.transact(apiKeyDecider, keyId, { type: 'CreateApiKey', data }, onOccasion('spec', keyId));
      return text;
    },
    operation: (organizationId, ...roles) =>
      new Operation({ organizationId, actor: { kind: 'key', id: `key-${organizationId}`, roles } }, 'c'),
    ask: (key, query, variables = {}) => ask(url, key, query, variables),
    close: async () => {
      await plane.close();
      await app.close();
      await log.close();
    },
  };
}

async function ask(
  url: string,
  key: string | undefined,
  query: string,
  variables: Record<string, unknown>,
): Promise<GraphqlAnswer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
    body: JSON.stringify({ query, variables }),
  });
  const body = (await response.json()) as Partial<GraphqlAnswer>;
  const { data, errors = [], extensions } = body;
  return { status: response.status, headers: response.headers, data, errors, extensions };
}
