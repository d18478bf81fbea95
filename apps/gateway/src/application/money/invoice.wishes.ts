import {
  CreditNoteRequested,
  InvoicePaymentRequested,
  InvoiceVoidRequested,
  LegalEntityRequested,
} from '@solyx/contracts/gateway';
import { gatewayInvoice } from '../views/invoice.projections';
import { given, idOf, object, oneOf, positive, wish } from './wish';

const SEEN_BY_OPERATORS = ['transfer', 'card'] as const;
const note = (value: string | null | undefined, otherwise: string): string => (value ?? otherwise).slice(0, 512);
const streamOf = (invoiceId: string): string => `billing.invoice-${invoiceId}`;

/** Invoices are issued by themselves; what else becomes of them is asked for. */
export const INVOICE_WISHES = {
  /** From the wallet of the organization. */
  payInvoice: wish({
    permission: 'invoices:pay',
    input: ({ id, amountMicroUsd }: { readonly id: string; readonly amountMicroUsd?: string | null }) => ({
      invoiceId: idOf('id', id),
      method: 'wallet' as const,
      reference: '',
      ...given('amountMicroUsd', amountMicroUsd ? positive('amountMicroUsd', amountMicroUsd) : null),
    }),
    owned: ({ invoiceId }) => ({ projection: gatewayInvoice, key: invoiceId, unknown: 'InvoiceUnknown' }),
    request: (input, { ids }) => ({
      event: InvoicePaymentRequested({ ...ids, ...input }),
      id: input.invoiceId,
      answeredOn: streamOf(input.invoiceId),
    }),
  }),

  /** Money that came in another way, as the operator saw it. */
  recordPayment: wish({
    permission: 'invoices:correct',
    input: (args: {
      readonly id: string;
      readonly method: string;
      readonly reference: string;
      readonly amountMicroUsd?: string | null;
    }) => ({
      invoiceId: idOf('id', args.id),
      method: oneOf('method', args.method, SEEN_BY_OPERATORS),
      reference: args.reference,
      ...given('amountMicroUsd', args.amountMicroUsd ? positive('amountMicroUsd', args.amountMicroUsd) : null),
    }),
    request: (input, { ids }) => ({
      event: InvoicePaymentRequested({ ...ids, ...input }),
      id: input.invoiceId,
      answeredOn: streamOf(input.invoiceId),
    }),
  }),

  voidInvoice: wish({
    permission: 'invoices:correct',
    input: ({ id, reason }: { readonly id: string; readonly reason?: string | null }) => ({
      invoiceId: idOf('id', id),
      note: note(reason, 'Issued in error'),
    }),
    request: (input, { ids }) => ({
      event: InvoiceVoidRequested({ ...ids, ...input }),
      id: input.invoiceId,
      answeredOn: streamOf(input.invoiceId),
    }),
  }),

  /** Gives a part back: of some lines so much, or all that is left of every line. */
  creditInvoice: wish({
    permission: 'invoices:correct',
    input: (args: {
      readonly id: string;
      readonly reason: string;
      readonly lines?: readonly { readonly lineKey: string; readonly amountMicroUsd: string }[] | null;
    }) => ({
      invoiceId: idOf('id', args.id),
      note: note(args.reason, ''),
      lines: (args.lines ?? []).map(({ lineKey, amountMicroUsd }) => ({
        lineKey,
        amountMicroUsd: positive('amountMicroUsd', amountMicroUsd),
      })),
    }),
    request: (input, { ids }) => ({
      event: CreditNoteRequested({ ...ids, ...input }),
      id: input.invoiceId,
      answeredOn: streamOf(input.invoiceId),
    }),
  }),

  setLegalEntity: wish({
    permission: 'entities:set',
    input: (args: { readonly id: string; readonly spec: unknown }) => ({
      ...{ invoicePrefix: 'INV-', creditNotePrefix: 'CN-', paymentTermsDays: 14 },
      ...object('spec', args.spec),
      legalEntityId: idOf('id', args.id),
    }),
    request: (input, { ids }) => ({
      event: LegalEntityRequested({ ...(input as never as LegalEntityRequested['data']), ...ids }),
      id: input.legalEntityId,
      answeredOn: `billing.legalEntity-${input.legalEntityId}`,
    }),
  }),
} as const;
