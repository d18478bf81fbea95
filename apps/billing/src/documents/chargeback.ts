import { canonicalJson, formatMicro } from '@solyx/kernel';
import type { ChargebackDimension, ChargeLine } from '@solyx/contracts';
import type { ChargePosted } from '@solyx/contracts/billing';
import { invoiceLineKey } from '../domain/invoicing/invoice-lines';
import { split } from '../domain/rating/split';
import { csvLine, numberCell, textCell } from './csv';

/** Where a cost has no team, user or label. */
export const UNASSIGNED = '(unassigned)';
/** Reserved and not used, or owned and not used: nobody's work, so a line of its own. */
export const IDLE = '(idle)';
/** Discounts, minimums and fees of the whole period. */
export const WHOLE_PERIOD = '(whole period)';

export interface ChargebackAsked {
  readonly period: string;
  readonly simulated: boolean;
  readonly by: ChargebackDimension;
  /** Of `label`. */
  readonly label: string;
  readonly organizationId: string;
}

export interface ChargebackGroup {
  readonly group: string;
  readonly amountMicroUsd: string;
  /** Millionths of the total; all of them sum to 1,000,000 where the total is above 0. */
  readonly sharePpm: number;
}

export interface Chargeback extends ChargebackAsked {
  readonly groups: readonly ChargebackGroup[];
  readonly totalMicroUsd: string;
}

type Charge = ChargePosted['data'];
const WHOLE_KINDS: ReadonlySet<string> = new Set(['minimum', 'adjustment', 'fee']);
const PPM = 1_000_000n;

function groupOf(line: ChargeLine, { project, organizationId }: Charge, { by, label }: ChargebackAsked): string {
  if (line.kind === 'commitment') return IDLE;
  if (WHOLE_KINDS.has(line.kind)) return WHOLE_PERIOD;
  switch (by) {
    case 'organization':
      return organizationId;
    case 'project':
      return project;
    case 'team':
      return line.team ?? UNASSIGNED;
    case 'user':
      return line.user ?? UNASSIGNED;
    case 'label':
      return line.labels?.[label] ?? UNASSIGNED;
  }
}

interface Split {
  amount: bigint;
  readonly weights: Map<string, bigint>;
}

const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);
const add = (sums: Map<string, bigint>, key: string, amount: bigint): void =>
  void sums.set(key, (sums.get(key) ?? 0n) + amount);

/**
 * The cost of a period by whom it was for. Each line of the invoice is divided by how much of its quantity each group
 * used, so that who came first into a cheaper step of a price does not matter; what is left by rounding goes to who lost
 * most by it. The groups sum to the invoice's subtotal.
 */
export function chargebackOf(charges: Iterable<Charge>, asked: ChargebackAsked): Chargeback {
  const lines = new Map<string, Split>();
  for (const charge of charges) {
    for (const line of charge.lines) {
      if (line.simulated !== asked.simulated) continue;
      const key = invoiceLineKey(charge, line);
      const known = lines.get(key) ?? { amount: 0n, weights: new Map<string, bigint>() };
      known.amount += BigInt(line.amountMicroUsd);
      add(known.weights, groupOf(line, charge, asked), magnitude(BigInt(line.quantity)));
      lines.set(key, known);
    }
  }
  const sums = new Map<string, bigint>();
  for (const { amount, weights } of lines.values()) {
    const groups = [...weights].sort(([a], [b]) => (a < b ? -1 : 1));
    const parts = split(
      amount,
      groups.map(([, weight]) => weight),
    );
    groups.forEach(([group], index) => add(sums, group, parts[index] ?? 0n));
  }
  return chargeback(asked, sums);
}

/** Groups in order of their names, with their shares; the largest remainder again, so that shares sum to all of it. */
export function chargeback(asked: ChargebackAsked, sums: ReadonlyMap<string, bigint>): Chargeback {
  const groups = [...sums].sort(([a], [b]) => (a < b ? -1 : 1));
  const total = groups.reduce((sum, [, amount]) => sum + amount, 0n);
  const positive = groups.map(([, amount]) => (amount > 0n ? amount : 0n));
  const shares = total > 0n ? split(PPM, positive) : groups.map(() => 0n);
  return {
    ...asked,
    groups: groups.map(([group, amount], index) => ({
      group,
      amountMicroUsd: amount.toString(),
      sharePpm: Number(shares[index] ?? 0n),
    })),
    totalMicroUsd: total.toString(),
  };
}

const HEADER = ['period', 'simulated', 'organization', 'by', 'label', 'group', 'amount_usd', 'share_ppm'];

export function chargebackCsv({ groups, ...asked }: Chargeback): Buffer {
  const rows = groups.map(({ group, amountMicroUsd, sharePpm }) =>
    csvLine([
      ...[asked.period, String(asked.simulated), asked.organizationId, asked.by, asked.label, group].map(textCell),
      ...[formatMicro(BigInt(amountMicroUsd)), String(sharePpm)].map(numberCell),
    ]),
  );
  return Buffer.from(csvLine(HEADER) + rows.join(''));
}

export const chargebackJson = (made: Chargeback): Buffer =>
  Buffer.from(canonicalJson({ form: 'solyx.chargeback/1', ...made }));
