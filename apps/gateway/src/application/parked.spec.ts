/* eslint-disable @typescript-eslint/no-unsafe-member-access -- answers are looked at as they came. */
import { SeededRandom, SolyxError, type Recorded } from '@solyx/kernel';
import { JobRunning } from '@solyx/contracts/cmo';
import { ParkedRetryRequested } from '@solyx/contracts/gateway';
import {
  defineContext,
  DeliveryRecords,
  encodeMessage,
  EventDispatcher,
  HandlerTable,
  OnEvent,
  OperatorRequests,
  type Views,
} from '@solyx/eventing';
import { MemoryParkingLot } from '@solyx/testing';
import { startGateway, type Harness } from '../test/gateway-harness';

const at = '2026-01-01T00:00:00.000Z';
const definition = defineContext({ context: 'billing', listens: ['cmo'] });
const PARKED = '{ parked { context consumer eventId eventType code message attempts at } }';

class Meter {
  broken = true;
  @OnEvent(JobRunning)
  async hear(): Promise<void> {
    if (this.broken) throw new SolyxError('FailedPrecondition', 'job_0123456789abcdef has no meter');
  }
}

/** The delivery of billing, on the gateway's own log: what it hears, and what operators ask of it. */
function billing({ streams, clock }: Harness, meter: Meter) {
  const parking = new MemoryParkingLot();
  const records = new DeliveryRecords({ definition, streams, parking, clock });
  const handlers = new HandlerTable([meter]);
  const dispatcher = new EventDispatcher({ handlers, parking, clock, random: new SeededRandom(1), records });
  const views = {} as Views;
  const operators = new OperatorRequests({
    ...{ definition, streams, views, parking, clock, records },
    dispatcher: () => dispatcher,
  });
  const hear = (event: Recorded) =>
    dispatcher.dispatch('billing-cmo', encodeMessage(event), false, new AbortController().signal);
  return { hear, operators };
}

describe('What a service cannot handle', () => {
  let gateway: Harness;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  const hear = async (service: ReturnType<typeof billing>, jobId: string, organizationId: string) => {
    const tenant = { organizationId, correlationId: 'c' };
    await gateway.plane.record(`cmo.job-${jobId}`, JobRunning({ jobId, attempt: 1, at }), tenant);
    for await (const event of gateway.log.readStream(`cmo.job-${jobId}`)) await service.hear(event);
  };

  it('is a row in parked until it is retried, for the operators of its organization', async () => {
    const meter = new Meter();
    const service = billing(gateway, meter);
    await gateway.plane.on(ParkedRetryRequested.type, (event) =>
      service.operators.retryParked(event as Recorded<ParkedRetryRequested>),
    );
    await hear(service, 'job_0123456789abcdef', 'acme');
    await hear(service, 'job_0123456789abcdeg', 'platform');
    const [owner, auditor, rival] = [
      await gateway.key('acme', 'owner'),
      await gateway.key('acme', 'auditor'),
      await gateway.key('rival', 'auditor'),
    ];
    const shown = async (key: string) => {
      const { data } = await gateway.ask(key, PARKED);
      return data.parked as { context: string; message: string; eventId: string; attempts: number }[];
    };
    const row = { context: 'billing', consumer: 'billing-cmo', eventType: 'cmo.job.running' };
    const reason = { code: 'FailedPrecondition', message: 'job_0123456789abcdef has no meter', attempts: 1 };
    expect(await shown(auditor)).toEqual([expect.objectContaining({ ...row, ...reason })]);
    expect((await shown(owner)).map(({ message }) => message).sort()).toEqual([
      'job_0123456789abcdef has no meter',
      'job_… has no meter',
    ]);
    expect(await shown(rival)).toEqual([]);
    const viewer = await gateway.ask(await gateway.key('acme', 'viewer'), PARKED);
    expect(viewer.errors).toMatchObject([{ extensions: { code: 'PermissionDenied' } }]);

    const retry = async (key: string) => {
      const text = `mutation { retryParked(context: "billing", idempotencyKey: "${key}") { __typename } }`;
      expect((await gateway.ask(owner, text)).data.retryParked).toEqual({ __typename: 'Ack' });
    };
    const unparked = async () => {
      let count = 0;
      for await (const { type } of gateway.log.readStream('billing.delivery-billing-cmo')) {
        if (type.endsWith('.unparked')) count += 1;
      }
      return count;
    };
    const until = async (count: number) => {
      while ((await unparked()) < count) await new Promise((resolve) => setImmediate(resolve));
    };
    await retry('one');
    await until(2);
    await retry('two');
    await until(3);
    meter.broken = false;
    await retry('three');
    await until(6);
    while ((await shown(owner)).length > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(await shown(auditor)).toEqual([]);
  });

  it('is no event for those who may not ask for it', async () => {
    const document = '{ events(types: ["billing.delivery."]) { edges { node { type } } } }';
    const seen = async (role: 'auditor' | 'viewer') =>
      (await gateway.ask(await gateway.key('acme', role), document)).data.events.edges as unknown[];
    expect((await seen('auditor')).length).toBeGreaterThan(0);
    expect(await seen('viewer')).toEqual([]);
  });
});
