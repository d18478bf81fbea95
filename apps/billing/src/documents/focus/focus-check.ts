import { decimalText, FOCUS_COLUMNS, scaleOf } from './focus-columns';
import type { FocusHeader, FocusRow } from './focus-row';

const CATEGORIES = ['Usage', 'Purchase', 'Tax', 'Credit', 'Adjustment'];
const PRICING = ['Standard', 'Dynamic', 'Committed', 'Other'];
/** ServiceCategory of FOCUS 1.3, as far as Solyx uses it, and what may stand below each. */
const SUBCATEGORIES: Readonly<Record<string, readonly string[]>> = {
  Compute: ['Virtual Machines', 'Other (Compute)'],
  'AI and Machine Learning': ['Generative AI', 'Other (AI and Machine Learning)'],
  Storage: ['Other (Storage)'],
  Networking: ['Network Connectivity', 'Other (Networking)'],
  Other: ['Other (Other)'],
};
const FAULTS_MAX = 100;
const NANO = 1_000_000_000n;
/** Rounding of price and quantity to billionths: at most this many micro-units in a cost. */
const MICRO = 1_000n;

type Rule = readonly [name: string, holds: (row: FocusRow, header: FocusHeader) => boolean];

const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);

/** |price × quantity − cost| is no more than the rounding of the two factors can make. */
function isProduct(price: bigint | undefined, quantity: bigint | undefined, cost: bigint): boolean {
  if (price === undefined || quantity === undefined) return true;
  const product = (price * quantity) / NANO / MICRO;
  const slack = (magnitude(price) + magnitude(quantity)) / NANO / MICRO + 2n;
  return magnitude(product - cost) <= slack;
}

const isNull = (value: unknown): boolean => value === undefined;

const RULES: readonly Rule[] = [
  ['ChargeCategory is one of the allowed values', ({ context }) => CATEGORIES.includes(context.chargeCategory)],
  ['ChargePeriodStart is not after ChargePeriodEnd', ({ from, to }) => from <= to],
  [
    'ServiceSubcategory belongs to ServiceCategory',
    ({ context }) => SUBCATEGORIES[context.serviceCategory]?.includes(context.serviceSubcategory) ?? false,
  ],
  [
    'PricingCategory is allowed, and null for taxes',
    ({ context }) =>
      context.chargeCategory === 'Tax' || context.chargeCategory === 'Credit'
        ? isNull(context.pricingCategory)
        : PRICING.includes(context.pricingCategory ?? ''),
  ],
  [
    'Usage has SkuId, SkuPriceId, PricingQuantity and PricingUnit',
    ({ context, quantity }) =>
      context.chargeCategory !== 'Usage' ||
      ![context.skuId, context.skuPriceId, quantity, context.unit].some((value) => value === undefined),
  ],
  [
    'Usage that is no correction has unit prices',
    ({ context, listPrice, contractedPrice, billed }) =>
      context.chargeCategory !== 'Usage' ||
      context.correction ||
      billed < 0n ||
      !(isNull(listPrice) || isNull(contractedPrice)),
  ],
  [
    'Tax has no SKU, quantity or unit price',
    ({ context, quantity, listPrice }) =>
      context.chargeCategory !== 'Tax' || (isNull(context.skuId) && isNull(quantity) && isNull(listPrice)),
  ],
  [
    'Unit prices are not negative',
    ({ listPrice, contractedPrice }) => (listPrice ?? 0n) >= 0n && (contractedPrice ?? 0n) >= 0n,
  ],
  [
    'ListCost is ListUnitPrice × PricingQuantity',
    ({ listPrice, quantity, list }) => isProduct(listPrice, quantity, list),
  ],
  [
    'ContractedCost is ContractedUnitPrice × PricingQuantity',
    ({ contractedPrice, quantity, billed }) => isProduct(contractedPrice, quantity, billed),
  ],
  [
    'ListCost is BilledCost where there is no ListUnitPrice',
    ({ listPrice, list, billed }) => !isNull(listPrice) || list === billed,
  ],
  [
    'CommitmentDiscountStatus goes with CommitmentDiscountId',
    ({ context }) => isNull(context.commitmentId) === isNull(context.commitmentStatus),
  ],
  ['The charge lies in the billing period, or corrects an earlier one', (row, header) => isWithin(row, header)],
];

const isWithin = ({ context, from, to }: FocusRow, { periodStart, periodEnd }: FocusHeader): boolean =>
  context.correction || (from >= periodStart && to <= periodEnd);

/** What breaks a rule of FOCUS 1.3, in words with the number of the row; none in what Solyx exports. */
export function faultsOfFocus(rows: readonly FocusRow[], header: FocusHeader, payable?: bigint): readonly string[] {
  const faults: string[] = [];
  rows.forEach((row, index) => {
    if (faults.length >= FAULTS_MAX) return;
    for (const column of FOCUS_COLUMNS) {
      const value = column.of(row, header);
      if (value === undefined || value === '') {
        if (!column.nullable) faults.push(`row ${index}: ${column.id} is null`);
      }
      const json = column.type === 'json' && typeof value === 'string' ? value : '{}';
      if (!json.startsWith('{')) faults.push(`row ${index}: ${column.id} is no object`);
    }
    for (const [name, holds] of RULES) if (!holds(row, header)) faults.push(`row ${index}: ${name}`);
  });
  const total = rows.reduce((sum, { billed }) => sum + billed, 0n);
  if (payable !== undefined && total !== payable) {
    const [found, asked] = [total, payable].map((amount) => decimalText(amount, scaleOf('cost')));
    faults.push(`BilledCost sums to ${found}, the invoice asks for ${asked}`);
  }
  return faults;
}
