import type { CreditNoteIssued } from '@solyx/contracts/billing';
import { defineProjection } from '@solyx/eventing';

export type CreditNoteRow = Omit<CreditNoteIssued['data'], 'postings' | 'sequence' | 'at'>;

/** What of invoices was given back, and why? */
export const creditNoteView = defineProjection<CreditNoteIssued, CreditNoteRow>({
  name: 'billing_credit_note',
  version: 1,
  key: ({ data }) => data.creditNoteId,
  organization: ({ data }) => data.organizationId,
  initial: {
    creditNoteId: '',
    invoiceId: '',
    invoiceNumber: '',
    organizationId: '',
    period: '',
    legalEntityId: '',
    simulated: false,
    number: '',
    currency: 'USD',
    issuer: { name: '', address: [] },
    billTo: { name: '', address: [] },
    note: '',
    lines: [],
    taxes: [],
    taxStatement: '',
    subtotalMicroUsd: '0',
    taxMicroUsd: '0',
    totalMicroUsd: '0',
    contentHash: '',
    issuedAt: '',
  },
  indexes: ['invoiceId', 'number'],
  on: {
    'billing.creditNote.issued': (_, { postings: _postings, sequence: _sequence, at: _at, ...note }) => note,
  },
});
