import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsString,
  Length,
  Matches,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';
import { PAYMENT_METHODS, Posting } from '../../values';

class InvoicePaidV1 {
  /** `<organization>.<period>`, `.simulated` behind it for a rehearsal's. */
  @IsString()
  @Length(1, 128)
  readonly invoiceId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsBoolean()
  readonly simulated!: boolean;
  /** The same payment counts once. */
  @IsString()
  @Length(1, 128)
  readonly paymentId!: string;
  @IsIn(PAYMENT_METHODS)
  readonly method!: (typeof PAYMENT_METHODS)[number];
  /** Of the bank, the card network, or the wallet. */
  @IsString()
  @MaxLength(256)
  readonly reference!: string;
  @Matches(INTEGER)
  readonly amountMicroUsd!: string;
  /** What is still owed after it. */
  @Matches(INTEGER)
  readonly outstandingMicroUsd!: string;
  /** Debit cash (or the credit that pays), credit receivable. Sum to zero. */
  @IsArray()
  @ArrayMaxSize(64)
  @ValidateNested({ each: true })
  @Type(() => Posting)
  readonly postings!: readonly Posting[];
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Money came in for an invoice; it is settled where nothing is outstanding. */
export const InvoicePaid = defineEvent('billing.invoice.paid', 1, InvoicePaidV1);
export type InvoicePaid = EventOf<typeof InvoicePaid>;
