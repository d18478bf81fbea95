import { formatMicro } from '@solyx/kernel';
import type { InvoiceContent } from '../domain/invoicing/invoice-content';
import { shownQuantity, shownUnit } from '../domain/invoicing/units';
import { csvLine, numberCell, textCell } from './csv';

const HEADER = [
  ...['invoice', 'simulated', 'period', 'type', 'line_key', 'project', 'kind', 'source', 'sku', 'pricing', 'quality'],
  ...['description', 'from', 'to', 'quantity', 'unit', 'counted_quantity', 'counted_unit', 'price'],
  ...['list_amount_usd', 'amount_usd', 'corrects_period'],
] as const;

type Row = Partial<Readonly<Record<(typeof HEADER)[number], string>>>;

const NUMBERS: ReadonlySet<string> = new Set(['quantity', 'counted_quantity', 'list_amount_usd', 'amount_usd']);

const line = (row: Row): string =>
  csvLine(HEADER.map((name) => (NUMBERS.has(name) ? numberCell(row[name] ?? '') : textCell(row[name] ?? ''))));

const usd = (micro: string): string => formatMicro(BigInt(micro));

/** One row for each line, tax and credit; `amount_usd` sums to what is to be paid. UTF-8, RFC 4180. */
export function invoiceCsv(invoice: InvoiceContent): Buffer {
  const common = { invoice: invoice.number, simulated: String(invoice.simulated), period: invoice.period.id };
  const rows: Row[] = [
    ...invoice.lines.map((one): Row => {
      const unit = shownUnit(one);
      return {
        ...common,
        type: one.correctsPeriod === undefined ? 'usage' : 'correction',
        line_key: one.lineKey,
        project: one.project,
        kind: one.kind,
        source: one.source,
        sku: one.skuId,
        pricing: one.pricing,
        quality: one.quality,
        description: invoice.simulated ? `SIMULATED: ${one.description}` : one.description,
        from: one.from,
        to: one.to,
        quantity: shownQuantity(BigInt(one.quantity), unit),
        unit: unit.priced,
        counted_quantity: one.quantity,
        counted_unit: one.unit,
        price: one.priceText,
        list_amount_usd: usd(one.listAmountMicroUsd),
        amount_usd: usd(one.amountMicroUsd),
        corrects_period: one.correctsPeriod ?? '',
      };
    }),
    ...invoice.taxes.map((tax): Row => ({
      ...common,
      type: 'tax',
      description: tax.name,
      amount_usd: usd(tax.amountMicroUsd),
    })),
    ...invoice.credits.map((credit): Row => ({
      ...common,
      type: 'credit',
      description: credit.description,
      amount_usd: formatMicro(-BigInt(credit.amountMicroUsd)),
    })),
  ];
  return Buffer.from(csvLine(HEADER) + rows.map(line).join(''));
}
