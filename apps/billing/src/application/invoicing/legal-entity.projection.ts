import type { Party } from '@solyx/contracts';
import { defineProjection } from '@solyx/eventing';
import { PLATFORM_ORGANIZATION } from '@solyx/kernel';
import type { LegalEntityEvent } from '../../domain/invoicing/legal-entity';

export interface LegalEntityRow {
  readonly legalEntityId: string;
  readonly party: Party;
  readonly simulated: boolean;
  readonly invoicePrefix: string;
  readonly creditNotePrefix: string;
  readonly paymentTermsDays: number;
  /** How many numbers of each series were given. */
  readonly invoices: number;
  readonly creditNotes: number;
  readonly lastNumberAt: string;
}

/** Who issues documents, and how far its numbers have come? */
export const legalEntityView = defineProjection<LegalEntityEvent, LegalEntityRow>({
  name: 'billing_legal_entity',
  version: 1,
  key: ({ data }) => data.legalEntityId,
  organization: () => PLATFORM_ORGANIZATION,
  initial: {
    legalEntityId: '',
    party: { name: '', address: [] },
    simulated: false,
    invoicePrefix: '',
    creditNotePrefix: '',
    paymentTermsDays: 0,
    invoices: 0,
    creditNotes: 0,
    lastNumberAt: '',
  },
  on: {
    'billing.legalEntity.registered': (row, { at: _at, ...entity }) => ({ ...row, ...entity }),
    'billing.legalEntity.number-assigned': (row, { document, sequence, at }) => ({
      ...row,
      ...(document === 'invoice' ? { invoices: sequence } : { creditNotes: sequence }),
      lastNumberAt: at,
    }),
  },
});
