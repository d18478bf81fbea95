import fc from 'fast-check';
import { adopted, Journal, node, only, over, prices, T0, workload } from '../../test/builders';

const dueBy = ({ state }: Journal, seconds: number) =>
  [...state.held.values()].filter(({ deadline }) => deadline <= T0 + seconds * 1_000);

describe('The longest waiting, whoever comes', () => {
  const stream = fc.record({
    big: fc.integer({ min: 2, max: 4 }),
    runtime: fc.integer({ min: 50, max: 400 }),
    owner: fc.constantFrom('acme', 'umbra'),
    every: fc.integer({ min: 1, max: 3 }),
    chance: fc.infiniteStream(fc.nat(100)),
  });

  it('is overtaken two hundred times at most; then it starts when what runs has ended', () => {
    let late = 0;
    fc.assert(
      fc.property(stream, ({ big, runtime, owner, every, chance }) => {
        const journal = new Journal();
        journal.advance(0, prices(), adopted(), node('n1', { gpus: 4 }));
        journal.advance(0, ...[0, 1, 2, 3].map((i) => workload(`x${i}`, { priority: 90, runtime })));
        journal.advance(1, workload('big', { gpus: big, priority: 1, queued: 1, runtime: 1_000 }));
        let overtaken = 0;
        let latest = Number.MAX_SAFE_INTEGER;
        for (let i = 2; i < 2_000 && !journal.state.held.has('big'); i += 1) {
          const due = dueBy(journal, i).map(({ allocation }) => over(allocation.workloadId, i));
          const running = [...journal.state.held.keys()].sort();
          const one = i % every === 0 ? running[chance.next().value % Math.max(1, running.length)] : undefined;
          const ends = one === undefined || due.some(({ data }) => data.workloadId === one) ? [] : [over(one, i)];
          const next = workload(`s${i}`, { priority: 90, queued: i, runtime, change: { organizationId: owner } });
          // Somebody always waits; that is enough.
          const news = journal.state.order.length < 6 ? [next] : [];
          const events = journal.advance(i, ...due, ...ends, ...news);
          overtaken += only(events, 'drm.partition.allocation-granted').length;
          // Whoever overtook it last may still run for as long as it may.
          if (overtaken >= 200 && latest > i) latest = Math.min(latest, i + runtime);
          expect(i).toBeLessThanOrEqual(latest + 1);
        }
        expect(journal.state.held.has('big')).toBe(true);
        if (overtaken >= 200) late += 1;
      }),
      { numRuns: 8 },
    );
    expect(late).toBeGreaterThan(0);
  });
});
