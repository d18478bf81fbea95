import {
  PartitionLeaseEnded,
  PartitionNodeCordoned,
  PartitionNodeGone,
  PartitionNodeUncordoned,
} from '@solyx/contracts/drm';
import { eventRegistry } from '@solyx/contracts';
import {
  at,
  Journal,
  node,
  offer,
  only,
  over,
  placedOn,
  prices,
  request,
  route,
  routes,
  workload,
} from '../test/builders';
import { LEASES_PENDING_MAX, nodeOfOffer, termsOfLease, factsOfLease, LEASE_IDLE_MS } from './leasing';
import { PartitionNodeJoined, WorkloadQueued } from '@solyx/contracts/drm';
import type { PartitionEvent } from './partition-events';

const GRANTED = 'drm.partition.allocation-granted';
const RELEASED = 'drm.partition.allocation-released';
const WAITING = 'drm.partition.workload-waiting';
const LEASED = 'drm.partition.lease-requested';
const RETURNED = 'drm.partition.lease-release-requested';

const journal = (...inputs: Parameters<Journal['advance']>[1][]): Journal => {
  const one = new Journal();
  one.advance(0, prices(), routes(route('home', 'lambda-us'), route('lambda-us', 'home')), ...inputs);
  return one;
};

/** The node of a lease has joined. */
const arrived = (events: readonly PartitionEvent[], seconds: number): PartitionNodeJoined[] =>
  only(events, LEASED).map(({ leaseId, offer: leased }) =>
    PartitionNodeJoined({
      terms: termsOfLease(leaseId, leased),
      facts: factsOfLease(leaseId, leased),
      at: at(seconds),
    }),
  );

describe('A schedule', () => {
  it('grants what fits, with its terms, its price and a sentence, as a valid event', () => {
    const one = journal(node('n1'), node('n2', { gpus: 4 }));
    const events = one.advance(1, workload('w1', { gpus: 2 }));
    for (const event of events) eventRegistry.validate(event, 64 * 1024);
    const [grant] = only(events, GRANTED);
    expect(placedOn(one.state, 'w1')).toEqual(['n2']);
    expect(grant).toMatchObject({
      policy: 'best-fit/1',
      allocation: { attempt: 1, grantedAt: at(1), priceMicroUsdPerHour: String(2_000_000 + 10_000 + 1_000) },
      candidates: [
        { nodeId: 'n2', verdict: 'chosen' },
        { nodeId: 'n1', verdict: 'runner-up' },
      ],
    });
    expect(grant?.candidates[0]?.terms.map(({ term }) => term)).toEqual(['tier', 'best-fit', 'price']);
    expect(grant?.sentence).toBe(
      '2 × H100 on n2 (owned, simulated, site home) at 2.011 USD/h: of 2 nodes that fit it is the best.',
    );
  });

  it('takes the higher priority first, then the longer waiting', () => {
    const one = journal(node('n1', { gpus: 2 }));
    one.advance(
      1,
      workload('late', { queued: 3 }),
      workload('low', { priority: 10 }),
      workload('early', { queued: 1 }),
    );
    expect([...one.state.held.keys()].sort()).toEqual(['early', 'late']);
    expect(one.state.order).toEqual(['low']);
  });

  it('shares a GPU by thousandths, on the fullest that suffices', () => {
    const one = journal(node('n1', { gpus: 2 }));
    one.advance(1, workload('a', { gpuMilli: 600 }));
    one.advance(2, workload('b', { gpuMilli: 500 }));
    one.advance(3, workload('c', { gpuMilli: 300 }));
    expect(one.state.nodes.get('n1')?.gpuFree).toEqual([100, 500]);
    expect(one.state.held.get('c')?.allocation.shares[0]).toMatchObject({ gpuIndexes: [0], gpuMilli: 300 });
  });

  it('keeps work without GPUs off the nodes that have them free', () => {
    const one = journal(node('gpu'), node('plain', { gpus: 0 }));
    one.advance(1, workload('w1', { gpus: 0 }));
    expect(placedOn(one.state, 'w1')).toEqual(['plain']);
    expect(one.state.held.get('w1')?.allocation.shares[0]).toMatchObject({ gpuModel: '', gpuIndexes: [], gpuMilli: 0 });
  });

  it('uses GPUs of one island where one has enough', () => {
    const joined = node('n1', { gpus: 4 });
    const gpus = joined.data.facts.gpus.map((gpu) => ({
      ...gpu,
      island: gpu.index === 0 || gpu.index === 3 ? 'x' : 'y',
    }));
    const one = journal(PartitionNodeJoined({ ...joined.data, facts: { ...joined.data.facts, gpus } }));
    one.advance(1, workload('w1', { gpus: 2 }));
    const [first] = one.state.held.get('w1')?.allocation.shares ?? [];
    expect([
      [0, 3],
      [1, 2],
    ]).toContainEqual(first?.gpuIndexes);
  });

  it('takes owned before leased although leased is the tighter fit, and says why when it takes leased', () => {
    const leased = node('b', { gpus: 1, terms: { source: 'leased', site: 'lambda-us' } });
    const one = journal(node('a', { gpus: 1 }), leased);
    one.advance(1, workload('w1'));
    const [grant] = only(one.advance(2, workload('w2')), GRANTED);
    expect(placedOn(one.state, 'w1')).toEqual(['a']);
    expect(placedOn(one.state, 'w2')).toEqual(['b']);
    expect(grant?.candidates).toContainEqual(
      expect.objectContaining({ nodeId: 'a', verdict: 'rejected', reason: 'InsufficientGpus' }),
    );
    expect(grant?.sentence).toContain('no node of a preferred source has room');
  });

  it('follows the order of sources that someone wrote', () => {
    const leased = node('b', { terms: { source: 'leased' } });
    const one = journal(node('a'), leased);
    const placement = { sources: ['leased', 'owned'] as const, regions: [], simulated: true };
    one.advance(1, workload('w1', { change: { placement } }));
    expect(placedOn(one.state, 'w1')).toEqual(['b']);
  });

  it('sends work to its data, and prices what crosses sites', () => {
    const far = node('a', { terms: { site: 'lambda-us' } });
    const one = journal(far, node('b'));
    const data = [{ uri: 's3://set', site: 'lambda-us', sizeGiB: 100 }];
    one.advance(1, workload('w1', { gpus: 8, change: { data } }));
    expect(placedOn(one.state, 'w1')).toEqual(['a']);
    one.advance(2, workload('w2', { gpus: 8, change: { data } }));
    expect(one.state.held.get('w2')?.allocation.transfers).toEqual([
      expect.objectContaining({ fromSite: 'lambda-us', toSite: 'home', priceMicroUsd: '2000000', sizeGiB: 100 }),
    ]);
  });

  it('grants a gang all of its nodes at once, on one site where one has room, or none', () => {
    const one = journal(
      node('a', { terms: { site: 'x' } }),
      node('b', { terms: { site: 'y' } }),
      node('c', { terms: { site: 'y' } }),
    );
    one.advance(1, workload('gang', { gpus: 8, nodes: 2 }));
    expect(placedOn(one.state, 'gang')).toEqual(['b', 'c']);
    const [wait] = only(one.advance(2, workload('more', { gpus: 8, nodes: 2 })), WAITING);
    expect(wait?.reasons).toContainEqual({ reason: 'GangIncomplete', count: 1 });
    one.advance(3, over('gang', 3));
    expect(placedOn(one.state, 'more')).toEqual(['b', 'c']);
  });

  it('says why work waits, and again only when the reasons or the bucket of its place change', () => {
    const one = journal(node('n1', { gpus: 1 }), node('l4', { gpus: 4, model: 'L4' }));
    one.advance(1, workload('run', { model: 'H100' }));
    const [wait] = only(one.advance(2, workload('w1', { model: 'H100', queued: 2 })), WAITING);
    expect(wait).toMatchObject({
      ahead: 0,
      reasons: [
        { reason: 'GpuModelMismatch', count: 1 },
        { reason: 'InsufficientGpus', count: 1 },
      ],
      sentence: 'It waits: 1 node has other GPUs; 1 node has too few free GPUs; it is next.',
    });
    expect(one.tick(3)).toEqual([]);
    expect(only(one.advance(4, workload('w2', { model: 'H100', queued: 4 })), WAITING)).toHaveLength(1);
    expect(only(one.advance(5, node('l4b', { gpus: 4, model: 'L4' })), WAITING)).toEqual([]);
  });

  it('names each reason for which a node is passed over', () => {
    const limits = { maxRuntimeSeconds: 60, maxPriceMicroUsdPerGpuHour: '1' };
    const cases: [string, WorkloadQueued][] = [
      [
        'SimulationMismatch',
        workload('a', { change: { placement: { sources: ['owned'], regions: [], simulated: false } } }),
      ],
      [
        'SourceNotAllowed',
        workload('b', { change: { placement: { sources: ['shared'], regions: [], simulated: true } } }),
      ],
      [
        'RegionNotAllowed',
        workload('c', { change: { placement: { sources: ['owned'], regions: ['us-*'], simulated: true } } }),
      ],
      ['GpuModelMismatch', workload('d', { model: 'B200' })],
      [
        'GpuMemoryTooSmall',
        workload('e', { change: { resources: { ...request('e').resources, gpuMemoryMiB: 1_000_000 } } }),
      ],
      ['InsufficientCpu', workload('f', { cpuMilli: 1_000_000 })],
      ['InsufficientMemory', workload('g', { memoryMiB: 10_000_000 })],
      ['PriceTooHigh', workload('h', { change: { limits } })],
      ['NoRoute', workload('i', { change: { data: [{ uri: 'x', site: 'nowhere', sizeGiB: 1 }] } })],
      ['InsufficientGpus', workload('j', { gpus: 9 })],
    ];
    for (const [reason, input] of cases) {
      const [wait] = only(journal(node('n1')).advance(1, input), WAITING);
      expect([reason, wait?.reasons.map((one) => one.reason)]).toEqual([reason, expect.arrayContaining([reason])]);
    }
    const bare = new Journal();
    expect(only(bare.advance(1, node('n1'), workload('k')), WAITING)[0]?.reasons).toEqual([
      { reason: 'NoPrice', count: 1 },
    ]);
  });

  it('says NeverFits of what no node and no offer could hold, and only of that', () => {
    const one = journal(node('n1', { gpus: 4 }));
    expect(only(one.advance(1, workload('big', { gpus: 8 })), WAITING)[0]?.reasons[0]).toEqual({
      reason: 'NeverFits',
      count: 1,
    });
    const told = only(one.advance(2, offer('o1', { available: 0 })), WAITING);
    expect(told[0]?.reasons.map(({ reason }) => reason)).toEqual(['InsufficientGpus']);
  });

  it('waits out a backoff, and starts by a tick when it is over', () => {
    const one = journal(node('n1'));
    const [wait] = only(one.advance(1, workload('w1', { change: { notBefore: at(10) } })), WAITING);
    expect(wait?.reasons).toEqual([{ reason: 'BackingOff', count: 1 }]);
    expect(one.tick(9)).toEqual([]);
    expect(only(one.tick(10), GRANTED)).toHaveLength(1);
  });

  it('uses the price list whose time has come', () => {
    const one = journal(node('n1'));
    const later = prices(2);
    const entries = later.data.entries.map((entry) => ({ ...entry, microUsdPerUnit: '7000000' }));
    one.advance(1, { ...later, data: { ...later.data, entries, at: at(100) } });
    const [before] = only(one.advance(2, workload('w1', { cpuMilli: 0, memoryMiB: 0 })), GRANTED);
    const [after] = only(one.advance(100, workload('w2', { cpuMilli: 0, memoryMiB: 0 })), GRANTED);
    expect([before?.allocation.priceMicroUsdPerHour, after?.allocation.priceMicroUsdPerHour]).toEqual([
      '1000000',
      '7000000',
    ]);
  });
});

describe('Nodes that go', () => {
  it('take what ran on them with them, the whole gang', () => {
    const one = journal(node('a'), node('b'));
    one.advance(1, workload('gang', { gpus: 8, nodes: 2 }));
    const [release] = only(one.advance(2, PartitionNodeGone({ nodeId: 'a', reason: 'NodeLost', at: at(2) })), RELEASED);
    expect(release).toMatchObject({ workloadId: 'gang', reason: 'NodeLost', nodeIds: ['a', 'b'] });
    expect(one.state.nodes.get('b')?.gpuMilliFree).toBe(8_000);
  });

  it('come back empty, and hold nothing twice', () => {
    const one = journal(node('a'));
    one.advance(1, workload('w1', { gpus: 8 }));
    one.advance(5, PartitionNodeGone({ nodeId: 'a', reason: 'NodeLost', at: at(4) }), node('a', { joined: 5 }));
    expect(one.state.nodes.get('a')?.gpuMilliFree).toBe(8_000);
    one.advance(6, PartitionNodeGone({ nodeId: 'a', reason: 'NodeLost', at: at(4) }), node('a'));
    expect(one.state.nodes.get('a')?.joinedAt).toBe(at(5));
  });

  it('take no new work once cordoned', () => {
    const one = journal(node('a'));
    const [wait] = only(one.advance(1, PartitionNodeCordoned({ nodeId: 'a', at: at(1) }), workload('w1')), WAITING);
    expect(wait?.reasons.map(({ reason }) => reason)).toEqual(['NeverFits', 'NodeCordoned']);
  });

  it('take what waits once uncordoned, and no late word of a cordon changes that', () => {
    const one = journal(node('a'));
    one.advance(1, PartitionNodeCordoned({ nodeId: 'a', at: at(1) }), workload('w1'));
    expect(only(one.advance(3, PartitionNodeUncordoned({ nodeId: 'a', at: at(3) })), GRANTED)).toHaveLength(1);
    one.advance(4, PartitionNodeCordoned({ nodeId: 'a', at: at(1) }));
    expect(one.state.nodes.get('a')?.cordoned).toBe(false);
  });
});

describe('Backfill', () => {
  const full = (): Journal => {
    const one = journal(node('a', { gpus: 2 }), node('b', { gpus: 2 }));
    one.advance(1, workload('long', { gpus: 1, runtime: 1_000 }));
    one.advance(2, workload('head', { gpus: 2, nodes: 2, queued: 2 }));
    return one;
  };

  it('lets shorter work use what the head waits for, if it is surely over by then', () => {
    const one = full();
    one.advance(3, workload('short', { gpus: 2, queued: 3, runtime: 900 }));
    expect(placedOn(one.state, 'short')).toEqual(['b']);
  });

  it('never lets longer work past a blocked head onto the nodes it waits for', () => {
    const one = full();
    const [wait] = only(one.advance(3, workload('longer', { gpus: 2, queued: 3, runtime: 1_001 })), WAITING);
    expect(wait?.reasons).toContainEqual({ reason: 'BehindInQueue', count: 1 });
    one.advance(4, over('long', 4));
    expect(placedOn(one.state, 'head')).toHaveLength(2);
  });

  it('lets anything onto nodes that the head cannot use', () => {
    const one = full();
    one.advance(
      3,
      node('l4', { model: 'L4', gpus: 1 }),
      workload('other', { gpus: 1, queued: 3, runtime: 9_999, model: 'L4' }),
    );
    expect(placedOn(one.state, 'other')).toEqual(['l4']);
  });

  it('is not held up by work that never fits', () => {
    const one = journal(node('a', { gpus: 2 }));
    one.advance(1, workload('never', { gpus: 16, priority: 90 }), workload('w1', { gpus: 2, runtime: 9_999 }));
    expect(placedOn(one.state, 'w1')).toEqual(['a']);
  });
});

describe('Leasing', () => {
  it('rents the better offer when nothing owned has room, once for what waits together', () => {
    const one = journal(
      node('a', { gpus: 1 }),
      offer('dear', { priceMicroUsdPerHour: '30000000' }),
      offer('cheap', { available: 3 }),
    );
    one.advance(1, workload('run', { gpus: 1 }));
    const events = one.advance(2, ...[1, 2, 3, 4].map((i) => workload(`w${i}`, { gpus: 2 })));
    const [lease, ...more] = only(events, LEASED);
    expect(more).toEqual([]);
    expect(lease).toMatchObject({ offer: { offerId: 'cheap' }, workloadId: 'w1', reason: 'OwnedFull' });
    expect(
      only(events, WAITING).map(({ reasons }) => reasons.some(({ reason }) => reason === 'AwaitingLease')),
    ).toEqual([true, true, true, true]);
    expect(only(one.advance(3, workload('w5', { gpus: 8 })), LEASED)).toHaveLength(1);
    expect(only(one.tick(4), LEASED)).toEqual([]);
    one.advance(7, ...arrived(events, 7));
    expect([...one.state.held.keys()].sort()).toEqual(['run', 'w1', 'w2', 'w3', 'w4']);
    expect(one.state.held.get('w1')?.allocation.shares[0]).toMatchObject({ source: 'leased', simulated: true });
  });

  it('is bounded however large the burst', () => {
    const one = journal(offer('o', { available: 1_000 }));
    const burst = Array.from({ length: 40 }, (_, i) => workload(`w${i}`, { gpus: 8 }));
    expect(only(one.advance(1, ...burst), LEASED)).toHaveLength(LEASES_PENDING_MAX);
    expect(only(one.tick(2), LEASED)).toEqual([]);
  });

  it('leases all nodes of a gang or none', () => {
    const few = journal(offer('o', { available: 1 }));
    expect(only(few.advance(1, workload('gang', { gpus: 8, nodes: 2 })), LEASED)).toEqual([]);
    const enough = journal(offer('o', { available: 2 }));
    expect(only(enough.advance(1, workload('gang', { gpus: 8, nodes: 2 })), LEASED)).toHaveLength(2);
  });

  it('never places on a stale offer, nor leases for work that may not use it', () => {
    const stale = journal(offer('o', { freshUntil: at(1) }));
    expect(only(stale.advance(2, workload('w')), LEASED)).toEqual([]);
    const placement = { sources: ['owned'] as const, regions: [], simulated: true };
    const owned = journal(offer('o'));
    expect(only(owned.advance(2, workload('w', { change: { placement } })), LEASED)).toEqual([]);
  });

  it('leaves a lessor alone that failed, then tries again', () => {
    const one = journal(offer('o', { available: 5 }));
    const [lease] = only(one.advance(1, workload('w')), LEASED);
    const failed = PartitionLeaseEnded({ leaseId: lease!.leaseId, reason: 'LessorFailed', at: at(2) });
    expect(only(one.advance(2, failed), LEASED)).toEqual([]);
    expect(only(one.tick(61), LEASED)).toEqual([]);
    expect(only(one.tick(62), LEASED)).toHaveLength(1);
  });

  it('gives an idle node back after its minimum and the idle window, and not while it works', () => {
    const one = journal(offer('o', { minimumSeconds: 60 }));
    const events = one.advance(1, workload('w'));
    one.advance(6, ...arrived(events, 6));
    const idle = LEASE_IDLE_MS / 1000;
    expect(only(one.tick(6 + idle), RETURNED)).toEqual([]);
    one.advance(1_000, over('w', 1_000));
    expect(only(one.tick(999 + idle), RETURNED)).toEqual([]);
    const [back] = only(one.tick(1_000 + idle), RETURNED);
    expect(back).toMatchObject({ reason: 'LeaseIdle' });
    expect(only(one.tick(1_001 + idle), RETURNED)).toEqual([]);
    expect(only(one.advance(1_002 + idle, workload('next', { queued: 1_001 })), GRANTED)).toEqual([]);
  });

  it('knows the node that an offer becomes', () => {
    const { offer: leased } = offer('o').data;
    expect(nodeOfOffer('lease_1', leased, at(0))).toMatchObject({ gpuMilliFree: 8_000, terms: { source: 'leased' } });
  });
});
