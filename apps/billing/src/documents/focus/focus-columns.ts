import type { FocusHeader, FocusRow } from './focus-row';

export const FOCUS_VERSION = '1.3';
export const COST_SCALE = 6;
export const PRICE_SCALE = 9;

/** `cost`: micro-units; `price`: billionths; `time`: ISO 8601 UTC; `json`: an object as text. */
export type FocusType = 'text' | 'json' | 'time' | 'cost' | 'price';
type Value = string | bigint | undefined;

export interface FocusColumn {
  readonly id: string;
  readonly type: FocusType;
  readonly nullable: boolean;
  /** Whether rows of one context have it in common. */
  readonly shared: boolean;
  readonly of: (row: FocusRow, header: FocusHeader) => Value;
}

type Read = FocusColumn['of'];
type Kind = Pick<FocusColumn, 'nullable' | 'shared'>;
const column =
  (kind: Kind) =>
  (id: string, of: Read, type: FocusType = 'text'): FocusColumn => ({ ...kind, id, type, of });
/** The same for all rows of a context, never null; the same or null; of each row its own, never null; its own or null. */
const same = column({ nullable: false, shared: true });
const sameOrNull = column({ nullable: true, shared: true });
const own = column({ nullable: false, shared: false });
const ownOrNull = column({ nullable: true, shared: false });

const SOLYX = 'Solyx';
const committed = (row: FocusRow, value: Value): Value => (row.context.commitmentId === undefined ? undefined : value);
const quantity = ({ context, quantity: counted }: FocusRow): Value =>
  context.chargeCategory === 'Usage' && context.commitmentStatus !== 'Unused' ? counted : undefined;

/**
 * The columns of FOCUS 1.3 that Solyx fills, in the order of the specification (alphabetical, own ones last, with `x_`).
 * CSV, Parquet and the check all follow this one table; a later version of FOCUS is a second table.
 */
export const FOCUS_COLUMNS: readonly FocusColumn[] = [
  own('BilledCost', ({ billed }) => billed, 'cost'),
  same('BillingAccountId', (_, { organizationId }) => organizationId),
  same('BillingAccountName', (_, { organizationName }) => organizationName),
  same('BillingAccountType', () => 'Organization'),
  same('BillingCurrency', (_, { currency }) => currency),
  same('BillingPeriodEnd', (_, { periodEnd }) => periodEnd, 'time'),
  same('BillingPeriodStart', (_, { periodStart }) => periodStart, 'time'),
  same('ChargeCategory', ({ context }) => context.chargeCategory),
  sameOrNull('ChargeClass', ({ context }) => (context.correction ? 'Correction' : undefined)),
  same('ChargeDescription', ({ context }) => context.description),
  same('ChargeFrequency', ({ context }) => context.frequency),
  own('ChargePeriodEnd', ({ to }) => to, 'time'),
  own('ChargePeriodStart', ({ from }) => from, 'time'),
  sameOrNull('CommitmentDiscountCategory', (row) => committed(row, 'Usage')),
  sameOrNull('CommitmentDiscountId', ({ context }) => context.commitmentId),
  sameOrNull('CommitmentDiscountName', ({ context }) => context.commitmentId),
  ownOrNull('CommitmentDiscountQuantity', (row) => committed(row, row.quantity), 'price'),
  sameOrNull('CommitmentDiscountStatus', ({ context }) => context.commitmentStatus),
  sameOrNull('CommitmentDiscountType', (row) => committed(row, 'Reserved capacity')),
  sameOrNull('CommitmentDiscountUnit', (row) => committed(row, row.context.unit)),
  ownOrNull('ConsumedQuantity', quantity, 'price'),
  sameOrNull('ConsumedUnit', (row) => (quantity(row) === undefined ? undefined : row.context.unit)),
  own('ContractedCost', ({ billed }) => billed, 'cost'),
  ownOrNull('ContractedUnitPrice', ({ contractedPrice }) => contractedPrice, 'price'),
  own('EffectiveCost', ({ billed }) => billed, 'cost'),
  same('HostProviderName', ({ context }) => context.hostProvider),
  sameOrNull('InvoiceId', (_, { invoiceId }) => invoiceId),
  same('InvoiceIssuerName', (_, { issuer }) => issuer),
  own('ListCost', ({ list }) => list, 'cost'),
  ownOrNull('ListUnitPrice', ({ listPrice }) => listPrice, 'price'),
  sameOrNull('PricingCategory', ({ context }) => context.pricingCategory),
  ownOrNull('PricingQuantity', ({ quantity: counted }) => counted, 'price'),
  sameOrNull('PricingUnit', ({ context }) => context.unit),
  same('ProviderName', () => SOLYX),
  same('PublisherName', () => SOLYX),
  sameOrNull('ResourceId', ({ context }) => context.resourceId),
  sameOrNull('ResourceName', ({ context }) => context.resourceId),
  sameOrNull('ResourceType', ({ context }) => context.resourceType),
  same('ServiceCategory', ({ context }) => context.serviceCategory),
  same('ServiceName', ({ context }) => context.serviceName),
  same('ServiceProviderName', () => SOLYX),
  same('ServiceSubcategory', ({ context }) => context.serviceSubcategory),
  sameOrNull('SkuId', ({ context }) => context.skuId),
  sameOrNull('SkuMeter', ({ context }) => context.skuMeter),
  sameOrNull('SkuPriceDetails', ({ context }) => context.skuPriceDetails, 'json'),
  sameOrNull('SkuPriceId', ({ context }) => context.skuPriceId),
  sameOrNull('SubAccountId', ({ context }) => context.project),
  sameOrNull('SubAccountName', ({ context }) => context.project),
  sameOrNull('SubAccountType', ({ context }) => (context.project === undefined ? undefined : 'Project')),
  same('Tags', ({ context }) => context.tags, 'json'),
  own('x_ChargeId', ({ chargeId }) => chargeId, 'text'),
  sameOrNull('x_LineKey', ({ context }) => context.lineKey),
  sameOrNull('x_Quality', ({ context }) => context.quality),
];

/** A scaled integer as a decimal without trailing zeros: 2500000 at scale 6 is "2.5". */
export function decimalText(value: bigint, scale: number): string {
  const digits = (value < 0n ? -value : value).toString();
  const padded = digits.length > scale ? digits : digits.padStart(scale + 1, '0');
  let end = padded.length;
  const point = padded.length - scale;
  while (end > point && padded.charCodeAt(end - 1) === 48) end -= 1;
  const text = end === point ? padded.slice(0, point) : `${padded.slice(0, point)}.${padded.slice(point, end)}`;
  return value < 0n ? `-${text}` : text;
}

export const scaleOf = (type: FocusType): number => (type === 'cost' ? COST_SCALE : PRICE_SCALE);
