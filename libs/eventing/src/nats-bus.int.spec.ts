import { Logger } from '@nestjs/common';
import { connect, headers as natsHeaders, type NatsConnection } from 'nats';
import { deriveId, ManualClock, SeededRandom, type Recorded } from '@solyx/kernel';
import { JobRunning } from '@solyx/contracts/cmo';
import { eventually, MemoryCheckpoints, MemoryEventLog, MemoryParkingLot, withNats } from '@solyx/testing';
import {
  Consumer,
  EventDispatcher,
  HandlerTable,
  NatsBus,
  NatsLink,
  OnEvent,
  Relay,
  type Delivery,
  type NatsConnector,
  type NewEvent,
} from './index';
import type { StoredMessage } from './event-bus';

const at = '2026-01-01T00:00:00.000Z';
const restart = { firstMs: 5, mostMs: 100 };

const running = (jobId: string, revision: number): NewEvent => ({
  ...JobRunning({ jobId, attempt: revision + 1, at }),
  id: deriveId('nats-bus', jobId, revision),
  metadata: {
    version: 1,
    organizationId: 'acme',
    actor: { kind: 'key', id: 'key_1', roles: ['owner'] },
    $correlationId: 'req_1',
    $causationId: 'event_1',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  },
});

class Hearer {
  readonly heard: { readonly event: Recorded<JobRunning>; readonly delivery: Delivery }[] = [];

  @OnEvent(JobRunning)
  async hear(event: Recorded<JobRunning>, delivery: Delivery): Promise<void> {
    this.heard.push({ event, delivery });
  }
}

class Plane {
  readonly log = new MemoryEventLog(new ManualClock());
  readonly hearer = new Hearer();
  readonly parking = new MemoryParkingLot();
  readonly checkpoints = new MemoryCheckpoints();
  readonly buses: NatsBus[] = [];
  private stops: (() => Promise<void>)[] = [];

  constructor(private readonly connector: (context: 'cmo' | 'billing') => NatsConnector) {}

  bus(context: 'cmo' | 'billing'): NatsBus {
    const bus = new NatsBus(this.connector(context));
    this.buses.push(bus);
    return bus;
  }

  start(epoch = 1n): void {
    const { log, checkpoints, parking } = this;
    const random = new SeededRandom(1);
    const shared = { log, checkpoints, random, restart };
    const dispatcher = new EventDispatcher({
      handlers: new HandlerTable([this.hearer]),
      clock: new ManualClock(),
      parking,
      random,
    });
    const relay = new Relay({ ...shared, bus: this.bus('cmo') }, 'cmo', epoch);
    const consumer = new Consumer({ ...shared, bus: this.bus('billing'), dispatcher }, 'billing', 'cmo', epoch);
    relay.start();
    consumer.start();
    this.stops = [() => consumer.stop(), () => relay.stop()];
  }

  async append(streams: number, from: number, count: number): Promise<void> {
    for (let i = 0; i < count; i += 1) {
      for (let s = 0; s < streams; s += 1) {
        const revision = from + i;
        const expected = revision === 0 ? 'no_stream' : BigInt(revision - 1);
        await this.log.append(`cmo.job-job_${s}`, [running(`job_${s}`, revision)], expected);
      }
    }
  }

  /** The newest message on the bus. A consumer may have read its event from the log before the relay published it: so it is waited for. */
  async published(): Promise<StoredMessage> {
    const bus = this.bus('billing');
    return eventually(async () => {
      const last = (await bus.ends('cmo'))?.last;
      if (last === undefined) throw new Error('nothing was published yet');
      return last;
    });
  }

  /** First deliveries of each stream, in the order in which they came. */
  firsts(): ReadonlyMap<string, readonly bigint[]> {
    const found = new Map<string, bigint[]>();
    for (const { event } of this.hearer.heard) {
      const known = found.get(event.stream) ?? [];
      if (!known.includes(event.revision)) found.set(event.stream, [...known, event.revision]);
    }
    return found;
  }

  async stop(): Promise<void> {
    for (const stop of this.stops.splice(0)) await stop();
    for (const bus of this.buses.splice(0)) await bus.close();
  }
}

const upTo = (count: number): readonly bigint[] => Array.from({ length: count }, (_, i) => BigInt(i));

const linkTo = (url: () => string) => (context: 'cmo' | 'billing') =>
  new NatsLink(context, { eventStoreUrl: '', natsUrl: url(), postgresUrl: '', instance: 'spec' });

beforeAll(() => {
  Logger.overrideLogger(false);
});

describe('the bus over JetStream', () => {
  const nats = withNats();
  let plane: Plane;
  let direct: NatsConnection;

  beforeEach(async () => {
    plane = new Plane(linkTo(() => nats.url));
    direct = await connect({ servers: nats.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
  });

  afterEach(async () => {
    await plane.stop();
    const manager = await direct.jetstreamManager();
    await manager.streams.delete('SOLYX_CMO').catch(() => undefined);
    await direct.close();
  });

  it('declares a stream again and again, and brings a changed one back to what is declared', async () => {
    const bus = plane.bus('cmo');
    await bus.declare('cmo');
    await bus.declare('cmo');
    const manager = await direct.jetstreamManager();
    await manager.streams.update('SOLYX_CMO', { max_bytes: 1024 });
    await bus.declare('cmo');
    const { config } = await manager.streams.info('SOLYX_CMO');
    expect(config).toMatchObject({ subjects: ['solyx.cmo.>'], storage: 'file', max_bytes: 512 * 1024 * 1024 });
    expect(config.duplicate_window).toBe(3_600_000_000_000);
  });

  it('carries events whole, as CloudEvents', async () => {
    plane.start();
    await plane.append(1, 0, 1);
    const [{ event }] = await eventually(() => {
      expect(plane.hearer.heard).toHaveLength(1);
      return plane.hearer.heard as [(typeof plane.hearer.heard)[number]];
    });
    const stored = [];
    for await (const found of plane.log.readAll()) stored.push(found);
    expect(event).toEqual(stored[0]);
    const message = await plane.published();
    expect(message.subject).toBe('solyx.cmo.job.running.acme.job_0');
    expect(message.headers).toMatchObject({
      'ce-specversion': '1.0',
      'ce-type': 'cmo.job.running',
      'ce-source': '/solyx/cmo',
      'Nats-Msg-Id': event.id,
      traceparent: event.metadata.traceparent,
    });
  });

  it('survives kill -9 of nats-server in the middle: nothing is lost, order holds', async () => {
    plane.start();
    await plane.append(8, 0, 25);
    await eventually(() => expect(plane.hearer.heard.length).toBeGreaterThan(50));
    await nats.kill();
    await plane.append(8, 25, 25);
    await nats.restart();
    await eventually(() => expect([...plane.firsts().values()].flat()).toHaveLength(400));
    for (const revisions of plane.firsts().values()) expect(revisions).toEqual(upTo(50));
  });

  it('goes on where a stopped process left off, and repeats nothing that was acknowledged', async () => {
    plane.start(1n);
    await plane.append(2, 0, 20);
    await eventually(() => expect(plane.hearer.heard).toHaveLength(40));
    await plane.stop();
    await plane.append(2, 20, 20);
    plane.start(2n);
    await eventually(() => expect(plane.hearer.heard).toHaveLength(80));
    for (const revisions of plane.firsts().values()) expect(revisions).toEqual(upTo(40));
  });

  it('publishes again what the bus lost, and reads from the log what the bus forgot', async () => {
    plane.start(1n);
    await plane.append(1, 0, 10);
    await eventually(() => expect(plane.hearer.heard).toHaveLength(10));
    await plane.stop();
    const manager = await direct.jetstreamManager();
    await manager.streams.delete('SOLYX_CMO');
    await plane.append(1, 10, 10);
    plane.start(2n);
    await eventually(() => expect([...plane.firsts().values()].flat()).toHaveLength(20));
    expect(plane.firsts().get('cmo.job-job_0')).toEqual(upTo(20));
  });

  it('parks what is not an event, with code, reason and hint, and goes on', async () => {
    plane.start();
    await plane.append(1, 0, 1);
    await eventually(() => expect(plane.hearer.heard).toHaveLength(1));
    const good = await plane.published();
    await plane.stop();
    const publish = async (id: string, body: string, change: Record<string, string> = {}) => {
      const headers = natsHeaders();
      for (const [key, value] of Object.entries({ ...good.headers, 'ce-id': id, ...change })) headers.set(key, value);
      for (const key of headers.keys()) if (key.startsWith('Nats-')) headers.delete(key);
      headers.set('ce-position', String(10_000 + Number(id)));
      headers.set('Nats-Msg-Id', `forged-${id}`);
      await direct.jetstream().publish(good.subject, body, { headers });
    };
    await publish('1', '{"jobId":');
    await publish('2', '{"jobId":"job_0","attempt":0,"at":"2026-01-01T00:00:00.000Z"}');
    await publish('3', '{"jobId":"job_0","attempt":1,"at":"2026-01-01T00:00:00.000Z","more":1}');
    await publish('4', '{"jobId":"job_0","attempt":1,"at":"2026-01-01T00:00:00.000Z"}', { 'ce-actor': '{}' });
    await publish('5', '{"jobId":"job_0","attempt":1,"at":"2026-01-01T00:00:00.000Z"}', { 'ce-revision': '-1' });
    await publish('6', '{"__proto__":{"x":1},"jobId":"job_0","attempt":1,"at":"2026-01-01T00:00:00.000Z"}');
    await publish('7', '{"jobId":"job_0","attempt":1,"at":"2026-01-01T00:00:00.000Z"}');
    plane.start(2n);
    const { events } = await eventually(async () => {
      const page = await plane.parking.list({}, 100);
      expect(page.total).toBe(6);
      return page;
    });
    expect(events.map(({ eventId }) => eventId)).toEqual(['1', '2', '3', '4', '5', '6']);
    for (const parked of events) {
      expect(parked).toMatchObject({ consumer: 'billing-cmo', code: 'InvalidArgument', attempts: 1 });
      expect(parked.hint).not.toBe('');
    }
    await eventually(() => expect(plane.hearer.heard.map(({ event }) => event.id)).toContain('7'));
  });
});
