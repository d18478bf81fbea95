import fc from 'fast-check';
import { propertyRuns } from '@solyx/testing';
import { card, entry, terms, tier, usage, version } from '../../test/prices';
import { rerateAnswer, RERATE_LINES_MAX } from '../rerate';
import { amountOf, nextTotal, NOTHING, type LineTotal } from './amount';
import type { RateCard } from './rate-card';
import { rateUsage } from './rate-usage';
import { differenceOf, Rerating, type PostedLine, type RatedGroup } from './rerate';

const graduated = { model: 'graduated', tiers: [tier(10, 1, 100), tier(4)] } as const;
const old = card(version({ entries: [entry(graduated), entry({ product: 'L4', tiers: [tier(3, 7)] })] }));
const cheaper = card(version({ entries: [entry({ ...graduated, discountBps: 1_000 })] }, 2), ...old.books);

const posted = (change: Partial<PostedLine> = {}): PostedLine => ({
  project: 'default',
  skuId: 'gpu/owned/H100/on-demand/standard',
  lineKey: 'line_1',
  terms: terms(),
  unit: 'milli-gpu-ms',
  quantity: 100n,
  amount: 1_000n,
  resourceId: 'job_1',
  pricedAt: '2026-01-15T00:00:00.000Z',
  ...change,
});

/** A period as billing posts it: usage after usage, each line going on from the one before. */
function postedPeriod(
  used: readonly { project: string; product: string; quantity: bigint }[],
  prices: RateCard,
): readonly PostedLine[] {
  const totals = new Map<string, LineTotal>();
  return used.map(({ project, product, quantity }) => {
    const rating = rateUsage(usage({ project, product, quantity }), prices);
    if (!rating.rated) throw new Error('no price');
    const { skuId, terms: by } = rating.usage;
    const lineKey = `${project} ${skuId} ${by.priceBookVersion}`;
    const { added, ...after } = nextTotal(by, totals.get(lineKey) ?? NOTHING, quantity);
    totals.set(lineKey, after);
    return posted({ project, skuId, lineKey, terms: by, quantity, amount: added });
  });
}

const rerate = (lines: readonly PostedLine[], prices: RateCard) => {
  const rerating = new Rerating(() => prices);
  for (const line of lines) rerating.add(line);
  return rerating.result();
};
const total = (groups: readonly { readonly amount: bigint }[]) => groups.reduce((sum, { amount }) => sum + amount, 0n);
const usedArb = fc.array(
  fc.record({
    project: fc.constantFrom('a', 'b'),
    product: fc.constantFrom('H100', 'L4'),
    quantity: fc.bigInt({ min: 0n, max: 300n }),
  }),
  { maxLength: 12 },
);

describe('Re-rating', () => {
  it('under the same prices changes nothing', () => {
    fc.assert(
      fc.property(usedArb, (used) => {
        const result = rerate(postedPeriod(used, old), old);
        expect(total(result.rerated)).toBe(total(result.posted));
        expect(differenceOf(result)).toEqual([]);
      }),
      propertyRuns(60),
    );
  });

  it('adds up quantities first, so that tiers count for the whole period', () => {
    const lines = [60n, 60n].map((quantity) => posted({ quantity, amount: 1n }));
    const { rerated, posted: before } = rerate(lines, old);
    expect(before).toMatchObject([{ quantity: 120n, amount: 2n, lineKey: 'line_1' }]);
    expect(rerated).toMatchObject([
      {
        project: 'default',
        skuId: 'gpu/owned/H100/on-demand/standard',
        quantity: 120n,
        amount: 1_080n,
        unit: 'milli-gpu-ms',
      },
    ]);
  });

  it('keeps projects and things apart', () => {
    const lines = [
      posted(),
      posted({ project: 'b' }),
      posted({ skuId: 'gpu/owned/L4/on-demand/standard', lineKey: 'line_2' }),
    ];
    expect(rerate(lines, old).rerated.map(({ amount }) => amount)).toEqual([1_000n, 1_000n, 43n]);
    expect(rerate(lines, old).posted).toHaveLength(3);
  });

  it('asks for the price on demand of what a contract priced', () => {
    const { rerated } = rerate([posted({ skuId: 'gpu/owned/H100/contract/standard' })], old);
    expect(rerated).toMatchObject([{ skuId: 'gpu/owned/H100/on-demand/standard', amount: 1_000n }]);
  });

  it.each([
    ['was committed to', { skuId: 'gpu/owned/H100/reserved/standard' }],
    ['is no usage', { skuId: 'minimum' }],
    ['was agreed with a decision', { terms: terms({ priceBookId: 'route' }) }],
  ])('leaves what %s as it is', (_, change) => {
    const result = rerate([posted({ ...change, amount: 7n }), posted({ ...change, amount: 8n })], cheaper);
    expect(result).toMatchObject({ withoutPrice: 0, rerated: [{ amount: 15n, lineKey: 'line_1' }] });
    expect(differenceOf(result)).toEqual([]);
  });

  it('leaves what has no price as it is, and says so', () => {
    const result = rerate([posted({ skuId: 'cpu/owned/*/on-demand/standard', amount: 7n })], old);
    expect(result).toMatchObject({ withoutPrice: 1, rerated: [{ amount: 7n }] });
  });

  it('counts what was corrected before, which is no usage', () => {
    const result = rerate([posted(), posted({ quantity: 0n, amount: -10n, isCorrection: true })], old);
    expect(result).toMatchObject({ posted: [{ amount: 990n }], rerated: [{ quantity: 100n, amount: 1_000n }] });
  });

  it('goes by the prices of then, and by a quote for the resource', () => {
    const quote = {
      quoteId: 'q',
      subject: {
        project: 'default',
        meter: 'gpu',
        pricing: 'dynamic',
        source: 'owned',
        simulated: false,
        product: 'H100',
        resourceId: 'job_2',
      },
      terms: terms({ entryId: 'q', tiers: [tier(1)] }),
      from: '2026-01-01T00:00:00.000Z',
      to: '2026-01-16T00:00:00.000Z',
    } as const;
    const instants: string[] = [];
    const rerating = new Rerating((at) => {
      instants.push(at);
      return { ...old, quotes: [quote] };
    });
    rerating.add(posted({ resourceId: 'job_2' }));
    rerating.add(posted({ resourceId: 'job_1' }));
    expect(instants).toEqual(['2026-01-15T00:00:00.000Z', '2026-01-15T00:00:00.000Z']);
    expect(rerating.result().rerated.map(({ amount }) => amount)).toEqual([100n, 1_000n]);
  });
});

describe('The difference', () => {
  const group = (change: Partial<RatedGroup> = {}): RatedGroup => {
    const { resourceId: _, pricedAt: __, ...rest } = posted();
    return { ...rest, ...change };
  };
  const between = (before: readonly RatedGroup[], after: readonly RatedGroup[]) =>
    differenceOf({ posted: before, rerated: after, withoutPrice: 0 });

  it('is a line for each that was wrong, linked to it', () => {
    const now = group({ lineKey: '', terms: terms({ discountBps: 1_000 }), amount: 900n });
    expect(between([group()], [now])).toEqual([
      {
        project: 'default',
        skuId: 'gpu/owned/H100/on-demand/standard',
        unit: 'milli-gpu-ms',
        terms: terms({ discountBps: 1_000 }),
        quantityBefore: 100n,
        quantity: 0n,
        amountBefore: 1_000n,
        amount: -100n,
        correctsLineKey: 'line_1',
      },
    ]);
  });

  it('takes back what is not to be charged at all', () => {
    expect(between([group()], [])).toMatchObject([
      {
        terms: terms(),
        quantityBefore: 100n,
        quantity: -100n,
        amountBefore: 1_000n,
        amount: -1_000n,
        correctsLineKey: 'line_1',
      },
    ]);
  });

  it('adds what was not charged', () => {
    const [line] = between([], [group()]);
    expect(line).toMatchObject({ quantityBefore: 0n, quantity: 100n, amountBefore: 0n, amount: 1_000n });
    expect(line?.correctsLineKey).toBeUndefined();
  });

  it('is nothing where the amount is the same, whatever the terms', () => {
    expect(between([group()], [group({ terms: terms({ discountBps: 1 }) })])).toEqual([]);
  });

  it('leaves alone what stays, where one of several changes', () => {
    const second = group({ lineKey: 'line_2', terms: terms({ priceBookVersion: 2 }), amount: 5n });
    const now = [group({ lineKey: '', terms: terms({ priceBookVersion: 3 }), amount: 6n }), group({ lineKey: '' })];
    expect(between([group(), second], now)).toMatchObject([{ correctsLineKey: 'line_2', amount: 1n }]);
    // The same amount for another quantity is a line of nothing: so the next part of the line goes on from the right place.
    expect(between([group({ quantity: 99n })], [group({ lineKey: '' })])).toMatchObject([{ quantity: 1n, amount: 0n }]);
    expect(between([group({ amount: 999n })], [group({ lineKey: '' })])).toMatchObject([{ quantity: 0n, amount: 1n }]);
  });

  it('corrects one pricing of a thing by another, and no other thing', () => {
    const contract = group({ skuId: 'gpu/owned/H100/contract/standard', amount: 900n });
    expect(between([group()], [contract])).toMatchObject([{ amount: -100n, correctsLineKey: 'line_1' }]);
    expect(between([group()], [group({ skuId: 'gpu/owned/L4/on-demand/standard' })])).toHaveLength(2);
    expect(between([group()], [group({ project: 'b' })])).toHaveLength(2);
  });

  it('keeps to the price that was there before it takes another', () => {
    const second = group({ lineKey: 'line_2', terms: terms({ priceBookVersion: 2 }), quantity: 7n, amount: 70n });
    const all = group({ lineKey: '', terms: terms({ priceBookVersion: 2 }), quantity: 107n, amount: 1_100n });
    expect(between([group(), second], [all])).toMatchObject([
      { correctsLineKey: 'line_2', quantityBefore: 7n, quantity: 100n, amountBefore: 70n, amount: 1_030n },
      { correctsLineKey: 'line_1', quantityBefore: 100n, quantity: -100n, amountBefore: 1_000n, amount: -1_000n },
    ]);
  });

  it('does not look at what is nothing', () => {
    const nothing = group({ quantity: 0n, amount: 0n });
    expect(between([nothing], [group({ lineKey: '' })])).toMatchObject([{ quantityBefore: 0n, amount: 1_000n }]);
    expect(between([nothing], [group({ lineKey: '' })])[0]?.correctsLineKey).toBeUndefined();
    expect(between([nothing], [nothing])).toEqual([]);
  });

  it('cannot be told of lines without terms', () => {
    expect(between([group({ terms: undefined })], [])).toEqual([]);
  });

  it('is, in all, the difference of the totals, and each line verifies by itself', () => {
    fc.assert(
      fc.property(usedArb, (used) => {
        const result = rerate(postedPeriod(used, old), cheaper);
        const lines = differenceOf(result);
        expect(total(lines)).toBe(total(result.rerated) - total(result.posted));
        for (const { terms: by, quantityBefore, quantity, amountBefore, amount } of lines) {
          expect(amountOf(by, quantityBefore + quantity) - amountBefore).toBe(amount);
        }
      }),
      propertyRuns(60),
    );
  });
});

describe('The answer', () => {
  const line = (skuId: string, amount: bigint, change: Partial<RatedGroup> = {}): RatedGroup => ({
    ...{ project: 'p', skuId, lineKey: skuId, terms: undefined, unit: 'token', quantity: 5n, amount },
    ...change,
  });

  it('shows first what differs most, either way', () => {
    const answer = rerateAnswer({
      posted: [line('a', 10n), line('b', 10n), line('c', 10n), line('d', 10n)],
      rerated: [line('a', 11n), line('b', 2n), line('c', 12n), line('d', 11n), line('e', 3n, { quantity: 9n })],
      withoutPrice: 2,
    });
    expect(answer.lines.map(({ skuId }) => skuId)).toEqual(['b', 'e', 'c', 'a', 'd']);
    expect(answer.lines[1]).toEqual({
      project: 'p',
      skuId: 'e',
      quantity: '9',
      unit: 'token',
      postedMicroUsd: '0',
      reratedMicroUsd: '3',
    });
    expect(answer).toMatchObject({
      postedMicroUsd: '40',
      reratedMicroUsd: '39',
      linesLeftOut: 0,
      linesWithoutPrice: 2,
    });
  });

  it('adds up what is one thing, project by project', () => {
    const answer = rerateAnswer({
      posted: [line('a', 10n), line('a', 5n), line('a', 1n, { project: 'q' })],
      rerated: [line('a', 7n), line('a', 7n, { terms: terms() })],
      withoutPrice: 0,
    });
    expect(answer.lines).toMatchObject([
      { project: 'p', quantity: '10', postedMicroUsd: '15', reratedMicroUsd: '14' },
      { project: 'q', quantity: '0', postedMicroUsd: '1', reratedMicroUsd: '0' },
    ]);
  });

  it('is bounded; its totals count what is not shown', () => {
    const many = Array.from({ length: RERATE_LINES_MAX + 3 }, (_, index) => line(`s${index}`, 1n));
    const answer = rerateAnswer({ posted: many, rerated: [], withoutPrice: 0 });
    expect(answer).toMatchObject({ linesLeftOut: 3, postedMicroUsd: '103', reratedMicroUsd: '0' });
    expect(answer.lines).toHaveLength(RERATE_LINES_MAX);
  });
});
