import { METER_UNITS, type PriceTerms, type QuoteSubject } from '@solyx/contracts';
import { entryOf, termsOf, type FoundEntry, type RateCard } from './rate-card';

/** The entry that a quote is made from: of the very pricing asked for; a quote does not fall back to the list. */
export const quotedEntry = (card: RateCard, subject: QuoteSubject): FoundEntry | undefined =>
  entryOf(card, subject, subject.pricing === 'on-demand' ? ['contract', 'on-demand'] : [subject.pricing]);

/** The terms of a quote: prices that follow the market as they stand now, all others as the book has them. */
export function quotedTerms(found: FoundEntry, subject: QuoteSubject, quoteId: string, current: bigint): PriceTerms {
  const terms = { ...termsOf(found, subject.quality ?? 'standard'), entryId: quoteId };
  if (!found.entry.bounds) return terms;
  const rateDenominator = METER_UNITS[subject.meter].perPrice.toString();
  return { ...terms, model: 'flat', tiers: [{ rateNumerator: current.toString(), rateDenominator }] };
}
