import { QUOTA_UNLIMITED } from '@solyx/contracts';
import { adopted, at, Journal, node, offer, over, prices, quota, workload } from '../test/builders';
import { whyOf } from './why';

const asked = (workloadId: string, seconds: number, organizationId = 'acme') => ({
  explanationId: 'why_1',
  organizationId,
  workloadId,
  at: at(seconds),
});
const owned = { sources: ['owned'], regions: [], simulated: true } as const;

describe('Why', () => {
  it('says what is missing, who is ahead, and when it comes free', () => {
    const journal = new Journal();
    journal.advance(0, prices(), node('n1', { gpus: 4 }));
    journal.advance(1, workload('running', { gpus: 3, queued: 1, runtime: 600 }));
    journal.advance(2, workload('first', { gpus: 4, queued: 2 }), workload('second', { gpus: 4, queued: 3 }));
    const first = whyOf(journal.state, asked('first', 10));
    expect(first).toMatchObject({ phase: 'Waiting', ahead: 0, reasons: [{ reason: 'InsufficientGpus', count: 1 }] });
    expect(first.blockers).toEqual([
      expect.objectContaining({ workloadId: 'running', position: 'running', latestEndAt: at(601) }),
    ]);
    expect(first.waysIn[0]).toMatchObject({ kind: 'wait-for-end', value: at(601) });
    expect(first.sentence).toBe(
      'It waits: needs 3 more H100; 1 node has too few free GPUs; it is next. It can start when running ends: at ' +
        '00:10:01 UTC at the latest, likely at 00:10:01 UTC. Most likely at 00:10:01 UTC, between 00:10:01 UTC and ' +
        '00:10:01 UTC.',
    );
    const second = whyOf(journal.state, asked('second', 10));
    expect(second.ahead).toBe(1);
    expect(second.blockers[0]).toEqual({ name: 'first', workloadId: 'first', position: 'ahead' });
    expect(second.sentence).toContain('ahead of it: first');
  });

  it('names the price that would let it in', () => {
    const journal = new Journal();
    journal.advance(0, prices(), node('n1'));
    const limits = { maxRuntimeSeconds: 600, maxPriceMicroUsdPerGpuHour: '900000' };
    journal.advance(1, workload('cheap', { queued: 1, change: { limits } }));
    const why = whyOf(journal.state, asked('cheap', 2));
    expect(why.waysIn).toEqual([expect.objectContaining({ kind: 'raise-price', value: '1.00' })]);
    expect(why.sentence).toContain('raise limits.max_price to 1.00 USD per GPU-hour');
  });

  it('names the source and the region that would let it in', () => {
    const journal = new Journal();
    journal.advance(0, prices(), offer('o1'), node('n1', { gpus: 0 }));
    journal.advance(1, workload('mine', { queued: 1, change: { placement: owned } }));
    expect(whyOf(journal.state, asked('mine', 2)).waysIn).toContainEqual({
      kind: 'allow-source',
      value: 'leased',
      sentence: 'allow leased GPUs in placement.sources',
    });
    journal.advance(3, node('n2', { joined: 3 }));
    journal.advance(4, workload('far', { queued: 4, change: { placement: { ...owned, regions: ['us-*'] } } }));
    expect(whyOf(journal.state, asked('far', 5)).waysIn).toContainEqual(
      expect.objectContaining({ kind: 'allow-region', value: 'eu-central' }),
    );
  });

  it('waits for a lease that is on its way', () => {
    const journal = new Journal();
    journal.advance(0, prices(), offer('o1', { bootSeconds: 90 }), node('n1', { gpus: 1 }));
    journal.advance(1, workload('big', { gpus: 8, queued: 1 }));
    const why = whyOf(journal.state, asked('big', 2));
    expect(why.waysIn[0]).toMatchObject({ kind: 'wait-for-lease', value: at(91) });
    expect(why.sentence).toContain('a leased node should be up at 00:01:31 UTC');
  });

  it('says what to ask for instead of what never fits', () => {
    const journal = new Journal();
    journal.advance(0, prices(), node('n1', { gpus: 4 }));
    journal.advance(1, workload('huge', { gpus: 8, queued: 1 }));
    const why = whyOf(journal.state, asked('huge', 2));
    expect(why.waysIn.map(({ kind }) => kind)).toEqual(['ask-for-less', 'add-nodes']);
    expect(why.start).toBeUndefined();
  });

  it('tells where work is that runs, and nothing of what it does not hold', () => {
    const journal = new Journal();
    journal.advance(0, prices(), node('n1', { gpus: 1 }), workload('a', { runtime: 600 }));
    expect(whyOf(journal.state, asked('a', 2)).sentence).toBe(
      'It holds n1 (simulated) since 00:00:00 UTC; it should end at 00:10:00 UTC, at 00:10:00 UTC at the latest.',
    );
    journal.advance(3, over('a', 3));
    expect(whyOf(journal.state, asked('a', 4)).phase).toBe('Unknown');
  });

  it('names the quota and the budget of its queue where these are what lacks', () => {
    const journal = new Journal();
    const nominal = { gpuMilli: 1_000, cpuMilli: QUOTA_UNLIMITED, memoryMiB: QUOTA_UNLIMITED };
    journal.advance(0, prices(), adopted(), node('n1'), quota('small', { nominal, borrowingLimit: nominal }));
    const broke = quota('broke', { budgets: [{ period: 'day', gpuMilliHours: 1 }] });
    journal.advance(1, broke, workload('wide', { gpus: 4, queued: 1, change: { queue: 'small' } }));
    journal.advance(2, workload('poor', { queued: 2, change: { queue: 'broke' } }));
    const wide = whyOf(journal.state, asked('wide', 3));
    expect(wide.reasons).toEqual([{ reason: 'QuotaExceeded', count: 1 }]);
    expect(wide.waysIn).toEqual([expect.objectContaining({ kind: 'raise-quota', value: 'small' })]);
    const poor = whyOf(journal.state, asked('poor', 3));
    expect(poor.waysIn).toEqual([expect.objectContaining({ kind: 'raise-budget', value: 'broke' })]);
    expect(poor.sentence).toContain('the next period begins at');
  });

  it('answers for the last of a long queue as for the first', () => {
    const journal = new Journal();
    journal.advance(0, prices(), adopted(), node('n1', { gpus: 1 }));
    const many = Array.from({ length: 60 }, (_, i) => workload(`w${i}`, { queued: 1 + i }));
    journal.advance(100, ...many);
    const why = whyOf(journal.state, asked('w59', 101));
    expect(why.ahead).toBe(58);
    expect(why.reasons[0]).toEqual({ reason: 'InsufficientGpus', count: 1 });
    expect(why.sentence).toContain('ahead of it: w1, w2, w3, 55 others');
  });

  it('counts the work of others without naming it, and tells them nothing of ours', () => {
    const journal = new Journal();
    journal.advance(0, prices(), node('n1', { gpus: 1 }));
    const theirs = { organizationId: 'other' };
    journal.advance(1, workload('secret-run', { queued: 1, change: theirs }));
    journal.advance(2, workload('secret-next', { queued: 2, change: theirs }), workload('ours', { queued: 3 }));
    const why = whyOf(journal.state, asked('ours', 4));
    expect(JSON.stringify(why)).not.toContain('secret');
    expect(why.sentence).toContain('ahead of it: 1 workload');
    expect(why.blockers).toContainEqual({ name: 'work of another organization', position: 'ahead' });
    expect(whyOf(journal.state, asked('ours', 4, 'other')).phase).toBe('Unknown');
  });
});
