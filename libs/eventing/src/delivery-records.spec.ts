import { Logger } from '@nestjs/common';
import { ManualClock, SeededRandom, SolyxError, type DomainEvent, type Recorded } from '@solyx/kernel';
import { BillingDeliveryParked } from '@solyx/contracts/billing';
import { JobRunning } from '@solyx/contracts/cmo';
import { ParkedRetryRequested } from '@solyx/contracts/gateway';
import {
  eventually,
  MemoryBus,
  MemoryCheckpoints,
  MemoryEventLog,
  MemoryParkingLot,
  NoProjections,
  SoleLeadership,
} from '@solyx/testing';
import {
  ContextRuntime,
  defineContext,
  DeliveryRecords,
  encodeMessage,
  OnEvent,
  parkedEvent,
  Relay,
  Streams,
  tenantOfParked,
  type NewEvent,
  type Views,
} from './index';

const at = '2026-01-01T00:00:00.000Z';
const definition = defineContext({ context: 'billing', listens: ['cmo', 'billing'] });
const STREAM = 'billing.delivery-billing-cmo';

const fact = (id: string, event: DomainEvent): NewEvent => ({
  ...event,
  id,
  metadata: {
    version: 1,
    organizationId: 'acme',
    actor: { kind: 'service', id: 'cmo', roles: [] },
    $correlationId: `of ${id}`,
    $causationId: id,
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  },
});

/** Fails as long as it is told to. */
class Failing {
  errors: SolyxError[] = [];
  readonly aboutParking: SolyxError[] = [];
  heard = 0;
  @OnEvent(JobRunning, BillingDeliveryParked)
  async hear({ type }: Recorded): Promise<void> {
    this.heard += 1;
    const error = (type === BillingDeliveryParked.type ? this.aboutParking : this.errors).shift();
    if (error) throw error;
  }
}

const runningFact: DomainEvent = JobRunning({ jobId: 'job_1', attempt: 1, at });
const never = (message = 'never'): SolyxError => new SolyxError('FailedPrecondition', message);

beforeAll(() => {
  Logger.overrideLogger(false);
});

describe('What a context parks', () => {
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });
  const started = async () => {
    const log = new MemoryEventLog(new ManualClock());
    const bus = new MemoryBus();
    const parking = new MemoryParkingLot();
    const random = new SeededRandom(1);
    const checkpoints = new MemoryCheckpoints();
    const handler = new Failing();
    const streams = new Streams(log);
    const parts = { log, bus, parking, random, checkpoints, streams, clock: new ManualClock(), views: {} as Views };
    const all = { ...parts, leadership: new SoleLeadership(), projections: new NoProjections() };
    const runtime = new ContextRuntime(definition, all, [handler]);
    const relays = (['cmo', 'gateway'] as const).map((context) => new Relay(parts, context, 1n));
    // A stream that is not there yet is looked for again only after a while.
    for (const context of definition.listens) await bus.declare(context);
    for (const relay of relays) relay.start();
    await runtime.start();
    const told = async () => {
      const events: { type: string; data: unknown }[] = [];
      for await (const { type, data } of log.readStream(STREAM)) events.push({ type: type.slice(17), data });
      return events;
    };
    const retry = (requestId: string) =>
      log.append(
        `gateway.request-${requestId}`,
        [
          fact(requestId, {
            ...ParkedRetryRequested({ requestId, fingerprint: 'f', context: 'billing', at }),
          }),
        ],
        'no_stream',
      );
    ends.push(async () => {
      await runtime.stop();
      for (const relay of relays) await relay.stop();
    });
    return { ...parts, handler, told, retry };
  };

  it('is told in the log, and told again when it is taken and put back', async () => {
    const { log, handler, told, retry, parking } = await started();
    handler.errors = [never('first'), never('second')];
    await log.append('cmo.job-1', [fact('one', runningFact)], 'no_stream');
    const parked = { consumer: 'billing-cmo', eventId: 'one', eventType: 'cmo.job.running' };
    const first = { ...parked, code: 'FailedPrecondition', message: 'first', attempts: 1 };
    await eventually(async () =>
      expect(await told()).toEqual([{ type: 'parked', data: expect.objectContaining(first) }]),
    );
    await retry('req_1');
    await eventually(async () =>
      expect((await told()).map(({ type }) => type)).toEqual(['parked', 'unparked', 'parked']),
    );
    expect((await told())[2]?.data).toMatchObject({ message: 'second', attempts: 2 });
    await retry('req_2');
    await eventually(async () => expect((await told()).at(-1)?.type).toBe('unparked'));
    await eventually(async () => expect((await parking.list({}, 10)).total).toBe(0));
    expect(await told()).toHaveLength(4);
    for await (const { metadata } of log.readStream(STREAM)) {
      expect(metadata).toMatchObject({ organizationId: 'acme', $correlationId: 'of one', $causationId: 'one' });
      expect(metadata.traceparent).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-/);
    }
  });

  it('goes on for nobody: a fact about parking is parked in silence', async () => {
    const { log, handler, told, parking } = await started();
    handler.errors = [never(), never()];
    handler.aboutParking.push(never());
    await log.append('cmo.job-1', [fact('one', runningFact)], 'no_stream');
    await eventually(async () => expect((await parking.list({}, 10)).total).toBe(2));
    await log.append('cmo.job-2', [fact('two', runningFact)], 'no_stream');
    await eventually(async () => expect(await told()).toHaveLength(2));
    const types = (await parking.list({}, 10)).events.map(({ type }) => type);
    expect(types).toEqual(['cmo.job.running', 'billing.delivery.parked', 'cmo.job.running']);
    await eventually(() => expect(handler.heard).toBe(4));
  });
});

describe('Records of deliveries', () => {
  const parts = () => {
    const log = new MemoryEventLog(new ManualClock());
    const parking = new MemoryParkingLot();
    const streams = new Streams(log);
    const records = new DeliveryRecords({ definition, streams, parking, clock: new ManualClock() });
    const told = async () => {
      const types: string[] = [];
      for await (const { type } of log.readStream(STREAM)) types.push(type.slice(17));
      return types;
    };
    return { log, parking, records, told };
  };
  const eventOf = (event: DomainEvent, stream = 'cmo.job-1') =>
    parkedEvent(
      'billing-cmo',
      encodeMessage({ ...fact('one', event), stream, revision: 0n, position: 1n, recordedAt: at }),
      { error: never(), attempts: 1, at },
    );
  const event = eventOf(runningFact);

  it('are made up for when the log could not be written, and never lose the event', async () => {
    const { log, parking, records, told } = parts();
    const append = log.append.bind(log);
    log.append = () => Promise.reject(new SolyxError('Unavailable', 'the store is down'));
    await parking.park(event);
    await records.parked(event);
    expect((await parking.list({}, 10)).total).toBe(1);
    log.append = append;
    expect(await told()).toEqual([]);
    await records.reconcile();
    expect(await told()).toEqual([]);
    await records.reconcile();
    expect(await told()).toEqual(['parked']);
    // The other way around: what the lot no longer has was taken.
    await parking.take({}, 10, async () => undefined);
    await records.reconcile();
    await records.reconcile();
    expect(await told()).toEqual(['parked', 'unparked']);
    await records.reconcile();
    expect(await told()).toHaveLength(2);
  });

  it('tell the same thing once', async () => {
    const { records, told } = parts();
    await records.parked(event);
    await records.parked(event);
    await records.unparked(event);
    await records.unparked(event);
    await records.parked(event);
    expect(await told()).toEqual(['parked', 'unparked', 'parked']);
  });

  it('belong to the tenant that the data name, and of the journal to no other', () => {
    const named = { ...runningFact, data: { allocation: { organizationId: 'rival' } } };
    expect(tenantOfParked(eventOf(named))).toBe('rival');
    expect(tenantOfParked(eventOf(runningFact))).toBe('acme');
    expect(tenantOfParked(eventOf(runningFact, 'drm.partition-main'))).toBe('platform');
    expect(tenantOfParked({ ...event, event: 'no JSON' })).toBe('acme');
  });
});
