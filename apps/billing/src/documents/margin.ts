import { canonicalJson, formatMicro } from '@solyx/kernel';
import { csvLine, numberCell, textCell } from './csv';

/** What one source of GPUs earned and cost in a month. */
export interface Margin {
  readonly period: string;
  readonly simulated: boolean;
  readonly source: string;
  readonly revenueMicroUsd: string;
  /** What of it belongs to owners of shared GPUs. */
  readonly providersMicroUsd: string;
  /** Given back by credit notes. */
  readonly creditedMicroUsd: string;
  readonly costMicroUsd: string;
  /** What of the cost was for capacity that nobody used. */
  readonly idleMicroUsd: string;
}

export const marginOf = (row: Margin): bigint =>
  BigInt(row.revenueMicroUsd) - BigInt(row.providersMicroUsd) - BigInt(row.creditedMicroUsd) - BigInt(row.costMicroUsd);

const HEADER = [
  ...['period', 'simulated', 'source', 'revenue_usd', 'providers_usd', 'credited_usd', 'cost_usd'],
  ...['of_it_idle_usd', 'margin_usd'],
];

const byName = (rows: readonly Margin[]): readonly Margin[] => [...rows].sort((a, b) => (a.source < b.source ? -1 : 1));

export function marginCsv(rows: readonly Margin[]): Buffer {
  const lines = byName(rows).map((row) => {
    const amounts = [
      row.revenueMicroUsd,
      row.providersMicroUsd,
      row.creditedMicroUsd,
      row.costMicroUsd,
      row.idleMicroUsd,
    ];
    const shown = [...amounts.map((amount) => formatMicro(BigInt(amount))), formatMicro(marginOf(row))];
    return csvLine([...[row.period, String(row.simulated), row.source].map(textCell), ...shown.map(numberCell)]);
  });
  return Buffer.from(csvLine(HEADER) + lines.join(''));
}

export const marginJson = (period: string, rows: readonly Margin[]): Buffer =>
  Buffer.from(
    canonicalJson({
      form: 'solyx.margin/1',
      period,
      sources: byName(rows).map((row) => ({ ...row, marginMicroUsd: marginOf(row).toString() })),
    }),
  );
