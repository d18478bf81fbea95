import fc from 'fast-check';
import type { Commitment } from '@solyx/contracts';
import { propertyRuns } from '@solyx/testing';
import { terms, usage } from '../../test/prices';
import { cover, coverUsage, inOrder, isFor, unusedOf, type Timeline } from './commitment';

const T = Date.UTC(2026, 0, 10);
const iso = (ms: number) => new Date(T + ms).toISOString();
const commitment = (change: Partial<Commitment> = {}): Commitment => ({
  commitmentId: 'c1',
  organizationId: 'acme',
  project: 'default',
  meter: 'gpu',
  source: 'owned',
  simulated: false,
  product: 'H100',
  unitsPerMs: '4000',
  from: iso(100),
  to: iso(200),
  terms: terms({ entryId: 'c1' }),
  ...change,
});
const piece = (from: number, to: number, units: number) => ({ from: T + from, to: T + to, units });
const covered = (timeline: Timeline, ...demand: Timeline) => cover(commitment(), timeline, demand);

describe('A commitment', () => {
  it('covers what is used within it', () => {
    expect(covered([], piece(120, 130, 1_000))).toEqual({
      quantity: 10_000n,
      rest: [],
      timeline: [piece(120, 130, 1_000)],
    });
  });

  it('covers no more than was committed, and leaves the rest', () => {
    expect(covered([], piece(120, 130, 5_000))).toEqual({
      quantity: 40_000n,
      rest: [piece(120, 130, 1_000)],
      timeline: [piece(120, 130, 4_000)],
    });
  });

  it('covers from its first instant to before its last', () => {
    expect(covered([], piece(90, 210, 1_000))).toEqual({
      quantity: 100_000n,
      rest: [piece(90, 100, 1_000), piece(200, 210, 1_000)],
      timeline: [piece(100, 200, 1_000)],
    });
    for (const outside of [piece(90, 100, 1), piece(200, 210, 1), piece(0, 1, 1)]) {
      expect(covered([], outside)).toEqual({ quantity: 0n, rest: [outside], timeline: [] });
    }
  });

  it('covers only what is not taken yet, stretch by stretch', () => {
    const timeline = [piece(110, 130, 3_000), piece(150, 160, 4_000)];
    expect(covered(timeline, piece(100, 170, 2_000))).toEqual({
      quantity: 2_000n * 10n + 1_000n * 20n + 2_000n * 20n + 2_000n * 10n,
      rest: [piece(110, 130, 1_000), piece(150, 160, 2_000)],
      timeline: [
        piece(100, 110, 2_000),
        piece(110, 130, 4_000),
        piece(130, 150, 2_000),
        piece(150, 160, 4_000),
        piece(160, 170, 2_000),
      ],
    });
  });

  it('keeps what touches and is equal as one stretch', () => {
    const one = covered([piece(110, 120, 1_000)], piece(120, 130, 1_000));
    expect(one.timeline).toEqual([piece(110, 130, 1_000)]);
    expect(covered(one.timeline, piece(110, 130, 3_000)).timeline).toEqual([piece(110, 130, 4_000)]);
    expect(covered([piece(110, 120, 1_000)], piece(130, 140, 1_000)).timeline).toEqual([
      piece(110, 120, 1_000),
      piece(130, 140, 1_000),
    ]);
  });

  it('leaves stretches before, behind and across as they are', () => {
    const timeline = [piece(100, 115, 500), piece(118, 122, 700), piece(140, 200, 900)];
    expect(covered(timeline, piece(120, 150, 100)).timeline).toEqual([
      ...[piece(100, 115, 500), piece(118, 120, 700), piece(120, 122, 800), piece(122, 140, 100)],
      ...[piece(140, 150, 1_000), piece(150, 200, 900)],
    ]);
  });

  it('covers several pieces one after another', () => {
    expect(covered([], piece(110, 120, 3_000), piece(115, 125, 3_000))).toMatchObject({
      quantity: 30_000n + 1_000n * 5n + 3_000n * 5n,
      rest: [piece(115, 120, 2_000)],
    });
  });

  it('covers, instant by instant, the smaller of used and committed, in every order', () => {
    const pieceArb = fc.tuple(fc.nat(250), fc.integer({ min: 1, max: 120 }), fc.nat(6_000));
    fc.assert(
      fc.property(fc.array(pieceArb, { maxLength: 8 }), fc.infiniteStream(fc.nat()), (raw, random) => {
        const pieces = raw.map(([from, length, units]) => piece(from, from + length, units));
        let wanted = 0n;
        for (let at = T + 100; at < T + 200; at += 1) {
          const used = pieces.reduce((sum, one) => (one.from <= at && at < one.to ? sum + one.units : sum), 0);
          wanted += BigInt(Math.min(used, 4_000));
        }
        const shuffled = pieces.map((one) => ({ one, by: random.next().value as number })).sort((a, b) => a.by - b.by);
        for (const order of [pieces, shuffled.map(({ one }) => one)]) {
          let timeline: Timeline = [];
          let quantity = 0n;
          let left = 0n;
          for (const one of order) {
            const next = cover(commitment(), timeline, [one]);
            timeline = next.timeline;
            quantity += next.quantity;
            for (const { from, to, units } of next.rest) left += BigInt(to - from) * BigInt(units);
          }
          expect(quantity).toBe(wanted);
          expect(quantity + left).toBe(
            pieces.reduce((sum, { from, to, units }) => sum + BigInt(to - from) * BigInt(units), 0n),
          );
          for (const [index, { from, to, units }] of timeline.entries()) {
            expect(from < to && units > 0 && units <= 4_000).toBe(true);
            const before = timeline[index - 1];
            if (before) expect(before.to < from || (before.to === from && before.units !== units)).toBe(true);
          }
        }
      }),
      propertyRuns(80),
    );
  });
});

describe('Usage under commitments', () => {
  const used = (from: number, to: number, quantity: bigint, change: object = {}) => ({
    ...usage({ from: iso(from), quantity }),
    to: iso(to),
    ...change,
  });

  it('is divided between what is committed and the rest', () => {
    expect(coverUsage([commitment()], new Map(), used(90, 110, 20n * 5_000n))).toEqual({
      covered: [{ commitment: commitment(), quantity: 40_000n }],
      rest: 60_000n,
      timelines: new Map([['c1', [piece(100, 110, 4_000)]]]),
    });
  });

  it('is even over its time; what does not divide stays with the rest', () => {
    expect(coverUsage([commitment()], new Map(), used(110, 120, 10_003n))).toMatchObject({
      covered: [{ quantity: 10_000n }],
      rest: 3n,
    });
    expect(coverUsage([commitment()], new Map(), used(110, 120, 9n))).toMatchObject({ covered: [], rest: 9n });
  });

  it('is covered by the older commitment first, then by the next', () => {
    const younger = commitment({ commitmentId: 'c0', from: iso(105) });
    const {
      covered: by,
      rest,
      timelines,
    } = coverUsage([younger, commitment()], new Map(), used(100, 110, 10n * 7_000n));
    expect(by.map(({ commitment: { commitmentId }, quantity }) => [commitmentId, quantity])).toEqual([
      ['c1', 40_000n],
      ['c0', 15_000n],
    ]);
    expect(rest).toBe(15_000n);
    expect([...timelines.keys()]).toEqual(['c1', 'c0']);
  });

  it('finds what was used of a commitment before', () => {
    const before = new Map([['c1', [piece(100, 200, 3_500)]]]);
    const { covered: by, timelines } = coverUsage([commitment()], before, used(110, 120, 10_000n));
    expect(by).toMatchObject([{ quantity: 5_000n }]);
    expect(before.get('c1')).toEqual([piece(100, 200, 3_500)]);
    expect(timelines.get('c1')).toEqual([piece(100, 110, 3_500), piece(110, 120, 4_000), piece(120, 200, 3_500)]);
  });

  it('of no length, or that nothing was committed to, is all rest', () => {
    const timelines = new Map();
    for (const one of [used(110, 110, 5n), used(120, 110, 5n), used(110, 120, 5n, { project: 'other' })]) {
      expect(coverUsage([commitment()], timelines, one)).toEqual({ covered: [], rest: 5n, timelines });
    }
  });

  it('names no commitment that is full', () => {
    const before = new Map([['c1', [piece(100, 200, 4_000)]]]);
    expect(coverUsage([commitment()], before, used(110, 120, 10_000n))).toMatchObject({ covered: [], rest: 10_000n });
  });

  it.each([
    ['project', { project: 'other' }],
    ['meter', { meter: 'cpu' }],
    ['source', { source: 'leased' }],
    ['rehearsal', { simulated: true }],
    ['product', { product: 'L4' }],
    ['quality', { quality: 'low' }],
    ['pricing: spot work was offered what is left over', { pricing: 'spot' }],
    ['quote', { quoteId: 'q' }],
  ] as const)('is not covered where it is another %s', (_, change) => {
    expect(isFor(commitment(), usage())).toBe(true);
    expect(isFor(commitment(), usage(change))).toBe(false);
  });

  it('is covered where the quality is that committed to, on demand or not', () => {
    expect(isFor(commitment({ quality: 'low' }), usage({ quality: 'low' }))).toBe(true);
    expect(isFor(commitment({ quality: 'low' }), usage())).toBe(false);
    expect(isFor(commitment(), usage({ pricing: 'contract' }))).toBe(true);
  });

  it('is not covered where it is not held over time', () => {
    expect(isFor(commitment({ meter: 'egress' }), usage({ meter: 'egress' }))).toBe(false);
  });
});

describe('Commitments', () => {
  it('are used from the oldest on, of equal age by id', () => {
    const all = [
      commitment({ commitmentId: 'b' }),
      commitment({ commitmentId: 'z', from: iso(50) }),
      commitment({ commitmentId: 'a' }),
    ];
    for (const order of [all, [...all].reverse()]) {
      expect(inOrder(order).map(({ commitmentId }) => commitmentId)).toEqual(['z', 'a', 'b']);
    }
  });

  it('are paid for where they are not used', () => {
    expect(unusedOf(commitment(), iso(0), iso(1_000), 100_000n)).toBe(300_000n);
    expect(unusedOf(commitment(), iso(150), iso(1_000), 0n)).toBe(200_000n);
    expect(unusedOf(commitment(), iso(0), iso(150), 0n)).toBe(200_000n);
    expect(unusedOf(commitment(), iso(200), iso(300), 0n)).toBe(0n);
    expect(unusedOf(commitment(), iso(0), iso(50), 0n)).toBe(0n);
    expect(unusedOf(commitment(), iso(100), iso(200), 400_000n)).toBe(0n);
    expect(unusedOf(commitment(), iso(100), iso(200), 400_001n)).toBe(0n);
  });
});
