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
import { CreditNoteLine, TaxLine } from '../../values';

class InvoiceCreditedV1 {
  /** `<organization>.<period>`, `.simulated` behind it for a rehearsal's. */
  @IsString()
  @Length(1, 128)
  readonly invoiceId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsBoolean()
  readonly simulated!: boolean;
  @IsString()
  @Length(1, 128)
  readonly creditNoteId!: string;
  /** Why, for the customer. */
  @IsString()
  @MaxLength(512)
  readonly note!: string;
  @IsArray()
  @ArrayMaxSize(128)
  @ValidateNested({ each: true })
  @Type(() => CreditNoteLine)
  readonly lines!: readonly CreditNoteLine[];
  /** Tax that is given back with them. */
  @IsArray()
  @ArrayMaxSize(32)
  @ValidateNested({ each: true })
  @Type(() => TaxLine)
  readonly taxes!: readonly TaxLine[];
  @Matches(INTEGER)
  readonly subtotalMicroUsd!: string;
  @Matches(INTEGER)
  readonly taxMicroUsd!: string;
  @Matches(INTEGER)
  readonly totalMicroUsd!: string;
  /** What is still owed after it; below zero where more was paid. */
  @Matches(INTEGER)
  readonly outstandingMicroUsd!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** A part of the invoice was given back: its credit note is due, and can be no greater than what is left of each line. */
export const InvoiceCredited = defineEvent('billing.invoice.credited', 1, InvoiceCreditedV1);
export type InvoiceCredited = EventOf<typeof InvoiceCredited>;
