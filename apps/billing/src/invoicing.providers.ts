import type { Provider, Type } from '@nestjs/common';
import { Streams } from '@solyx/eventing';
import { DocumentController } from './adapters/invoicing/document.controller';
import { FileCustomerDirectory } from './adapters/invoicing/file-customer.directory';
import { NoTaxSource } from './adapters/invoicing/no-tax.source';
import { DocumentLibrary } from './application/documents/document-library';
import { DocumentPress } from './application/documents/document-press';
import { periodMarginView } from './application/documents/period-margin.projection';
import { PeriodCharges } from './application/documents/period-charges';
import { AccountCharges } from './application/invoicing/account-charges';
import { AccountProfiles } from './application/invoicing/account-profiles';
import { CreditInvoiceHandler } from './application/invoicing/credit-invoice.handler';
import { creditNoteView } from './application/invoicing/credit-note.projection';
import { DocumentNumbers } from './application/invoicing/document-numbers';
import { InvoiceCredits } from './application/invoicing/invoice-credits';
import { invoiceView } from './application/invoicing/invoice.projection';
import { IssueInvoicesProcess } from './application/invoicing/issue-invoices.process';
import { legalEntityView } from './application/invoicing/legal-entity.projection';
import { CustomerDirectory, TaxSource } from './application/invoicing/ports';
import { RegisterLegalEntityHandler } from './application/invoicing/register-legal-entity.handler';
import { SettleInvoiceHandler } from './application/invoicing/settle-invoice.handler';
import { config } from './config';

/** Invoices from the close of a period to their payment, and the documents that finance reads. */
export const invoicingProviders: Provider[] = [
  AccountCharges,
  AccountProfiles,
  DocumentNumbers,
  InvoiceCredits,
  IssueInvoicesProcess,
  SettleInvoiceHandler,
  CreditInvoiceHandler,
  RegisterLegalEntityHandler,
  PeriodCharges,
  DocumentPress,
  DocumentLibrary,
  { provide: TaxSource, useClass: NoTaxSource },
  {
    provide: CustomerDirectory,
    inject: [Streams],
    useFactory: (streams: Streams) => new FileCustomerDirectory(streams, config.customersFile),
  },
];

export const invoicingProjections = [invoiceView, creditNoteView, legalEntityView, periodMarginView];

export const invoicingControllers: readonly Type<unknown>[] = [DocumentController];
