import { Logger } from '@nestjs/common';
import { connect, type NatsConnection } from 'nats';
import { ManualClock, SeededRandom, type Recorded } from '@solyx/kernel';
import { JobRunning } from '@solyx/contracts/cmo';
import { Consumer, EventDispatcher, HandlerTable, NatsBus, OnEvent, Relay } from '@solyx/eventing';
import { servicePermissions } from '@solyx/platform';
import { eventually } from '../eventually';
import { MemoryEventLog } from '../memory-event-log';
import { MemoryCheckpoints, MemoryParkingLot } from '../memory-ports';
import { withNats } from '../servers';
import { sampleEvents, sampleStream } from './sample-events';

class Hearer {
  readonly heard: string[] = [];
  @OnEvent(JobRunning)
  async hear({ id }: Recorded<JobRunning>): Promise<void> {
    this.heard.push(id);
  }
}

beforeAll(() => {
  Logger.overrideLogger(false);
});

describe('with the permissions of a service and none besides', () => {
  const nats = withNats(({ folder }) => {
    const users = (['cmo', 'billing'] as const).map((service) => {
      const { publish, subscribe } = servicePermissions(service);
      return { user: service, password: 'spec', permissions: { publish, subscribe } };
    });
    return `jetstream { store_dir: ${JSON.stringify(folder)} }\nauthorization: ${JSON.stringify({ users })}\n`;
  });

  const busOf = (service: 'cmo' | 'billing'): NatsBus => {
    let connection: Promise<NatsConnection> | undefined;
    const settings = { servers: nats.url, user: service, pass: 'spec', inboxPrefix: `_INBOX_${service}` };
    return new NatsBus({
      connection: () => (connection ??= connect(settings)),
      close: async () => (await connection)?.close(),
    });
  };

  it('relay and consumer work, and billing cannot publish as cmo', async () => {
    const log = new MemoryEventLog(new ManualClock());
    const random = new SeededRandom(1);
    const hearer = new Hearer();
    const [cmo, billing] = [busOf('cmo'), busOf('billing')];
    const dispatcher = new EventDispatcher({
      handlers: new HandlerTable([hearer]),
      parking: new MemoryParkingLot(),
      clock: new ManualClock(),
      random,
    });
    const shared = { log, checkpoints: new MemoryCheckpoints(), random, restart: { firstMs: 5, mostMs: 50 } };
    const relay = new Relay({ ...shared, bus: cmo }, 'cmo', 1n);
    const consumer = new Consumer({ ...shared, bus: billing, dispatcher }, 'billing', 'cmo', 1n);
    relay.start();
    consumer.start();
    const events = sampleEvents(20);
    await log.append(sampleStream(), events, 'no_stream');
    await eventually(() => expect(hearer.heard).toEqual(events.map(({ id }) => id)));
    // They may have been heard from the log, before they were on the bus.
    const last = await eventually(async () => {
      const ends = await billing.ends('cmo');
      expect(ends?.lastSequence).toBe(20);
      return ends?.last;
    });
    await expect(billing.publish('cmo', last!, 20)).rejects.toMatchObject({ code: 'Unavailable' });
    expect((await cmo.ends('cmo'))?.lastSequence).toBe(20);
    await consumer.stop();
    await relay.stop();
    await cmo.close();
    await billing.close();
  });
});
