import { PriceListPublished } from '@solyx/contracts/billing';
import { JobCancelled, JobEvicted, JobQuotaReserved, JobRequeued, JobSucceeded } from '@solyx/contracts/cmo';
import { LeaseEvictionNoticed, type AllocationGranted, type LeaseReleased } from '@solyx/contracts/drm';
import { NodeDrainRequested, NodeJoinRequested, PlanRequested } from '@solyx/contracts/gateway';
import { AutonomySet } from '@solyx/contracts/optimizer';
import { RouteTablePublished } from '@solyx/contracts/sdn';
import { canonicalJson, fold, SolyxError } from '@solyx/kernel';
import { partitionDecider } from '../domain/partition';
import type { PartitionEvent } from '../domain/partition-events';
import { partitionSnapshot } from '../domain/partition-snapshot';
import { SIMULATED_FLEET, SIMULATED_OFFERS } from '../simulated-fleet';
import { at, node, placedOn, prices, request, route, spec, type WorkloadOptions } from '../test/builders';
import { drmActor, Plane } from '../test/plane';
import { Lessor, type BilledLease, type LeaseProgress } from './lessor';

const reserve = (plane: Plane, jobId: string, options: WorkloadOptions = {}): Promise<void> =>
  plane.hear(
    JobQuotaReserved({ jobId, holdMicroUsd: '1', request: request(jobId, options), at: plane.clock.iso() }),
    `cmo.job-${jobId}`,
  );

const succeed = (plane: Plane, jobId: string): Promise<void> =>
  plane.hear(JobSucceeded({ jobId, attempt: 1, at: plane.clock.iso() }), `cmo.job-${jobId}`);

async function started(lessor?: Lessor): Promise<Plane> {
  const plane = new Plane(SIMULATED_FLEET, lessor);
  const { version, entries } = prices().data;
  const list = { priceListId: 'default', version, currency: 'USD', effectiveFrom: at(0), entries, at: at(0) } as const;
  await plane.hear(PriceListPublished(list), 'billing.priceList-default', 'platform');
  const routes = ['vast-eu', 'runpod-us', 'lambda-us'].flatMap((site) => [route('home', site), route(site, 'home')]);
  await plane.hear(RouteTablePublished({ version: 1, routes, at: at(0) }), 'sdn.routeTable-main', 'platform');
  await plane.tick();
  return plane;
}

const joinRequest = (nodeId: string) =>
  NodeJoinRequested({
    nodeId,
    organizationId: 'acme',
    publicKey: 'U',
    site: 'home',
    region: 'eu-central',
    facts: node(nodeId, { gpus: 0 }).data.facts,
    at: at(1),
  });

const notice = (leaseId: string, nodeId: string) =>
  LeaseEvictionNoticed({ leaseId, nodeId, noticeSeconds: 20, at: at(1) });

const real: WorkloadOptions = { gpus: 0, change: { placement: { sources: ['owned'], regions: [], simulated: false } } };

describe('The service', () => {
  it('registers the simulated fleet once: 48 GPUs, and offers of 16 more', async () => {
    const plane = await started();
    const { nodes, offers } = await plane.inbox.state();
    const gpus = [...nodes.values()].reduce((sum, { facts }) => sum + facts.gpus.length, 0);
    const more = [...offers.values()].reduce((sum, { offer }) => sum + offer.gpusPerNode * offer.available, 0);
    expect([gpus, more]).toEqual([48, 16]);
    expect([...nodes.values()].every(({ terms }) => terms.simulated && terms.executor === 'simulated')).toBe(true);
    expect([...offers.values()].every(({ offer }) => offer.simulated)).toBe(true);
    plane.start();
    await plane.tick();
    expect(await plane.events('drm.node.registered')).toHaveLength(SIMULATED_FLEET.length);
  });

  it('knows where a machine stands and how its GPUs are shared', async () => {
    const plane = await started();
    const pools = [
      { poolId: 'a', gpuIndexes: [0], sharing: 'spatial' as const, ratio: 4, tenancy: 'private' as const },
    ];
    const asked = joinRequest('machine');
    const place = { rack: 'r1', fabric: 'ib-1', pools };
    await plane.hear({ ...asked, data: { ...asked.data, ...place } }, 'gateway.request-join', 'acme');
    await plane.deliver();
    const { nodes } = await plane.inbox.state();
    expect(nodes.get('machine')?.terms).toMatchObject(place);
  });

  it('knows whose a shared machine is, and what it should bring; any other is ours', async () => {
    const plane = await started();
    const asked = joinRequest('machine');
    const shared = { ...asked, data: { ...asked.data, sharedMicroUsdPerHour: '1500000' } };
    await plane.hear(shared, 'gateway.request-join', 'acme');
    await plane.hear(joinRequest('other'), 'gateway.request-other', 'acme');
    await plane.deliver();
    const { nodes } = await plane.inbox.state();
    const owner = { source: 'shared', provider: 'acme', costMicroUsdPerHour: '1500000' };
    expect(nodes.get('machine')?.terms).toMatchObject(owner);
    expect(nodes.get('other')?.terms).toMatchObject({ source: 'owned', provider: 'owned', costMicroUsdPerHour: '0' });
  });

  it('makes those leave in time who run on a node that its lessor takes back', async () => {
    const plane = await started();
    await reserve(plane, 'job_1', { gpus: 2 });
    await plane.deliver();
    const [granted] = await plane.events('drm.partition.allocation-granted');
    const nodeId = (granted!.data as AllocationGranted['data']).allocation.shares[0]!.nodeId;
    for (let times = 0; times < 2; times += 1)
      await plane.hear(notice('lease_1', nodeId), 'drm.lease-lease_1', 'platform');
    await plane.deliver();
    const asked = await plane.events('drm.partition.preemption-requested');
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({
      data: { workloadId: 'job_1', reason: 'SpotReclaimed' },
      metadata: { organizationId: 'acme', $correlationId: granted?.metadata.$correlationId },
    });
    expect((await plane.inbox.state()).nodes.get(nodeId)?.cordoned).toBe(true);
  });

  it('answers a reservation with an allocation in the same append, under the tenant and correlation of the job', async () => {
    const plane = await started();
    await reserve(plane, 'job_1', { gpus: 2 });
    await plane.deliver();
    const [reserved] = await plane.events('cmo.job.quota-reserved');
    const [queued] = await plane.events('drm.partition.workload-queued');
    const [granted] = await plane.events('drm.partition.allocation-granted');
    expect(granted?.revision).toBe((queued?.revision ?? 0n) + 1n);
    expect(granted?.metadata).toMatchObject({
      organizationId: 'acme',
      actor: drmActor,
      $correlationId: reserved?.metadata.$correlationId,
      $causationId: reserved?.id,
    });
    expect(queued?.metadata.actor.id).toBe('key_1');
  });

  it('keeps the correlation of work that waited, over a restart, when another job makes room', async () => {
    const plane = await started();
    await reserve(plane, 'big', { gpus: 4, nodes: 2, model: 'L4' });
    await reserve(plane, 'next', { gpus: 4, model: 'L4', queued: 1 });
    await plane.deliver();
    const [, waiting] = await plane.events('cmo.job.quota-reserved');
    plane.start();
    await succeed(plane, 'big');
    await plane.deliver();
    const granted = (await plane.events('drm.partition.allocation-granted')).at(-1);
    expect(granted?.data).toMatchObject({ allocation: { workloadId: 'next' } });
    expect(granted?.metadata.$correlationId).toBe(waiting?.metadata.$correlationId);
    expect(granted?.metadata.$causationId).toBe((await plane.events('cmo.job.succeeded'))[0]?.id);
  });

  it('takes what comes together as few batches, and everything once however often it comes', async () => {
    const plane = await started();
    for (let i = 0; i < 200; i += 1) await reserve(plane, `job_${i}`, { queued: i });
    await plane.deliver(2);
    const { held, order } = await plane.inbox.state();
    expect([held.size, order.length]).toEqual([48, 152]);
    const before = await plane.log.head();
    await plane.redeliver();
    await plane.redeliver();
    expect((await plane.events('drm.partition.workload-queued')).length).toBe(200);
    expect((await plane.events('drm.partition.allocation-granted')).length).toBe(48);
    expect(await plane.log.head()).toBe(before);
  });

  it('never gives two events one id', async () => {
    const plane = await started();
    for (let i = 0; i < 60; i += 1) await reserve(plane, `job_${i}`, { queued: i, gpus: 2 });
    await plane.deliver();
    for (let i = 0; i < 10; i += 1) await succeed(plane, `job_${i}`);
    await plane.deliver();
    await plane.pass(3);
    await plane.redeliver();
    const ids: string[] = [];
    for await (const { id } of plane.log.readAll()) ids.push(id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('works out the same state from the log as the one it has', async () => {
    const plane = await started();
    for (let i = 0; i < 60; i += 1) await reserve(plane, `job_${i}`, { queued: i, gpus: 2 });
    await plane.deliver();
    await plane.pass(10);
    const journal: PartitionEvent[] = [];
    for await (const event of plane.log.readStream('drm.partition-main'))
      journal.push(event as unknown as PartitionEvent);
    const json = (state: ReturnType<typeof fold<typeof partitionDecider.initial, PartitionEvent>>): string =>
      canonicalJson(partitionSnapshot.toJson(state));
    expect(json(fold(partitionDecider, journal))).toBe(json(await plane.inbox.state()));
    expect(await plane.replay.verify()).toMatchObject({ differing: 0 });
    expect((await plane.replay.verify()).checked).toBeGreaterThan(50);
  });

  it('releases what ended, however it ended, and queues again what is tried again', async () => {
    const plane = await started();
    for (const id of ['a', 'b', 'c']) await reserve(plane, id, { gpus: 8 });
    await plane.deliver();
    await plane.hear(JobCancelled({ jobId: 'a', attempt: 1, reason: 'I do not want it', at: at(1) }), 'cmo.job-a');
    await plane.hear(JobEvicted({ jobId: 'b', attempt: 1, reason: 'NodeLost', at: at(1) }), 'cmo.job-b');
    const again = request('b', { gpus: 8, attempt: 2 });
    await plane.hear(
      JobRequeued({ jobId: 'b', attempt: 2, reason: 'NodeLost', request: again, at: at(1) }),
      'cmo.job-b',
    );
    await succeed(plane, 'c');
    await plane.deliver();
    const released = await plane.events('drm.partition.allocation-released');
    expect(released.map(({ data }) => (data as { reason: string }).reason).sort()).toEqual([
      'Cancelled',
      'NodeLost',
      'Succeeded',
    ]);
    const { held } = await plane.inbox.state();
    expect([...held.values()].map(({ allocation }) => [allocation.workloadId, allocation.attempt])).toEqual([['b', 2]]);
  });

  it('answers a plan once, with what then really happens', async () => {
    const plane = await started();
    const base = { requestId: 'r', fingerprint: 'f', at: at(1) };
    await plane.hear(PlanRequested({ ...base, planId: 'plan_1', spec: spec({ gpus: 2 }) }), 'gateway.request-r');
    await plane.deliver(2);
    const plans = await plane.events('drm.plan.computed');
    await reserve(plane, 'job_1', { gpus: 2 });
    await plane.deliver();
    const [granted] = await plane.events('drm.partition.allocation-granted');
    expect(plans).toHaveLength(1);
    expect(plans[0]?.data).toMatchObject({
      feasible: true,
      waits: false,
      shares: (granted?.data as { allocation: { shares: unknown } }).allocation.shares,
    });
  });
});

describe('Nodes', () => {
  it('join, take real work alone, and leave when they are empty', async () => {
    const plane = await started();
    await plane.hear(joinRequest('node_1'), 'gateway.request-j');
    await reserve(plane, 'job_1', real);
    await plane.deliver();
    expect(placedOn(await plane.inbox.state(), 'job_1')).toEqual(['node_1']);
    const drain = { requestId: 'd', fingerprint: 'f', nodeId: 'node_1', leave: true, reason: 'repair', at: at(2) };
    await plane.hear(NodeDrainRequested(drain), 'gateway.request-d');
    await plane.deliver();
    expect(await plane.events('drm.node.left')).toEqual([]);
    await succeed(plane, 'job_1');
    await plane.deliver();
    expect((await plane.events('drm.node.left'))[0]?.data).toMatchObject({ nodeId: 'node_1', reason: 'Drained' });
    expect((await plane.inbox.state()).nodes.has('node_1')).toBe(false);
    // The same requests once more, and nobody says that they are repeats.
    await plane.redeliver();
    expect((await plane.inbox.state()).nodes.has('node_1')).toBe(false);
    expect(await plane.events('drm.command.refused')).toEqual([]);
  });

  it('that nobody knows cannot be drained: the refusal is recorded', async () => {
    const plane = await started();
    const drain = { requestId: 'd', fingerprint: 'f', nodeId: 'nobody', leave: false, reason: 'x', at: at(2) };
    await plane.hear(NodeDrainRequested(drain), 'gateway.request-d');
    await plane.deliver();
    expect((await plane.events('drm.command.refused'))[0]?.data).toMatchObject({
      reason: 'NodeUnknown',
      subjectId: 'nobody',
    });
  });

  it('are lost when their heartbeats stop, with what ran on them, and come back empty', async () => {
    const plane = await started();
    await plane.hear(joinRequest('node_1'), 'gateway.request-j');
    await reserve(plane, 'job_1', real);
    await plane.deliver();
    await plane.pass(30, () => plane.heartbeats.hear('node_1'));
    expect(await plane.events('drm.node.lost')).toEqual([]);
    await plane.pass(15);
    expect(await plane.events('drm.node.lost')).toEqual([]);
    await plane.pass(1);
    expect(await plane.events('drm.node.lost')).toHaveLength(1);
    expect((await plane.events('drm.partition.allocation-released'))[0]?.data).toMatchObject({ reason: 'NodeLost' });
    await plane.pass(5);
    expect(await plane.events('drm.node.recovered')).toEqual([]);
    await plane.pass(2, () => plane.heartbeats.hear('node_1'));
    expect(await plane.events('drm.node.recovered')).toHaveLength(1);
    expect((await plane.inbox.state()).nodes.get('node_1')).toMatchObject({ workloads: [], cordoned: false });
  });

  it('get a full lease from a new process, which has heard nothing yet', async () => {
    const plane = await started();
    await plane.hear(joinRequest('node_1'), 'gateway.request-j');
    await plane.deliver();
    await plane.pass(3);
    plane.clock.advance(3_600_000);
    plane.start();
    await plane.pass(15);
    expect(await plane.events('drm.node.lost')).toEqual([]);
    await plane.pass(2);
    expect(await plane.events('drm.node.lost')).toHaveLength(1);
    plane.start();
    plane.heartbeats.hear('node_1');
    await plane.pass(1);
    expect(await plane.events('drm.node.recovered')).toHaveLength(1);
  });

  it('of the simulation send no heartbeats and are never lost', async () => {
    const plane = await started();
    await plane.pass(60);
    expect(await plane.events('drm.node.lost')).toEqual([]);
  });
});

/** Fails the first `failures` leases. */
class FickleLessor extends Lessor {
  readonly released: string[] = [];
  private readonly failed = new Set<string>();
  constructor(private failures: number) {
    super();
  }
  override offers(_held: ReadonlyMap<string, number>, now: number) {
    const [row] = SIMULATED_OFFERS.slice(-1);
    const times = { observedAt: new Date(now).toISOString(), freshUntil: new Date(now + 600_000).toISOString() };
    return Promise.resolve(row ? [{ ...row, simulated: true, available: 4, ...times }] : []);
  }
  override acquire({ leaseId }: { leaseId: string }): Promise<LeaseProgress> {
    if (this.failed.size < this.failures) this.failed.add(leaseId);
    return Promise.resolve(this.failed.has(leaseId) ? { status: 'failed', reason: 'sold out' } : { status: 'ready' });
  }
  override billed(held: readonly BilledLease[]) {
    return Promise.resolve(held);
  }
  override release(leaseId: string): Promise<void> {
    if (this.released.length === 0) {
      this.released.push('');
      return Promise.reject(new SolyxError('Unavailable', 'the lessor does not answer'));
    }
    this.released.push(leaseId);
    return Promise.resolve();
  }
}

describe('Leases', () => {
  const burst = async (plane: Plane): Promise<void> => {
    for (let i = 0; i < 4; i += 1) await reserve(plane, `job_${i}`, { gpus: 8, model: 'H100', queued: i });
    await plane.deliver();
  };

  it('begin when owned GPUs are full, bring a node, and end when it is idle', async () => {
    const plane = await started();
    await burst(plane);
    expect((await plane.inbox.state()).held.size).toBe(3);
    await plane.pass(7);
    const busy = await plane.inbox.state();
    const [share] = busy.held.get('job_3')!.allocation.shares;
    expect(share).toMatchObject({ source: 'leased', provider: 'lambda', simulated: true, site: 'lambda-us' });
    await plane.pass(100);
    await succeed(plane, 'job_3');
    await plane.deliver();
    await plane.pass(301);
    const state = await plane.inbox.state();
    expect([state.leases.size, state.nodes.has(share!.nodeId)]).toEqual([0, false]);
    expect((await plane.events('drm.node.left'))[0]?.data).toMatchObject({ reason: 'LeaseEnded' });
    const [active] = await plane.events('drm.lease.activated');
    const cause = (await plane.events('cmo.job.quota-reserved'))[3];
    expect(active?.metadata.$correlationId).toBe(cause?.metadata.$correlationId);
  });

  it('are paid to the second and the micro-dollar', async () => {
    const plane = await started();
    await burst(plane);
    await plane.pass(20);
    await succeed(plane, 'job_3');
    await plane.deliver();
    await plane.pass(301);
    const [active] = await plane.events('drm.lease.activated');
    const [released] = await plane.events('drm.lease.released');
    const paid = released!.data as LeaseReleased['data'];
    const seconds = (Date.parse(paid.at) - Date.parse((active!.data as LeaseReleased['data']).at)) / 1000;
    expect(seconds).toBeGreaterThan(300);
    expect(paid).toMatchObject({
      billedSeconds: seconds,
      costMicroUsd: String(Math.round((19_920_000 * seconds) / 3600)),
    });
  });

  it('that fail are tried again later, and a lessor that does not answer is asked again', async () => {
    const lessor = new FickleLessor(1);
    const plane = await started(lessor);
    await burst(plane);
    await plane.pass(5);
    expect(await plane.events('drm.lease.failed')).toHaveLength(1);
    expect(await plane.events('drm.lease.activated')).toHaveLength(0);
    await plane.pass(60);
    expect(await plane.events('drm.lease.activated')).toHaveLength(1);
    await succeed(plane, 'job_3');
    await plane.deliver();
    await expect(plane.pass(301)).rejects.toThrow('does not answer');
    await plane.deliver();
    expect(await plane.events('drm.lease.released')).toHaveLength(1);
  });

  it('survive a restart while the node boots', async () => {
    const plane = await started();
    await burst(plane);
    plane.start();
    await plane.pass(8);
    expect(await plane.events('drm.lease.requested')).toHaveLength(1);
    expect((await plane.inbox.state()).held.size).toBe(4);
  });
});

describe('Advice', () => {
  it('is heard with the autonomy that is in force', async () => {
    const plane = await started();
    const limits = { leasedNodesMax: 1, leaseMicroUsdPerHourMax: '100000000', leasesPerHourMax: 1 };
    await plane.hear(
      AutonomySet({ level: 'act', killSwitch: true, limits, at: at(1) }),
      'optimizer.policy-main',
      'platform',
    );
    await plane.deliver();
    expect((await plane.inbox.state()).autonomy).toMatchObject({ level: 'act', killSwitch: true });
  });
});
