import fc from 'fast-check';
import { QueueRemoved } from '@solyx/contracts/drm';
import {
  adopted,
  at,
  Journal,
  node,
  only,
  over,
  prices,
  quota,
  route,
  routes,
  T0,
  workload,
} from '../../test/builders';
import { millisOf } from '../partition-state';
import { committed, overrunBy, saved } from './ledger';
import { dueMs } from './line';
import { periodAt } from './period';
import { dominantShare, HALF_LIFE_MS, leftAfter, meanOf, unused, usedUntil } from './usage';

const whole = (gpus: number) => ({ gpuMilli: gpus * 1000, cpuMilli: 1_000_000, memoryMiB: 1_000_000 });
const waits = (journal: Journal, workloadId: string) =>
  only(journal.events, 'drm.partition.workload-waiting').findLast((one) => one.workloadId === workloadId);
const started = (events: Parameters<typeof only>[0]): readonly string[] =>
  only(events, 'drm.partition.allocation-granted').map(({ allocation }) => allocation.workloadId);
const of = (organizationId: string, queue = 'default') => ({ change: { organizationId, queue } });

function opened(gpus: number, policy = 'shadow-price/1'): Journal {
  const journal = new Journal();
  journal.advance(0, prices(), adopted(policy), node('n1', { gpus }));
  return journal;
}

describe('Use that is remembered', () => {
  it('is halved by a half-life, and by two to a quarter', () => {
    const held = { gpuMilli: 8_000, cpuMilli: 64_000, memoryMiB: 1_000_000 };
    const none = { gpuMilli: 0, cpuMilli: 0, memoryMiB: 0 };
    const day = usedUntil(unused(0), held, HALF_LIFE_MS);
    const twice = usedUntil(usedUntil(day, none, 2 * HALF_LIFE_MS), none, 3 * HALF_LIFE_MS);
    expect(Math.abs(twice.seconds.gpuMilli / day.seconds.gpuMilli - 0.25)).toBeLessThan(1e-5);
    expect(leftAfter(288) * 2).toBe(leftAfter(0));
    expect(leftAfter(288 * 60)).toBe(0);
  });

  it('tends to what is held, when it is held for long', () => {
    const held = { gpuMilli: 8_000, cpuMilli: 64_000, memoryMiB: 1_000_000 };
    const { gpuMilli, memoryMiB } = meanOf(usedUntil(unused(0), held, 40 * HALF_LIFE_MS));
    expect(Math.abs(gpuMilli - 8_000)).toBeLessThan(40);
    expect(Math.abs(memoryMiB - 1_000_000)).toBeLessThan(5_000);
  });

  it('is a whole number, and hardly depends on how often one looks', () =>
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 4_000_000 }), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 0, max: 400_000 }),
        (waits, gpuMilli) => {
          const held = { gpuMilli, cpuMilli: 0, memoryMiB: 0 };
          const stepped = waits.reduce((usage, wait) => usedUntil(usage, held, usage.at + wait), unused(T0));
          const once = usedUntil(unused(T0), held, stepped.at);
          expect(Number.isSafeInteger(stepped.seconds.gpuMilli)).toBe(true);
          const apart = Math.abs(stepped.seconds.gpuMilli - once.seconds.gpuMilli);
          expect(apart).toBeLessThanOrEqual(1 + 2 * waits.length + once.seconds.gpuMilli / 20_000);
        },
      ),
      { numRuns: 5_000 },
    ));

  it('counts the dominant resource, by weight', () => {
    const capacity = { gpuMilli: 10_000, cpuMilli: 100_000, memoryMiB: 1_000_000 };
    const none = { gpuMilli: 0, cpuMilli: 0, memoryMiB: 0 };
    const held = { gpuMilli: 1_000, cpuMilli: 50_000, memoryMiB: 100_000 };
    expect(dominantShare(held, none, capacity, 1)).toBe(250_000);
    expect(dominantShare(held, held, capacity, 1)).toBe(500_000);
    expect(dominantShare(held, none, capacity, 2)).toBe(125_000);
    expect(dominantShare(held, none, none, 1)).toBe(0);
  });
});

describe('A period', () => {
  it('begins at midnight UTC, on Monday, on the first', () => {
    const thursday = Date.UTC(2026, 0, 1, 13, 30);
    expect(periodAt('day', thursday)).toEqual({ from: Date.UTC(2026, 0, 1), until: Date.UTC(2026, 0, 2) });
    expect(periodAt('week', thursday)).toEqual({ from: Date.UTC(2025, 11, 29), until: Date.UTC(2026, 0, 5) });
    expect(periodAt('month', thursday)).toEqual({ from: Date.UTC(2026, 0, 1), until: Date.UTC(2026, 1, 1) });
  });

  it('is one of those that lie side by side', () =>
    fc.assert(
      fc.property(
        fc.constantFrom('day' as const, 'week' as const, 'month' as const),
        fc.integer({ min: 0, max: 4e12 }),
        (period, now) => {
          const { from, until } = periodAt(period, now);
          expect(from <= now && now < until).toBe(true);
          expect(periodAt(period, until).from).toBe(until);
          expect(periodAt(period, from)).toEqual({ from, until });
        },
      ),
      { numRuns: 10_000 },
    ));
});

describe('A ledger', () => {
  const spend = (from: number, until: number) => ({
    from,
    until,
    gpuMilli: 1_000,
    microUsdPerHour: 10n,
    microUsdOnce: 5n,
  });
  const HOUR = 3_600_000;

  it('splits what is spent at midnight, and gives back what an early end saves', () => {
    const evening = Date.UTC(2026, 0, 1, 22);
    const ledger = committed([], ['day'], spend(evening, evening + 4 * HOUR));
    expect(ledger.map(({ gpuMilliMs }) => Number(gpuMilliMs) / HOUR)).toEqual([2_000, 2_000]);
    expect(ledger.map(({ microUsdMs }) => Number(microUsdMs) / HOUR)).toEqual([25, 20]);
    const left = saved(ledger, ['day'], spend(evening + HOUR, evening + 4 * HOUR));
    expect(left.map(({ gpuMilliMs }) => Number(gpuMilliMs) / HOUR)).toEqual([1_000, 0]);
  });

  it('finds the budget and the period that would be overrun', () => {
    const evening = Date.UTC(2026, 0, 1, 22);
    const budget = { period: 'day' as const, gpuMilliHours: 2_000 };
    expect(overrunBy([], [budget], spend(evening, evening + 4 * HOUR))).toBeUndefined();
    const ledger = committed([], ['day'], spend(evening + 3 * HOUR, evening + 4 * HOUR));
    expect(overrunBy(ledger, [budget], spend(evening, evening + 4 * HOUR))?.span.from).toBe(Date.UTC(2026, 0, 2));
    expect(overrunBy([], [{ period: 'total', microUsd: '44' }], spend(evening, evening + 4 * HOUR))).toBeDefined();
    expect(overrunBy([], [{ period: 'total', microUsd: '45' }], spend(evening, evening + 4 * HOUR))).toBeUndefined();
  });

  it('does not promise days beyond a year', () => {
    expect(overrunBy([], [{ period: 'day', gpuMilliHours: 1e12 }], spend(0, 500 * 24 * HOUR))).toBeDefined();
  });
});

describe('Quotas', () => {
  it('hold work beyond nominal and what may be borrowed, and let it start when there is quota again', () => {
    const journal = opened(8);
    journal.advance(0, quota('a', { nominal: whole(2), borrowingLimit: whole(1) }), quota('b', { nominal: whole(2) }));
    journal.advance(1, ...['w1', 'w2', 'w3', 'w4'].map((id) => workload(id, of('acme', 'a'))));
    expect(journal.state.held.size).toBe(3);
    expect(waits(journal, 'w4')?.reasons).toEqual([{ reason: 'QuotaExceeded', count: 1 }]);
    // The cohort lends no more than it has: two of a, and one that is left.
    journal.advance(2, ...['v1', 'v2'].map((id) => workload(id, of('acme', 'b'))));
    expect(waits(journal, 'v2')?.reasons).toEqual([{ reason: 'QuotaExceeded', count: 1 }]);
    expect(started(journal.advance(3, over('w1', 3)))).toEqual(['v2']);
  });

  it('lend no more than the lending limit', () => {
    const journal = opened(8);
    journal.advance(0, quota('a', { nominal: whole(4), lendingLimit: whole(1) }), quota('b', { nominal: whole(0) }));
    journal.advance(1, workload('v1', of('acme', 'b')), workload('v2', of('acme', 'b')));
    expect(journal.state.held.size).toBe(1);
  });

  it('give a gang that may be smaller as many nodes as they cover', () => {
    const journal = new Journal();
    journal.advance(0, prices(), adopted(), ...['n1', 'n2', 'n3'].map((id) => node(id, { gpus: 1 })));
    journal.advance(0, quota('a', { nominal: whole(2) }));
    journal.advance(1, workload('w1', { nodes: 3, change: { queue: 'a', nodesMin: 1 } }));
    expect(journal.state.held.get('w1')?.allocation.shares).toHaveLength(2);
  });

  it('of a queue that nobody set, or another set, or that was removed, are none: work waits for it', () => {
    const journal = opened(8);
    journal.advance(1, workload('w1', of('acme', 'lab')));
    journal.advance(2, quota('lab', { organizationId: 'umbra' }, 2));
    expect(waits(journal, 'w1')?.reasons).toEqual([{ reason: 'QueueUnknown', count: 1 }]);
    journal.advance(3, quota('lab', {}, 3));
    expect(journal.state.held.has('w1')).toBe(true);
    journal.advance(4, QueueRemoved({ queueId: 'lab', at: at(4) }), workload('w2', of('acme', 'lab')));
    expect(waits(journal, 'w2')?.reasons).toEqual([{ reason: 'QueueUnknown', count: 1 }]);
  });

  it('are observed once, whatever comes late', () => {
    const journal = opened(8);
    journal.advance(1, quota('a', { weight: 2 }, 5));
    journal.advance(6, quota('a', { weight: 1 }, 4));
    expect(journal.state.quotas.get('a')?.spec?.weight).toBe(2);
    journal.advance(7, QueueRemoved({ queueId: 'a', at: at(4) }));
    expect(journal.state.quotas.get('a')?.spec).toBeDefined();
  });
});

describe('Fair share', () => {
  it('takes turns between organizations by what they hold, whatever their priorities', () => {
    const journal = opened(4);
    const inputs = ['a1', 'a2', 'a3', 'a4'].map((id, i) => workload(id, { queued: i, priority: 100, ...of('acme') }));
    journal.advance(
      1,
      ...inputs,
      ...['b1', 'b2'].map((id) => workload(id, { queued: 9, priority: 1, ...of('umbra') })),
    );
    expect([...journal.state.held.keys()].sort()).toEqual(['a1', 'a2', 'b1', 'b2']);
  });

  it('remembers use: who used the fleet goes after who did not', () => {
    const journal = opened(2);
    journal.advance(0, workload('a1', { gpus: 2, ...of('acme') }));
    const queued = ['a2', 'a3'].map((id) => workload(id, { gpus: 2, queued: 5, ...of('acme') }));
    journal.advance(5_000, ...queued, workload('b1', { gpus: 2, queued: 6, ...of('umbra') }));
    expect(started(journal.advance(5_001, over('a1', 5_001)))).toEqual(['b1']);
    expect(started(journal.advance(5_002, over('b1', 5_002)))).toEqual(['a2']);
  });

  it('gives by weight', () => {
    const journal = opened(9);
    journal.advance(
      0,
      quota('big', { weight: 2, nominal: whole(0) }),
      quota('small', { nominal: whole(0), weight: 1 }),
    );
    journal.advance(0, quota('pool', { nominal: whole(9) }));
    const jobs = [...Array.from({ length: 9 }).keys()];
    const queued = [
      ...jobs.map((i) => workload(`b${i}`, of('acme', 'big'))),
      ...jobs.map((i) => workload(`s${i}`, of('acme', 'small'))),
    ];
    journal.advance(1, ...queued);
    const big = [...journal.state.held.keys()].filter((id) => id.startsWith('b')).length;
    expect([big, journal.state.held.size]).toEqual([6, 9]);
  });

  it('lets work on its own quota go before borrowed work', () => {
    const journal = opened(1);
    journal.advance(
      0,
      quota('own', { organizationId: 'umbra', nominal: whole(1) }),
      quota('none', { nominal: whole(0) }),
    );
    journal.advance(1, workload('x', of('acme')));
    journal.advance(
      2,
      workload('w1', { queued: 1, ...of('acme', 'none') }),
      workload('w2', { queued: 2, ...of('umbra', 'own') }),
    );
    expect(started(journal.advance(3, over('x', 3)))).toEqual(['w2']);
  });

  it('within a queue, takes the least slack first, but no deadline later than a day', () => {
    const due = (seconds: number) => ({ change: { deadline: at(seconds) } });
    const journal = opened(1);
    journal.advance(1, workload('x'));
    journal.advance(
      2,
      workload('w1', { queued: 2 }),
      workload('w2', { queued: 3, ...due(9_000) }),
      workload('w3', { queued: 4, runtime: 600, ...due(6_000) }),
      workload('w4', { queued: 5, ...due(900_000) }),
    );
    expect(journal.state.queues.get('acme/default')?.line).toEqual(['w2', 'w3', 'w1', 'w4']);
    expect(dueMs(workload('w', { queued: 0, ...due(900_000) }).data.request)).toBe(T0 + 86_400_000);
  });
});

describe('Budgets', () => {
  const day = (budget: object) => [{ period: 'day' as const, ...budget }];

  it('let no work start that could overrun them, and say when the period turns', () => {
    const journal = opened(8);
    journal.advance(0, quota('a', { budgets: day({ gpuMilliHours: 2_500 }) }));
    journal.advance(1, ...['w1', 'w2', 'w3'].map((id) => workload(id, of('acme', 'a'))));
    expect(journal.state.held.size).toBe(2);
    expect(waits(journal, 'w3')?.reasons).toEqual([{ reason: 'BudgetSpent', count: 1 }]);
    expect(waits(journal, 'w3')?.sentence).toContain('the next period begins at 2026-01-02T00:00:00.000Z');
    // What an early end saves may be spent.
    expect(started(journal.advance(1_801, over('w1', 1_801)))).toEqual(['w3']);
  });

  it('turn with the day', () => {
    const journal = opened(8);
    journal.advance(0, quota('a', { budgets: day({ gpuMilliHours: 1_000 }) }));
    journal.advance(1, workload('w1', of('acme', 'a')), workload('w2', { queued: 1, ...of('acme', 'a') }));
    journal.advance(3_601, over('w1', 3_601));
    expect(journal.state.held.size).toBe(0);
    expect(started(journal.tick(86_400))).toEqual(['w2']);
  });

  it('count money, and data that moves', () => {
    const journal = opened(8);
    journal.advance(0, routes(route('far', 'home', 1_000_000)), quota('a', { budgets: day({ microUsd: '2000000' }) }));
    const data = [{ uri: 's3://d', site: 'far', sizeGiB: 1 }];
    journal.advance(
      1,
      workload('w1', { change: { queue: 'a', data } }),
      workload('w2', { queued: 1, runtime: 60, change: { queue: 'a' } }),
    );
    expect(waits(journal, 'w1')?.reasons).toEqual([{ reason: 'BudgetSpent', count: 1 }]);
    expect(journal.state.held.has('w2')).toBe(true);
  });

  it('count from when they are set, with what runs then', () => {
    const journal = opened(8);
    journal.advance(0, quota('a'));
    journal.advance(1, workload('w1', of('acme', 'a')));
    journal.advance(1_801, quota('a', { budgets: day({ gpuMilliHours: 1_000 }) }, 1_801));
    const [page] = journal.state.queues.get('acme/a')?.ledger ?? [];
    expect(Number(page?.gpuMilliMs) / 3_600_000).toBe(500);
    journal.advance(1_802, workload('w2', { queued: 2, ...of('acme', 'a') }));
    expect(waits(journal, 'w2')?.reasons).toEqual([{ reason: 'BudgetSpent', count: 1 }]);
  });

  it('of the job itself cover what moves, under the policy that says so', () => {
    const data = [{ uri: 's3://d', site: 'far', sizeGiB: 10 }];
    const limits = { maxRuntimeSeconds: 3_600, budgetMicroUsd: '1000000' };
    for (const policy of ['best-fit/1', 'shadow-price/1']) {
      const journal = opened(8, policy);
      journal.advance(0, routes(route('far', 'home', 200_000)));
      journal.advance(1, workload('w1', { change: { data, limits } }));
      expect(journal.state.held.has('w1')).toBe(policy === 'best-fit/1');
      if (policy === 'best-fit/1') continue;
      expect(waits(journal, 'w1')?.reasons[0]).toEqual({ reason: 'BudgetExceeded', count: 1 });
      journal.advance(
        2,
        workload('w2', { queued: 1, change: { data, limits: { ...limits, budgetMicroUsd: '3000000' } } }),
      );
      expect(journal.state.held.has('w2')).toBe(true);
    }
  });
});

describe('Waiting', () => {
  it('is told once, at the head when it changes, and a thousand who wait are not told of each change', () => {
    const journal = opened(1);
    journal.advance(0, workload('x'));
    const ids = Array.from({ length: 1_000 }, (_, i) => `w${String(i).padStart(4, '0')}`);
    for (let i = 0; i < ids.length; i += 50) {
      journal.advance(1 + i / 50, ...ids.slice(i, i + 50).map((id, k) => workload(id, { queued: i + k })));
    }
    const told = new Set<string>();
    for (let seconds = 50; told.size < 1_000 && seconds < 100; seconds += 1) {
      journal.tick(seconds);
      for (const { workloadId } of only(journal.events, 'drm.partition.workload-waiting')) told.add(workloadId);
    }
    expect(told.size).toBe(1_000);
    const before = journal.events.length;
    journal.advance(200, over('x', 200));
    const events = journal.events.slice(before);
    expect(started(events)).toEqual(['w0000']);
    expect(only(events, 'drm.partition.workload-waiting').length).toBeLessThanOrEqual(2);
  });

  it('in any one schedule is told to no more than 32', () => {
    const journal = opened(1);
    const events = journal.advance(1, ...Array.from({ length: 60 }, (_, i) => workload(`w${i}`)));
    expect(only(events, 'drm.partition.workload-waiting')).toHaveLength(32);
  });
});

describe('The longest waiting', () => {
  it('goes first once it was overtaken two hundred times', () => {
    const journal = opened(4);
    journal.advance(0, ...['x1', 'x2', 'x3', 'x4'].map((id) => workload(id, { priority: 90, runtime: 1_000 })));
    // It wants all of the node; small work of higher priority comes without end.
    journal.advance(1, workload('big', { gpus: 4, priority: 1, queued: 1 }));
    let running = ['x1', 'x2', 'x3', 'x4'];
    let overtakers = 0;
    for (let i = 0; i < 300 && !journal.state.held.has('big'); i += 1) {
      const [first = '', ...rest] = running;
      const id = `s${i}`;
      const next = workload(id, { priority: 90, queued: 2 + i, runtime: 1_000 });
      const events = journal.advance(2 + i, ...(first === '' ? [] : [over(first, 2 + i)]), next);
      const begun = started(events).filter((one) => one !== 'big');
      overtakers += begun.length;
      running = [...rest, ...begun];
    }
    expect(journal.state.held.has('big')).toBe(true);
    expect(overtakers).toBeGreaterThan(150);
    expect(overtakers).toBeLessThanOrEqual(200);
    expect(millisOf(journal.state.decidedAt)).toBeLessThan(T0 + 300_000);
  });
});

describe('Deep in a long queue', () => {
  it('work is still helped, where its own queue is short: others leave for it', () => {
    const journal = new Journal();
    const ids = Array.from({ length: 20 }, (_, i) => `n${i}`);
    journal.advance(
      0,
      prices(),
      adopted(),
      quota('default', { weight: 100 }),
      ...ids.map((id) => node(id, { gpus: 1 })),
    );
    const theirs = { organizationId: 'umbra', minRuntimeSeconds: 0 };
    journal.advance(0, ...ids.map((_, i) => workload(`x${i}`, { priority: 1, change: theirs })));
    for (const step of [0, 1, 2]) {
      journal.advance(1 + step, ...Array.from({ length: 40 }, (_, i) => workload(`w${step}-${i}`, { queued: 1 })));
    }
    journal.advance(10, workload('urgent', { priority: 90, queued: 10, change: theirs }));
    const [asked] = only(journal.events, 'drm.partition.preemption-requested');
    // Sixteen nodes are planned for those ahead of it; of the other four it gets one.
    expect(asked).toMatchObject({ organizationId: 'umbra', forWorkloadId: 'urgent', reason: 'Preempted' });
  });
});
