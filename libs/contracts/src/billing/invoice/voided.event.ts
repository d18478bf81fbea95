import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsString,
  Length,
  Matches,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';
import { AppliedCredit, Posting } from '../../values';

class InvoiceVoidedV1 {
  /** `<organization>.<period>`, `.simulated` behind it for a rehearsal's. */
  @IsString()
  @Length(1, 128)
  readonly invoiceId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsBoolean()
  readonly simulated!: boolean;
  /** Why. */
  @IsString()
  @MaxLength(512)
  readonly note!: string;
  /** What was to be paid. */
  @Matches(INTEGER)
  readonly totalMicroUsd!: string;
  /** Goes back to the customer. */
  @IsArray()
  @ArrayMaxSize(64)
  @ValidateNested({ each: true })
  @Type(() => AppliedCredit)
  readonly credits!: readonly AppliedCredit[];
  /** The reverse of what issuing it posted, against write-off. Sum to zero. */
  @IsArray()
  @ArrayMaxSize(64)
  @ValidateNested({ each: true })
  @Type(() => Posting)
  readonly postings!: readonly Posting[];
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The invoice counts for nothing. It keeps its number, so that the series has no gap. */
export const InvoiceVoided = defineEvent('billing.invoice.voided', 1, InvoiceVoidedV1);
export type InvoiceVoided = EventOf<typeof InvoiceVoided>;
