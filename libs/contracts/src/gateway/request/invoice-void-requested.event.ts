import { IsString, Length, Matches, MaxLength } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class InvoiceVoidRequestedV1 {
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
  /** Why. */
  @IsString()
  @MaxLength(512)
  readonly note!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** An issued invoice that nobody paid is to count for nothing. */
export const InvoiceVoidRequested = defineEvent('gateway.request.invoice-void-requested', 1, InvoiceVoidRequestedV1);
export type InvoiceVoidRequested = EventOf<typeof InvoiceVoidRequested>;
