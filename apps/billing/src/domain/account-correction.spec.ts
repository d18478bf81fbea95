import type { ChargePosted } from '@solyx/contracts/billing';
import { fold } from '@solyx/kernel';
import { oracle } from '../test/oracle';
import { book, entry, tier } from '../test/prices';
import { chargesIn, fact, pricesOf, reading } from '../test/usage';
import { iso, LIST, ORGANIZATION, T0 } from '../test/fixtures';
import { accountDecider, type Account, type AccountEvent } from './account';
import { correctPeriod, CORRECTION_LINES_MAX, type CorrectPeriod } from './account-correction';
import { bookOf } from './account-state';
import { keyOfLine } from './line-key';
import { zeroSum } from './postings';
import { amountOf } from './rating/amount';
import { differenceOf, Rerating } from './rating/rerate';

const DAY = 86_400_000;
const PERIOD = '2026-01';
const right = {
  version: 1,
  book: book({
    priceBookId: 'right',
    effectiveFrom: '2020-01-01T00:00:00.000Z',
    entries: [
      entry({ meter: 'token-input', pricing: 'contract', model: 'graduated', tiers: [tier(3, 1, 1_000), tier(1)] }),
    ],
  }),
};
const wrongPrices = pricesOf();
const rightPrices = pricesOf(LIST, [right]);

/** Charged in two events of a meter, in January. */
function charged(prices = wrongPrices): { account: Account; events: readonly AccountEvent[] } {
  const events: AccountEvent[] = [];
  let account = accountDecider.initial;
  for (const [revision, facts] of [
    [fact({ quantity: '900' }), fact({ usageId: 'b', quantity: '700', project: 'beta' })],
    [fact({ usageId: 'c', quantity: '600' })],
  ].entries()) {
    const decision = accountDecider.decide({ type: 'RateUsage', data: reading(facts, revision, prices) }, account);
    if (!decision.accepted) throw new Error(decision.reason);
    account = fold(accountDecider, decision.events, account);
    events.push(...decision.events);
  }
  return { account, events };
}

/** As the handler does, with the lines in the order in which they were posted. */
function correction(events: readonly AccountEvent[], prices = rightPrices): CorrectPeriod {
  const rerating = new Rerating(prices.cardAt);
  const moved = new Map<string, string>();
  for (const charge of [...chargesIn(events)].reverse()) {
    for (const line of charge.lines) {
      const key = keyOfLine(line, charge) ?? '';
      const today = moved.get(key) ?? key;
      if (line.correctsLineKey !== undefined && line.correctsLineKey !== key) moved.set(line.correctsLineKey, today);
      rerating.add({
        ...{ project: charge.project, skuId: line.skuId ?? '', lineKey: today, terms: line.terms, unit: line.unit },
        ...{
          quantity: BigInt(line.quantity),
          amount: BigInt(line.amountMicroUsd),
          resourceId: 'r',
          pricedAt: line.from,
        },
        isCorrection: charge.resource.kind === 'period' && line.correctsLineKey !== undefined,
      });
    }
  }
  const evidence = { eventId: 'asked', position: '7', at: iso(T0 + 40 * DAY) };
  return {
    organizationId: ORGANIZATION,
    period: PERIOD,
    requestId: 'req',
    lines: differenceOf(rerating.result()),
    ...evidence,
  };
}

const correct = (data: CorrectPeriod, account: Account) => {
  const decision = correctPeriod(data, account);
  if (!decision.accepted) throw new Error(`${decision.reason} ${JSON.stringify(decision.details)}`);
  return { events: decision.events, account: fold(accountDecider, decision.events, account) };
};
const totalOf = (charges: readonly ChargePosted['data'][]) =>
  charges.reduce((sum, { totalMicroUsd }) => sum + BigInt(totalMicroUsd), 0n);
const closed = (account: Account, period = PERIOD): Account => {
  const data = { organizationId: ORGANIZATION, period, prices: wrongPrices, at: iso(T0 + 400 * DAY) };
  const decision = accountDecider.decide({ type: 'ClosePeriod', data }, account);
  if (!decision.accepted) throw new Error(decision.reason);
  return fold(accountDecider, decision.events, account);
};

describe('A period that was priced wrongly', () => {
  const { account, events } = charged();

  it('is corrected line by line, linked to what was wrong, to what it should have cost', () => {
    const { events: posted } = correct(correction(events), account);
    const charges = chargesIn(posted);
    expect(charges.map(({ project }) => project).sort()).toEqual(['beta', 'default']);
    for (const charge of charges) expect([charge.period, charge.correctsPeriod]).toEqual([PERIOD, undefined]);
    // By the right book: 1,000 × 3 + 500 × 1, and 700 × 3.
    expect(totalOf(chargesIn(events)) + totalOf(charges)).toBe(3_500n + 2_100n);
    for (const charge of charges) {
      expect(zeroSum(charge.postings)).toBe(true);
      const [line] = charge.lines;
      const old = chargesIn(events).find(({ project }) => project === charge.project)?.lines[0];
      expect(line).toMatchObject({
        ...{ correctsLineKey: old?.lineKey, kind: 'token', source: 'owned', eventIds: ['asked'], positions: ['7'] },
        ...{
          skuId: 'token-input/owned/llama/contract/standard',
          pricing: 'contract',
          from: '2026-01-01T00:00:00.000Z',
        },
      });
      const whole = BigInt(line?.quantityBefore ?? 0) + BigInt(line?.quantity ?? 0);
      expect(amountOf(line!.terms!, whole) - BigInt(line!.amountBefore!)).toBe(BigInt(line!.amountMicroUsd));
    }
  });

  it('is corrected in the first open period once it is closed', () => {
    const { events: posted, account: after } = correct(correction(events), closed(account));
    expect(chargesIn(posted)).toMatchObject([
      { period: '2026-02', correctsPeriod: PERIOD },
      { period: '2026-02', correctsPeriod: PERIOD },
    ]);
    expect(bookOf(after, '2026-02').total).toBe(totalOf(chargesIn(posted)));
    const [line] = chargesIn(posted)[0]!.lines;
    expect(line?.lineKey).not.toBe(line?.correctsLineKey);
  });

  it('is corrected once: nothing differs afterwards, and the same correction is stale', () => {
    const data = correction(events);
    const { events: posted, account: after } = correct(data, account);
    expect(correction([...events, ...posted]).lines).toEqual([]);
    expect(correctPeriod(data, after)).toMatchObject({ accepted: false, reason: 'RerateStale' });
  });

  it('goes on under the right price, and may be corrected back', () => {
    const { events: posted, account: after } = correct(correction(events), account);
    const late = {
      type: 'RateUsage',
      data: reading([fact({ usageId: 'd', quantity: '100' })], 2, rightPrices),
    } as const;
    const decision = accountDecider.decide(late, after);
    const more = decision.accepted ? decision.events : [];
    // 1,600 of a line that has 1,000 at 3 and the rest at 1: another hundred at 1.
    expect(totalOf(chargesIn(more))).toBe(100n);
    const all = [...events, ...posted, ...more];
    const latest = fold(accountDecider, more, after);
    const { events: back } = correct({ ...correction(all, wrongPrices), requestId: 'req_2' }, latest);
    const byList = (quantity: bigint) => oracle.nearest({ n: quantity * 7n, d: 10n });
    expect(totalOf(chargesIn([...all, ...back]))).toBe(byList(1_600n) + byList(700n));
  });

  it('is left alone where usage came meanwhile that the difference does not know of', () => {
    const late = { type: 'RateUsage', data: reading([fact({ usageId: 'd', quantity: '1' })], 2) } as const;
    const decision = accountDecider.decide(late, account);
    const moved = fold(accountDecider, decision.accepted ? decision.events : [], account);
    expect(correctPeriod(correction(events), moved)).toMatchObject({
      reason: 'RerateStale',
      details: { period: PERIOD },
    });
  });

  it('is not corrected without bound, nor for ever', () => {
    const data = correction(events);
    const many = Array.from({ length: CORRECTION_LINES_MAX + 1 }, () => data.lines[0]!);
    expect(correctPeriod({ ...data, lines: many }, account)).toMatchObject({ reason: 'LimitExceeded' });
    const old = ['2026-01', '2026-02', '2026-03'].reduce(closed, account);
    expect(correctPeriod(data, old)).toMatchObject({ reason: 'UsageTooOld', details: { period: PERIOD } });
  });

  it('needs no correction where it was right', () => {
    const same = charged(rightPrices);
    expect(correction(same.events).lines).toEqual([]);
    expect(correct({ ...correction(same.events), lines: [] }, same.account).events).toEqual([]);
  });
});
