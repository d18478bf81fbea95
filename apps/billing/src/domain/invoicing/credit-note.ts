import { accept, type Command, type Decider } from '@solyx/kernel';
import { CreditNoteIssued } from '@solyx/contracts/billing';

export type CreditNoteCommand = Command<'IssueCreditNote', CreditNoteIssued['data']>;

/**
 * A document that says what of an invoice is given back. Whether so much may be given back was decided on the invoice's
 * stream (`credited`), and its number on the legal entity's: this only states it, once.
 */
export const creditNoteDecider: Decider<
  CreditNoteCommand,
  { readonly issued: CreditNoteIssued['data'] | undefined },
  CreditNoteIssued,
  never
> = {
  name: 'billing.creditNote',
  initial: { issued: undefined },
  decide: ({ data }, { issued }) => (issued ? accept() : accept(CreditNoteIssued(data))),
  evolve: (_, { data }) => ({ issued: data }),
};
