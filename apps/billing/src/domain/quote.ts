import { accept, canonicalJson, refuse, type Command, type Decider, type Decision } from '@solyx/kernel';
import type { PriceTerms } from '@solyx/contracts';
import { QuoteAccepted, QuoteExpired, QuoteIssued } from '@solyx/contracts/billing';
import type { FrozenQuote } from './rating/rate-card';

/** Quotes of one organization that may be open at once. */
export const OPEN_QUOTES_MAX = 128;
/** Accepted quotes that usage may still come for. */
export const FROZEN_QUOTES_MAX = 512;
/** How long after its end an accepted quote is kept for late usage: longer than any grace. */
export const QUOTE_KEPT_MS = 93 * 86_400_000;

export interface IssueQuote extends Omit<QuoteIssued['data'], 'terms'> {
  /** Undefined where no book has a price for it. */
  readonly terms: PriceTerms | undefined;
}

export type QuoteCommand =
  | Command<'IssueQuote', IssueQuote>
  | Command<'AcceptQuote', { readonly quoteId: string; readonly organizationId: string; readonly at: string }>;
export type QuoteEvent = QuoteIssued | QuoteAccepted | QuoteExpired;
export type QuoteRefusal = 'NoPrice' | 'QuoteUnknown' | 'QuoteExpired' | 'LimitExceeded' | 'AlreadyExists';

export interface Quotes {
  /** Oldest first. */
  readonly open: readonly QuoteIssued['data'][];
  /** Oldest first. */
  readonly frozen: readonly FrozenQuote[];
}

const millis = (at: string): number => Date.parse(at);

/** A frozen price is given up once no usage can come for it any more. */
const stillUsed = (frozen: readonly FrozenQuote[], at: string): readonly FrozenQuote[] =>
  frozen.filter(({ to }) => millis(to) + QUOTE_KEPT_MS > millis(at));

const expiredOf = (open: Quotes['open'], at: string): readonly QuoteExpired[] =>
  open
    .filter(({ expiresAt }) => expiresAt <= at)
    .map(({ quoteId, organizationId }) => QuoteExpired({ quoteId, organizationId, at }));

function issue({ terms, ...asked }: IssueQuote, { open, frozen }: Quotes): Decision<QuoteEvent, QuoteRefusal> {
  const { quoteId, at } = asked;
  const known = [...open, ...frozen].find((quote) => quote.quoteId === quoteId);
  if (known) {
    const same = canonicalJson(known.subject) === canonicalJson(asked.subject);
    return same ? accept() : refuse('AlreadyExists', { quoteId });
  }
  if (!terms) return refuse('NoPrice', { quoteId, product: asked.subject.product, meter: asked.subject.meter });
  const expired = expiredOf(open, at);
  if (open.length - expired.length >= OPEN_QUOTES_MAX) return refuse('LimitExceeded', { open: open.length });
  return accept<QuoteEvent>(...expired, QuoteIssued({ ...asked, terms }));
}

function take(quoteId: string, at: string, { open, frozen }: Quotes): Decision<QuoteEvent, QuoteRefusal> {
  if (frozen.some((quote) => quote.quoteId === quoteId)) return accept();
  const quote = open.find((one) => one.quoteId === quoteId);
  if (!quote) return refuse('QuoteUnknown', { quoteId });
  if (quote.expiresAt <= at) return refuse('QuoteExpired', { quoteId, expiresAt: quote.expiresAt });
  const kept = stillUsed(frozen, at);
  if (kept.length >= FROZEN_QUOTES_MAX) return refuse('LimitExceeded', { accepted: kept.length });
  const to = new Date(millis(at) + quote.holdsSeconds * 1_000).toISOString();
  return accept(QuoteAccepted({ quoteId, organizationId: quote.organizationId, from: at, to, at }));
}

/** What was offered to one organization, and what it took. A price that was taken never changes. */
export const quoteDecider: Decider<QuoteCommand, Quotes, QuoteEvent, QuoteRefusal> = {
  name: 'billing.quote',
  initial: { open: [], frozen: [] },

  decide: ({ type, data }, quotes) =>
    type === 'IssueQuote' ? issue(data, quotes) : take(data.quoteId, data.at, quotes),

  evolve({ open, frozen }, { type, data }) {
    if (type === 'billing.quote.issued') return { open: [...open, data], frozen };
    const quote = open.find(({ quoteId }) => quoteId === data.quoteId);
    const rest = open.filter(({ quoteId }) => quoteId !== data.quoteId);
    if (type === 'billing.quote.expired' || !quote) return { open: rest, frozen };
    const { quoteId, subject, terms } = quote;
    const accepted = { quoteId, subject, terms, from: data.from, to: data.to };
    return { open: rest, frozen: [...stillUsed(frozen, data.at), accepted] };
  },
};
