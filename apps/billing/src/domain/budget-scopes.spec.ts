import type { BudgetSet } from '@solyx/contracts/billing';
import { ORGANIZATION } from '../test/fixtures';
import {
  AT,
  LATER,
  BERLIN,
  of,
  set,
  remove,
  hold,
  raise,
  count,
  free,
  after,
  decided,
  events,
  step,
  refusedBy,
  told,
} from '../test/budget-play';
import { BUDGETS_MAX, holdIdOf, spendingOf } from './budget';
import { dayOf, monthOf, periodKeyOf } from './budget-period';
import { limitOf } from './budget-state';

describe('A budget of a part', () => {
  const VISION = { project: 'vision', keyId: 'key_1' };

  it.each([
    ['project', of('project', 'vision')],
    ['key', of('key', 'key_1')],
    ['organization', undefined],
  ] as const)('of a %s binds what is of it', (kind, scope) => {
    const budget = after(set(scope, 100));
    expect(refusedBy(budget, hold('j1', 101, VISION))).toBe(kind);
    expect(refusedBy(budget, hold('j1', 100, VISION))).toBe('accepted');
    if (scope) expect(refusedBy(budget, hold('j1', 101, { project: 'nlp', keyId: 'key_2' }))).toBe('accepted');
  });

  it('is asked beside all others, in one decision, and says which one is too small', () => {
    const budget = after(
      set(undefined, 300),
      set(of('project', 'vision'), 200),
      set(of('key', 'key_1'), 100, { period: 'total' }),
      hold('j1', 90, VISION),
    );
    expect(decided(budget, hold('j2', 11, VISION))).toEqual({
      accepted: false,
      reason: 'BudgetExceeded',
      details: {
        jobId: 'j2',
        scope: 'key',
        scopeId: 'key_1',
        limitMicroUsd: '100',
        period: 'total',
        spentMicroUsd: '0',
        heldMicroUsd: '90',
        wantedMicroUsd: '11',
      },
    });
    expect(refusedBy(budget, hold('j2', 111, { project: 'vision' }))).toBe('project');
    expect(refusedBy(budget, hold('j2', 211, { project: 'nlp' }))).toBe('organization');
    expect(refusedBy(budget, hold('j2', 10, VISION))).toBe('accepted');
  });

  it('knows what its part spent before there was a budget', () => {
    const budget = after(
      hold('j1', 50, VISION),
      count('c1', 80, { jobId: 'j1' }),
      count('c2', 5, { project: 'vision' }),
    );
    const limited = step(budget, set(of('project', 'vision'), 100));
    expect(refusedBy(limited, hold('j2', 16, VISION))).toBe('project');
    expect(refusedBy(limited, hold('j2', 15, VISION))).toBe('accepted');
    expect(spendingOf(limited, of('project', 'vision'))).toMatchObject({ held: 0n, spentTotal: 85n });
    expect(spendingOf(limited, of('key', 'key_1'))).toMatchObject({ held: 0n, spentTotal: 80n });
    expect(spendingOf(limited, of('organization', ORGANIZATION))).toMatchObject({ held: 0n, spentTotal: 85n });
    expect(spendingOf(limited, of('key', 'none'))).toMatchObject({ held: 0n, spentTotal: 0n });
  });

  it('frees what its work did not spend', () => {
    const budget = after(set(of('project', 'vision'), 100), hold('j1', 90, VISION), count('c1', 20, { jobId: 'j1' }));
    expect(events(budget, free('j1'))).toEqual([
      {
        type: 'billing.budget.hold-released',
        data: { ...free('j1').data, ...VISION, releasedMicroUsd: '70' },
      },
    ]);
    const freed = step(budget, free('j1'));
    expect(refusedBy(freed, hold('j2', 81, VISION))).toBe('project');
    expect(refusedBy(freed, hold('j2', 80, VISION))).toBe('accepted');
  });

  it('is removed, and an older wish does not bring it back', () => {
    const scope = of('project', 'vision');
    const budget = after(set(scope, 100));
    expect(events(budget, remove(scope, AT))).toHaveLength(1);
    expect(events(budget, remove(scope, '2026-01-15T11:59:59.999Z'))).toEqual([]);
    expect(events(budget, remove(of('key', 'key_1')))).toEqual([]);
    const removed = step(budget, remove(scope));
    expect(refusedBy(removed, hold('j1', 1_000, VISION))).toBe('accepted');
    expect(events(removed, remove(scope))).toEqual([]);
    expect(events(removed, set(scope, 100))).toEqual([]);
    expect(events(removed, set(scope, 100, { at: LATER }))).toHaveLength(1);
    const organization = step(after(set(undefined, 100)), remove(of('organization', ORGANIZATION)));
    expect(organization.limit).toBeUndefined();
    expect(events(organization, set(undefined, 100))).toEqual([]);
  });

  it('is one of so many', () => {
    const many = Array.from({ length: BUDGETS_MAX }, (_, index) => set(of('key', `k${index}`), 1));
    const budget = after(...many);
    expect(decided(budget, set(of('key', 'more'), 1))).toEqual({
      accepted: false,
      reason: 'BudgetsFull',
      details: { limit: BUDGETS_MAX },
    });
    expect(events(budget, set(of('key', 'k0'), 2))).toHaveLength(1);
  });

  it('is set again only when something of it is another', () => {
    const scope = of('team', 'research');
    const asked = { projects: ['vision', 'nlp'], thresholds: [80, 50] };
    const budget = after(set(scope, 100, asked));
    expect(events(budget, set(scope, 100, { projects: ['nlp', 'vision'], thresholds: [50, 80, 80] }))).toEqual([]);
    expect(events(budget, set(scope, 100, { ...asked, projects: ['nlp'] }))).toHaveLength(1);
    expect(events(budget, set(scope, 100, { ...asked, projects: ['nlp', 'audio'] }))).toHaveLength(1);
    expect(events(budget, set(scope, 100, { ...asked, thresholds: [80] }))).toHaveLength(1);
    expect(events(budget, set(scope, 100, { ...asked, period: 'day' }))).toHaveLength(1);
    expect(events(budget, set(scope, 101, asked))).toHaveLength(1);
    expect(events(budget, set(scope, 101, { ...asked, at: '2026-01-15T11:00:00.000Z' }))).toEqual([]);
  });

  it('of an organization needs no scope to be named', () => {
    const budget = after(set(of('organization', ORGANIZATION), 100));
    expect(budget.limit?.limitMicroUsd).toBe(100n);
    expect(limitOf(budget, 'organization')).toBe(budget.limit);
    expect(budget.limits.size).toBe(0);
  });
});

describe('A team', () => {
  const RESEARCH = of('team', 'research');
  const budget = () => after(set(RESEARCH, 100, { projects: ['vision', 'nlp'] }));

  it('spends what its projects spend, from when they are its', () => {
    expect(refusedBy(budget(), hold('j1', 101, { project: 'vision' }))).toBe('team');
    expect(refusedBy(budget(), hold('j1', 101, { project: 'audio' }))).toBe('accepted');
    expect(refusedBy(budget(), hold('j1', 101, { project: 'audio', team: 'research' }))).toBe('team');
    const held = step(budget(), hold('j1', 60, { project: 'vision' }));
    expect(refusedBy(held, hold('j2', 41, { project: 'nlp' }))).toBe('team');
    expect(refusedBy(held, hold('j2', 40, { project: 'nlp' }))).toBe('accepted');
    expect(spendingOf(step(held, count('c1', 7, { project: 'nlp' })), RESEARCH).spentTotal).toBe(7n);
  });
  it('keeps what was held for it when the project moves on', () => {
    const moved = [
      hold('j1', 60, { project: 'vision' }),
      set(RESEARCH, 100, { projects: ['nlp'], at: LATER }),
      set(of('team', 'product'), 100, { projects: ['vision'] }),
      count('c1', 50, { jobId: 'j1', project: 'vision' }),
      count('c2', 3, { project: 'vision' }),
    ].reduce(step, budget());
    expect(spendingOf(moved, RESEARCH)).toMatchObject({ held: 10n, spentTotal: 50n });
    expect(spendingOf(moved, of('team', 'product'))).toMatchObject({ held: 0n, spentTotal: 3n });
  });
  it('that has no budget any more has no projects', () => {
    const gone = step(budget(), remove(RESEARCH));
    expect(spendingOf(step(gone, hold('j1', 60, { project: 'vision' })), RESEARCH).held).toBe(0n);
  });
});

describe('A budget of a job', () => {
  const JOB = of('job', 'j1');
  it('has no days or months', () =>
    expect(events(after(), set(JOB, 100))).toMatchObject([{ data: { period: 'total', scope: JOB } }]));
  it('binds its hold when that is raised, and nothing else', () => {
    const budget = after(hold('j1', 60), count('c1', 30, { jobId: 'j1' }), set(JOB, 100));
    expect(refusedBy(budget, raise('j1', 101))).toBe('job');
    expect(refusedBy(budget, raise('j1', 100))).toBe('accepted');
    expect(refusedBy(budget, hold('j2', 1_000))).toBe('accepted');
    expect(spendingOf(budget, JOB)).toMatchObject({ held: 30n, spentTotal: 30n });
    expect(spendingOf(budget, of('job', 'j9'))).toMatchObject({ held: 0n, spentTotal: 0n });
  });
  it('is told of at its thresholds', () => {
    const budget = after(hold('j1', 60), set(JOB, 100));
    expect(told(budget, count('c1', 55, { jobId: 'j1' }))).toEqual([['job:j1', 'total', 50]]);
  });
});

describe('A charge', () => {
  it('counts where its hold does', () => {
    const budget = after(hold('j1', 60, { project: 'vision', keyId: 'k' }));
    const [event] = events(budget, count('c1', 10, { jobId: 'j1', project: 'nlp', team: 'research' }));
    expect(event?.data).toMatchObject({ project: 'vision', keyId: 'k' });
    expect(event?.data).not.toHaveProperty('team');
  });
  it('counts where it says without one, or for one from before there were parts', () => {
    const [early] = events(after(free('j1')), count('c1', 10, { jobId: 'j1', project: 'nlp' }));
    expect(early?.data).toMatchObject({ project: 'nlp' });
    const [old] = events(after(hold('j1', 60)), count('c1', 10, { jobId: 'j1', project: 'nlp' }));
    expect(old?.data).not.toHaveProperty('project');
  });
  it('in the favour of the customer lowers what is spent, and leaves its hold alone', () => {
    const budget = after(hold('j1', 60), count('c1', 50, { jobId: 'j1' }));
    expect(events(budget, count('c2', -20, { jobId: 'j1' }))[0]?.data).toMatchObject({ fromHoldMicroUsd: '0' });
    const { held, spentTotal } = step(budget, count('c2', -20, { jobId: 'j1' }));
    expect([held, spentTotal]).toEqual([10n, 30n]);
  });
});

describe('A hold that is raised', () => {
  it('asks for the difference, of every budget', () => {
    const budget = after(set(undefined, 100), set(of('key', 'k'), 90), hold('j1', 60, { keyId: 'k' }), hold('j2', 10));
    expect(refusedBy(budget, raise('j1', 91))).toBe('organization');
    expect(refusedBy(step(budget, free('j2')), raise('j1', 91))).toBe('key');
    expect(events(budget, raise('j1', 90))).toEqual([
      {
        type: 'billing.budget.hold-raised',
        data: { ...raise('j1', 90).data, keyId: 'k', byMicroUsd: '30' },
      },
    ]);
    const raised = step(budget, raise('j1', 90));
    expect([raised.held, raised.holds.get(holdIdOf('j1'))?.remaining]).toEqual([100n, 90n]);
    expect(spendingOf(raised, of('key', 'k')).held).toBe(90n);
  });
  it('is not raised twice, nor lowered', () => {
    const budget = after(hold('j1', 60), raise('j1', 90));
    expect(events(budget, raise('j1', 90))).toEqual([]);
    expect(events(budget, raise('j1', 60))).toEqual([]);
  });
  it("is never raised where it is the job's own budget", () => {
    const own = { ...hold('j1', 60).data, fixed: true };
    const budget = after({ type: 'PlaceHold', data: own });
    expect(events(after(), { type: 'PlaceHold', data: own })[0]?.data).toMatchObject({ fixed: true });
    expect(events(budget, raise('j1', 90))).toEqual([]);
  });
  it('counts what it spent as part of it', () => {
    const budget = after(set(undefined, 100), hold('j1', 60), count('c1', 50, { jobId: 'j1' }));
    expect(refusedBy(budget, raise('j1', 100))).toBe('accepted');
    expect(refusedBy(budget, raise('j1', 101))).toBe('organization');
  });
  it('must be there', () => {
    expect(decided(after(), raise('j1', 1))).toMatchObject({ reason: 'HoldUnknown', details: { jobId: 'j1' } });
    expect(refusedBy(after(hold('j1', 60), free('j1')), raise('j1', 90))).toBe('HoldUnknown');
    expect(refusedBy(after(free('j1')), raise('j1', 90))).toBe('HoldUnknown');
  });
});

describe('Thresholds', () => {
  const limited = (change: Partial<BudgetSet['data']> = {}) => after(set(undefined, 1_000, change));

  it('are told when they are reached, each once in its period', () => {
    expect(told(limited(), count('c1', 499))).toEqual([]);
    expect(told(limited(), count('c1', 500))).toEqual([['organization', '2026-01', 50]]);
    expect(told(limited(), count('c1', 1_200))).toEqual([
      ['organization', '2026-01', 50],
      ['organization', '2026-01', 80],
      ['organization', '2026-01', 100],
    ]);
    const half = step(limited(), count('c1', 500));
    expect(told(half, count('c2', 1))).toEqual([]);
    expect(told(half, count('c2', 300))).toEqual([['organization', '2026-01', 80]]);
    expect(told(half, count('c1', 500))).toEqual([]);
  });
  it('say what was spent of what', () =>
    expect(events(limited(), count('c1', 500))[1]).toEqual({
      type: 'billing.budget.threshold-reached',
      data: {
        organizationId: ORGANIZATION,
        scope: of('organization', ORGANIZATION),
        period: 'month',
        periodKey: '2026-01',
        thresholdPercent: 50,
        limitMicroUsd: '1000',
        spentMicroUsd: '500',
        at: AT,
      },
    }));
  it('begin anew with the period', () => {
    const half = step(limited(), count('c1', 500));
    const february = { at: '2026-02-01T00:00:00.000Z' };
    expect(told(half, count('c2', 500, february))).toEqual([['organization', '2026-02', 50]]);
    const both = step(half, count('c2', 500, february));
    expect(told(both, count('c3', 1))).toEqual([]);
    expect(told(both, count('c3', 300))).toEqual([['organization', '2026-01', 80]]);
    const daily = step(limited({ period: 'day' }), count('c1', 500));
    expect(told(daily, count('c2', 500, { at: LATER }))).toEqual([['organization', '2026-01-16', 50]]);
    const total = step(limited({ period: 'total' }), count('c1', 500));
    expect(told(total, count('c2', 300, february))).toEqual([['organization', 'total', 80]]);
  });
  it('are those that were asked for', () => {
    expect(told(limited({ thresholds: [90, 10] }), count('c1', 950))).toEqual([
      ['organization', '2026-01', 10],
      ['organization', '2026-01', 90],
    ]);
    expect(told(limited({ thresholds: [150] }), count('c1', 1_499))).toEqual([]);
  });
  it('of every budget that a charge counts against', () => {
    const budget = after(
      set(undefined, 1_000),
      set(of('project', 'vision'), 100),
      set(of('key', 'k'), 10_000),
      hold('j1', 10, { project: 'vision', keyId: 'k' }),
    );
    expect(told(budget, count('c1', 60, { jobId: 'j1' }))).toEqual([['project:vision', '2026-01', 50]]);
  });
  it('of another limit are told from the start, also at once', () => {
    const half = step(limited(), count('c1', 500));
    expect(told(half, set(undefined, 600, { at: LATER }))).toEqual([
      ['organization', '2026-01', 50],
      ['organization', '2026-01', 80],
    ]);
    expect(told(half, set(undefined, 1_000, { at: LATER, thresholds: [50, 90] }))).toEqual([]);
    expect(told(half, set(of('project', 'vision'), 1, { at: LATER }))).toEqual([]);
    const again = step(step(half, remove(of('organization', ORGANIZATION))), set(undefined, 1_000, { at: LATER }));
    expect(again.told.get('organization')).toEqual({ '2026-01': [50] });
  });
  it('are not reached by spending nothing', () => {
    expect(told(after(set(undefined, 0)), count('c1', 0))).toEqual([]);
    expect(told(after(set(undefined, 0)), count('c1', 1))).toHaveLength(3);
  });
});

describe('Periods', () => {
  const NEW_YEAR = '2025-12-31T23:30:00.000Z';
  it('are those of the time zone', () => {
    expect([dayOf(NEW_YEAR), monthOf(NEW_YEAR)]).toEqual(['2025-12-31', '2025-12']);
    expect([dayOf(NEW_YEAR, BERLIN), monthOf(NEW_YEAR, BERLIN)]).toEqual(['2026-01-01', '2026-01']);
    expect(periodKeyOf('total', NEW_YEAR)).toBe('total');
    expect(periodKeyOf('day', NEW_YEAR, BERLIN)).toBe('2026-01-01');
    expect(periodKeyOf('month', NEW_YEAR, BERLIN)).toBe('2026-01');
    // Clocks go forward: the day has 23 hours.
    expect([dayOf('2026-03-29T21:59:59.999Z', BERLIN), dayOf('2026-03-29T22:00:00.000Z', BERLIN)]).toEqual([
      '2026-03-29',
      '2026-03-30',
    ]);
  });
  it('of a budget are those of the account that is charged', () => {
    const berlin = { at: NEW_YEAR, zone: BERLIN };
    const budget = after(set(undefined, 100, { period: 'day' }), count('c1', 60, berlin));
    expect(refusedBy(budget, hold('j1', 41, { at: '2026-01-01T12:00:00.000Z', zone: BERLIN }))).toBe('organization');
    expect(refusedBy(budget, hold('j1', 41, { at: '2026-01-01T23:00:00.000Z', zone: BERLIN }))).toBe('accepted');
    expect(refusedBy(budget, hold('j1', 41, { at: '2025-12-31T12:00:00.000Z', zone: BERLIN }))).toBe('accepted');
    expect(told(after(set(undefined, 100)), count('c1', 60, berlin))).toEqual([['organization', '2026-01', 50]]);
  });
  it('are kept for as long as they matter', () => {
    const days = Array.from({ length: 60 }, (_, day) =>
      count(`c${day}`, 1, { at: new Date(Date.UTC(2026, 0, 1 + day)).toISOString() }),
    );
    const { spentByDay, spentByMonth, spentTotal } = after(...days);
    expect([Object.keys(spentByDay).length, spentByDay['2026-03-01'], spentTotal]).toEqual([40, 1n, 60n]);
    expect(spentByMonth).toEqual({ '2026-01': 31n, '2026-02': 28n, '2026-03': 1n });
  });
});
