import { ReservationEnded } from '@solyx/contracts/drm';
import { adopted, at, Journal, node, offer, only, over, prices, reservation, workload } from '../test/builders';
import { millisOf } from './partition-state';

const started = (events: Parameters<typeof only>[0]): readonly string[] =>
  only(events, 'drm.partition.allocation-granted').map(({ allocation }) => allocation.workloadId);
const waits = (journal: Journal, workloadId: string) =>
  only(journal.events, 'drm.partition.workload-waiting').findLast((one) => one.workloadId === workloadId);

function opened(...nodes: readonly (readonly [string, number])[]): Journal {
  const journal = new Journal();
  journal.advance(0, prices(), adopted(), ...nodes.map(([id, gpus]) => node(id, { gpus })));
  return journal;
}

describe('Conservative backfill', () => {
  it('plans the start of blocked work, and says when', () => {
    const journal = opened(['n1', 4]);
    journal.advance(0, workload('x', { gpus: 3, runtime: 1_000 }));
    journal.advance(1, workload('big', { gpus: 4, queued: 1 }));
    expect(waits(journal, 'big')?.sentence).toContain(`it starts at ${at(1_000)} at the latest`);
  });

  it('lets work pass that is over by then, and none that is not', () => {
    const journal = opened(['n1', 4]);
    journal.advance(0, workload('x', { gpus: 3, runtime: 1_000 }));
    journal.advance(1, workload('big', { gpus: 4, queued: 1 }));
    journal.advance(2, workload('long', { queued: 2, runtime: 999 }), workload('short', { queued: 3, runtime: 998 }));
    expect(journal.state.held.has('short')).toBe(true);
    expect(journal.state.held.has('long')).toBe(false);
    expect(waits(journal, 'long')?.reasons).toEqual([{ reason: 'BehindInQueue', count: 1 }]);
  });

  it('lets work stay beyond where the planned leaves room on the node', () => {
    const journal = opened(['n1', 8]);
    journal.advance(0, workload('x', { gpus: 6, runtime: 1_000 }));
    journal.advance(1, workload('big', { gpus: 7, queued: 1 }));
    journal.advance(2, workload('w1', { queued: 2, runtime: 50_000 }), workload('w2', { queued: 3, runtime: 50_000 }));
    expect(journal.state.held.has('w1')).toBe(true);
    expect(journal.state.held.has('w2')).toBe(false);
    expect(started(journal.advance(1_000, over('x', 1_000)))).toEqual(['big']);
  });

  it('delays none of those planned, not only the first', () => {
    const journal = opened(['n1', 2], ['n2', 2]);
    journal.advance(0, workload('x1', { gpus: 2, runtime: 1_000 }), workload('x2', { runtime: 2_000 }));
    journal.advance(1, workload('b1', { gpus: 2, queued: 1, runtime: 500 }));
    journal.advance(2, workload('b2', { gpus: 2, queued: 2, runtime: 5_000 }));
    // b2 follows b1 on n1, at 1,500. It would not be delayed by work on the free GPU of n2.
    expect(waits(journal, 'b2')?.sentence).toContain(at(1_500));
    journal.advance(3, workload('w', { queued: 3, runtime: 5_000 }));
    expect(journal.state.held.get('w')?.allocation.shares[0]?.nodeId).toBe('n2');
    expect(started(journal.advance(1_000, over('x1', 1_000)))).toEqual(['b1']);
    expect(started(journal.advance(1_500, over('b1', 1_500)))).toEqual(['b2']);
  });

  it('plans gangs on nodes that are free together', () => {
    const journal = opened(['n1', 2], ['n2', 2], ['n3', 2]);
    journal.advance(0, workload('x1', { gpus: 2, runtime: 1_000 }), workload('x2', { gpus: 2, runtime: 3_000 }));
    journal.advance(1, workload('x3', { gpus: 1, runtime: 2_000, queued: 1 }));
    journal.advance(2, workload('gang', { gpus: 2, nodes: 2, queued: 2 }));
    expect(waits(journal, 'gang')?.sentence).toContain(at(2_001));
    journal.advance(3, workload('w', { queued: 3, runtime: 2_500 }));
    expect(journal.state.held.has('w')).toBe(false);
  });
});

describe('A gang that waits for leased nodes', () => {
  it('keeps the nodes that it has, for work that would still run when they come', () => {
    const journal = opened(['n1', 8]);
    journal.advance(1, offer('o1', { bootSeconds: 100 }), workload('gang', { gpus: 8, nodes: 2, queued: 1 }));
    expect(only(journal.events, 'drm.partition.lease-requested')).toHaveLength(1);
    journal.advance(2, workload('long', { queued: 2, runtime: 101 }), workload('short', { queued: 3, runtime: 90 }));
    expect([...journal.state.held.keys()]).toEqual(['short']);
  });
});

describe('A reservation', () => {
  it('keeps room from its start to its end: work that would still run then does not start', () => {
    const journal = opened(['n1', 8]);
    journal.advance(0, reservation('r1', { organizationId: 'umbra' }));
    journal.advance(1, workload('long', { runtime: 1_000 }), workload('short', { queued: 1, runtime: 999 }));
    expect([...journal.state.held.keys()]).toEqual(['short']);
    expect(waits(journal, 'long')?.reasons).toEqual([{ reason: 'BehindInQueue', count: 1 }]);
    journal.advance(500, over('short', 500));
    journal.advance(1_000, workload('mine', { gpus: 8, queued: 900, change: { organizationId: 'umbra' } }));
    expect([...journal.state.held.keys()]).toEqual(['mine']);
  });

  it('is used up by what its owner starts within it, and is over at its end', () => {
    const journal = opened(['n1', 8], ['n2', 8]);
    journal.advance(0, reservation('r1', { organizationId: 'umbra' }));
    const owner = { organizationId: 'umbra' };
    journal.advance(1_000, workload('mine', { gpus: 8, queued: 900, runtime: 5_000, change: owner }));
    // The other node is free for all, though the owner took the one.
    journal.advance(1_001, workload('other', { gpus: 8, queued: 901 }));
    expect([...journal.state.held.keys()].sort()).toEqual(['mine', 'other']);
    journal.advance(1_002, over('other', 1_002), workload('late', { gpus: 8, queued: 902 }));
    expect(journal.state.held.has('late')).toBe(true);
  });

  it('leaves to others what it does not need', () => {
    const journal = opened(['n1', 8]);
    const resources = { gpus: 4, gpuMilli: 1_000, cpuMilli: 1_000, memoryMiB: 1_024 };
    journal.advance(0, reservation('r1', { organizationId: 'umbra', resources }));
    journal.advance(1, ...Array.from({ length: 5 }, (_, i) => workload(`w${i}`, { queued: i, runtime: 5_000 })));
    expect(journal.state.held.size).toBe(4);
    journal.advance(1_000, workload('mine', { gpus: 4, queued: 900, change: { organizationId: 'umbra' } }));
    expect(journal.state.held.has('mine')).toBe(true);
  });

  it('is for one queue, where it says so', () => {
    const journal = opened(['n1', 8]);
    journal.advance(0, reservation('r1', { queue: 'lab' }));
    journal.advance(1_000, workload('w1', { queued: 900 }));
    expect(journal.state.held.has('w1')).toBe(false);
    journal.advance(2_000);
    expect(started(journal.tick(2_000))).toEqual(['w1']);
  });

  it('ends when it is cancelled, also where that is heard first', () => {
    const journal = opened(['n1', 8]);
    journal.advance(0, reservation('r1', { organizationId: 'umbra' }));
    journal.advance(1, workload('w1', { runtime: 5_000 }));
    expect(journal.state.held.has('w1')).toBe(false);
    const ended = (reservationId: string, seconds: number) =>
      ReservationEnded({ reservationId, reason: 'Not needed.', at: at(seconds) });
    expect(started(journal.advance(2, ended('r1', 2)))).toEqual(['w1']);
    journal.advance(3, ended('r2', 3));
    expect(journal.advance(4, reservation('r2'))).toEqual([]);
  });

  it('keeps nothing of work that runs already, and what is free as soon as it can', () => {
    const journal = opened(['n1', 8]);
    journal.advance(0, workload('x', { gpus: 8, runtime: 1_500 }));
    journal.advance(1, reservation('r1', { organizationId: 'umbra' }));
    journal.advance(1_200, workload('w1', { queued: 1, runtime: 5_000 }));
    expect(journal.state.held.get('x')?.deadline).toBe(millisOf(at(1_500)));
    journal.advance(1_500, over('x', 1_500));
    // The owner comes late: the room is still kept.
    expect(journal.state.held.has('w1')).toBe(false);
    journal.advance(1_600, workload('mine', { gpus: 8, queued: 1_600, change: { organizationId: 'umbra' } }));
    expect(journal.state.held.has('mine')).toBe(true);
  });
});
