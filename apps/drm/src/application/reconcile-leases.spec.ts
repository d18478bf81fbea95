import { Logger } from '@nestjs/common';
import { PriceListPublished } from '@solyx/contracts/billing';
import { JobQuotaReserved } from '@solyx/contracts/cmo';
import { SolyxError } from '@solyx/kernel';
import { SimulatedLessor } from '../adapters/simulated-lessor';
import { SIMULATED_FLEET, SIMULATED_OFFERS } from '../simulated-fleet';
import { at, placedOn, prices, request } from '../test/builders';
import { Plane } from '../test/plane';
import type { BilledLease } from './lessor';
import { leaseView } from './lease.projection';

/** A lessor whose books differ from ours: it bills what we do not hold, and forgets what we do. */
class ForgetfulLessor extends SimulatedLessor {
  readonly ghosts = new Map<string, BilledLease>();
  readonly forgotten = new Set<string>();
  readonly released: string[] = [];
  answers = true;

  override billed(held: readonly BilledLease[]): Promise<readonly BilledLease[]> {
    if (!this.answers) return Promise.reject(new SolyxError('Unavailable', 'the lessor does not answer'));
    return Promise.resolve([...held.filter(({ leaseId }) => !this.forgotten.has(leaseId)), ...this.ghosts.values()]);
  }
  override release(leaseId: string): Promise<void> {
    this.released.push(leaseId);
    return Promise.resolve();
  }
}

const ghost = (leaseId: string): BilledLease => ({
  ...{ leaseId, provider: 'lambda', simulated: true, gpuModel: 'H100', gpus: 8 },
  ...{ priceMicroUsdPerHour: '3600000', since: at(0) },
});

async function started(): Promise<{ readonly plane: Plane; readonly lessor: ForgetfulLessor }> {
  const lessor = new ForgetfulLessor({ offers: SIMULATED_OFFERS });
  const plane = new Plane(SIMULATED_FLEET, lessor);
  const { version, entries } = prices().data;
  const list = { priceListId: 'default', version, currency: 'USD', effectiveFrom: at(0), entries, at: at(0) } as const;
  await plane.hear(PriceListPublished(list), 'billing.priceList-default', 'platform');
  await plane.tick();
  return { plane, lessor };
}

/** Looks as often as the process would: each minute. */
async function look(plane: Plane, minutes: number): Promise<void> {
  for (let i = 0; i < minutes; i += 1) {
    plane.clock.advance(60_000);
    await plane.tick();
  }
}

async function leased(plane: Plane): Promise<string> {
  for (let i = 0; i < 4; i += 1) {
    const wanted = request(`job_${i}`, { gpus: 8, model: 'H100', queued: i, runtime: 86_400 });
    const data = { jobId: `job_${i}`, holdMicroUsd: '1', request: wanted, at: plane.clock.iso() };
    await plane.hear(JobQuotaReserved(data), `cmo.job-job_${i}`);
  }
  await plane.deliver();
  await plane.pass(7);
  const state = await plane.inbox.state();
  expect(placedOn(state, 'job_3')).toHaveLength(1);
  return [...state.leases.keys()][0] ?? '';
}

beforeAll(() => {
  Logger.overrideLogger(false);
});

describe('Ghosts', () => {
  it('are believed at the second look, recorded once, given back, and closed with what they cost', async () => {
    const { plane, lessor } = await started();
    lessor.ghosts.set('i-0abc', ghost('i-0abc'));
    await look(plane, 1);
    expect(await plane.events('drm.lease.ghost-found')).toHaveLength(0);
    await look(plane, 4);
    expect(await plane.events('drm.lease.ghost-found')).toHaveLength(1);
    // As long as it is billed it is asked for again.
    expect(lessor.released.length).toBeGreaterThan(1);
    const { rows } = await plane.views.list(leaseView, { where: { phase: 'Ghost' }, first: 10 });
    expect(rows.map(({ row }) => row)).toEqual([
      expect.objectContaining({ leaseId: 'i-0abc', provider: 'lambda', simulated: true, gpus: 8 }),
    ]);
    lessor.ghosts.clear();
    await look(plane, 3);
    const [closed, ...others] = await plane.events('drm.lease.ghost-returned');
    expect(others).toEqual([]);
    // One USD an hour is a thousandth of it in each 3.6 seconds.
    expect(closed?.data).toMatchObject({ leaseId: 'i-0abc', billedSeconds: 360, costMicroUsd: '360000' });
  });

  it('are closed by another process than the one that found them', async () => {
    const { plane, lessor } = await started();
    lessor.ghosts.set('i-0abc', ghost('i-0abc'));
    await look(plane, 3);
    plane.start();
    lessor.ghosts.clear();
    await look(plane, 1);
    expect(await plane.events('drm.lease.ghost-returned')).toHaveLength(1);
  });

  it('are no leases of ours, on their way or held', async () => {
    const { plane } = await started();
    await leased(plane);
    await look(plane, 5);
    expect(await plane.events('drm.lease.ghost-found')).toHaveLength(0);
    expect(await plane.events('drm.lease.orphaned')).toHaveLength(0);
  });

  it('include what we gave back and the lessor still bills', async () => {
    const { plane, lessor } = await started();
    const leaseId = await leased(plane);
    const { leases } = await plane.inbox.state();
    const activeAt = leases.get(leaseId)?.activeAt ?? '';
    lessor.forgotten.add(leaseId);
    await look(plane, 4);
    expect(await plane.events('drm.lease.orphaned')).toHaveLength(1);
    // It was an outage of its list: the lessor bills it after all.
    lessor.ghosts.set(leaseId, { ...ghost(leaseId), since: activeAt });
    await look(plane, 4);
    expect((await plane.events('drm.lease.ghost-found')).map(({ data }) => data)).toEqual([
      expect.objectContaining({ leaseId }),
    ]);
    expect(lessor.released).toContain(leaseId);
  });
});

describe('Orphans', () => {
  it('lose their node, and what ran there is free to be tried again', async () => {
    const { plane, lessor } = await started();
    const leaseId = await leased(plane);
    lessor.forgotten.add(leaseId);
    await look(plane, 4);
    const [orphaned] = await plane.events('drm.lease.orphaned');
    expect(orphaned?.data).toMatchObject({ leaseId, costMicroUsd: expect.stringMatching(/^\d+$/) as unknown });
    const state = await plane.inbox.state();
    expect(state.leases.has(leaseId)).toBe(false);
    expect(state.held.has('job_3')).toBe(false);
    const [gone] = await plane.events('drm.partition.lease-ended');
    expect(gone?.data).toMatchObject({ leaseId, reason: 'LeaseOrphaned' });
  });

  it('are not believed while the lessor does not answer, nor after one short list', async () => {
    const { plane, lessor } = await started();
    const leaseId = await leased(plane);
    lessor.answers = false;
    await expect(look(plane, 1)).rejects.toThrow('does not answer');
    lessor.answers = true;
    lessor.forgotten.add(leaseId);
    await look(plane, 1);
    lessor.forgotten.clear();
    await look(plane, 4);
    expect(await plane.events('drm.lease.orphaned')).toHaveLength(0);
  });
});
