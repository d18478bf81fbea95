import type { Party } from '@solyx/contracts';
import type { TaxAnswer, TaxQuestion } from '../../domain/invoicing/tax';

/** Who knows taxes. The adapter that is built in calculates none, and says so on every document. */
export abstract class TaxSource {
  abstract taxOn(question: TaxQuestion): Promise<TaxAnswer>;
}

/** How a customer is printed: the adapter reads the file of addresses, or knows the name alone. */
export abstract class CustomerDirectory {
  abstract partyOf(organizationId: string, addressRef: string | undefined): Promise<Party>;
}
