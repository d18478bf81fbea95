import { PartitionNodeEvictionNoticed, PartitionNodeGone, PolicyAdopted } from '@solyx/contracts/drm';
import { at, Journal, node, only, over, placedOn, prices, workload, type WorkloadOptions } from '../../test/builders';
import type { PartitionEvent } from '../partition-events';
import { SHADOW_PRICE } from '../policy';
import { replayDecisions } from '../replay-decisions';

const ASKED = 'drm.partition.preemption-requested';

const firm = (change: object = {}) => ({ minRuntimeSeconds: 60, ...change });

/** A journal in which running work may be asked to leave. */
const begun = (...nodes: Parameters<Journal['advance']>[1][]): Journal => {
  const journal = new Journal();
  const adopted = PolicyAdopted({ policy: SHADOW_PRICE.id, at: at(0) });
  journal.advance(0, prices(), adopted, ...nodes);
  return journal;
};
const run = (journal: Journal, second: number, id: string, options: WorkloadOptions = {}): readonly PartitionEvent[] =>
  journal.advance(second, workload(id, { queued: second, ...options }));
const asked = (events: readonly PartitionEvent[]) => only(events, ASKED).map(({ workloadId }) => workloadId);

describe('Preemption', () => {
  it('asks lower priority of the same organization to leave, keeps the room, and grants it when they are gone', () => {
    const journal = begun(node('n1', { gpus: 2 }));
    run(journal, 1, 'low', { gpus: 2, priority: 10 });
    const events = run(journal, 100, 'high', { gpus: 1, priority: 90 });
    const [request] = only(events, ASKED);
    expect(request).toMatchObject({
      workloadId: 'low',
      reason: 'Preempted',
      forWorkloadId: 'high',
      noticeSeconds: 30,
      room: [{ nodeId: 'n1', gpuMilli: 1000 }],
      terms: [{ term: 'lost-work' }],
    });
    expect(request?.sentence).toContain('priority 90');
    const [waits] = only(events, 'drm.partition.workload-waiting');
    expect(waits?.reasons.map(({ reason }) => reason)).toContain('AwaitingPreemption');
    // Nothing is taken before it is given back, and nobody is asked twice.
    expect(placedOn(journal.state, 'low')).toEqual(['n1']);
    expect(asked(journal.tick(110))).toEqual([]);
    journal.advance(115, over('low', 115));
    expect(placedOn(journal.state, 'high')).toEqual(['n1']);
    expect(journal.state.claims.size).toBe(0);
    expect(journal.state.evicting).toEqual([]);
  });

  it('keeps the room from everybody else meanwhile', () => {
    const journal = begun(node('n1', { gpus: 2 }), node('n2', { gpus: 1 }));
    run(journal, 1, 'a', { gpus: 1, priority: 10 });
    run(journal, 2, 'b', { gpus: 1, priority: 10 });
    run(journal, 3, 'c', { gpus: 1, priority: 10 });
    expect(asked(run(journal, 100, 'high', { gpus: 2, priority: 90 }))).toHaveLength(2);
    const [first, second] = journal.state.evicting;
    // One of both has gone: its GPU is kept, though a workload of a higher priority would fit there.
    journal.advance(105, over(first!, 105));
    run(journal, 106, 'higher', { gpus: 1, priority: 95, change: firm({ organizationId: 'umbra' }) });
    expect(placedOn(journal.state, 'higher')).toEqual([]);
    journal.advance(107, over(second!, 107));
    expect(placedOn(journal.state, 'high')).toEqual(['n1', 'n1'].slice(0, 1));
  });

  it('lets the room go when the one it is kept for leaves the queue', () => {
    const journal = begun(node('n1', { gpus: 1 }));
    run(journal, 1, 'low', { priority: 10 });
    run(journal, 100, 'high', { priority: 90 });
    journal.advance(101, over('high', 101));
    run(journal, 102, 'other', { priority: 5 });
    journal.advance(103, over('low', 103));
    expect(placedOn(journal.state, 'other')).toEqual(['n1']);
  });

  it('honours the minimum runtime, and does not preempt again before it', () => {
    const journal = begun(node('n1', { gpus: 1 }));
    run(journal, 1, 'low', { priority: 10, change: firm({ minRuntimeSeconds: 300 }) });
    expect(asked(run(journal, 200, 'high', { priority: 90, runtime: 10 }))).toEqual([]);
    expect(asked(journal.tick(300))).toEqual([]);
    expect(asked(journal.tick(301))).toEqual(['low']);
    const again = workload('low', { priority: 10, attempt: 2, queued: 1, change: firm({ minRuntimeSeconds: 300 }) });
    journal.advance(302, over('low', 302), again);
    expect(placedOn(journal.state, 'high')).toEqual(['n1']);
    journal.advance(310, over('high', 310));
    expect(placedOn(journal.state, 'low')).toEqual(['n1']);
    expect(asked(run(journal, 320, 'next', { priority: 90 }))).toEqual([]);
    expect(asked(journal.tick(610))).toEqual(['low']);
  });

  it('leaves equals, higher priorities and other organizations alone', () => {
    const journal = begun(node('n1', { gpus: 1 }));
    run(journal, 1, 'mine', { priority: 50 });
    expect(asked(run(journal, 900, 'equal', { priority: 50 }))).toEqual([]);
    expect(asked(run(journal, 901, 'lower', { priority: 10 }))).toEqual([]);
    expect(asked(run(journal, 902, 'theirs', { priority: 99, change: { organizationId: 'umbra' } }))).toEqual([]);
  });

  it('takes spot work first, of anyone, and spot work takes nothing', () => {
    const journal = begun(node('n1', { gpus: 1 }), node('n2', { gpus: 1 }));
    run(journal, 1, 'cheap', { priority: 90, change: { spot: true, organizationId: 'umbra' } });
    run(journal, 2, 'low', { priority: 10 });
    expect(asked(run(journal, 400, 'spot', { priority: 40, change: { spot: true } }))).toEqual([]);
    const events = run(journal, 401, 'high', { priority: 50 });
    expect(only(events, ASKED)).toMatchObject([{ workloadId: 'cheap', reason: 'SpotReclaimed' }]);
  });

  it('evicts whoever loses least, and no more than it must', () => {
    const journal = begun(node('n1', { gpus: 4 }));
    run(journal, 1, 'old', { gpus: 1, priority: 10 });
    run(journal, 500, 'young', { gpus: 1, priority: 10 });
    run(journal, 501, 'half-1', { gpus: 1, gpuMilli: 500, priority: 10 });
    run(journal, 502, 'half-2', { gpus: 1, gpuMilli: 500, priority: 10 });
    run(journal, 503, 'mid', { gpus: 1, priority: 30 });
    expect(asked(run(journal, 600, 'high', { gpus: 1, priority: 90 }))).toEqual(['young']);
  });

  it('knows that checkpoints make evictions cheap', () => {
    const journal = begun(node('n1', { gpus: 2 }));
    run(journal, 1, 'kept', { gpus: 1, priority: 10, change: { checkpointSeconds: 60 } });
    run(journal, 300, 'young', { gpus: 1, priority: 10 });
    expect(asked(run(journal, 900, 'high', { gpus: 1, priority: 90 }))).toEqual(['kept']);
  });

  it('frees all nodes of a gang, or none', () => {
    const journal = begun(...['n1', 'n2', 'n3'].map((id) => node(id, { gpus: 1 })));
    run(journal, 1, 'a', { priority: 10 });
    run(journal, 2, 'b', { priority: 60 });
    run(journal, 3, 'c', { priority: 10 });
    expect(asked(run(journal, 200, 'three', { nodes: 3, priority: 50 }))).toEqual([]);
    journal.advance(201, over('three', 201));
    const events = run(journal, 202, 'two', { nodes: 2, priority: 50 });
    expect(asked(events).sort()).toEqual(['a', 'c']);
    expect(only(events, ASKED).flatMap(({ room = [] }) => room)).toHaveLength(2);
  });

  it('is not what the first policy does', () => {
    const journal = new Journal();
    journal.advance(0, prices(), node('n1', { gpus: 1 }));
    run(journal, 1, 'low', { priority: 10 });
    expect(asked(run(journal, 100, 'high', { priority: 90 }))).toEqual([]);
  });

  it('comes out the same when it is run again', () => {
    const journal = begun(node('n1', { gpus: 2 }));
    run(journal, 1, 'low', { gpus: 2, priority: 10 });
    run(journal, 100, 'high', { gpus: 1, priority: 90 });
    journal.advance(115, over('low', 115));
    expect(replayDecisions(journal.events)).toMatchObject({ differing: 0 });
  });
});

describe('A lessor that takes a node back', () => {
  it('makes everybody on it leave within its notice, and nobody start there', () => {
    const journal = begun(node('n1', { gpus: 2 }));
    run(journal, 1, 'a', { change: { minRuntimeSeconds: 3600 } });
    const notice = PartitionNodeEvictionNoticed({ nodeId: 'n1', noticeSeconds: 45, at: at(10) });
    const events = journal.advance(15, notice);
    expect(only(events, ASKED)).toMatchObject([{ workloadId: 'a', reason: 'SpotReclaimed', noticeSeconds: 40 }]);
    run(journal, 16, 'b');
    expect(placedOn(journal.state, 'b')).toEqual([]);
    expect(journal.advance(17, notice)).toEqual([]);
  });
});

describe('A node that is lost', () => {
  it.each(['NodeLost', 'LeaseEnded'])('gives what ran on it its old place in the queue: %s', (reason) => {
    const journal = begun(node('n1', { gpus: 1 }), node('n2', { gpus: 1 }));
    run(journal, 1, 'first');
    run(journal, 2, 'second');
    run(journal, 3, 'third');
    const [nodeId = ''] = placedOn(journal.state, 'first');
    const gone = journal.advance(10, PartitionNodeGone({ nodeId, reason, at: at(10) }));
    expect(only(gone, 'drm.partition.allocation-released')).toMatchObject([
      { workloadId: 'first', attempt: 1, reason },
    ]);
    // It has waited longest, though it is queued last.
    run(journal, 11, 'fourth');
    journal.advance(12, workload('first', { attempt: 2, queued: 1 }));
    journal.advance(13, over('second', 13));
    expect(placedOn(journal.state, 'first')).toHaveLength(1);
    expect(placedOn(journal.state, 'third')).toEqual([]);
  });
});
