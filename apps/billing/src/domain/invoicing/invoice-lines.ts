import { derivePrefixedId } from '@solyx/kernel';
import type { ChargeLine, InvoiceLine } from '@solyx/contracts';
import type { ChargePosted } from '@solyx/contracts/billing';
import { skuOf } from '../rating/sku';
import { priceText, shownMoney, shownUnit } from './units';

type Charge = ChargePosted['data'];

/** Between the key of a line and the period that it corrects; no key holds it. */
const CORRECTS = '~';
const DESCRIPTION_MAX = 256;

/** Charges of the simple price list have no key: what one line would have in common is in their fields. */
const simpleKey = (period: string, project: string, line: ChargeLine): string => {
  const { kind, source, simulated, gpuModel, unit, rateNumerator, rateDenominator } = line;
  return derivePrefixedId(
    'line',
    period,
    project,
    ...[kind, source, String(simulated), gpuModel, unit, rateNumerator, rateDenominator],
  );
};

/** The line of the invoice that a line of a charge goes on. A correction is never added to what it corrects. */
export function invoiceLineKey(
  charge: Pick<Charge, 'period' | 'project' | 'correctsPeriod'>,
  line: ChargeLine,
): string {
  const key = line.lineKey ?? simpleKey(charge.period, charge.project, line);
  return charge.correctsPeriod === undefined ? key : `${key}${CORRECTS}${charge.correctsPeriod}`;
}

export const skuIdOfLine = (line: ChargeLine): string =>
  line.skuId ?? [line.kind, line.source, line.gpuModel === '' ? 'any' : line.gpuModel].join('/').slice(0, 256);

const NOUNS: Readonly<Partial<Record<string, string>>> = {
  gpu: 'GPU time',
  cpu: 'CPU time',
  memory: 'Memory',
  storage: 'Storage',
  egress: 'Data transfer out',
  token: 'Tokens',
  'token-input': 'Input tokens',
  'token-output': 'Output tokens',
  'token-cached': 'Cached input tokens',
  impression: 'Ad impressions',
  click: 'Ad clicks',
};

/** What a line is called: the same whatever charge came first. */
function describe(line: ChargeLine, charge: Charge): string {
  const meter = skuOf(skuIdOfLine(line))?.meter ?? '';
  const noun = NOUNS[meter] ?? NOUNS[line.kind];
  const plain = noun === undefined || charge.resource.kind === 'period' || charge.resource.kind === 'commitment';
  const what = plain ? line.description : [noun, line.gpuModel].filter((part) => part !== '').join(', ');
  const terms = [line.pricing, line.quality === 'standard' ? undefined : line.quality, line.source];
  const how = plain ? '' : ` (${terms.filter((term) => term !== undefined).join(', ')})`;
  const why = charge.correctsPeriod === undefined ? '' : `Correction of ${charge.correctsPeriod}: `;
  return `${why}${what}${how}`.slice(0, DESCRIPTION_MAX) || line.kind;
}

interface Sum {
  readonly first: ChargeLine;
  readonly charge: Charge;
  quantity: bigint;
  amount: bigint;
  list: bigint;
  charges: number;
  from: string;
  to: string;
}

const smaller = (a: string, b: string): string => (a < b ? a : b);
const larger = (a: string, b: string): string => (a > b ? a : b);

function priceOf(line: ChargeLine): string {
  const unit = shownUnit({ ...line, skuId: skuIdOfLine(line) });
  if (line.terms) return priceText(line.terms, unit);
  const denominator = BigInt(line.rateDenominator);
  if (denominator <= 0n) return '';
  return `${shownMoney((BigInt(line.rateNumerator) * unit.perPrice) / denominator)} USD per ${unit.priced}`;
}

/**
 * Adds charges up to the lines of an invoice, one after another, so that a month need not be held in memory. The lines
 * are the same whatever order the charges come in: sums, and words that every charge of a line has in common.
 */
export class LineSheet {
  private readonly sums = new Map<string, Sum>();
  chargeCount = 0;

  constructor(readonly simulated: boolean) {}

  add(charge: Charge): void {
    const lines = charge.lines.filter(({ simulated }) => simulated === this.simulated);
    if (lines.length === 0) return;
    this.chargeCount += 1;
    for (const line of lines) this.put(charge, line);
  }

  private put(charge: Charge, line: ChargeLine): void {
    const key = invoiceLineKey(charge, line);
    const known = this.sums.get(key);
    const [quantity, amount] = [BigInt(line.quantity), BigInt(line.amountMicroUsd)];
    const list = BigInt(line.listAmountMicroUsd ?? line.amountMicroUsd);
    if (!known) {
      const { from, to } = line;
      this.sums.set(key, { first: line, charge, quantity, amount, list, charges: 1, from, to });
      return;
    }
    known.quantity += quantity;
    known.amount += amount;
    known.list += list;
    known.charges += 1;
    known.from = smaller(known.from, line.from);
    known.to = larger(known.to, line.to);
  }

  get total(): bigint {
    let total = 0n;
    for (const { amount } of this.sums.values()) total += amount;
    return total;
  }

  get size(): number {
    return this.sums.size;
  }

  /** In the order in which they are printed: by project, then product, then key. */
  lines(): readonly InvoiceLine[] {
    const order = ({ project, skuId, lineKey }: InvoiceLine): string => `${project}\u0000${skuId}\u0000${lineKey}`;
    return [...this.sums]
      .map(([lineKey, sum]) => lineOf(lineKey, sum))
      .map((line) => ({ line, order: order(line) }))
      .sort((a, b) => (a.order < b.order ? -1 : 1))
      .map(({ line }) => line);
  }
}

function lineOf(lineKey: string, { first, charge, quantity, amount, list, charges, from, to }: Sum): InvoiceLine {
  return {
    lineKey,
    kind: first.kind,
    description: describe(first, charge),
    project: charge.project,
    source: first.source,
    skuId: skuIdOfLine(first),
    pricing: first.pricing ?? 'on-demand',
    quality: first.quality ?? 'standard',
    quantity: quantity.toString(),
    unit: first.unit,
    from,
    to,
    amountMicroUsd: amount.toString(),
    listAmountMicroUsd: list.toString(),
    charges,
    priceText: priceOf(first),
    ...(first.terms === undefined ? {} : { terms: first.terms }),
    ...(charge.correctsPeriod === undefined ? {} : { correctsPeriod: charge.correctsPeriod }),
    ...(first.correctsLineKey === undefined ? {} : { correctsLineKey: first.correctsLineKey }),
  };
}
