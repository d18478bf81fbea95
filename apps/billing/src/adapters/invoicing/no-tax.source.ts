import { TaxSource } from '../../application/invoicing/ports';
import type { TaxAnswer } from '../../domain/invoicing/tax';

export const NO_TAX_STATEMENT = 'No tax was calculated on this document.';

/** Calculates no tax, and says so. Whoever owes any plugs in a source that knows the rates. */
export class NoTaxSource extends TaxSource {
  override taxOn(): Promise<TaxAnswer> {
    return Promise.resolve({ lines: [], statement: NO_TAX_STATEMENT });
  }
}
