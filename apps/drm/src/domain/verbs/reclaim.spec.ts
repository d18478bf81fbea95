import fc from 'fast-check';
import type { Quota } from '@solyx/contracts';
import { at, Journal, node, prices, quota, request, workload } from '../../test/builders';
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
