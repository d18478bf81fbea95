import { formatMicro } from '@solyx/kernel';
import { METER_UNITS, type PriceTerms } from '@solyx/contracts';
import { MICRO_USD } from '../rating/period-close';
import { skuOf } from '../rating/sku';

/** How a counted unit is shown to people: so many of it are one of what has a price. */
export interface ShownUnit {
  readonly perPrice: bigint;
  /** `GPU-hour`. */
  readonly priced: string;
}

const SCALE = 1_000_000n;

/** Units that only charges of the simple price list have. */
const SIMPLE_UNITS: Readonly<Record<string, ShownUnit>> = {
  gib: { perPrice: 1n, priced: 'GiB' },
  [MICRO_USD]: { perPrice: SCALE, priced: 'USD' },
};

const isMeter = (name: string): name is keyof typeof METER_UNITS => Object.hasOwn(METER_UNITS, name);

/**
 * What `unit` of a line is shown as. A stock keeping unit begins with its meter, which says it best; otherwise the kind
 * of the line does. What nothing is known of is shown as it is counted.
 */
export function shownUnit(line: { readonly kind: string; readonly skuId: string; readonly unit: string }): ShownUnit {
  const simple = SIMPLE_UNITS[line.unit];
  if (simple) return simple;
  for (const name of [skuOf(line.skuId)?.meter ?? '', line.kind]) {
    if (isMeter(name) && METER_UNITS[name].unit === line.unit) return METER_UNITS[name];
  }
  const alike = Object.values(METER_UNITS).find(({ unit }) => unit === line.unit);
  return alike && alike.unit !== 'mib-ms' ? alike : { perPrice: 1n, priced: line.unit };
}

/** "12.5" for 45,000,000,000 milli-GPU-milliseconds: at most six decimals, rounded half up, without trailing zeros. */
export function shownQuantity(quantity: bigint, { perPrice }: ShownUnit): string {
  const negative = quantity < 0n;
  const scaled = ((negative ? -quantity : quantity) * SCALE * 2n + perPrice) / (perPrice * 2n);
  const text = formatMicro(negative ? -scaled : scaled);
  return text.replace(/\.?0+$/, '');
}

/** Micro-USD with two decimals at least and six at most: "2.30", "0.000025". */
export const shownMoney = (micro: bigint): string => formatMicro(micro, true);

/** A rate per counted unit, as USD per priced unit: exact to six decimals, `~` before it where it is not. */
function shownRate(tier: PriceTerms['tiers'][number], terms: PriceTerms, unit: ShownUnit): string {
  const factor = BigInt(10_000 + terms.markupBps) * BigInt(10_000 - terms.discountBps);
  const numerator = BigInt(tier.rateNumerator) * unit.perPrice * factor;
  const denominator = BigInt(tier.rateDenominator) * 100_000_000n;
  if (denominator <= 0n) return '?';
  const micro = (numerator * 2n + denominator) / (denominator * 2n);
  return `${numerator % denominator === 0n ? '' : '~'}${shownMoney(micro)}`;
}

/** The price in words: `2.30 USD per GPU-hour`; of steps, each with what it reaches to. Amounts of money have none. */
export function priceText(terms: PriceTerms, unit: ShownUnit): string {
  if (terms.unit === MICRO_USD) return '';
  const free = BigInt(terms.freeQuantity ?? '0');
  const first = free > 0n ? `${shownQuantity(free, unit)} ${unit.priced} free, then ` : '';
  const [only] = terms.tiers;
  if (terms.tiers.length === 1 && only) return `${first}${shownRate(only, terms, unit)} USD per ${unit.priced}`;
  const steps = terms.tiers.map(
    (tier) =>
      `${shownRate(tier, terms, unit)}${tier.upTo === undefined ? ' beyond' : ` to ${shownQuantity(BigInt(tier.upTo), unit)}`}`,
  );
  return `${first}${terms.model}, USD per ${unit.priced}: ${steps.join(', ')}`.slice(0, 256);
}
