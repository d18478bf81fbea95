import fc from 'fast-check';
import type { Quota } from '@solyx/contracts';
import {
  adopted,
  at,
  Journal,
  node,
  only,
  over,
  placedOn,
  prices,
  quota,
  request,
  workload,
} from '../../test/builders';
import { askOf } from '../ask';
import { queueKey } from '../eviction';
import type { PartitionState } from '../partition-state';
import type { Victim } from '../victims';
import { Reclaimer, type QueueUse, type UseOf } from './reclaim';

const gpus = (count: number): Quota => ({ gpuMilli: count * 1000, cpuMilli: 1_000_000, memoryMiB: 1_000_000_000 });
const use = (nominal: number, used: number, cohort = 'main'): QueueUse => ({
  cohort,
  nominal: gpus(nominal),
  used: { gpuMilli: used * 1000, cpuMilli: used * 1000, memoryMiB: used * 1024 },
});
const book =
  (uses: Readonly<Record<string, QueueUse>>): UseOf =>
  (organizationId, queue) =>
    uses[queueKey(organizationId, queue)];

/** One workload with one GPU per queue name given. */
function running(...queues: readonly string[]): readonly Victim[] {
  const journal = new Journal();
  journal.advance(0, prices(), node('n1', { gpus: 16 }));
  queues.forEach((queue, place) => {
    const [organizationId = '', name = ''] = queue.split('/');
    journal.advance(
      1,
      quota(name, { organizationId }),
      workload(`w${place + 10}`, { queued: place, change: { organizationId, queue: name } }),
    );
  });
  return victimsOf(journal.state);
}
const victimsOf = ({ held }: PartitionState): readonly Victim[] =>
  [...held.values()]
    .map((one) => ({ held: one, workloadId: one.allocation.workloadId, reason: 'Reclaimed' as const, lost: 0 }))
    .sort((a, b) => (a.workloadId < b.workloadId ? -1 : 1));

const ask = (count = 1, queue = 'mine') => askOf(request('new', { gpus: count, change: { queue }, queued: at.length }));

describe('Reclaiming', () => {
  const [borrower] = running('umbra/theirs');

  it('takes what another queue of the cohort uses beyond its nominal quota, for one that stays within its own', () => {
    const uses = { 'acme/mine': use(4, 1), 'umbra/theirs': use(2, 3) };
    const reclaimer = new Reclaimer(ask(3), book(uses));
    expect(reclaimer.isOwed).toBe(true);
    expect(reclaimer.mayTake(borrower!.held)).toBe(true);
    // With four more it would borrow itself.
    expect(new Reclaimer(ask(4), book(uses)).isOwed).toBe(false);
  });

  it('takes nothing from queues that are within theirs, are of another cohort, or have no quota', () => {
    const mine = { 'acme/mine': use(4, 1) };
    for (const theirs of [{ 'umbra/theirs': use(3, 3) }, { 'umbra/theirs': use(1, 3, 'other') }, {}]) {
      expect(new Reclaimer(ask(), book({ ...mine, ...theirs })).mayTake(borrower!.held)).toBe(false);
    }
    expect(new Reclaimer(ask(), book({ 'umbra/theirs': use(1, 3) })).isOwed).toBe(false);
  });

  it('stops where the other queue borrows no more, whatever is used, owed and taken', () => {
    let stopped = 0;
    const numbers = fc.record({ nominal: fc.nat(6), runs: fc.integer({ min: 1, max: 8 }), wanted: fc.nat(8) });
    fc.assert(
      fc.property(numbers, ({ nominal, runs, wanted }) => {
        const victims = running(...Array.from({ length: runs }, () => 'umbra/theirs'));
        const reclaimer = new Reclaimer(ask(), book({ 'acme/mine': use(8, 0), 'umbra/theirs': use(nominal, runs) }));
        const taken: Victim[] = [];
        for (const victim of victims.slice(0, wanted)) {
          if (reclaimer.mayTake(victim.held) && reclaimer.allows([...taken, victim])) taken.push(victim);
          else stopped += 1;
        }
        // Never below nominal: the last one was taken while the queue was still above it.
        expect(taken.length).toBeLessThanOrEqual(Math.max(0, runs - nominal));
      }),
      { numRuns: 300 },
    );
    expect(stopped).toBeGreaterThan(20);
  });
});

describe('A queue under its nominal quota', () => {
  const ASKED = 'drm.partition.preemption-requested';
  const share = (count: number) => ({ gpuMilli: count * 1000, cpuMilli: 64_000, memoryMiB: 512 * 1024 });
  const inQueue = (organizationId: string, queue: string, priority = 50) => ({
    ...{ priority, change: { organizationId, queue, minRuntimeSeconds: 10 } },
  });
  /** Two queues with two of four GPUs each; one of them has borrowed all that the other did not use. */
  function lent(gpuNodes: readonly number[] = [4]): Journal {
    const journal = new Journal();
    journal.advance(0, prices(), adopted());
    journal.advance(0, ...gpuNodes.map((gpus, place) => node(`n${place + 1}`, { gpus })));
    journal.advance(0, quota('mine', { organizationId: 'acme', nominal: share(2) }));
    journal.advance(0, quota('theirs', { organizationId: 'umbra', nominal: share(2) }));
    for (const place of [1, 2, 3, 4]) {
      journal.advance(place, workload(`t${place}`, { queued: place, ...inQueue('umbra', 'theirs', 90) }));
    }
    return journal;
  }

  it('takes back what was borrowed, whatever the priorities, and no more', () => {
    const journal = lent();
    expect(journal.state.held.size).toBe(4);
    const first = only(journal.advance(100, workload('m1', { queued: 100, ...inQueue('acme', 'mine', 5) })), ASKED);
    expect(first).toMatchObject([{ reason: 'Reclaimed', organizationId: 'umbra', forWorkloadId: 'm1' }]);
    const two = [2, 3].map((place) => workload(`m${place}`, { queued: 100 + place, ...inQueue('acme', 'mine', 5) }));
    const second = only(journal.advance(103, ...two), ASKED);
    // The second GPU of its nominal quota, and not a third.
    expect(second.map(({ forWorkloadId }) => forWorkloadId)).toEqual(['m2']);
    for (const { workloadId } of [...first, ...second]) journal.advance(110, over(workloadId, 110));
    expect(['m1', 'm2', 'm3'].map((id) => placedOn(journal.state, id).length)).toEqual([1, 1, 0]);
    expect(only(journal.tick(200), ASKED)).toEqual([]);
  });

  it('takes quota back even where GPUs are free', () => {
    const journal = lent([4, 4]);
    const events = journal.advance(100, workload('m1', { queued: 100, ...inQueue('acme', 'mine') }));
    const [request, ...others] = only(events, ASKED);
    expect(others).toEqual([]);
    expect(request).toMatchObject({ reason: 'Reclaimed', forWorkloadId: 'm1' });
    expect(only(journal.tick(101), ASKED)).toEqual([]);
    journal.advance(110, over(request!.workloadId, 110));
    expect(placedOn(journal.state, 'm1')).toHaveLength(1);
  });

  it('waits for the minimum runtime of what it takes back', () => {
    const journal = lent();
    const events = journal.advance(5, workload('m1', { queued: 5, ...inQueue('acme', 'mine') }));
    expect(only(events, ASKED)).toEqual([]);
    expect(only(journal.tick(14), ASKED)).toHaveLength(1);
  });
});
