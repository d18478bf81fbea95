import { QuoteAccepted, QuoteExpired, QuoteIssued } from '@solyx/contracts/billing';
import { given } from '@solyx/testing';
import { card, entry, terms, tier, version } from '../test/prices';
import { FROZEN_QUOTES_MAX, OPEN_QUOTES_MAX, quoteDecider, QUOTE_KEPT_MS, type QuoteEvent } from './quote';
import { quotedEntry, quotedTerms } from './rating/quoted-terms';

const T = Date.UTC(2026, 0, 10);
const iso = (seconds: number) => new Date(T + seconds * 1_000).toISOString();
const subject = {
  project: 'default',
  meter: 'gpu',
  pricing: 'spot',
  source: 'owned',
  simulated: false,
  product: 'H100',
} as const;
const offer = (quoteId = 'q1', at = 0) => ({
  quoteId,
  organizationId: 'acme',
  subject,
  terms: terms({ entryId: quoteId }),
  expiresAt: iso(at + 600),
  holdsSeconds: 3_600,
  at: iso(at),
});
const issue = (quoteId = 'q1', at = 0) => ({ type: 'IssueQuote', data: offer(quoteId, at) }) as const;
const take = (quoteId = 'q1', at = 10) =>
  ({ type: 'AcceptQuote', data: { quoteId, organizationId: 'acme', at: iso(at) } }) as const;
const issued = (quoteId = 'q1', at = 0) => QuoteIssued(offer(quoteId, at));
const accepted = (quoteId = 'q1', at = 10) =>
  QuoteAccepted({ quoteId, organizationId: 'acme', from: iso(at), to: iso(at + 3_600), at: iso(at) });
const expired = (quoteId = 'q1', at = 600) => QuoteExpired({ quoteId, organizationId: 'acme', at: iso(at) });
const past = given(quoteDecider);

describe('A quote', () => {
  it('is issued', () => past().when(issue()).then(issued()));
  it('is issued once', () => {
    past(issued()).when(issue()).thenNothing();
    past(issued(), accepted()).when(issue()).thenNothing();
  });
  it('is not another of the same name', () => {
    const other = { ...issue(), data: { ...offer(), subject: { ...subject, product: 'L4' } } };
    past(issued()).when(other).thenRefused('AlreadyExists');
  });
  it('has a price', () => {
    const unpriced = { ...issue(), data: { ...offer(), terms: undefined } };
    expect(past().when(unpriced).decision).toMatchObject({
      reason: 'NoPrice',
      details: { product: 'H100', meter: 'gpu' },
    });
  });
  it('is one of a bounded number that are open', () => {
    const many = Array.from({ length: OPEN_QUOTES_MAX }, (_, index) => issued(`q${index}`));
    past(...many)
      .when(issue('more'))
      .thenRefused('LimitExceeded');
    past(...many.slice(1))
      .when(issue('more'))
      .then(issued('more'));
    past(...many, accepted('q5'))
      .when(issue('more'))
      .then(issued('more'));
  });
  it('expires, and is told to have when the next is issued', () => {
    past(issued()).when(issue('q2', 599)).then(issued('q2', 599));
    past(issued()).when(issue('q2', 600)).then(expired(), issued('q2', 600));
    past(issued(), expired()).when(issue('q2', 700)).then(issued('q2', 700));
    const many = Array.from({ length: OPEN_QUOTES_MAX }, (_, index) => issued(`q${index}`));
    expect(past(...many).when(issue('more', 600)).decision.accepted).toBe(true);
  });
});

describe('A price', () => {
  it('is frozen when it is taken', () => past(issued()).when(take()).then(accepted()));
  it('is frozen once', () => past(issued(), accepted()).when(take('q1', 20)).thenNothing());
  it('is taken in time', () => {
    past(issued()).when(take('q1', 599)).then(accepted('q1', 599));
    expect(past(issued()).when(take('q1', 600)).decision).toMatchObject({
      reason: 'QuoteExpired',
      details: { quoteId: 'q1', expiresAt: iso(600) },
    });
  });
  it('was quoted', () => {
    past(issued()).when(take('q2')).thenRefused('QuoteUnknown');
    past(issued(), expired()).when(take()).thenRefused('QuoteUnknown');
  });

  const fold = (...events: readonly QuoteEvent[]) => events.reduce(quoteDecider.evolve, quoteDecider.initial);

  it('holds for as long as was agreed', () => {
    expect(fold(issued(), issued('q2'), accepted())).toEqual({
      open: [offer('q2')],
      frozen: [{ quoteId: 'q1', subject, terms: terms({ entryId: 'q1' }), from: iso(10), to: iso(3_610) }],
    });
    expect(fold(issued(), expired())).toEqual({ open: [], frozen: [] });
  });

  it('is kept until no usage can come for it, and for so many', () => {
    const many = Array.from({ length: FROZEN_QUOTES_MAX }, (_, index) => [
      issued(`q${index}`),
      accepted(`q${index}`),
    ]).flat();
    past(...many, issued('more'))
      .when(take('more'))
      .thenRefused('LimitExceeded');
    const later = 3_610 + QUOTE_KEPT_MS / 1_000;
    past(...many, issued('more', later - 2))
      .when(take('more', later - 1))
      .thenRefused('LimitExceeded');
    const events = [...many, issued('more', later)];
    past(...events)
      .when(take('more', later))
      .then(accepted('more', later));
    expect(fold(...events, accepted('more', later)).frozen.map(({ quoteId }) => quoteId)).toEqual(['more']);
  });
});

describe('The terms of a quote', () => {
  const bounds = { floorMicroUsd: '1', ceilingMicroUsd: '9', stepMicroUsd: '1' };
  const spot = entry(
    { pricing: 'spot', bounds, discountBps: 5, markups: { low: 1, standard: 2, high: 3, ultra: 4 } },
    5,
  );
  const prices = card(version({ entries: [entry(), spot] }, 3));

  it('are of the very pricing asked for', () => {
    expect(quotedEntry(prices, subject)?.entry).toBe(spot);
    expect(quotedEntry(prices, { ...subject, pricing: 'dynamic' })).toBeUndefined();
    expect(quotedEntry(prices, { ...subject, pricing: 'on-demand' })?.entry.pricing).toBe('on-demand');
    const contract = card(version({ entries: [entry(), entry({ pricing: 'contract' })] }));
    expect(quotedEntry(contract, { ...subject, pricing: 'on-demand' })?.entry.pricing).toBe('contract');
  });

  it('follow the market where the entry does, and have the quality asked for', () => {
    const found = quotedEntry(prices, subject)!;
    expect(quotedTerms(found, subject, 'q1', 7n)).toEqual(
      terms({ priceBookVersion: 3, entryId: 'q1', tiers: [tier(7, 3_600_000_000)], markupBps: 2, discountBps: 5 }),
    );
    expect(quotedTerms(found, { ...subject, quality: 'ultra' }, 'q1', 7n).markupBps).toBe(4);
  });

  it('are those of the book where it does not', () => {
    const found = quotedEntry(prices, { ...subject, pricing: 'on-demand' })!;
    expect(quotedTerms(found, subject, 'q1', 7n)).toEqual(
      terms({ priceBookVersion: 3, entryId: 'q1', tiers: [tier(2_300_000, 3_600_000_000)] }),
    );
  });
});
