import { JobQuotaReserved } from '@solyx/contracts/cmo';
import { PriceListPublished } from '@solyx/contracts/billing';
import { QueueRequested, ReservationCancelRequested, ReservationRequested } from '@solyx/contracts/gateway';
import type { QueueSpec } from '@solyx/contracts';
import { SIMULATED_FLEET } from '../simulated-fleet';
import { at, prices, quota, request, reservation } from '../test/builders';
import { Plane } from '../test/plane';
import { AdoptPolicyProcess } from './adopt-policy.process';

const settings = { partition: 'main', heartbeatTimeoutMs: 15_000, offerFreshSeconds: 600, fleet: [] };

async function started(): Promise<Plane> {
  const plane = new Plane(SIMULATED_FLEET);
  const { version, entries } = prices().data;
  const list = { priceListId: 'default', version, currency: 'USD', effectiveFrom: at(0), entries, at: at(0) } as const;
  await plane.hear(PriceListPublished(list), 'billing.priceList-default', 'platform');
  await plane.tick();
  return plane;
}

const wish = (requestId: string) => ({ requestId, fingerprint: 'f', at: at(1) });
const setQueue = (plane: Plane, requestId: string, queue: QueueSpec | undefined): Promise<void> =>
  plane.hear(
    QueueRequested({ ...wish(requestId), queueId: 'lab', ...(queue ? { queue } : {}) }),
    `gateway.request-${requestId}`,
  );
const ask = (plane: Plane, jobId: string): Promise<void> =>
  plane.hear(
    JobQuotaReserved({
      ...{ jobId, holdMicroUsd: '1', at: plane.clock.iso() },
      request: request(jobId, { change: { queue: 'lab' }, model: 'L4' }),
    }),
    `cmo.job-${jobId}`,
  );

describe('The service, asked for queues', () => {
  it('lets work of a queue start when it is set, and as far as its quota goes, whatever is delivered twice', async () => {
    const plane = await started();
    await ask(plane, 'j1');
    await ask(plane, 'j2');
    await plane.deliver();
    expect((await plane.inbox.state()).held.size).toBe(0);
    const nominal = { gpuMilli: 1_000, cpuMilli: 64_000, memoryMiB: 1_048_576 };
    await setQueue(plane, 'r1', quota('lab', { nominal }).data.queue);
    await plane.deliver(2);
    const { held, quotas, queues } = await plane.inbox.state();
    expect([...held.keys()]).toEqual(['j1']);
    expect(quotas.get('lab')?.spec?.nominal).toEqual(nominal);
    expect(queues.get('acme/lab')?.line).toEqual(['j2']);
    await setQueue(plane, 'r2', undefined);
    await plane.deliver();
    expect((await plane.inbox.state()).quotas.get('lab')?.spec).toBeUndefined();
    await plane.redeliver();
    expect(await plane.events('drm.partition.queue-observed')).toHaveLength(1);
    expect(await plane.replay.verify()).toMatchObject({ differing: 0 });
  });

  it('keeps reserved room until it is cancelled', async () => {
    const plane = await started();
    const { reservation: spec } = reservation('rsv1').data;
    await plane.hear(ReservationRequested({ ...wish('r3'), reservation: spec }), 'gateway.request-r3');
    await plane.deliver(2);
    expect((await plane.inbox.state()).reservations.get('rsv1')?.spec?.organizationId).toBe('acme');
    const cancel = ReservationCancelRequested({ ...wish('r4'), reservationId: 'rsv1', reason: 'Done.' });
    await plane.hear(cancel, 'gateway.request-r4');
    await plane.deliver();
    expect((await plane.inbox.state()).reservations.get('rsv1')?.spec).toBeUndefined();
  });
});

describe('The service, told of a policy', () => {
  it('records it once, at its start, where it is another than the journal has', async () => {
    const plane = await started();
    const adopt = (policy?: string) =>
      new AdoptPolicyProcess(plane.inbox, plane.clock, { ...settings, ...(policy === undefined ? {} : { policy }) });
    const process = adopt('shadow-price/1');
    await process.adopt();
    await process.adopt();
    await adopt('shadow-price/1').adopt();
    await adopt().adopt();
    expect((await plane.inbox.state()).policy).toBe('shadow-price/1');
    expect(await plane.events('drm.partition.policy-adopted')).toHaveLength(1);
    plane.clock.advance(1);
    await adopt('best-fit/1').adopt();
    expect((await plane.inbox.state()).policy).toBe('best-fit/1');
    expect(await plane.events('drm.partition.policy-adopted')).toHaveLength(2);
  });
});
