import { Injectable } from '@nestjs/common';
import { Streams } from '@solyx/eventing';
import { SolyxError } from '@solyx/kernel';
import type { Prices } from '../domain/account-charge';
import { feeAt } from '../domain/payouts/platform-fee';
import { providerDecider } from '../domain/payouts/provider';
import { LIST_BOOK_ID } from '../domain/rating/default-book';
import { AccountBooks } from './account-books';
import { RateCards } from './rate-cards';

/** All prices that an organization's usage may have, and the fees of those whose GPUs it used. */
@Injectable()
export class UsagePrices {
  constructor(
    private readonly streams: Streams,
    private readonly cards: RateCards,
    private readonly books: AccountBooks,
  ) {}

  /** Throws Unavailable while no price was published: what needs one is tried again. */
  async of(organizationId: string, providerIds: Iterable<string> = []): Promise<Prices> {
    const cards = await this.cards.of(organizationId, await this.books.of(organizationId));
    const fees = new Map<string, (at: string) => number>();
    for (const providerId of new Set(providerIds)) {
      const { state } = await this.streams.known(providerDecider, providerId);
      fees.set(providerId, (at) => feeAt(state.fees, at).feeBps);
    }
    return {
      cardAt: (at) => {
        const card = cards.at(at);
        if (card.books.length > 0) return card;
        throw new SolyxError('Unavailable', 'no price list was published yet', { at });
      },
      feeBpsAt: (providerId, at) => fees.get(providerId)?.(at) ?? feeAt([], at).feeBps,
      listVersionAt: (at) => cards.at(at).books.find(({ book }) => book.priceBookId === LIST_BOOK_ID)?.version,
    };
  }
}
