import { PriceListPublished } from '@solyx/contracts/billing';
import { JobQuotaReserved, JobSucceeded } from '@solyx/contracts/cmo';
import {
  EtaRequested,
  ExplanationRequested,
  FleetFiguresRequested,
  ProcurementRequested,
} from '@solyx/contracts/gateway';
import { canonicalJson } from '@solyx/kernel';
import { partitionSnapshot } from '../domain/partition-snapshot';
import { SIMULATED_FLEET } from '../simulated-fleet';
import { at, prices, procurement, request, spec, type WorkloadOptions } from '../test/builders';
import { Plane } from '../test/plane';

const asked = { requestId: 'req_1', fingerprint: 'f', at: at(0) };

async function started(): Promise<Plane> {
  const plane = new Plane(SIMULATED_FLEET);
  const { version, entries } = prices().data;
  const list = { priceListId: 'default', version, currency: 'USD', effectiveFrom: at(0), entries, at: at(0) } as const;
  await plane.hear(PriceListPublished(list), 'billing.priceList-default', 'platform');
  await plane.tick();
  return plane;
}

const owned = { sources: ['owned'], regions: [], simulated: true } as const;

async function reserve(plane: Plane, jobId: string, options: WorkloadOptions = {}): Promise<void> {
  const wanted = request(jobId, { gpus: 8, model: 'H100', ...options, change: { placement: owned } });
  const data = { jobId, holdMicroUsd: '1', request: wanted, at: plane.clock.iso() };
  await plane.hear(JobQuotaReserved(data), `cmo.job-${jobId}`);
  await plane.deliver();
}

const succeed = (plane: Plane, jobId: string): Promise<void> =>
  plane.hear(JobSucceeded({ jobId, attempt: 1, at: plane.clock.iso() }), `cmo.job-${jobId}`);

describe('Questions', () => {
  it('are answered once each, however often they come', async () => {
    const plane = await started();
    for (let i = 0; i < 5; i += 1) await reserve(plane, `job_${i}`, { queued: i });
    await plane.hear(EtaRequested({ ...asked, etaId: 'eta_1', jobId: 'job_4' }), 'gateway.request-1');
    await plane.hear(EtaRequested({ ...asked, etaId: 'eta_2', spec: spec({ gpus: 1 }) }), 'gateway.request-2');
    const why = { ...asked, explanationId: 'why_1', jobId: 'job_4' };
    await plane.hear(ExplanationRequested(why), 'gateway.request-3');
    await plane.hear(FleetFiguresRequested({ ...asked, fleetId: 'fleet_1' }), 'gateway.request-4');
    await plane.deliver(2);
    await plane.redeliver();
    const etas = (await plane.events('drm.eta.computed')).map(({ data }) => data);
    expect(etas).toEqual([
      expect.objectContaining({ etaId: 'eta_1', workloadId: 'job_4', phase: 'Waiting', basis: 'maximum' }),
      expect.objectContaining({ etaId: 'eta_2', phase: 'Planned' }),
    ]);
    const [explained, ...more] = await plane.events('drm.explanation.computed');
    expect(more).toEqual([]);
    expect(explained?.metadata.organizationId).toBe('acme');
    expect(explained?.data).toMatchObject({ workloadId: 'job_4', phase: 'Waiting', ahead: 1 });
    const [measured] = await plane.events('drm.fleet.measured');
    expect(measured?.data).toMatchObject({ fleetId: 'fleet_1', nodes: 7, gpuMilli: 48_000, gpuMilliFree: 24_000 });
    expect((measured?.data as { ownedMicroUsdPerGpuHour: string }).ownedMicroUsdPerGpuHour).toMatch(/^\d{6}$/);
  });

  it('leave no trace in the journal, but what was foreseen is there and is compared', async () => {
    const plane = await started();
    for (let i = 0; i < 4; i += 1) await reserve(plane, `job_${i}`, { queued: i, runtime: 600 });
    await plane.tick();
    const [said, ...others] = await plane.events('drm.partition.starts-foreseen');
    expect(others).toEqual([]);
    expect(said?.data).toMatchObject({ starts: [{ workloadId: 'job_3', attempt: 1, p50At: at(600) }] });
    plane.clock.advance(600_000);
    await succeed(plane, 'job_0');
    await plane.deliver();
    const { calibration } = await plane.inbox.state();
    expect(calibration).toMatchObject({ starts: 1, covered: 1 });
    expect(await plane.replay.verify()).toMatchObject({ differing: 0 });
  });
});

describe('Purchases', () => {
  it('are recorded for owned nodes, refused for strangers, and survive a restart and a snapshot', async () => {
    const plane = await started();
    const bought = { ...asked, nodeId: 'sim-l4-1', procurement: procurement(8_000) };
    await plane.hear(ProcurementRequested(bought), 'gateway.request-1', 'platform');
    await plane.hear(ProcurementRequested({ ...bought, nodeId: 'nobody' }), 'gateway.request-2', 'platform');
    await plane.deliver(2);
    const procured = await plane.events('drm.node.procured');
    // Seven of the fleet as it was registered, then the new word.
    expect(procured).toHaveLength(8);
    expect((await plane.events('drm.command.refused')).map(({ data }) => data)).toEqual([
      expect.objectContaining({ reason: 'NodeUnknown' }),
    ]);
    plane.start();
    const state = await plane.inbox.state();
    expect(state.nodes.get('sim-l4-1')?.procurement).toEqual(procurement(8_000));
    const json = partitionSnapshot.toJson(state);
    const again = partitionSnapshot.fromJson(JSON.parse(JSON.stringify(json)));
    expect(canonicalJson(partitionSnapshot.toJson(again))).toBe(canonicalJson(json));
    expect(again.procured.get('sim-l4-1')?.procurement).toEqual(procurement(8_000));
  });
});
