import fc from 'fast-check';
import { fold } from '@solyx/kernel';
import { BudgetSet, ChargeCounted, HoldPlaced, HoldReleased } from '@solyx/contracts/billing';
import { given, replay } from '@solyx/testing';
import { ORGANIZATION, sum } from '../test/fixtures';
import { budgetDecider, spentAt, type Budget, type BudgetCommand, type BudgetEvent } from './budget';

const january = '2026-01-31T23:59:59.999Z';
const february = '2026-02-01T00:00:00.000Z';

const setData = (limit: number, period: 'month' | 'total' = 'month', at = january) => ({
  organizationId: ORGANIZATION,
  limitMicroUsd: limit.toString(),
  period,
  at,
});
const limited = (limit: number, period?: 'month' | 'total') => BudgetSet(setData(limit, period));
const holdData = (amount: number, jobId = 'job_1', at = january) => ({
  holdId: `hold_${jobId}`,
  organizationId: ORGANIZATION,
  jobId,
  amountMicroUsd: amount.toString(),
  at,
});
const chargeData = (amount: number, chargeId = 'chg_1', at = january, jobId = 'job_1') => ({
  holdId: `hold_${jobId}`,
  organizationId: ORGANIZATION,
  jobId,
  chargeId,
  amountMicroUsd: amount.toString(),
  at,
});
const releaseData = (jobId = 'job_1') => ({
  holdId: `hold_${jobId}`,
  organizationId: ORGANIZATION,
  jobId,
  at: january,
});

const held = (amount: number, jobId?: string) => HoldPlaced(holdData(amount, jobId));
const counted = (amount: number, fromHold: number, chargeId?: string, at?: string) =>
  ChargeCounted({ ...chargeData(amount, chargeId, at), fromHoldMicroUsd: fromHold.toString() });
const released = (amount: number, jobId?: string) =>
  HoldReleased({ ...releaseData(jobId), releasedMicroUsd: amount.toString() });

const place = (data: ReturnType<typeof holdData>) => ({ type: 'PlaceHold', data }) as const;
const count = (data: ReturnType<typeof chargeData>) => ({ type: 'CountCharge', data }) as const;
const free = (jobId?: string) => ({ type: 'ReleaseHold', data: releaseData(jobId) }) as const;
const past = given(budgetDecider);

describe('Budget', () => {
  it('is set, and not set again as it is', () => {
    past()
      .when({ type: 'SetBudget', data: setData(100) })
      .then(limited(100));
    past(limited(100))
      .when({ type: 'SetBudget', data: setData(100) })
      .thenNothing();
    past(limited(100))
      .when({ type: 'SetBudget', data: setData(101) })
      .then(limited(101));
    past(limited(100))
      .when({ type: 'SetBudget', data: setData(100, 'total') })
      .then(limited(100, 'total'));
  });

  it('stays as it was asked for last, whatever is told late or again', () => {
    const past = given(budgetDecider)(limited(100), BudgetSet(setData(200, 'month', february)));
    past.when({ type: 'SetBudget', data: setData(100) }).thenNothing();
    past
      .when({ type: 'SetBudget', data: setData(300, 'month', february) })
      .then(BudgetSet(setData(300, 'month', february)));
  });

  it('limits nothing until it is set', () =>
    past()
      .when(place(holdData(1_000_000)))
      .then(held(1_000_000)));
  it('may be held to the last micro-dollar, and not one further', () => {
    past(limited(100))
      .when(place(holdData(100)))
      .then(held(100));
    past(limited(100))
      .when(place(holdData(101)))
      .thenRefused('BudgetExceeded');
  });
  it('counts what is held already', () => {
    past(limited(100), held(60))
      .when(place(holdData(41, 'job_2')))
      .thenRefused('BudgetExceeded');
    past(limited(100), held(60))
      .when(place(holdData(40, 'job_2')))
      .then(held(40, 'job_2'));
  });
  it('counts what is spent already', () =>
    past(limited(100), held(60), counted(50, 50), released(10))
      .when(place(holdData(51, 'job_2')))
      .thenRefused('BudgetExceeded'));
  it('says what it lacks, and for which job', () =>
    expect(past(limited(100), held(60)).when(place(holdData(41, 'job_2'))).decision).toEqual({
      accepted: false,
      reason: 'BudgetExceeded',
      details: {
        jobId: 'job_2',
        scope: 'organization',
        scopeId: ORGANIZATION,
        limitMicroUsd: '100',
        period: 'month',
        spentMicroUsd: '0',
        heldMicroUsd: '60',
        wantedMicroUsd: '41',
      },
    }));
  it('begins anew with each month of UTC, or never', () => {
    const next = place(holdData(100, 'job_2', february));
    past(limited(100), counted(80, 0)).when(next).then(HoldPlaced(next.data));
    past(limited(100, 'total'), counted(80, 0)).when(next).thenRefused('BudgetExceeded');
    past(limited(100), counted(80, 0, 'chg_1', february))
      .when(next)
      .thenRefused('BudgetExceeded');
  });
  it('holds nothing for a job without a price', () => {
    const { amountMicroUsd: _, ...unpriced } = holdData(1);
    past().when({ type: 'PlaceHold', data: unpriced }).thenRefused('NoPrice');
  });
  it('lends nothing', () =>
    past()
      .when(place(holdData(-1)))
      .thenRefused('BudgetExceeded'));

  it('places a hold once, also after its release', () => {
    past(held(60))
      .when(place(holdData(60)))
      .thenNothing();
    past(held(60), released(60))
      .when(place(holdData(60)))
      .thenNothing();
  });
  it('takes a charge from its hold, as far as that goes', () => {
    past(held(60))
      .when(count(chargeData(50)))
      .then(counted(50, 50));
    past(held(60))
      .when(count(chargeData(70)))
      .then(counted(70, 60));
    past(held(60), counted(50, 50))
      .when(count(chargeData(20, 'chg_2')))
      .then(counted(20, 10, 'chg_2'));
    past(held(60), released(60))
      .when(count(chargeData(5)))
      .then(counted(5, 0));
  });
  it('counts a charge once', () =>
    past(held(60), counted(50, 50))
      .when(count(chargeData(50)))
      .thenNothing());
  it('frees what was not spent, once', () => {
    past(held(60), counted(50, 50)).when(free()).then(released(10));
    past(held(60), released(60)).when(free()).thenNothing();
  });
  it('never places a hold for a job that has ended', () => {
    past().when(free()).then(released(0));
    past(released(0))
      .when(place(holdData(60)))
      .thenNothing();
    past(released(0)).when(free()).thenNothing();
  });
});

const jobArb = fc.constantFrom('job_1', 'job_2', 'job_3');
const timeArb = fc.constantFrom(january, february);
const commandArb: fc.Arbitrary<BudgetCommand> = fc.oneof(
  fc
    .tuple(fc.integer({ min: 0, max: 300 }), fc.constantFrom('month' as const, 'total' as const))
    .map(([limit, period]) => ({
      type: 'SetBudget' as const,
      data: setData(limit, period),
    })),
  fc.tuple(fc.integer({ min: 0, max: 150 }), jobArb, timeArb).map((drawn) => place(holdData(...drawn))),
  fc
    .tuple(fc.integer({ min: 0, max: 150 }), fc.constantFrom('chg_1', 'chg_2', 'chg_3'), timeArb, jobArb)
    .map((drawn) => count(chargeData(...drawn))),
  jobArb.map((jobId) => free(jobId)),
);

/** All holds, added up one by one. */
const heldByHand = (budget: Budget): bigint => sum([...budget.holds.entries()].map(([, { remaining }]) => remaining));

describe('Holds', () => {
  it('never pass the limit at the moment they are placed, whatever is asked', () => {
    fc.assert(
      fc.property(fc.array(commandArb, { maxLength: 40 }), (commands) => {
        let state = budgetDecider.initial;
        for (const command of commands) {
          const decision = budgetDecider.decide(command, state);
          if (!decision.accepted) continue;
          state = fold(budgetDecider, decision.events, state);
          expect(state.held).toBe(heldByHand(state));
          expect([...state.holds.entries()].every(([, { remaining }]) => remaining >= 0n)).toBe(true);
          if (command.type !== 'PlaceHold' || decision.events.length === 0 || !state.limit) continue;
          expect(spentAt(state, command.data.at) + state.held <= state.limit.limitMicroUsd).toBe(true);
        }
      }),
    );
  });

  it('keep spending within the limit while no job costs more than its hold', () => {
    const honest = fc.array(
      fc.record({ jobId: fc.nat({ max: 20 }).map(String), hold: fc.nat({ max: 60 }), percent: fc.nat({ max: 100 }) }),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(honest, (jobs) => {
        const commands = jobs.flatMap(({ jobId, hold, percent }): BudgetCommand[] => [
          place(holdData(hold, jobId)),
          count(chargeData(Math.trunc((hold * percent) / 100), `chg_${jobId}`, january, jobId)),
          free(jobId),
        ]);
        let state = fold(budgetDecider, [limited(100, 'total')]);
        const refused = new Set<string>();
        for (const command of commands) {
          const holdId = 'holdId' in command.data ? command.data.holdId : '';
          if (refused.has(holdId) || (command.type === 'CountCharge' && !placedFor(state, command.data))) continue;
          const decision = budgetDecider.decide(command, state);
          if (!decision.accepted) refused.add(holdId);
          else state = fold(budgetDecider, decision.events, state);
          expect(state.spentTotal + state.held <= 100n).toBe(true);
        }
      }),
    );
  });

  it('and charges lead to the same spending in any order, with repeats', () => {
    const facts: readonly BudgetCommand[] = ['job_1', 'job_2'].flatMap((jobId) => [
      place(holdData(90, jobId)),
      count(chargeData(40, `${jobId}-1`, january, jobId)),
      count(chargeData(70, `${jobId}-2`, february, jobId)),
      free(jobId),
    ]);
    const told = fc
      .array(fc.constantFrom(...facts), { maxLength: 20 })
      .chain((repeats) => fc.shuffledSubarray([...facts, ...repeats], { minLength: facts.length + repeats.length }));
    fc.assert(
      fc.property(told, (commands) => {
        const { state } = replay(budgetDecider, commands);
        expect(state.held).toBe(0n);
        expect(state.spentTotal).toBe(220n);
        expect(state.spentByMonth).toEqual({ '2026-01': 80n, '2026-02': 140n });
      }),
    );
  });

  it('are the same after the state was kept and read again', () => {
    fc.assert(
      fc.property(fc.array(commandArb), fc.array(commandArb), (before, after) => {
        const { state } = replay(budgetDecider, before);
        const codec = budgetDecider.snapshot!;
        const again = codec.fromJson(JSON.parse(JSON.stringify(codec.toJson(state))));
        const events = (from: Budget): readonly BudgetEvent[] =>
          after.reduce<readonly [Budget, readonly BudgetEvent[]]>(
            ([now, all], command) => {
              const decision = budgetDecider.decide(command, now);
              return decision.accepted
                ? [fold(budgetDecider, decision.events, now), [...all, ...decision.events]]
                : [now, all];
            },
            [from, []],
          )[1];
        expect(events(again)).toEqual(events(state));
      }),
    );
  });
});

/** Honest jobs: a charge no larger than what its hold still has. */
const placedFor = (state: Budget, data: { holdId: string; amountMicroUsd: string }): boolean =>
  (state.holds.get(data.holdId)?.remaining ?? -1n) >= BigInt(data.amountMicroUsd);
