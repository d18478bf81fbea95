import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsDefined,
  IsInt,
  IsString,
  Length,
  Matches,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC, MONTH } from '../../rules';
import { AppliedCredit, Party, Posting, TaxLine } from '../../values';

class InvoiceFinalisedV1 {
  /** `<organization>.<period>`, `.simulated` behind it for a rehearsal's. */
  @IsString()
  @Length(1, 128)
  readonly invoiceId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @Matches(MONTH)
  readonly period!: string;
  @IsString()
  @Length(1, 128)
  readonly legalEntityId!: string;
  @IsBoolean()
  readonly simulated!: boolean;
  /** As printed; gapless within the series of the legal entity. */
  @IsString()
  @Length(1, 128)
  readonly number!: string;
  /** Which of the series, from 1. */
  @IsInt()
  @Min(1)
  readonly sequence!: number;
  /** The legal entity as it was when it issued. */
  @IsDefined()
  @ValidateNested()
  @Type(() => Party)
  readonly issuer!: Party;
  @IsArray()
  @ArrayMaxSize(32)
  @ValidateNested({ each: true })
  @Type(() => TaxLine)
  readonly taxes!: readonly TaxLine[];
  /** What the document says of tax: also that none was calculated, and why. */
  @IsString()
  @MaxLength(512)
  readonly taxStatement!: string;
  /** What the customer had paid in or was given before. */
  @IsArray()
  @ArrayMaxSize(64)
  @ValidateNested({ each: true })
  @Type(() => AppliedCredit)
  readonly credits!: readonly AppliedCredit[];
  /** Sum of the lines. */
  @Matches(INTEGER)
  readonly subtotalMicroUsd!: string;
  @Matches(INTEGER)
  readonly taxMicroUsd!: string;
  /** Sum of the credits. */
  @Matches(INTEGER)
  readonly creditMicroUsd!: string;
  /** To be paid: subtotal + tax − credits. Below zero where corrections exceed what was used. */
  @Matches(INTEGER)
  readonly totalMicroUsd!: string;
  /** SHA3-256 of all that the document says, canonical JSON. */
  @IsString()
  @Length(1, 128)
  readonly contentHash!: string;
  /** When the number was given. */
  @Matches(ISO_UTC)
  readonly issuedAt!: string;
  @Matches(ISO_UTC)
  readonly dueAt!: string;
  /** Debit receivable, credit accrued and tax payable. Sum to zero. */
  @IsArray()
  @ArrayMaxSize(64)
  @ValidateNested({ each: true })
  @Type(() => Posting)
  readonly postings!: readonly Posting[];
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The invoice is issued: it has its number, and nothing of it changes any more. */
export const InvoiceFinalised = defineEvent('billing.invoice.finalised', 1, InvoiceFinalisedV1);
export type InvoiceFinalised = EventOf<typeof InvoiceFinalised>;
