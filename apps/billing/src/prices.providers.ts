import { AccountBooks } from './application/account-books';
import { ManagePricesHandler } from './application/manage-prices.handler';
import { PostedLines } from './application/posted-lines';
import { QuotePriceHandler } from './application/quote-price.handler';
import { RateCards } from './application/rate-cards';
import { ReratePeriodHandler } from './application/rerate-period.handler';

/** Price books, quotes, and what a past period would have cost. */
export const pricesProviders = [
  RateCards,
  AccountBooks,
  ManagePricesHandler,
  QuotePriceHandler,
  PostedLines,
  ReratePeriodHandler,
];
