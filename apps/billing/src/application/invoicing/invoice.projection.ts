import type { InvoiceStatus } from '@solyx/contracts';
import type { ChargePosted } from '@solyx/contracts/billing';
import { defineProjection } from '@solyx/eventing';
import { invoiceIdOf, type InvoiceEvent } from '../../domain/invoicing/invoice';
import { addIntegers } from '@solyx/kernel';

export interface InvoiceRow {
  readonly invoiceId: string;
  readonly organizationId: string;
  readonly period: string;
  /** `open`: its period still runs, or its grace; the total is what was charged until now. */
  readonly status: InvoiceStatus;
  readonly simulated: boolean;
  /** Empty until it is issued, like all below that only an issued one has. */
  readonly number: string;
  readonly legalEntityId: string;
  readonly zone: string;
  readonly from: string;
  readonly to: string;
  readonly lineCount: number;
  readonly charges: number;
  readonly subtotalMicroUsd: string;
  readonly taxMicroUsd: string;
  readonly creditMicroUsd: string;
  readonly totalMicroUsd: string;
  readonly paidMicroUsd: string;
  /** By credit notes. */
  readonly creditedMicroUsd: string;
  readonly outstandingMicroUsd: string;
  readonly contentHash: string;
  readonly issuedAt: string;
  readonly dueAt: string;
  readonly note: string;
}

/** The invoices that a charge goes on: of money, of rehearsals, seldom both. */
function invoicesOf({ organizationId, period, lines }: ChargePosted['data']): readonly string[] {
  return [...new Set(lines.map(({ simulated }) => invoiceIdOf(organizationId, period, simulated)))];
}

/** What does an organization owe for a period, and what became of it? */
export const invoiceView = defineProjection<InvoiceEvent | ChargePosted, InvoiceRow>({
  name: 'billing_invoice',
  version: 1,
  key: (event) =>
    event.type === 'billing.account.charge-posted'
      ? invoicesOf(event.data as ChargePosted['data'])
      : (event.data as { readonly invoiceId: string }).invoiceId,
  organization: ({ data }) => data.organizationId,
  initial: {
    invoiceId: '',
    organizationId: '',
    period: '',
    status: 'open',
    simulated: false,
    number: '',
    legalEntityId: '',
    zone: '',
    from: '',
    to: '',
    lineCount: 0,
    charges: 0,
    subtotalMicroUsd: '0',
    taxMicroUsd: '0',
    creditMicroUsd: '0',
    totalMicroUsd: '0',
    paidMicroUsd: '0',
    creditedMicroUsd: '0',
    outstandingMicroUsd: '0',
    contentHash: '',
    issuedAt: '',
    dueAt: '',
    note: '',
  },
  indexes: ['status', 'period', 'number', 'simulated'],
  on: {
    'billing.account.charge-posted': (row, { organizationId, period, lines }, _, invoiceId) => {
      if (row.status !== 'open') return row;
      const simulated = invoiceId === invoiceIdOf(organizationId, period, true);
      const own = lines.filter((line) => line.simulated === simulated);
      const amount = own.reduce((sum, line) => sum + BigInt(line.amountMicroUsd), 0n);
      const total = addIntegers(row.subtotalMicroUsd, amount);
      const charges = row.charges + 1;
      return {
        ...row,
        invoiceId,
        organizationId,
        period,
        simulated,
        charges,
        subtotalMicroUsd: total,
        totalMicroUsd: total,
      };
    },
    'billing.invoice.lines-listed': (row) => row,
    'billing.invoice.drafted': (row, data) => ({
      ...row,
      invoiceId: data.invoiceId,
      organizationId: data.organizationId,
      period: data.period,
      status: 'draft',
      simulated: data.simulated,
      legalEntityId: data.legalEntityId,
      zone: data.zone,
      from: data.from,
      to: data.to,
      lineCount: data.lineCount,
      charges: data.chargeCount,
      subtotalMicroUsd: data.subtotalMicroUsd,
      totalMicroUsd: data.subtotalMicroUsd,
    }),
    'billing.invoice.finalised': (row, data) => ({
      ...row,
      status: 'finalised',
      number: data.number,
      taxMicroUsd: data.taxMicroUsd,
      creditMicroUsd: data.creditMicroUsd,
      totalMicroUsd: data.totalMicroUsd,
      outstandingMicroUsd: data.totalMicroUsd,
      contentHash: data.contentHash,
      issuedAt: data.issuedAt,
      dueAt: data.dueAt,
    }),
    'billing.invoice.paid': (row, { amountMicroUsd, outstandingMicroUsd }) => ({
      ...row,
      status: BigInt(outstandingMicroUsd) > 0n ? row.status : 'paid',
      paidMicroUsd: addIntegers(row.paidMicroUsd, amountMicroUsd),
      outstandingMicroUsd,
    }),
    'billing.invoice.credited': (row, { totalMicroUsd, outstandingMicroUsd }) => ({
      ...row,
      status: BigInt(outstandingMicroUsd) > 0n ? row.status : 'paid',
      creditedMicroUsd: addIntegers(row.creditedMicroUsd, totalMicroUsd),
      outstandingMicroUsd,
    }),
    'billing.invoice.voided': (row, { note }) => ({ ...row, status: 'void', outstandingMicroUsd: '0', note }),
  },
});
