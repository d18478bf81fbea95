import fc from 'fast-check';
import {
  LeaseActivated,
  LeaseDraining,
  LeaseFailed,
  LeaseGhostFound,
  LeaseGhostReturned,
  LeaseOrphaned,
  LeaseReleased,
  LeaseRequested,
  NodeCordoned,
  NodeLeft,
  NodeLost,
  NodeProcured,
  NodeRecovered,
  NodeRegistered,
  NodeUncordoned,
  OfferObserved,
} from '@solyx/contracts/drm';
import { given, replay } from '@solyx/testing';
import { at, node, offer, procurement } from '../test/builders';
import { costOfLease, leaseDecider, type LeaseCommand } from './lease';
import { nodeDecider, type NodeCommand } from './node';
import { offerDecider } from './offer';

const nodeId = 'n1';
const { terms, facts } = node(nodeId).data;
const registered = NodeRegistered({ terms, facts, at: at(0) });
const cordoned = NodeCordoned({ nodeId, reason: 'repair', leave: false, at: at(1) });
const lost = NodeLost({ nodeId, lastSeenAt: at(1), at: at(20) });
const left = NodeLeft({ nodeId, reason: 'Drained', at: at(30) });

describe('Node', () => {
  const past = given(nodeDecider);
  const register = (seconds: number): NodeCommand => ({
    type: 'RegisterNode',
    data: { terms, facts, at: at(seconds) },
  });
  const cordon = (leave: boolean): NodeCommand => ({ type: 'CordonNode', data: { ...cordoned.data, leave } });
  const recover: NodeCommand = { type: 'RecoverNode', data: { nodeId, at: at(21) } };

  it('joins once', () => {
    past().when(register(0)).then(registered);
    past(registered).when(register(9)).thenNothing();
    past(registered, cordoned).when(register(9)).thenNothing();
  });
  it('may join again after it left or was lost', () => {
    past(registered, left)
      .when(register(40))
      .then(NodeRegistered({ terms, facts, at: at(40) }));
    past(registered, lost)
      .when(register(40))
      .then(NodeRegistered({ terms, facts, at: at(40) }));
  });
  it('is cordoned once, and again only to leave', () => {
    past(registered).when(cordon(false)).then(cordoned);
    past(registered, cordoned).when(cordon(false)).thenNothing();
    expect(past(registered, cordoned).when(cordon(true)).decision).toMatchObject({
      events: [{ data: { leave: true } }],
    });
  });
  it('takes work again once it is uncordoned, and does not leave then', () => {
    const uncordon: NodeCommand = { type: 'UncordonNode', data: { nodeId, reason: 'repaired', at: at(2) } };
    const uncordoned = NodeUncordoned(uncordon.data);
    past(registered, cordoned).when(uncordon).then(uncordoned);
    past(registered).when(uncordon).thenNothing();
    past(registered, cordoned, uncordoned).when(uncordon).thenNothing();
    past().when(uncordon).thenRefused('NodeUnknown');
    past(registered, left).when(uncordon).thenRefused('NodeGone');
    const { state } = replay(nodeDecider, [register(0), cordon(true), uncordon]);
    expect(state).toMatchObject({ phase: 'Ready', cordoned: false, leaving: false });
    const lostAfter = replay(nodeDecider, [register(0), cordon(true), { type: 'LoseNode', data: lost.data }, uncordon]);
    expect(lostAfter.state).toMatchObject({ phase: 'Lost', cordoned: false });
  });
  it('takes its purchase once, and only where it is owned', () => {
    const procure = { type: 'ProcureNode', data: { nodeId, procurement: procurement(), at: at(5) } } as const;
    const procured = NodeProcured(procure.data);
    past(registered).when(procure).then(procured);
    past(registered, procured).when(procure).thenNothing();
    past().when(procure).thenRefused('NodeUnknown');
    const rented = NodeRegistered({ terms: { ...terms, source: 'leased' }, facts, at: at(0) });
    past(rented).when(procure).thenRefused('NodeNotOwned');
  });
  it('refuses what is asked of a node that nobody knows, or that is gone', () => {
    past().when(cordon(false)).thenRefused('NodeUnknown');
    past().when(recover).thenRefused('NodeUnknown');
    past(registered, left).when(cordon(false)).thenRefused('NodeGone');
  });
  it('is lost once, and recovers once', () => {
    const lose: NodeCommand = { type: 'LoseNode', data: lost.data };
    past(registered).when(lose).then(lost);
    past(registered, lost).when(lose).thenNothing();
    past(registered, lost)
      .when(recover)
      .then(NodeRecovered({ nodeId, at: at(21) }));
    past(registered).when(recover).thenNothing();
    past(registered, left).when(lose).thenNothing();
  });
  it('stays cordoned through a loss', () => {
    const { state } = replay(nodeDecider, [register(0), cordon(true), { type: 'LoseNode', data: lost.data }, recover]);
    expect(state).toMatchObject({ phase: 'Cordoned', leaving: true });
  });
  it('tells its facts apart by time, whatever the clocks say', () => {
    const command = fc.constantFrom<Exclude<NodeCommand['type'], 'ProcureNode'>>(
      'RegisterNode',
      'CordonNode',
      'UncordonNode',
      'LoseNode',
      'RecoverNode',
      'LeaveNode',
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(command, fc.integer({ min: 0, max: 5 }))), (list) => {
        const data = { nodeId, terms, facts, reason: 'x', leave: false, lastSeenAt: at(0) };
        const commands = list.map(([type, seconds]) => ({ type, data: { ...data, at: at(seconds) } }));
        const times = replay(nodeDecider, commands).events.map((event) => event.data.at);
        expect(times).toEqual([...new Set(times)].sort());
      }),
    );
  });
});

describe('Lease', () => {
  const past = given(leaseDecider);
  const { offer: rented } = offer('o1', { minimumSeconds: 60, priceMicroUsdPerHour: '3600000' }).data;
  const leaseId = 'lease_1';
  const requested = LeaseRequested({ leaseId, partition: 'main', offer: rented, reason: 'OwnedFull', at: at(0) });
  const activated = LeaseActivated({ leaseId, nodeId, at: at(10) });
  const released = (seconds: number, billedSeconds: number): LeaseReleased =>
    LeaseReleased({
      leaseId,
      nodeId,
      reason: 'LeaseIdle',
      billedSeconds,
      costMicroUsd: String(billedSeconds * 1000),
      at: at(seconds),
    });
  const release = (seconds: number): LeaseCommand => ({
    type: 'ReleaseLease',
    data: { leaseId, reason: 'LeaseIdle', at: at(seconds) },
  });
  const fail: LeaseCommand = { type: 'FailLease', data: { leaseId, reason: 'LessorFailed', at: at(5) } };

  it('drains before it is released, and its meter runs until then', () => {
    const drain: LeaseCommand = { type: 'DrainLease', data: { leaseId, reason: 'LeaseIdle', at: at(100) } };
    const draining = LeaseDraining({ leaseId, nodeId, reason: 'LeaseIdle', at: at(100) });
    past(requested, activated).when(drain).then(draining);
    past(requested, activated, draining).when(drain).thenNothing();
    past(requested).when(drain).thenNothing();
    past(requested, activated, draining).when(release(110)).then(released(110, 100));
  });
  it('is billed in whole units, the begun one too', () => {
    const hourly = { ...rented, minimumSeconds: 60, billingUnitSeconds: 3_600, priceMicroUsdPerHour: '1000000' };
    const active = { ...leaseDecider.initial, phase: 'Active', offer: hourly, activatedAt: at(0) } as const;
    expect(costOfLease(active, at(10))).toEqual({ seconds: 3_600, microUsd: 1_000_000n });
    expect(costOfLease(active, at(3_601))).toEqual({ seconds: 7_200, microUsd: 2_000_000n });
  });
  it('is orphaned where its lessor does not know it, and paid until it was last seen', () => {
    const orphan: LeaseCommand = { type: 'OrphanLease', data: { leaseId, lastSeenAt: at(110), at: at(300) } };
    past(requested, activated)
      .when(orphan)
      .then(
        LeaseOrphaned({
          ...{ leaseId, nodeId, billedSeconds: 100, costMicroUsd: '100000' },
          ...{ lastSeenAt: at(110), at: at(300) },
        }),
      );
    past(requested).when(orphan).thenNothing();
    past().when(orphan).thenRefused('LeaseUnknown');
  });
  it('is a ghost where it is billed and not held, and is closed once with its cost', () => {
    const found = LeaseGhostFound({
      ...{ leaseId, provider: 'lambda', simulated: true, gpuModel: 'H100', gpus: 8 },
      ...{ priceMicroUsdPerHour: '3600000', since: at(0), at: at(50) },
    });
    const find: LeaseCommand = { type: 'FindGhost', data: found.data };
    const close: LeaseCommand = { type: 'ReturnGhost', data: { leaseId, at: at(100) } };
    const closed = LeaseGhostReturned({ leaseId, billedSeconds: 100, costMicroUsd: '100000', at: at(100) });
    past().when(find).then(found);
    past(found).when(find).thenNothing();
    past(found).when(close).then(closed);
    past(found, closed).when(close).thenNothing();
    past(requested).when(find).thenNothing();
    past(requested, activated).when(find).thenNothing();
    past(requested, activated, released(110, 100)).when(find).then(found);
  });
  it('is requested, activated and released once', () => {
    past().when({ type: 'RequestLease', data: requested.data }).then(requested);
    past(requested).when({ type: 'RequestLease', data: requested.data }).thenNothing();
    past(requested).when({ type: 'ActivateLease', data: activated.data }).then(activated);
    past(requested, activated).when({ type: 'ActivateLease', data: activated.data }).thenNothing();
    past(requested, activated).when(release(110)).then(released(110, 100));
    past(requested, activated, released(110, 100)).when(release(200)).thenNothing();
  });
  it('costs its minimum at least, and whole seconds', () => {
    past(requested, activated).when(release(11)).then(released(11, 60));
    const active = { ...leaseDecider.initial, phase: 'Active', offer: rented, nodeId, activatedAt: at(0) } as const;
    expect(costOfLease(active, at(100.001))).toEqual({ seconds: 101, microUsd: 101_000n });
    expect(costOfLease({ ...active, offer: { ...rented, priceMicroUsdPerHour: '1' } }, at(1_800))).toEqual({
      seconds: 1800,
      microUsd: 0n,
    });
    expect(costOfLease({ ...active, offer: { ...rented, priceMicroUsdPerHour: '1' } }, at(1_801))).toEqual({
      seconds: 1801,
      microUsd: 1n,
    });
  });
  it('may fail before it is active, and costs nothing then', () => {
    past(requested)
      .when(fail)
      .then(LeaseFailed({ leaseId, reason: 'LessorFailed', at: at(5) }));
    past(requested, activated).when(fail).thenNothing();
    past(requested).when(release(9)).thenNothing();
    past().when(fail).thenRefused('LeaseUnknown');
  });
});

describe('Offer', () => {
  const past = given(offerDecider);
  const seen = (seconds: number, price = '5'): OfferObserved => {
    const times = { observedAt: at(seconds), freshUntil: at(seconds + 100) };
    return OfferObserved({ ...offer('o1', { ...times, priceMicroUsdPerHour: price }).data, at: at(seconds) });
  };
  const observe = ({ data }: OfferObserved) => ({ type: 'ObserveOffer', data }) as const;

  it('is recorded when it is new, when it changed, and when half of its freshness is gone', () => {
    past()
      .when(observe(seen(0)))
      .then(seen(0));
    past(seen(0))
      .when(observe(seen(49)))
      .thenNothing();
    past(seen(0))
      .when(observe(seen(50)))
      .then(seen(50));
    past(seen(0))
      .when(observe(seen(1, '6')))
      .then(seen(1, '6'));
    past(seen(10))
      .when(observe(seen(9, '6')))
      .thenNothing();
  });
});
