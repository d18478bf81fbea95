import { anchor, derivePrefixedId } from '@solyx/kernel';
import type { ChargeLine, PriceTerms } from '@solyx/contracts';
import type { ChargePosted } from '@solyx/contracts/billing';

const anchors = new WeakMap<PriceTerms, string>();

/** A name of the terms: equal for equal terms, worked out once for each object that holds them. */
export function anchorOf(terms: PriceTerms): string {
  const known = anchors.get(terms);
  if (known !== undefined) return known;
  const fresh = anchor(terms);
  anchors.set(terms, fresh);
  return fresh;
}

/** What one line of an invoice has in common. */
export interface LineIdentity {
  readonly organizationId: string;
  readonly period: string;
  readonly project: string;
  readonly skuId: string;
  readonly terms: PriceTerms;
}

export const lineKeyOf = ({ organizationId, period, project, skuId, terms }: LineIdentity): string =>
  derivePrefixedId('line', organizationId, period, project, skuId, anchorOf(terms));

type Charged = Pick<ChargePosted['data'], 'organizationId' | 'project' | 'period' | 'correctsPeriod'>;

/**
 * The key that a line goes on counting under, in the period that it was used in. A correction under other terms takes
 * over from the line that it corrects.
 */
export function keyOfLine(line: ChargeLine, { organizationId, project, period, correctsPeriod }: Charged) {
  const { correctsLineKey, lineKey, skuId, terms } = line;
  if (correctsLineKey === undefined || skuId === undefined || terms === undefined) return correctsLineKey ?? lineKey;
  return lineKeyOf({ organizationId, period: correctsPeriod ?? period, project, skuId, terms });
}
