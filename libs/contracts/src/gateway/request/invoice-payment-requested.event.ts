import { IsIn, IsOptional, IsString, Length, Matches, MaxLength } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';
import { REQUESTED_PAYMENT_METHODS } from '../../values';

class InvoicePaymentRequestedV1 {
  @IsString()
  @Length(1, 128)
  readonly requestId!: string;
  /** SHA3-256 of the normalised input: the same key with another input is a conflict. */
  @IsString()
  @Length(1, 128)
  readonly fingerprint!: string;
  @IsString()
  @Length(1, 128)
  readonly invoiceId!: string;
  /** `wallet` with `invoices:pay`; the others say that money came in: `invoices:correct`. */
  @IsIn(REQUESTED_PAYMENT_METHODS)
  readonly method!: (typeof REQUESTED_PAYMENT_METHODS)[number];
  /** All that is outstanding where it is left out. */
  @IsOptional()
  @Matches(INTEGER)
  readonly amountMicroUsd?: string;
  @IsString()
  @MaxLength(256)
  readonly reference!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** An invoice is to be paid from the wallet of its customer, or was paid by other means. */
export const InvoicePaymentRequested = defineEvent(
  'gateway.request.invoice-payment-requested',
  1,
  InvoicePaymentRequestedV1,
);
export type InvoicePaymentRequested = EventOf<typeof InvoicePaymentRequested>;
