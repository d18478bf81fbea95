import fc from 'fast-check';
import { fold } from '@solyx/kernel';
import { propertyRuns, replay } from '@solyx/testing';
import { allocation, allocationArb, billByHand, iso, ORGANIZATION, sum, T0 } from '../test/fixtures';
import { billText, chargesIn, fact, linesOf, pricesOf, reading } from '../test/usage';
import { accountDecider, type AccountCommand, type AccountEvent } from './account';
import { bookOf } from './account-state';
import { amountOf } from './rating/amount';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const openedData = { organizationId: ORGANIZATION, currency: 'USD', at: iso(T0) } as const;
const usage = (held = allocation()) => ({ allocation: held, eventId: 'granted', position: '10', at: iso(T0) });
const openUsage = (held = allocation()) => ({ type: 'OpenUsage', data: usage(held) }) as const;
const meter = (until: number, held = allocation()) =>
  ({
    type: 'MeterUsage',
    data: { allocationId: held.allocationId, until: iso(until), sliceMs: HOUR, prices: pricesOf() },
  }) as const;
const release = (at: number, held = allocation()) => {
  const { data } = meter(at, held);
  return { type: 'MeterUsage', data: { ...data, release: { eventId: 'released', position: '20' } } } as const;
};
const rateUsage = (...args: Parameters<typeof reading>) => ({ type: 'RateUsage', data: reading(...args) }) as const;
const close = (period: string, at: number, prices = pricesOf()) =>
  ({ type: 'ClosePeriod', data: { organizationId: ORGANIZATION, period, prices, at: iso(at) } }) as const;

const run = (...commands: readonly AccountCommand[]) => replay(accountDecider, commands);
const chargesAfter = (...commands: readonly AccountCommand[]) => chargesIn(run(...commands).events);

/** Allocations that are opened, read at some hours and released; told in any order and any number of times. */
const heldArb = fc.tuple(allocationArb('alc_1'), allocationArb('alc_2'), allocationArb('alc_3', 'job_2'));
const RAN_MS = 3 * HOUR + 1_866_649;
const historyArb = heldArb.chain((held) => {
  const told = held.flatMap((one) => {
    const granted = Date.parse(one.grantedAt);
    const reads = [1, 2, 5].map((hours) => meter(Math.ceil(granted / HOUR) * HOUR + hours * HOUR, one));
    return [openUsage(one), ...reads, release(granted + RAN_MS, one)];
  });
  const commands = fc.array(fc.constantFrom<AccountCommand>(...told), { maxLength: 30 });
  return fc.record({ held: fc.constant(held), commands, told: fc.constant(told) });
});

describe('The bill', () => {
  it('is the same, to the last unit, in whatever order and however often it is told', () => {
    fc.assert(
      fc.property(historyArb, ({ held, commands, told }) => {
        const plain = held.flatMap((one) => [openUsage(one), release(Date.parse(one.grantedAt) + RAN_MS, one)]);
        const charges = chargesIn(run(...commands, ...told, ...told).events);
        expect(billText(charges)).toEqual(billText(chargesAfter(...plain)));
        // What a bill by hand rounds line by line, and we once: never more than half a unit a line apart.
        const byHand = sum(held.flatMap((one) => billByHand(one, iso(Date.parse(one.grantedAt) + RAN_MS))));
        const total = sum(charges.map(({ totalMicroUsd }) => BigInt(totalMicroUsd)));
        expect(Number(total - byHand)).toBeLessThanOrEqual(linesOf(charges).length);
        expect(Number(byHand - total)).toBeLessThanOrEqual(linesOf(charges).length);
      }),
      propertyRuns(30),
    );
  });

  it('has in each line what its terms say of the whole quantity, rounded once, after every event', () => {
    fc.assert(
      fc.property(historyArb, ({ commands }) => {
        let state = accountDecider.initial;
        for (const event of run(...commands).events) {
          state = accountDecider.evolve(state, event);
          for (const { data } of event.type === 'billing.account.charge-posted' ? [event] : []) {
            for (const line of data.lines) {
              const { quantity, amount } = bookOf(state, data.period).lines.get(line.lineKey!)!;
              expect(amount).toBe(amountOf(line.terms!, quantity));
            }
          }
        }
      }),
      propertyRuns(60),
    );
  });

  it('posts what sums to zero after every event, rehearsals by themselves', () => {
    fc.assert(
      fc.property(historyArb, ({ commands }) => {
        for (const { postings, lines, totalMicroUsd } of chargesIn(run(...commands).events)) {
          const of = (simulated: boolean) =>
            postings.filter(({ account }) => account.startsWith('simulated:') === simulated);
          expect(sum(of(true).map(({ amountMicroUsd }) => BigInt(amountMicroUsd)))).toBe(0n);
          expect(sum(of(false).map(({ amountMicroUsd }) => BigInt(amountMicroUsd)))).toBe(0n);
          expect(sum(lines.map(({ amountMicroUsd }) => BigInt(amountMicroUsd)))).toBe(BigInt(totalMicroUsd));
        }
      }),
      propertyRuns(60),
    );
  });

  it('is the same after the state was kept and read again', () => {
    fc.assert(
      fc.property(historyArb, historyArb, ({ commands }, { commands: later }) => {
        const { state } = run({ type: 'OpenAccount', data: openedData }, ...commands, rateUsage([fact()]));
        const codec = accountDecider.snapshot!;
        const again = codec.fromJson(JSON.parse(JSON.stringify(codec.toJson(state))));
        for (const command of [...commands, ...later, close('2026-01', T0 + 40 * DAY)]) {
          expect(accountDecider.decide(command, again)).toEqual(accountDecider.decide(command, state));
        }
      }),
      propertyRuns(20),
    );
  });
});

/** Facts of a month and a half in any order, some twice, some late; the month is closed in between. */
const factsArb = fc.array(
  fc.record({
    quantity: fc.nat({ max: 3_000_000 }).map(String),
    meter: fc.constantFrom('token-input' as const, 'token-output' as const),
    quality: fc.constantFrom('standard' as const, 'high' as const),
    day: fc.nat({ max: 44 }),
  }),
  { minLength: 1, maxLength: 24 },
);

describe('A month of batched usage', () => {
  it('is the same bill in any order, and when a part of it comes after the close', () => {
    fc.assert(
      fc.property(factsArb, fc.nat(), fc.integer({ min: 0, max: 24 }), (given_, seed, lateFrom) => {
        const january = Date.UTC(2026, 0, 1);
        const facts = given_.map(({ day, ...one }, index) =>
          fact({ ...one, usageId: `u${index}`, from: iso(january + day * DAY), to: iso(january + day * DAY) }),
        );
        const shuffled = facts
          .map((one, index) => ({ one, by: (index * 7_919 + seed) % 101 }))
          .sort((a, b) => a.by - b.by)
          .map(({ one }) => one);
        const tell = (all: readonly (typeof facts)[number][], closeAt: number): AccountEvent[] => {
          const revisions = new Map<string, number>();
          const commands = all.flatMap((one, index): AccountCommand[] => {
            const { stream } = reading([one]);
            const revision = (revisions.get(stream) ?? -1) + 1;
            revisions.set(stream, revision);
            const told = rateUsage([one], revision);
            const closing = index === closeAt ? [close('2026-01', Date.UTC(2026, 1, 4))] : [];
            return index % 3 === 0 ? [...closing, told, told] : [...closing, told];
          });
          return [...run(...commands).events];
        };
        expect(billText(chargesIn(tell(shuffled, lateFrom)))).toEqual(billText(chargesIn(tell(facts, -1))));
      }),
      propertyRuns(60),
    );
  });
  it('is folded from its events as it was decided', () => {
    const { state, events } = run(rateUsage([fact()]), openUsage(), release(T0 + HOUR));
    expect(accountDecider.snapshot!.toJson(fold(accountDecider, events))).toEqual(
      accountDecider.snapshot!.toJson(state),
    );
  });
});
