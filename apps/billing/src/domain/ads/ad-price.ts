import { METER_UNITS, type CampaignTerms } from '@solyx/contracts';
import { divideHalfEven } from '@solyx/kernel';

/**
 * The account rounds once per invoice, a campaign over all its life: half a micro-dollar an invoice lies between. This
 * many are never spent, so that a campaign of ten years is not overspent by that either.
 */
const ROUNDING_RESERVE = 60n;

const perPriceOf = ({ pricing }: CampaignTerms): bigint =>
  pricing === 'cpm' ? METER_UNITS.impression.perPrice : METER_UNITS.click.perPrice;

/** What so many impressions or clicks cost from the first on, micro-USD, rounded once: so parts of it add up. */
export const costOf = (terms: CampaignTerms, count: number): bigint =>
  divideHalfEven(BigInt(count) * BigInt(terms.rateMicroUsd), perPriceOf(terms));

/** How many impressions or clicks the budget pays for. */
export function countsWithinBudget(terms: CampaignTerms): number {
  const perPrice = perPriceOf(terms);
  const spendable = BigInt(terms.budgetMicroUsd) - (perPrice > 1n ? ROUNDING_RESERVE : 0n);
  const counts = (spendable * perPrice) / BigInt(terms.rateMicroUsd);
  const most = BigInt(Number.MAX_SAFE_INTEGER);
  return Number(counts < 0n ? 0n : counts > most ? most : counts);
}
