import fc from 'fast-check';
import { fold } from '@solyx/kernel';
import { propertyRuns, replay } from '@solyx/testing';
import { ORGANIZATION } from '../test/fixtures';
import { AT, count, free, hold, LATER, of, raise, set, type On } from '../test/budget-play';
import { budgetDecider, holdIdOf, spendingOf, spentWithin, type Budget, type BudgetCommand } from './budget';
import { limitOf, scopeKeyOf } from './budget-state';

const AMONG = {
  project: fc.option(fc.constantFrom('vision', 'nlp', 'audio'), { nil: undefined }),
  team: fc.option(fc.constantFrom('research'), { nil: undefined }),
  keyId: fc.option(fc.constantFrom('k1', 'k2'), { nil: undefined }),
};
const on: fc.Arbitrary<On> = fc
  .record(AMONG)
  .map((all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)));
const jobId = fc.constantFrom('j1', 'j2', 'j3', 'j4', 'j5', 'j6');
const amount = fc.nat({ max: 80 });
const scope = fc.constantFrom(
  undefined,
  of('project', 'vision'),
  of('team', 'research'),
  of('key', 'k1'),
  of('job', 'j1'),
);
const at = fc.constantFrom(AT, LATER, '2026-02-01T00:00:00.000Z');
const command: fc.Arbitrary<BudgetCommand> = fc.oneof(
  fc
    .tuple(scope, amount, fc.constantFrom('day' as const, 'month' as const, 'total' as const), at)
    .map(([of, limit, period, when]) => set(of, limit + 60, { period, at: when, projects: ['nlp'] })),
  { weight: 3, arbitrary: fc.tuple(jobId, amount, on).map((all) => hold(...all)) },
  { weight: 2, arbitrary: fc.tuple(jobId, amount).map(([id, more]) => raise(id, more + 20)) },
  fc
    .tuple(fc.constantFrom('c1', 'c2', 'c3', 'c4'), amount, jobId, on)
    .map(([id, of, job, by]) => count(id, of, { ...by, jobId: job })),
  jobId.map(free),
);

/** Every limit that the hold of a job counts against, and whether it is kept at this instant. */
const overshot = (budget: Budget, id: string, when: string): readonly string[] => {
  const { project, team, keyId } = budget.holds.get(holdIdOf(id)) ?? {};
  const scopes = [
    of('organization', ORGANIZATION),
    ...(team === undefined ? [] : [of('team', team)]),
    ...(project === undefined ? [] : [of('project', project)]),
    ...(keyId === undefined ? [] : [of('key', keyId)]),
    of('job', id),
  ];
  return scopes.flatMap((one) => {
    const limit = limitOf(budget, scopeKeyOf(one));
    if (!limit) return [];
    const spending = spendingOf(budget, one);
    return spentWithin(spending, limit, when, 'UTC') + spending.held > limit.limitMicroUsd ? [scopeKeyOf(one)] : [];
  });
};

describe('Budgets, whatever is asked', () => {
  it('are overshot by no hold, placed or raised, and parts sum up', () => {
    let placed = 0;
    fc.assert(
      fc.property(fc.array(command, { minLength: 10, maxLength: 40 }), (commands) => {
        let budget = budgetDecider.initial;
        for (const one of commands) {
          const decision = budgetDecider.decide(one, budget);
          if (!decision.accepted || decision.events.length === 0) continue;
          budget = fold(budgetDecider, decision.events, budget);
          const held = [...budget.holds.values()].reduce((sum, { remaining }) => sum + remaining, 0n);
          if (held !== budget.held) throw new Error(`${held} is held, not ${budget.held}`);
          if (one.type !== 'PlaceHold' && one.type !== 'RaiseHold') continue;
          placed += 1;
          expect(overshot(budget, one.data.jobId, one.data.at)).toEqual([]);
        }
        for (const kind of ['project', 'key', 'team'] as const) {
          const keys = [...budget.scopes.keys()].filter((key) => key.startsWith(`${kind}:`));
          const held = keys.reduce((sum, key) => sum + (budget.scopes.get(key)?.held ?? 0n), 0n);
          if (held > budget.held || held < 0n) throw new Error(`${held} of ${budget.held} is held by ${kind}`);
        }
      }),
      propertyRuns(150),
    );
    expect(placed).toBeGreaterThan(500);
  });

  it('hold nothing once all work has ended', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
        const ends = ['j1', 'j2', 'j3', 'j4', 'j5', 'j6'].map(free);
        const { state } = replay(budgetDecider, [...commands, ...ends]);
        expect(state.held).toBe(0n);
        expect([...state.scopes.values()].every(({ held }) => held === 0n)).toBe(true);
      }),
      propertyRuns(100),
    );
  });

  it('tell a threshold once per period and limit', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
        const { events: all } = replay(budgetDecider, commands);
        const known = new Set<string>();
        for (const { type, data } of all) {
          if (type === 'billing.budget.set') {
            const key = scopeKeyOf(data.scope);
            [...known].filter((one) => one.startsWith(`${key} `)).forEach((one) => known.delete(one));
          }
          if (type !== 'billing.budget.threshold-reached') continue;
          const key = `${scopeKeyOf(data.scope)} ${data.periodKey} ${data.thresholdPercent}`;
          expect(known.has(key)).toBe(false);
          known.add(key);
        }
      }),
      propertyRuns(100),
    );
  });

  it('are the same text after they were kept and read, and go on the same', () => {
    const codec = budgetDecider.snapshot!;
    fc.assert(
      fc.property(fc.array(command, { maxLength: 30 }), fc.array(command, { maxLength: 30 }), (before, more) => {
        const once = replay(budgetDecider, [...before, ...more]);
        const first = replay(budgetDecider, before);
        const text = JSON.stringify(codec.toJson(first.state));
        const read = codec.fromJson(JSON.parse(text));
        expect(JSON.stringify(codec.toJson(read))).toBe(text);
        const rest = once.events.slice(first.events.length);
        expect(codec.toJson(fold(budgetDecider, rest, read))).toEqual(codec.toJson(once.state));
      }),
      propertyRuns(80),
    );
  });
});
