/* eslint-disable @typescript-eslint/no-unsafe-member-access -- answers are looked at as they came. */
import { startGateway, type Harness } from '../test/gateway-harness';

const DOCTOR = '{ doctor { head services { name status detail } } }';

describe('doctor', () => {
  let gateway: Harness;
  beforeAll(async () => {
    gateway = await startGateway();
    await gateway.plane.node('node-1');
  });
  afterAll(() => gateway.close());

  it('says of each service whether it is ready, what it lacks, or that it does not answer', async () => {
    const checks = {
      lead: { ok: true, details: { leading: true, relayLagSeconds: 0.25 } },
      parked: { ok: false, details: { parked: 3 } },
    };
    gateway.health.reports.set('billing', { ready: true, failing: [], checks });
    gateway.health.reports.set('drm', { ready: false, failing: ['eventStore', 'postgres'], checks: {} });
    gateway.health.reports.set('sdn', undefined);
    const { data } = await gateway.ask(await gateway.key('acme', 'viewer'), DOCTOR);
    const services = data.doctor.services as { name: string; status: string; detail: string }[];
    const of = (name: string) => services.find((service) => service.name === name);
    expect(of('billing')).toMatchObject({ status: 'ok', detail: 'leads, relay 0.3 s behind, 3 parked' });
    expect(of('drm')).toMatchObject({ status: 'not ready: eventStore, postgres' });
    expect(of('sdn')).toMatchObject({ status: 'no answer' });
    expect(of('cmo')).toMatchObject({ status: 'ok' });
    expect(of('event store')?.detail).toBe(`version unknown, position ${data.doctor.head as string}`);
  });

  it('says so where the event store does not answer', async () => {
    const { head } = gateway.log;
    const key = await gateway.key('acme', 'viewer');
    gateway.log.head = () => Promise.reject(new Error('down'));
    const { data } = await gateway.ask(key, DOCTOR);
    gateway.log.head = head;
    expect(data.doctor.services[0]).toMatchObject({ name: 'event store', status: 'no answer' });
  });
});
