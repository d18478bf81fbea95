import 'reflect-metadata';
import { Injectable, Logger, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Client } from 'pg';
import { accept, SolyxError, type Command, type Decider, type Recorded } from '@solyx/kernel';
import { BUDGET_PERIODS } from '@solyx/contracts';
import { BudgetSet, type BillingVerificationCompleted } from '@solyx/contracts/billing';
import { JobRunning } from '@solyx/contracts/cmo';
import { ParkedRetryRequested, ViewVerificationRequested } from '@solyx/contracts/gateway';
import {
  causedBy,
  defineContext,
  defineProjection,
  EventingConnections,
  EventingModule,
  EventingStatus,
  EventLog,
  LiveTail,
  OnEvent,
  OnTick,
  ParkingLot,
  Streams,
  Views,
  type ContextDefinition,
  type Delivery,
  type NewEvent,
} from '@solyx/eventing';
import { eventually } from '../eventually';
import { withNats, withPostgres } from '../servers';
import { gather, sampleEvent, sampleEvents, sampleMetadata, sampleStream } from './sample-events';
import { openEmbedded, type OpenStore } from './stores';

const [PERIOD] = BUDGET_PERIODS;
const at = '2026-01-01T00:00:00.000Z';
const jobsSeen = defineProjection<BudgetSet, { readonly limit: string }>({
  name: 'billing_budgets_seen',
  version: 1,
  key: ({ data }) => data.organizationId,
  initial: { limit: '0' },
  on: { 'billing.budget.set': (_row, { limitMicroUsd }) => ({ limit: limitMicroUsd }) },
});

const billingContext = defineContext({ context: 'billing', listens: ['cmo'], projections: [jobsSeen] });
const cmoContext = defineContext({ context: 'cmo' });
const gatewayContext = defineContext({ context: 'gateway' });

type Count = Command<'Count', { readonly jobId: string }>;
const countDecider: Decider<Count, number, BudgetSet, never> = {
  name: 'billing.budget',
  initial: 0,
  decide: (_command, count) =>
    accept(BudgetSet({ organizationId: 'acme', limitMicroUsd: String(count + 1), period: PERIOD, at })),
  evolve: (count) => count + 1,
};

/** What the handler is to do with attempts over 900: fail for good, until it is told otherwise. */
let broken = true;
const deliveries: Delivery[] = [];

@Injectable()
class CountJobs {
  ticks = 0;
  constructor(private readonly streams: Streams) {}

  @OnEvent(JobRunning)
  async count(event: Recorded<JobRunning>, delivery: Delivery): Promise<void> {
    deliveries.push(delivery);
    if (event.data.attempt > 900 && broken) throw new SolyxError('FailedPrecondition', 'out of order');
    const command = { type: 'Count', data: { jobId: event.data.jobId } } as const;
    await this.streams.transact(countDecider, event.stream.slice(8), command, causedBy(event));
  }

  @OnTick(10)
  async tick(): Promise<void> {
    this.ticks += 1;
  }
}

@Module({ imports: [EventingModule.forContext(billingContext)], providers: [CountJobs] })
class BillingModule {}
@Module({ imports: [EventingModule.forContext(cmoContext)] })
class CmoModule {}
@Module({ imports: [EventingModule.forContext(gatewayContext)] })
class GatewayModule {}

const asked = (
  data: ReturnType<typeof ParkedRetryRequested> | ReturnType<typeof ViewVerificationRequested>,
): NewEvent => ({
  ...data,
  id: sampleEvent().id,
  metadata: { ...sampleMetadata, $correlationId: data.data.requestId },
});

beforeAll(() => {
  Logger.overrideLogger(false);
});

describe('EventingModule, over a real store, JetStream and PostgreSQL', () => {
  const postgres = withPostgres();
  const nats = withNats();
  let store: OpenStore;
  const apps: INestApplicationContext[] = [];

  const boot = async (module: new () => unknown, { context }: ContextDefinition): Promise<INestApplicationContext> => {
    const postgresUrl = `${postgres.url}?options=${encodeURIComponent(`-c search_path=${context}`)}`;
    const options = {
      eventStoreUrl: store.connectionString,
      natsUrl: nats.url,
      postgresUrl,
      instance: `${apps.length}`,
    };
    const root = { module, imports: [EventingConnections.forRoot(options)] };
    const app = await NestFactory.createApplicationContext(root as never, { logger: false });
    apps.push(app);
    return app;
  };

  beforeAll(async () => {
    store = await openEmbedded();
    const client = new Client(postgres.url);
    await client.connect();
    for (const schema of ['billing', 'cmo', 'gateway']) await client.query(`CREATE SCHEMA ${schema}`);
    await client.end();
  });

  afterAll(async () => {
    for (const app of apps) await app.close();
    await store.close();
  });

  it('carries facts from service to service, and their views and proofs with them', async () => {
    const [billing, cmo, gateway] = [
      await boot(BillingModule, billingContext),
      await boot(CmoModule, cmoContext),
      await boot(GatewayModule, gatewayContext),
    ];
    const stream = sampleStream();
    const log = cmo.get(EventLog);
    await log.append(stream, sampleEvents(5), 'no_stream');
    const counted = `billing.budget-${stream.slice(8)}`;
    const found = await eventually(async () => {
      const events = await gather(log.readStream(counted));
      expect(events).toHaveLength(5);
      return events;
    });
    const causes = await gather(log.readStream(stream));
    expect(found.map(({ metadata }) => metadata.$causationId)).toEqual(causes.map(({ id }) => id));
    expect(new Set(found.map(({ metadata }) => metadata.traceparent))).toEqual(new Set([sampleMetadata.traceparent]));
    const views = billing.get(Views);
    expect(await views.waitFor(jobsSeen, found[4]!.position, 20_000)).toBe(true);
    expect(await views.get(jobsSeen, 'acme')).toEqual({ limit: '5' });
    await eventually(() => expect(billing.get(CountJobs).ticks).toBeGreaterThan(2));

    await log.append(stream, [sampleEvent(901)], 4n);
    const lot = billing.get(ParkingLot);
    await eventually(async () => expect((await lot.list({}, 10)).total).toBe(1));
    expect((await lot.list({}, 10)).events[0]).toMatchObject({ code: 'FailedPrecondition', attempts: 1, stream });
    broken = false;
    const retry = ParkedRetryRequested({ requestId: 'req_1', fingerprint: 'f', context: 'billing', at });
    await gateway.get(EventLog).append('gateway.request-req_1', [asked(retry)], 'no_stream');
    await eventually(async () => expect(await gather(log.readStream(counted))).toHaveLength(6));
    await eventually(async () => expect((await lot.list({}, 10)).total).toBe(0));

    const tail = gateway.get(LiveTail);
    await tail.start();
    const verify = ViewVerificationRequested({ requestId: 'req_2', fingerprint: 'f', at });
    await gateway.get(EventLog).append('gateway.request-req_2', [asked(verify)], 'no_stream');
    const answer = await tail.answer('req_2', ({ type }) => type === 'billing.verification.completed', 60_000);
    const { checks } = (answer as Recorded<BillingVerificationCompleted>).data;
    expect(checks).toEqual([expect.objectContaining({ view: 'billing_budgets_seen', events: 6, same: true })]);
  });

  it('hands the lead over when a process drains, and nothing is handled twice', async () => {
    const first = apps[0]!;
    const second = await boot(BillingModule, billingContext);
    expect(first.get(EventingStatus).now().leading).toBe(true);
    expect(second.get(EventingStatus).now().leading).toBe(false);
    const log = apps[1]!.get(EventLog);
    const stream = sampleStream();
    await log.append(stream, sampleEvents(10), 'no_stream');
    const before = first.get(EventingStatus).now().epoch;
    await first.close();
    apps.shift();
    await log.append(stream, sampleEvents(10), 9n);
    await eventually(() => expect(second.get(EventingStatus).now().leading).toBe(true));
    expect(second.get(EventingStatus).now().epoch).toBeGreaterThan(before);
    const counted = `billing.budget-${stream.slice(8)}`;
    await eventually(async () => expect(await gather(log.readStream(counted))).toHaveLength(20));
    const causes = (await gather(log.readStream(counted))).map(({ metadata }) => metadata.$causationId);
    expect(causes).toEqual((await gather(log.readStream(stream))).map(({ id }) => id));
  });
});
