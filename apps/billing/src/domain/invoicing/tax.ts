import { divideHalfEven } from '@solyx/kernel';
import type { Party, TaxLine } from '@solyx/contracts';

/** What an adapter that knows taxes is told. */
export interface TaxQuestion {
  readonly organizationId: string;
  readonly issuer: Party;
  readonly billTo: Party;
  readonly subtotalMicroUsd: string;
  readonly simulated: boolean;
  /** Date of the document, ISO 8601 UTC. */
  readonly at: string;
}

export interface TaxAnswer {
  readonly lines: readonly TaxLine[];
  /** Printed on the document: which tax, or why there is none. */
  readonly statement: string;
}

export const taxOf = (lines: readonly TaxLine[]): bigint =>
  lines.reduce((sum, { amountMicroUsd }) => sum + BigInt(amountMicroUsd), 0n);

/** One tax on an amount: rounded once, half-even. */
export const taxLine = (
  rate: Pick<TaxLine, 'name' | 'jurisdiction' | 'ratePpm'>,
  taxableMicroUsd: string,
): TaxLine => ({
  ...rate,
  taxableMicroUsd,
  amountMicroUsd: divideHalfEven(BigInt(taxableMicroUsd) * BigInt(rate.ratePpm), 1_000_000n).toString(),
});

/**
 * The tax of a part of an invoice: of all credited so far, less what was given back before. So the taxes of all credit
 * notes of a whole invoice are the invoice's, whatever parts it was credited in.
 */
export function taxOfPart(
  lines: readonly TaxLine[],
  { subtotal, before, part }: { readonly subtotal: bigint; readonly before: bigint; readonly part: bigint },
): readonly TaxLine[] {
  if (subtotal <= 0n) return [];
  const shareOf = (amount: string, of: bigint): bigint => divideHalfEven(BigInt(amount) * of, subtotal);
  const added = (amount: string): string => (shareOf(amount, before + part) - shareOf(amount, before)).toString();
  return lines.map((line) => ({
    ...line,
    taxableMicroUsd: added(line.taxableMicroUsd),
    amountMicroUsd: added(line.amountMicroUsd),
  }));
}
