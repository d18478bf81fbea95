import fc from 'fast-check';
import { PriceListPublished } from '@solyx/contracts/billing';
import { given } from '@solyx/testing';
import { ENTRIES, LIST } from '../test/fixtures';
import { DEFAULT_PRICES } from './default-prices';
import { listInForce, priceListDecider, priceOf, PRICE_LISTS_MAX, type PriceList } from './price-list';

const first: PriceListPublished['data'] = {
  priceListId: 'main',
  version: 1,
  currency: 'USD',
  effectiveFrom: '2026-01-01T00:00:00.000Z',
  entries: ENTRIES,
  at: '2026-01-01T00:00:00.000Z',
};
const dearer = ENTRIES.map((entry) => ({ ...entry, microUsdPerUnit: `9${entry.microUsdPerUnit}` }));
const second = { ...first, version: 2, effectiveFrom: '2026-02-01T00:00:00.000Z', entries: dearer };
const publish = ({ version: _, ...data }: PriceListPublished['data']) => ({ type: 'PublishPriceList', data }) as const;
const past = given(priceListDecider);

describe('Price list', () => {
  it('is published', () => past().when(publish(first)).then(PriceListPublished(first)));
  it('is not published again as it is', () =>
    past(PriceListPublished(first))
      .when(publish({ ...first, effectiveFrom: '2026-03-01T00:00:00.000Z' }))
      .thenNothing());
  it('is followed by another', () =>
    past(PriceListPublished(first)).when(publish(second)).then(PriceListPublished(second)));
  it('is not followed by one that takes force before it', () =>
    past(PriceListPublished(second)).when(publish(first)).thenRefused('PriceListStale'));
  it('may be followed at the same instant', () => {
    const now = { ...second, effectiveFrom: first.effectiveFrom };
    past(PriceListPublished(first)).when(publish(now)).then(PriceListPublished(now));
  });
  it('has prices', () =>
    past()
      .when(publish({ ...first, entries: [] }))
      .thenRefused('NoPrice'));
  it('has no price below zero', () =>
    past()
      .when(publish({ ...first, entries: [{ ...ENTRIES[0]!, microUsdPerUnit: '-1' }] }))
      .thenRefused('NoPrice'));
  it('has one price for one thing', () =>
    past()
      .when(publish({ ...first, entries: [...ENTRIES, { ...ENTRIES[0]!, microUsdPerUnit: '1' }] }))
      .thenRefused('AlreadyExists'));
  it('keeps a bounded past', () => {
    let state = priceListDecider.initial;
    for (let version = 1; version <= PRICE_LISTS_MAX + 5; version += 1) {
      state = priceListDecider.evolve(state, PriceListPublished({ ...first, version }));
    }
    expect(state.lists).toHaveLength(PRICE_LISTS_MAX);
    expect(state.lists[PRICE_LISTS_MAX - 1]?.version).toBe(PRICE_LISTS_MAX + 5);
  });
});

describe('A price', () => {
  const key = { source: 'owned', simulated: false, resource: 'gpu', gpuModel: 'H100' } as const;
  it('is the one of the model', () => expect(priceOf(LIST, key)).toBe(2_300_000n));
  it('is the one of any model where the model has none', () =>
    expect(priceOf(LIST, { ...key, gpuModel: 'L4' })).toBe(1_000_000n));
  it('is never that of another source, nor of a rehearsal', () => {
    expect(priceOf(LIST, { ...key, source: 'shared' })).toBeUndefined();
    const real = { ...LIST, entries: ENTRIES.filter(({ simulated }) => !simulated) };
    expect(priceOf(real, { ...key, simulated: true })).toBeUndefined();
  });
  it('exists in the built-in list for every source and resource, once', () => {
    const list = { ...LIST, entries: DEFAULT_PRICES };
    for (const source of ['owned', 'leased', 'shared'] as const) {
      for (const resource of ['gpu', 'cpu', 'memory', 'egress'] as const) {
        expect(priceOf(list, { source, simulated: true, resource, gpuModel: 'unheard of' })).toBeGreaterThan(0n);
      }
    }
    past()
      .when(publish({ ...first, entries: DEFAULT_PRICES }))
      .then(PriceListPublished({ ...first, entries: DEFAULT_PRICES }));
  });
});

describe('The list in force', () => {
  const at = (hour: number): string => new Date(Date.UTC(2026, 0, 1, hour)).toISOString();
  const listAt = (hour: number, version: number): PriceList => ({ ...LIST, version, effectiveFrom: at(hour) });

  it('is the newest whose time has come; before the first, the first', () => {
    const lists = [listAt(5, 1), listAt(7, 2), listAt(7, 3), listAt(9, 4)];
    const versions = [0, 5, 6, 7, 8, 9, 20].map((hour) => listInForce({ lists }, at(hour))?.version);
    expect(versions).toEqual([1, 1, 1, 3, 3, 4, 4]);
    expect(listInForce({ lists: [] }, at(0))).toBeUndefined();
  });

  it('never goes back as time goes on', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 20 }), { minLength: 1 }), fc.nat({ max: 20 }), (hours, hour) => {
        const lists = hours.sort((a, b) => a - b).map((from, index) => listAt(from, index + 1));
        const [now, later] = [listInForce({ lists }, at(hour)), listInForce({ lists }, at(hour + 1))];
        expect(later!.version).toBeGreaterThanOrEqual(now!.version);
      }),
    );
  });
});
