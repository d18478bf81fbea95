import { PLATFORM_ORGANIZATION, type Recorded } from '@solyx/kernel';
import {
  METER_UNITS,
  type PriceBook,
  type PriceBookEntry,
  type PriceEntry,
  type PriceTerms,
  type QuoteSubject,
} from '@solyx/contracts';
import type {
  PriceBookPublished,
  PriceListPublished,
  PriceObserved,
  QuoteAccepted,
  QuoteExpired,
  QuoteIssued,
} from '@solyx/contracts/billing';
import { defineProjection } from '@solyx/eventing';

export interface PriceBookRow extends Omit<PriceBook, 'priceBookId'> {
  readonly id: string;
  readonly version: number;
  /** Spot and dynamic prices as they were seen last, by entry. */
  readonly observed: readonly { readonly entryId: string; readonly priceMicroUsd: string; readonly at: string }[];
  readonly publishedAt: string;
  readonly position: string;
}

/** The simple list that the scheduler reckons with, shown as the book that it is to those who have no other. */
export const LIST_BOOK = 'list';

const entryOf = ({ resource, source, simulated, gpuModel, microUsdPerUnit }: PriceEntry): PriceBookEntry => ({
  entryId: `${resource}/${source}/${simulated ? 'simulated' : 'real'}/${gpuModel}`,
  ...{ meter: resource, pricing: 'on-demand', source, simulated, product: gpuModel, model: 'flat' },
  tiers: [{ rateNumerator: microUsdPerUnit, rateDenominator: String(METER_UNITS[resource].perPrice) }],
});

/** Price books as they were published last; their earlier versions are the past of the row. */
export const gatewayPriceBook = defineProjection<PriceBookPublished | PriceObserved | PriceListPublished, PriceBookRow>(
  {
    name: 'gateway_price_book',
    version: 1,
    key: ({ data }) =>
      'priceBook' in data ? data.priceBook.priceBookId : 'priceBookId' in data ? data.priceBookId : LIST_BOOK,
    organization: () => PLATFORM_ORGANIZATION,
    initial: {
      ...{ id: '', version: 0, name: '', currency: 'USD', effectiveFrom: '', entries: [], bulkDiscounts: [] },
      ...{ observed: [], publishedAt: '', position: '0' },
    },
    on: {
      'billing.priceBook.published': (row, { priceBook, version, at }, { position }) => {
        const { priceBookId: id, ...book } = priceBook;
        return { ...book, id, version, observed: row.observed, publishedAt: at, position: String(position) };
      },
      'billing.priceList.published': (
        row,
        { version, currency, effectiveFrom, entries },
        { position, recordedAt },
      ) => ({
        ...row,
        ...{ id: LIST_BOOK, version, name: 'Price list', currency, effectiveFrom, entries: entries.map(entryOf) },
        ...{ publishedAt: recordedAt, position: String(position) },
      }),
      'billing.priceBook.price-observed': (row, { entryId, priceMicroUsd, at }, { position }) =>
        row.id === ''
          ? undefined
          : {
              ...row,
              observed: [...row.observed.filter((one) => one.entryId !== entryId), { entryId, priceMicroUsd, at }],
              position: String(position),
            },
    },
  },
);

export interface QuoteRow {
  readonly id: string;
  readonly organizationId: string;
  readonly phase: 'Issued' | 'Accepted' | 'Expired';
  readonly subject: QuoteSubject;
  readonly terms: PriceTerms;
  readonly expiresAt: string;
  readonly holdsSeconds: number;
  /** From when to when the price holds, once it was accepted. */
  readonly from: string | null;
  readonly to: string | null;
  readonly at: string;
  readonly position: string;
}

export const toQuote = ({ data, position }: Recorded<QuoteIssued>): QuoteRow => ({
  ...{ id: data.quoteId, organizationId: data.organizationId, phase: 'Issued', subject: data.subject },
  ...{ terms: data.terms, expiresAt: data.expiresAt, holdsSeconds: data.holdsSeconds, from: null, to: null },
  ...{ at: data.at, position: String(position) },
});

const noTerms: PriceTerms = {
  ...{ priceBookId: '', priceBookVersion: 0, entryId: '', model: 'flat', unit: '', tiers: [] },
  ...{ markupBps: 0, discountBps: 0 },
};
const noSubject: QuoteSubject = {
  ...{ project: '', meter: 'gpu', pricing: 'on-demand', source: 'owned', simulated: false, product: '' },
};

/** Quotes of an organization, and what became of them. */
export const gatewayQuote = defineProjection<QuoteIssued | QuoteAccepted | QuoteExpired, QuoteRow>({
  name: 'gateway_quote',
  version: 1,
  key: ({ data }) => data.quoteId,
  organization: ({ data }) => data.organizationId,
  indexes: ['phase'],
  initial: {
    ...{ id: '', organizationId: '', phase: 'Issued', subject: noSubject, terms: noTerms, expiresAt: '' },
    ...{ holdsSeconds: 0, from: null, to: null, at: '', position: '0' },
  },
  on: {
    'billing.quote.issued': (_row, data, event) => toQuote({ ...event, data } as Recorded<QuoteIssued>),
    'billing.quote.accepted': (row, { from, to }, { position }) => ({
      ...row,
      ...{ phase: 'Accepted', from, to, position: String(position) },
    }),
    'billing.quote.expired': (row, _data, { position }) => ({ ...row, phase: 'Expired', position: String(position) }),
  },
});
