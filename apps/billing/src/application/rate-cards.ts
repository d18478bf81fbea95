import { Injectable } from '@nestjs/common';
import { Streams } from '@solyx/eventing';
import { priceBookDecider } from '../domain/price-book';
import { priceListDecider } from '../domain/price-list';
import { quoteDecider } from '../domain/quote';
import { DEFAULT_BOOK_ID, LIST_BOOK_ID, listBookOf } from '../domain/rating/default-book';
import { rateCards, type BookAssignment, type PriceBookVersion, type RateCard } from '../domain/rating/rate-card';
import { PRICE_LIST_ID } from './price-book';

/** The prices of one organization at every instant, as they were published until now. */
export interface PricesOf {
  /** `at`: ISO 8601 UTC, when the usage began. */
  at(at: string): RateCard;
}

/** Reads every book and quote that an organization's usage may be priced by, once for as much usage as there is. */
@Injectable()
export class RateCards {
  constructor(private readonly streams: Streams) {}

  async of(organizationId: string, assignments: readonly BookAssignment[]): Promise<PricesOf> {
    const books = new Map<string, readonly PriceBookVersion[]>();
    for (const id of new Set([DEFAULT_BOOK_ID, ...assignments.map(({ priceBookId }) => priceBookId)])) {
      books.set(id, (await this.streams.load(priceBookDecider, id)).state.versions);
    }
    const list = await this.streams.load(priceListDecider, PRICE_LIST_ID);
    books.set(LIST_BOOK_ID, list.state.lists.map(listBookOf));
    const quotes = await this.streams.load(quoteDecider, organizationId);
    const general = [DEFAULT_BOOK_ID, LIST_BOOK_ID];
    return { at: rateCards({ assignments, books, general, quotes: quotes.state.frozen }) };
  }
}
