import fc from 'fast-check';
import type { ChargeLine } from '@solyx/contracts';
import { propertyRuns } from '@solyx/testing';
import { accountKindOf, CHART, creditAccount, ledgerAccount, plainAccount, revenueAccount } from './chart-of-accounts';
import { postingsFrom, postingsOf, reversed, zeroSum } from './postings';

const line = (change: Partial<ChargeLine>): ChargeLine => ({
  kind: 'gpu',
  description: 'GPU time',
  source: 'owned',
  simulated: false,
  nodeId: 'n1',
  gpuModel: 'H100',
  quantity: '1',
  unit: 'milli-gpu-ms',
  from: '2026-01-01T00:00:00.000Z',
  to: '2026-01-01T01:00:00.000Z',
  rateNumerator: '1',
  rateDenominator: '1',
  amountMicroUsd: '100',
  eventIds: [],
  positions: [],
  ...change,
});

describe('The chart of accounts', () => {
  it('knows every account by its first word, a rehearsal or not, and no other', () => {
    expect(accountKindOf('accrued')).toBe(CHART['accrued']);
    expect(accountKindOf('simulated:accrued')).toBe(CHART['accrued']);
    expect(accountKindOf('revenue:gpu:owned')).toBe(CHART['revenue']);
    expect(accountKindOf('payable')).toBeUndefined();
    expect(accountKindOf('constructor')).toBeUndefined();
    expect(accountKindOf('')).toBeUndefined();
  });
  it('marks rehearsals', () => {
    expect(ledgerAccount('cash')).toBe('cash');
    expect(creditAccount('g1', true)).toBe('simulated:credit:g1');
    expect(revenueAccount('token', 'leased', false)).toBe('revenue:token:leased');
    expect(plainAccount('simulated:credit:g1')).toBe('credit:g1');
    expect(plainAccount('credit:simulated:g1')).toBe('credit:simulated:g1');
  });
  it('lets nobody spend more credit than there is', () =>
    expect(Object.entries(CHART).filter(([, { flags }]) => flags.length > 0)).toEqual([
      ['credit', expect.objectContaining({ flags: ['debits-must-not-exceed-credits'] })],
    ]));
  it('says of every account what it means, and on which side it grows', () => {
    for (const { meaning, normal } of Object.values(CHART)) {
      expect(meaning).toMatch(/^[A-Z].+\.$/);
      expect(['debit', 'credit']).toContain(normal);
    }
    const of = (side: string) =>
      Object.keys(CHART)
        .filter((word) => CHART[word]?.normal === side)
        .sort();
    expect(of('debit')).toEqual([
      'accrued',
      'cash',
      'cost',
      'fx',
      'idle-cost',
      'promotion',
      'receivable',
      'rounding',
      'sla-credit',
      'write-off',
    ]);
  });
});

describe('Postings', () => {
  it('of one account are one, in order of first mention, and nothing is no posting', () =>
    expect(
      postingsFrom([
        ['b', 1n],
        ['a', 2n],
        ['b', 3n],
        ['c', 5n],
        ['c', -5n],
      ]),
    ).toEqual([
      { account: 'b', amountMicroUsd: '4' },
      { account: 'a', amountMicroUsd: '2' },
    ]));
  it('the other way around cancel out', () => {
    const some = postingsFrom([
      ['a', 2n],
      ['b', -2n],
    ]);
    expect(reversed(some)).toEqual([
      { account: 'a', amountMicroUsd: '-2' },
      { account: 'b', amountMicroUsd: '2' },
    ]);
  });
  it('sum to zero for money and for rehearsals by themselves', () => {
    const of = (...entries: readonly [string, bigint][]) => zeroSum(postingsFrom(entries));
    expect(of()).toBe(true);
    expect(of(['a', 1n], ['b', -1n])).toBe(true);
    expect(of(['a', 1n], ['b', -2n])).toBe(false);
    expect(of(['a', 1n], ['simulated:b', -1n])).toBe(false);
    expect(of(['simulated:a', 1n], ['simulated:b', -1n], ['c', 7n], ['d', -7n])).toBe(true);
    expect(of(['simulated:a', 1n], ['c', 7n], ['d', -7n])).toBe(false);
  });
  it('of a charge accrue, and are revenue by category and source', () =>
    expect(
      postingsOf([line({}), line({ kind: 'token', amountMicroUsd: '7' }), line({ source: 'leased', simulated: true })]),
    ).toEqual([
      { account: 'accrued', amountMicroUsd: '107' },
      { account: 'revenue:gpu:owned', amountMicroUsd: '-100' },
      { account: 'revenue:token:owned', amountMicroUsd: '-7' },
      { account: 'simulated:accrued', amountMicroUsd: '100' },
      { account: 'simulated:revenue:gpu:leased', amountMicroUsd: '-100' },
    ]));
  it('of what others share are theirs, less the fee', () =>
    expect(postingsOf([line({ source: 'shared', providerId: 'bob', providerAmountMicroUsd: '97' })])).toEqual([
      { account: 'accrued', amountMicroUsd: '100' },
      { account: 'provider-payable:bob', amountMicroUsd: '-97' },
      { account: 'platform-fee', amountMicroUsd: '-3' },
    ]));
  it('are revenue where it is not said what of it a provider earns, or which provider', () => {
    expect(postingsOf([line({ source: 'shared', providerId: 'bob' })])[1]?.account).toBe('revenue:gpu:shared');
    expect(postingsOf([line({ source: 'shared', providerAmountMicroUsd: '97' })])[1]?.account).toBe(
      'revenue:gpu:shared',
    );
  });

  it('of any charge sum to zero, account by account known to the chart', () => {
    const lines = fc.array(
      fc
        .record({
          kind: fc.constantFrom('gpu' as const, 'token' as const, 'adjustment' as const),
          source: fc.constantFrom('owned' as const, 'leased' as const, 'shared' as const),
          simulated: fc.boolean(),
          amount: fc.integer({ min: -1_000, max: 1_000 }),
          theirs: fc.option(fc.integer({ min: 0, max: 1_000 })),
        })
        .map(({ amount, theirs, ...rest }) => {
          const provider = theirs === null ? {} : { providerId: 'bob', providerAmountMicroUsd: String(theirs) };
          return line({ ...rest, ...provider, amountMicroUsd: String(amount) });
        }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(lines, (of) => {
        const postings = postingsOf(of);
        expect(zeroSum(postings)).toBe(true);
        expect(zeroSum(reversed(postings))).toBe(true);
        expect(postings.every(({ account }) => accountKindOf(account))).toBe(true);
      }),
      propertyRuns(100),
    );
  });
});
