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
  readonly at: (at: string) => RateCard;
}

/** Reads every book and quote that an organization's usage may be priced by, once for as much usage as there is. */
@Injectable()
export class RateCards {
  constructor(private readonly streams: Streams) {}

  /** The prices that usage of this organization has. */
  async of(organizationId: string, assignments: readonly BookAssignment[]): Promise<PricesOf> {
    return this.prices(organizationId, assignments, [DEFAULT_BOOK_ID, LIST_BOOK_ID]);
  }

  /** The prices that it would have if this book were its own, and always had been. Quotes that were taken stay. */
  async asIf(organizationId: string, priceBookId: string): Promise<PricesOf> {
    return this.prices(organizationId, [], [...new Set([priceBookId, DEFAULT_BOOK_ID, LIST_BOOK_ID])]);
  }

  private async prices(
    organizationId: string,
    assignments: readonly BookAssignment[],
    general: readonly string[],
  ): Promise<PricesOf> {
    const ids = [...new Set([...general, ...assignments.map(({ priceBookId }) => priceBookId)])];
    const [versions, quotes] = await Promise.all([
      Promise.all(ids.map(async (id) => [id, await this.versionsOf(id)] as const)),
      this.streams.known(quoteDecider, organizationId),
    ]);
    const books = new Map(versions);
    return { at: rateCards({ assignments, books, general, quotes: quotes.state.frozen }) };
  }
  private async versionsOf(id: string): Promise<readonly PriceBookVersion[]> {
    if (id !== LIST_BOOK_ID) return (await this.streams.known(priceBookDecider, id)).state.versions;
    const { state } = await this.streams.known(priceListDecider, PRICE_LIST_ID);
    return state.lists.map(listBookOf);
  }
}
