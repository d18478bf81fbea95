import type { ChargeLine, Procurement, Source } from '@solyx/contracts';
import { AssetDepreciated, AssetLeaseCounted, ChargePosted } from '@solyx/contracts/billing';
import {
  AllocationGranted,
  AllocationReleased,
  LeaseGhostFound,
  LeaseGhostReturned,
  LeaseReleased,
  NodeLeft,
  NodeProcured,
  NodeRegistered,
} from '@solyx/contracts/drm';
import { zeroSum } from '../../domain/postings';
import { allocation, share } from '../../test/fixtures';
import { OwnersPlane } from '../../test/owners';
import { assetView } from './asset.projection';
import { marginView } from './margin.projection';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const T0 = Date.UTC(2026, 0, 10);
const iso = (ms: number): string => new Date(ms).toISOString();
const gpu = { index: 0, model: 'H100', memoryMiB: 81_559 };

const procurement: Procurement = {
  ...{ purchaseMicroUsd: '36000000000', purchasedAt: iso(T0), lifetimeMonths: 12, salvageMicroUsd: '0' },
  ...{ method: 'straight-line', idleWatts: 100, maxWatts: 700, energyMicroUsdPerKwh: '200000' },
};
const registered = (nodeId: string, source: Source, change: object = {}) =>
  NodeRegistered({
    terms: {
      ...{ nodeId, source, provider: source, simulated: false, executor: 'agent', site: 'home', region: 'eu' },
      ...{ costMicroUsdPerHour: '0', ...change },
    },
    facts: { hostname: nodeId, os: 'Linux', cpuMilli: 1, memoryMiB: 1, gpus: [gpu] },
    at: iso(T0),
  });

let plane: OwnersPlane;
beforeEach(() => {
  plane = new OwnersPlane(T0);
});
const record = async (stream: string, ...events: readonly Parameters<OwnersPlane['recorded']>[1][]): Promise<void> => {
  for (const event of events) await plane.recorded(stream, event, 'platform');
};
const asset = async (nodeId: string) => (await plane.views.get(assetView, nodeId))!;
const margins = async () => (await plane.views.list(marginView, { first: 50 })).rows.map(({ row }) => row);

/** Holds the GPU of a node from the clock's now on, for so long. */
async function use(nodeId: string, ms: number): Promise<void> {
  const now = plane.clock.now();
  const allocationId = `alc_${nodeId}_${now}`;
  const held = allocation({ allocationId, shares: [share({ nodeId })], grantedAt: iso(now) });
  const sentence = 'It was free.';
  await record(
    'drm.partition-main',
    AllocationGranted({ allocation: held, policy: 'p', candidates: [], sentence, at: iso(now) }),
  );
  plane.clock.advance(ms);
  const { workloadId, attempt, organizationId } = held;
  const released = { allocationId, workloadId, attempt, organizationId, reason: 'Ended', nodeIds: [nodeId] };
  await record('drm.partition-main', AllocationReleased({ ...released, at: iso(now + ms) }));
}

describe('What the fleet costs', () => {
  it('is counted each day: an owned node by time and use, what nobody used as idle', async () => {
    await record('drm.node-n1', registered('n1', 'owned'), NodeProcured({ nodeId: 'n1', procurement, at: iso(T0) }));
    await plane.hear();
    await use('n1', 6 * HOUR);
    await plane.pass(19 * HOUR);
    for (let tick = 0; tick < 4; tick += 1) await plane.pass(12 * HOUR);
    const facts = await plane.all<AssetDepreciated>(AssetDepreciated.type);
    expect(facts.map(({ from, to }) => [from, to])).toEqual([
      [iso(T0), iso(T0 + DAY)],
      [iso(T0 + DAY), iso(T0 + 2 * DAY)],
      [iso(T0 + 2 * DAY), iso(T0 + 3 * DAY)],
    ]);
    const [first] = facts;
    expect(BigInt(first!.idleMicroUsd)).toBe(BigInt(first!.amountMicroUsd) - BigInt(first!.amountMicroUsd) / 4n);
    // 0.1 kW × 24 h + 0.6 kW × 6 h = 6 kWh at 0.20 USD, then 2.4 kWh a day.
    expect(await asset('n1')).toMatchObject({
      ...{ energyMicroUsd: '2160000', wattHours: '10800', usedGpuMilliMs: String(6 * HOUR * 1_000) },
      phase: 'Active',
    });
  });

  it('catches up day by day after a silence, once', async () => {
    await record('drm.node-n1', registered('n1', 'owned'), NodeProcured({ nodeId: 'n1', procurement, at: iso(T0) }));
    await plane.hear();
    await plane.pass(10 * DAY + HOUR);
    await plane.pass(0);
    expect(await plane.all(AssetDepreciated.type)).toHaveLength(10);
  });

  it('is what the lessor bills for a leased node, ghosts too, and nothing for a shared one', async () => {
    const lease = { leaseId: 'l1', costMicroUsdPerHour: '2000000' };
    await record('drm.node-n2', registered('n2', 'leased', lease));
    await record('drm.node-n3', registered('n3', 'shared'));
    await plane.hear();
    await plane.pass(DAY + HOUR);
    expect(await asset('n2')).toMatchObject({ leaseMicroUsd: '48000000' });
    const end = { leaseId: 'l1', nodeId: 'n2', reason: 'LeaseIdle', billedSeconds: 93_600, at: iso(T0 + 26 * HOUR) };
    await record('drm.lease-l1', LeaseReleased({ ...end, costMicroUsd: '52000000' }));
    const ghost = {
      leaseId: 'g1',
      provider: 'vast',
      simulated: false,
      gpuModel: 'H100',
      gpus: 1,
      since: iso(T0),
      at: iso(T0),
    };
    await record(
      'drm.lease-g1',
      LeaseGhostFound({ ...ghost, priceMicroUsdPerHour: '1000000' }),
      LeaseGhostReturned({ leaseId: 'g1', billedSeconds: 3_600, costMicroUsd: '1000000', at: iso(T0 + HOUR) }),
    );
    await plane.hear();
    expect(await asset('n2')).toMatchObject({ leaseMicroUsd: '52000000', phase: 'Retired' });
    expect(await asset('g1')).toMatchObject({ leaseMicroUsd: '1000000', phase: 'Retired' });
    expect(await asset('n3')).toMatchObject({ source: 'shared', costs: false });
    await plane.pass(5 * DAY);
    expect(await plane.all(AssetLeaseCounted.type)).toHaveLength(3);
  });

  it('waits for a node that is not known yet, and ends with it', async () => {
    await record('drm.node-n1', NodeProcured({ nodeId: 'n1', procurement, at: iso(T0) }));
    await plane.hear();
    await record('drm.node-n1', registered('n1', 'owned'));
    await plane.hear();
    expect(await asset('n1')).toMatchObject({ bookValueMicroUsd: '36000000000' });
    await record('drm.node-n1', NodeLeft({ nodeId: 'n1', reason: 'Drained', at: iso(T0 + HOUR) }));
    await plane.hear();
    expect(await asset('n1')).toMatchObject({ phase: 'Retired', bookValueMicroUsd: '0' });
    for await (const { data } of plane.log.readAll()) {
      const { postings = [] } = data as { postings?: ChargePosted['data']['postings'] };
      expect(zeroSum(postings)).toBe(true);
    }
  });
});

describe('The margin', () => {
  it('of owned, leased and shared GPUs is a query', async () => {
    const line = (source: Source, amount: string, more: Partial<ChargeLine> = {}): ChargeLine => ({
      ...{ kind: 'gpu', description: 'GPU', source, simulated: false, nodeId: 'n', gpuModel: 'H100', quantity: '1' },
      ...{ unit: 'milli-gpu-ms', from: iso(T0), to: iso(T0 + HOUR), rateNumerator: '1', rateDenominator: '1' },
      ...{ amountMicroUsd: amount, eventIds: [], positions: [], ...more },
    });
    const lines = [
      line('owned', '300000000'),
      line('leased', '70000000'),
      line('shared', '10000000', { providerId: 'owner', providerAmountMicroUsd: '9700000' }),
      line('owned', '5', { simulated: true }),
    ];
    await record(
      'billing.account-acme',
      ChargePosted({
        ...{ chargeId: 'c1', organizationId: 'acme', project: 'p', resource: { kind: 'job', id: 'j' }, lines },
        ...{ period: '2026-01', postings: [], totalMicroUsd: '380000005', at: iso(T0 + HOUR) },
      }),
    );
    await record('drm.node-n1', registered('n1', 'owned'), NodeProcured({ nodeId: 'n1', procurement, at: iso(T0) }));
    await record('drm.node-n2', registered('n2', 'leased', { leaseId: 'l1', costMicroUsdPerHour: '2000000' }));
    await plane.hear();
    await plane.pass(DAY + HOUR);
    const rows = await margins();
    const [owned] = rows.filter(({ source, simulated }) => source === 'owned' && !simulated);
    const [depreciated] = await plane.all<AssetDepreciated>(AssetDepreciated.type);
    expect(owned).toMatchObject({
      ...{ day: '2026-01-10', chargedMicroUsd: '300000000', energyMicroUsd: '480000' },
      depreciationMicroUsd: depreciated!.amountMicroUsd,
      marginMicroUsd: (300_000_000n - 480_000n - BigInt(depreciated!.amountMicroUsd)).toString(),
    });
    expect(rows.filter(({ source }) => source === 'leased')).toMatchObject([
      { chargedMicroUsd: '70000000', leaseMicroUsd: '48000000', idleMicroUsd: '48000000', marginMicroUsd: '22000000' },
    ]);
    expect(rows.filter(({ source }) => source === 'shared')).toMatchObject([
      { chargedMicroUsd: '10000000', providersMicroUsd: '9700000', marginMicroUsd: '300000' },
    ]);
    expect(rows.filter(({ simulated }) => simulated)).toMatchObject([{ chargedMicroUsd: '5', source: 'owned' }]);
  });
});
