import { AdviceObserved, AutonomyObserved, PartitionNodeJoined } from '@solyx/contracts/drm';
import { at, Journal, offer, only, over, prices, workload } from '../test/builders';
import { factsOfLease, termsOfLease } from './leasing';

const LEASED = 'drm.partition.lease-requested';
const autonomy = (seconds: number, change: Partial<AutonomyObserved['data']> = {}): AutonomyObserved =>
  AutonomyObserved({
    level: 'act',
    killSwitch: false,
    limits: { leasedNodesMax: 3, leaseMicroUsdPerHourMax: '45000000', leasesPerHourMax: 2 },
    ...change,
    at: at(seconds),
  });
const advise = (adviceId: string, change: Partial<AdviceObserved['data']> = {}): AdviceObserved =>
  AdviceObserved({ adviceId, action: 'lease', count: 1, level: 'act', at: at(1), ...change });
const journal = (change: Partial<AutonomyObserved['data']> = {}): Journal => {
  const one = new Journal();
  one.advance(0, prices(), offer('o', { available: 9, minimumSeconds: 60 }), autonomy(0, change));
  return one;
};
const answer = (one: Journal, advice: AdviceObserved, seconds = 1) => {
  const events = one.advance(seconds, advice);
  const [decided] = only(events, 'drm.partition.advice-decided');
  return { reason: decided?.reason, obeyed: decided?.obeyed, leases: only(events, LEASED).length, events };
};

describe('Advice', () => {
  it('is obeyed within its limits, and is named in the lease', () => {
    const { events, ...said } = answer(journal(), advise('a'));
    expect(said).toEqual({ reason: 'AdviceObeyed', obeyed: true, leases: 1 });
    expect(only(events, LEASED)[0]).toMatchObject({ adviceId: 'a', reason: 'AdviceObeyed' });
  });
  it.each([
    ['the kill switch is on', { killSwitch: true }, {}, 'KillSwitchEngaged'],
    ['the level only suggests', { level: 'suggest' as const }, {}, 'AutonomyTooLow'],
    ['it was given under a lower level', {}, { level: 'observe' as const }, 'AutonomyTooLow'],
    [
      'it is more nodes than allowed',
      { limits: { leasedNodesMax: 0, leaseMicroUsdPerHourMax: '99000000', leasesPerHourMax: 9 } },
      {},
      'LimitExceeded',
    ],
    ['it is dearer than allowed', {}, { count: 3 }, 'LimitExceeded'],
    [
      'it is more leases per hour than allowed',
      { limits: { leasedNodesMax: 9, leaseMicroUsdPerHourMax: '990000000', leasesPerHourMax: 2 } },
      { count: 3 },
      'LimitExceeded',
    ],
    ['no offer is of the model', {}, { gpuModel: 'B200' }, 'OfferExhausted'],
    ['nothing is idle', {}, { action: 'release' as const }, 'LeaseUnknown'],
  ])('is not obeyed where %s', (_, change, given, reason) => {
    expect(answer(journal(change), advise('a', given))).toMatchObject({ reason, obeyed: false, leases: 0 });
  });
  it('is not obeyed before anyone set a level', () => {
    const one = new Journal();
    one.advance(0, prices(), offer('o'));
    expect(answer(one, advise('a'))).toMatchObject({ reason: 'AutonomyTooLow', leases: 0 });
  });
  it('counts the leases of the last hour, and forgets older ones', () => {
    const one = journal({ limits: { leasedNodesMax: 9, leaseMicroUsdPerHourMax: '990000000', leasesPerHourMax: 1 } });
    expect(answer(one, advise('a'))).toMatchObject({ obeyed: true });
    expect(answer(one, advise('b'), 3_600)).toMatchObject({ reason: 'LimitExceeded' });
    expect(answer(one, advise('c'), 3_601)).toMatchObject({ obeyed: true });
  });
  it('to release gives back an idle node that is paid for', () => {
    const one = journal();
    const [lease] = only(answer(one, advise('a')).events, LEASED);
    const { leaseId, offer: leased } = lease!;
    one.advance(
      6,
      PartitionNodeJoined({ terms: termsOfLease(leaseId, leased), facts: factsOfLease(leaseId, leased), at: at(6) }),
    );
    one.advance(7, workload('w'));
    expect(answer(one, advise('b', { action: 'release' }), 100)).toMatchObject({ reason: 'LeaseUnknown' });
    one.advance(101, over('w', 101));
    const { events, reason } = answer(one, advise('c', { action: 'release' }), 102);
    expect([reason, only(events, 'drm.partition.lease-release-requested')[0]?.adviceId]).toEqual(['AdviceObeyed', 'c']);
  });
  it('is decided once', () => {
    const one = journal();
    one.advance(1, advise('a'));
    expect(one.advance(2, advise('a'))).toEqual([]);
  });
  it('to hold changes nothing', () => {
    expect(answer(journal(), advise('a', { action: 'hold', count: 0 }))).toMatchObject({ obeyed: true, leases: 0 });
  });
});
