import { METERS } from '@solyx/contracts';
import { DEFAULT_PRICES } from '../default-prices';
import { allocation, billByHand, iso, LIST, share, T0 } from '../../test/fixtures';
import { book, card, entry, terms, tier, usage, version } from '../../test/prices';
import { amountOf } from './amount';
import { listBookOf } from './default-book';
import { rateCards, type FrozenQuote, type PriceHistory } from './rate-card';
import { agreedTerms, rateUsage, type MeteredUsage, type RatedUsage } from './rate-usage';
import { isHeldOverTime, kindOf, skuIdOf, skuOf } from './sku';

const rated = (used: MeteredUsage, prices = card(version())): RatedUsage => {
  const rating = rateUsage(used, prices);
  if (!rating.rated) throw new Error(JSON.stringify(rating.missing));
  return rating.usage;
};
const pricedBy = (used: MeteredUsage, prices = card(version())) => rated(used, prices).terms.entryId;

describe('Usage', () => {
  it('has the price of its entry, with all that is needed to work it out again', () => {
    const prices = card(version({ entries: [entry({ freeQuantity: '9', discountBps: 500 })] }, 3));
    expect(rateUsage(usage({ quantity: 5n }), prices)).toEqual({
      rated: true,
      usage: {
        skuId: 'gpu/owned/H100/on-demand/standard',
        kind: 'gpu',
        pricing: 'on-demand',
        quality: 'standard',
        quantity: 5n,
        terms: {
          priceBookId: 'list',
          priceBookVersion: 3,
          entryId: 'gpu/on-demand/owned/*',
          model: 'flat',
          unit: 'milli-gpu-ms',
          tiers: [tier(2_300_000, 3_600_000_000)],
          freeQuantity: '9',
          markupBps: 0,
          discountBps: 500,
        },
        listTerms: expect.objectContaining({ discountBps: 0, entryId: 'gpu/on-demand/owned/*' }),
      },
    });
    expect(rated(usage(), prices).listTerms).not.toHaveProperty('freeQuantity');
  });

  it('has the price of its product before that of any', () => {
    const prices = card(version({ entries: [entry(), entry({ product: 'H100' })] }));
    expect(pricedBy(usage(), prices)).toBe('gpu/on-demand/owned/H100');
    expect(pricedBy(usage({ product: 'L4' }), prices)).toBe('gpu/on-demand/owned/*');
  });

  it('of no product has the price of any', () => {
    expect(rated(usage({ product: '' })).skuId).toBe('gpu/owned/*/on-demand/standard');
  });

  it.each([
    ['another meter', { meter: 'cpu' }],
    ['another source', { source: 'leased' }],
    ['a rehearsal', { simulated: true }],
  ] as const)('has no price where the book has none: %s', (_, change) => {
    expect(rateUsage(usage(change), card(version()))).toEqual({
      rated: false,
      missing: { meter: 'gpu', source: 'owned', simulated: false, product: 'H100', pricing: 'on-demand', ...change },
    });
    // Not once and for all: the answer is not kept from another card.
    expect(rateUsage(usage(change), card(version({ entries: [entry(change)] }))).rated).toBe(true);
  });

  it('is asked for twice and priced the same', () => {
    const prices = card(version());
    const missing = usage({ meter: 'cpu' });
    expect([rateUsage(missing, prices), rateUsage(missing, prices)].map((one) => one.rated)).toEqual([false, false]);
    expect(rated(usage(), prices).terms).toBe(rated(usage({ quantity: 1n }), prices).terms);
  });

  it('is dearer by its quality', () => {
    const markups = { low: 2_000, standard: 4_000, high: 7_000, ultra: 10_000 };
    const prices = card(version({ entries: [entry({ markups })] }));
    const cost = (quality: MeteredUsage['quality']) =>
      amountOf(rated(usage({ quality }), prices).terms, 3_600_000_000n);
    expect((['low', 'standard', 'high', 'ultra'] as const).map(cost)).toEqual([
      2_760_000n,
      3_220_000n,
      3_910_000n,
      4_600_000n,
    ]);
    expect(rated(usage({ quality: 'ultra' }), prices)).toMatchObject({
      skuId: 'gpu/owned/H100/on-demand/ultra',
      quality: 'ultra',
      listTerms: { markupBps: 10_000 },
    });
  });

  it.each([
    ['on-demand', 'contract'],
    ['contract', 'contract'],
    ['spot', 'spot'],
    ['dynamic', 'dynamic'],
    ['reserved', 'reserved'],
  ] as const)('asked for as %s is priced as %s', (pricing, found) => {
    const all = (['on-demand', 'contract', 'spot', 'dynamic', 'reserved'] as const).map((one) =>
      entry({ pricing: one }),
    );
    const one = rated(usage({ pricing }), card(version({ entries: all })));
    expect(one).toMatchObject({ pricing: found, skuId: `gpu/owned/H100/${found}/standard` });
    expect(one.terms.entryId).toBe(`gpu/${found}/owned/*`);
    // The list price is what work on demand costs whoever has no contract.
    expect(one.listTerms.entryId).toBe('gpu/on-demand/owned/*');
  });

  it.each(['spot', 'dynamic', 'reserved', 'contract'] as const)(
    'asked for as %s has a price all the same',
    (pricing) => {
      expect(rated(usage({ pricing }))).toMatchObject({ pricing: 'on-demand' });
      const both = card(version({ entries: [entry(), entry({ pricing: 'contract' })] }));
      expect(rated(usage({ pricing }), both)).toMatchObject({ pricing: 'contract' });
    },
  );

  it('has the price of the contract before the general one, and is compared with the general one', () => {
    const contract = version({ priceBookId: 'acme', entries: [entry({ discountBps: 1_000 }, 2_000_000)] }, 2);
    const one = rated(usage(), card(contract, version()));
    expect(one.terms).toMatchObject({ priceBookId: 'acme', priceBookVersion: 2, discountBps: 1_000 });
    expect(one.listTerms).toMatchObject({ priceBookId: 'list', priceBookVersion: 1, discountBps: 0 });
    expect(amountOf(one.listTerms, 3_600_000_000n)).toBe(2_300_000n);
  });

  it('has the general price of what the contract leaves out', () => {
    const contract = version({ priceBookId: 'acme', entries: [entry({ meter: 'cpu' })] });
    expect(rated(usage(), card(contract, version())).terms.priceBookId).toBe('list');
  });

  it('without a list price is compared with its own', () => {
    const only = version({ entries: [entry({ pricing: 'contract', freeQuantity: '5', discountBps: 9 })] });
    const { listTerms } = rated(usage(), card(only));
    expect(listTerms).toMatchObject({ entryId: 'gpu/contract/owned/*', discountBps: 0 });
    expect(listTerms).not.toHaveProperty('freeQuantity');
  });

  it('of a shared GPU earns its owner a price of their own', () => {
    const shared = entry({ source: 'shared', freeQuantity: '7', discountBps: 100, providerRate: tier(7, 10) });
    const markups = { low: 1, standard: 2, high: 3, ultra: 4 };
    const one = rated(usage({ source: 'shared' }), card(version({ entries: [{ ...shared, markups }] })));
    expect(one.providerTerms).toEqual({ ...terms({ entryId: shared.entryId }), tiers: [tier(7, 10)] });
    const plain = rated(usage({ source: 'shared' }), card(version({ entries: [entry({ source: 'shared' })] })));
    expect(plain).not.toHaveProperty('providerTerms');
  });

  it('of our own GPUs earns nobody else', () => {
    expect(rated(usage(), card(version({ entries: [entry({ providerRate: tier(7, 10) })] })))).not.toHaveProperty(
      'providerTerms',
    );
  });
});

describe('A quote that was taken', () => {
  const subject = {
    project: 'default',
    meter: 'gpu',
    pricing: 'dynamic',
    source: 'owned',
    simulated: false,
    product: 'H100',
  } as const;
  const quote = (change: Partial<FrozenQuote> = {}): FrozenQuote => ({
    quoteId: 'q1',
    subject,
    terms: terms({ entryId: 'q1', discountBps: 30 }),
    from: '2026-01-10T00:00:00.000Z',
    to: '2026-01-20T00:00:00.000Z',
    ...change,
  });
  const under = (used: MeteredUsage, ...quotes: readonly FrozenQuote[]) => rated(used, { books: [version()], quotes });

  it('has its price for what begins while it holds', () => {
    expect(under(usage(), quote())).toMatchObject({
      skuId: 'gpu/owned/H100/dynamic/standard',
      kind: 'gpu',
      pricing: 'dynamic',
      quality: 'standard',
      quantity: 3_600_000_000n,
      terms: { entryId: 'q1' },
      listTerms: { entryId: 'gpu/on-demand/owned/*' },
    });
  });

  it.each([
    ['at its first instant', '2026-01-10T00:00:00.000Z', 'q1'],
    ['before it', '2026-01-09T23:59:59.999Z', 'gpu/on-demand/owned/*'],
    ['at its last instant', '2026-01-19T23:59:59.999Z', 'q1'],
    ['after it', '2026-01-20T00:00:00.000Z', 'gpu/on-demand/owned/*'],
  ])('%s', (_, from, wanted) => expect(under(usage({ from }), quote()).terms.entryId).toBe(wanted));

  it.each([
    ['meter', { meter: 'memory' }],
    ['project', { project: 'other' }],
    ['source', { source: 'leased' }],
    ['simulated', { simulated: true }],
    ['product', { product: 'L4' }],
    ['quality', { quality: 'high' }],
    ['resource', { resourceId: 'r1' }],
  ] as const)('is for its %s alone', (key, change) => {
    const { resourceId: _, ...rest } = change as { resourceId?: string };
    const other = quote({ subject: { ...subject, ...rest, ...(key === 'resource' ? { resourceId: 'r2' } : {}) } });
    expect(under(usage({ resourceId: 'r1' }), other).terms.entryId).toBe('gpu/on-demand/owned/*');
  });

  it('may be for one resource, and for one quality', () => {
    const own = quote({ subject: { ...subject, resourceId: 'r1', quality: 'high' } });
    expect(under(usage({ resourceId: 'r1', quality: 'high' }), own).terms.entryId).toBe('q1');
  });

  it('is for spot work where it was a spot quote, and for no other', () => {
    const spot = quote({ subject: { ...subject, pricing: 'spot' } });
    expect(under(usage({ pricing: 'spot' }), spot).terms.entryId).toBe('q1');
    expect(under(usage(), spot).terms.entryId).toBe('gpu/on-demand/owned/*');
    expect(under(usage({ pricing: 'spot' }), quote()).terms.entryId).toBe('gpu/on-demand/owned/*');
  });

  it('is the one that the usage names', () => {
    const spot = quote({ quoteId: 'q2', terms: terms({ entryId: 'q2' }), subject: { ...subject, pricing: 'spot' } });
    expect(under(usage({ quoteId: 'q2' }), quote(), spot).terms.entryId).toBe('q2');
    expect(under(usage({ quoteId: 'q3' }), quote(), spot).terms.entryId).toBe('gpu/on-demand/owned/*');
  });

  it('goes by the last that was taken, in whatever order they are known', () => {
    const later = quote({ quoteId: 'a', terms: terms({ entryId: 'a' }), from: '2026-01-11T00:00:00.000Z' });
    const equal = quote({ quoteId: 'q0', terms: terms({ entryId: 'q0' }) });
    for (const quotes of [
      [quote(), later],
      [later, quote()],
    ])
      expect(under(usage(), ...quotes).terms.entryId).toBe('a');
    for (const quotes of [
      [quote(), equal],
      [equal, quote()],
    ])
      expect(under(usage(), ...quotes).terms.entryId).toBe('q1');
  });

  it('prices also what no book has a price for, and is its own list price then', () => {
    const only = rated(usage(), { books: [], quotes: [quote()] });
    expect(only.listTerms).toMatchObject({ entryId: 'q1', discountBps: 0 });
  });
});

describe('Prices at an instant', () => {
  const at = (day: string) => `2026-01-${day}T00:00:00.000Z`;
  const history = (change: Partial<PriceHistory> = {}): PriceHistory => ({
    assignments: [],
    books: new Map([
      ['list', [version({ effectiveFrom: at('05') }), version({ effectiveFrom: at('15') }, 2)]],
      ['acme', [version({ priceBookId: 'acme', effectiveFrom: at('10') })]],
    ]),
    general: ['default', 'list'],
    quotes: [],
    ...change,
  });
  const inForce = (day: string, change: Partial<PriceHistory> = {}) =>
    rateCards(history(change))(at(day)).books.map((one) => `${one.book.priceBookId}/${one.version}`);

  it('are those published for then', () => {
    expect(['05', '14', '15', '31'].map((day) => inForce(day))).toEqual([
      ['list/1'],
      ['list/1'],
      ['list/2'],
      ['list/2'],
    ]);
  });

  it('are the oldest before there were any', () => expect(inForce('01')).toEqual(['list/1']));

  it('are those of the contract first, from its date on', () => {
    const assignments = [{ priceBookId: 'acme', effectiveFrom: at('08') }];
    expect(inForce('07', { assignments })).toEqual(['list/1']);
    // Assigned, but not in force yet: a contract has no price before its date.
    expect(inForce('08', { assignments })).toEqual(['list/1']);
    expect(inForce('10', { assignments })).toEqual(['acme/1', 'list/1']);
    const back = [...assignments, { priceBookId: 'list', effectiveFrom: at('20') }];
    expect(inForce('20', { assignments: back })).toEqual(['list/2']);
    expect(inForce('20', { assignments: [{ priceBookId: 'nowhere', effectiveFrom: at('01') }] })).toEqual(['list/2']);
  });

  it('are of two publications for one instant the later', () => {
    const books = new Map([['list', [version({ effectiveFrom: at('05') }), version({ effectiveFrom: at('05') }, 2)]]]);
    expect(inForce('05', { books })).toEqual(['list/2']);
  });

  it('are one object as long as nothing changes, with the quotes', () => {
    const quotes = [{ quoteId: 'q' } as FrozenQuote];
    const cardAt = rateCards(history({ quotes }));
    expect(cardAt(at('06'))).toBe(cardAt(at('07')));
    expect(cardAt(at('16'))).not.toBe(cardAt(at('07')));
    expect(cardAt(at('16')).quotes).toBe(quotes);
  });
});

describe('The simple list as a book', () => {
  const prices = card(listBookOf(LIST));

  it('charges what the list charges', () => {
    const held = share({ gpuMilli: 333, cpuMilli: 7_001, memoryMiB: 12_345 });
    const ms = 1_234_567n;
    const byHand = billByHand(allocation({ shares: [held] }), iso(T0 + Number(ms)));
    const quantities = [333n * ms, 7_001n * ms, 12_345n * ms];
    const units = ['milli-gpu-ms', 'milli-core-ms', 'mib-ms'];
    for (const [index, meter] of (['gpu', 'cpu', 'memory'] as const).entries()) {
      const one = rated(usage({ meter }), prices);
      expect(amountOf(one.terms, quantities[index]!)).toBe(byHand[index]);
      expect(one.terms).toMatchObject({ unit: units[index], markupBps: 0, priceBookId: 'list', priceBookVersion: 1 });
    }
  });

  it('has a price for every meter, source and rehearsal', () => {
    const all = card(listBookOf({ ...LIST, entries: DEFAULT_PRICES }));
    for (const meter of METERS) {
      for (const source of ['owned', 'leased', 'shared'] as const) {
        for (const simulated of [false, true]) {
          expect(rateUsage(usage({ meter, source, simulated, product: '' }), all).rated).toBe(true);
        }
      }
    }
  });

  it.each([
    ['token-input', 1_000_000n, 700_000n],
    ['token-output', 1_000_000n, 2_100_000n],
    ['token-cached', 1_000_000n, 175_000n],
    ['storage', 1_024n * 730n * 3_600_000n, 50_000n],
    ['egress', 1_024n ** 3n, 100_000n],
    ['impression', 1_000n, 4_000_000n],
    ['click', 1n, 250_000n],
  ] as const)('sells a priced unit of %s', (meter, quantity, wanted) => {
    expect(amountOf(rated(usage({ meter, product: 'any' }), prices).terms, quantity)).toBe(wanted);
  });

  it('makes tokens dearer by their quality, from a fifth to twice as much', () => {
    const cost = (quality: MeteredUsage['quality']) =>
      amountOf(rated(usage({ meter: 'token-input', quality }), prices).terms, 1_000_000n);
    expect((['low', 'standard', 'high', 'ultra'] as const).map(cost)).toEqual([
      600_000n,
      700_000n,
      850_000n,
      1_000_000n,
    ]);
  });

  it('is one book for one list', () => {
    expect(listBookOf(LIST)).toBe(listBookOf(LIST));
    expect(listBookOf(LIST).book).toMatchObject({
      effectiveFrom: LIST.effectiveFrom,
      bulkDiscounts: [],
      currency: 'USD',
    });
    expect(new Set(listBookOf(LIST).book.entries.map(({ entryId }) => entryId)).size).toBe(
      listBookOf(LIST).book.entries.length,
    );
  });
});

describe('A SKU', () => {
  it.each([
    ['gpu', 'gpu', true],
    ['cpu', 'cpu', true],
    ['memory', 'memory', true],
    ['storage', 'storage', true],
    ['egress', 'egress', false],
    ['token-input', 'token', false],
    ['token-output', 'token', false],
    ['token-cached', 'token', false],
    ['impression', 'ads', false],
    ['click', 'ads', false],
  ] as const)('of %s is on the bill as %s', (meter, kind, overTime) => {
    expect(kindOf(meter)).toBe(kind);
    expect(isHeldOverTime(meter)).toBe(overTime);
  });

  it('is read back from its id', () => {
    const sku = {
      meter: 'token-input',
      source: 'shared',
      product: 'meta/llama-3/70b',
      pricing: 'spot',
      quality: 'high',
    } as const;
    for (const simulated of [false, true]) expect(skuOf(skuIdOf({ ...sku, simulated }))).toEqual({ ...sku, simulated });
    expect(skuIdOf({ ...sku, simulated: true })).toBe('simulated:token-input/shared/meta/llama-3/70b/spot/high');
  });

  it('is none of what was not used', () => {
    expect(['commitment/c1', 'minimum', 'a/b/c/d/e', 'gpu/owned/on-demand/low'].map(skuOf)).toEqual(
      Array(4).fill(undefined),
    );
  });
});

describe('A price agreed elsewhere', () => {
  it('is flat, per priced unit', () => {
    const route = agreedTerms('egress', 90_000n, { priceBookId: 'route', version: 0, entryId: 'a>b' });
    expect(route).toEqual(
      terms({
        priceBookId: 'route',
        priceBookVersion: 0,
        entryId: 'a>b',
        unit: 'byte',
        tiers: [tier(90_000, 1_024n ** 3n)],
      }),
    );
    expect(amountOf(route, 3n * 1_024n ** 3n)).toBe(270_000n);
    expect(book().entries).toHaveLength(1);
  });
});
