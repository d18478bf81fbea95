import { Injectable } from '@nestjs/common';
import type { PriceTerms, QuoteSubject } from '@solyx/contracts';
import { QuoteAcceptanceRequested, QuoteRequested } from '@solyx/contracts/gateway';
import { causedBy, OnEvent, permit, Streams, type Delivery } from '@solyx/eventing';
import type { Recorded } from '@solyx/kernel';
import { currentPrice, priceBookDecider } from '../domain/price-book';
import { quoteDecider } from '../domain/quote';
import { quotedTerms, quotedEntry } from '../domain/rating/quoted-terms';
import { AccountBooks } from './account-books';
import { RateCards } from './rate-cards';

/** How long a price can be taken after it was offered. */
export const QUOTE_OPEN_MS = 600_000;

/** Offers prices and freezes those that are taken. */
@Injectable()
export class QuotePriceHandler {
  constructor(
    private readonly streams: Streams,
    private readonly cards: RateCards,
    private readonly books: AccountBooks,
  ) {}

  @OnEvent(QuoteRequested)
  async issue(event: Recorded<QuoteRequested>, { redelivered }: Delivery): Promise<void> {
    permit(event.metadata.actor, 'money:read');
    const { organizationId } = event.metadata;
    const { quoteId, subject, holdsSeconds, at } = event.data;
    const expiresAt = new Date(Date.parse(at) + QUOTE_OPEN_MS).toISOString();
    const terms = await this.termsFor(organizationId, quoteId, subject, at);
    const data = { quoteId, organizationId, subject, terms, expiresAt, holdsSeconds, at };
    const context = causedBy(event, undefined, redelivered);
    await this.streams.transact(quoteDecider, organizationId, { type: 'IssueQuote', data }, context);
  }

  /** The time of the wish counts, however late it is heard. */
  @OnEvent(QuoteAcceptanceRequested)
  async accept(event: Recorded<QuoteAcceptanceRequested>, { redelivered }: Delivery): Promise<void> {
    permit(event.metadata.actor, 'quotes:accept');
    const { organizationId } = event.metadata;
    const { quoteId, at } = event.data;
    const data = { quoteId, organizationId, at };
    const context = causedBy(event, undefined, redelivered);
    await this.streams.transact(quoteDecider, organizationId, { type: 'AcceptQuote', data }, context);
  }

  private async termsFor(
    organizationId: string,
    quoteId: string,
    subject: QuoteSubject,
    at: string,
  ): Promise<PriceTerms | undefined> {
    const prices = await this.cards.of(organizationId, await this.books.of(organizationId));
    const found = quotedEntry(prices.at(at), subject);
    if (!found) return undefined;
    const { state } = await this.streams.load(priceBookDecider, found.from.book.priceBookId);
    return quotedTerms(found, subject, quoteId, currentPrice(state, found.entry));
  }
}
