import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsDefined,
  IsIn,
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
import { CURRENCIES, CreditNoteLine, Party, Posting, TaxLine } from '../../values';

class CreditNoteIssuedV1 {
  @IsString()
  @Length(1, 128)
  readonly creditNoteId!: string;
  @IsString()
  @Length(1, 128)
  readonly invoiceId!: string;
  @IsString()
  @Length(1, 128)
  readonly invoiceNumber!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  /** Of the invoice. */
  @Matches(MONTH)
  readonly period!: string;
  @IsString()
  @Length(1, 128)
  readonly legalEntityId!: string;
  @IsBoolean()
  readonly simulated!: boolean;
  @IsString()
  @Length(1, 128)
  readonly number!: string;
  @IsInt()
  @Min(1)
  readonly sequence!: number;
  @IsIn(CURRENCIES)
  readonly currency!: (typeof CURRENCIES)[number];
  @IsDefined()
  @ValidateNested()
  @Type(() => Party)
  readonly issuer!: Party;
  @IsDefined()
  @ValidateNested()
  @Type(() => Party)
  readonly billTo!: Party;
  /** Why. */
  @IsString()
  @MaxLength(512)
  readonly note!: string;
  @IsArray()
  @ArrayMaxSize(128)
  @ValidateNested({ each: true })
  @Type(() => CreditNoteLine)
  readonly lines!: readonly CreditNoteLine[];
  @IsArray()
  @ArrayMaxSize(32)
  @ValidateNested({ each: true })
  @Type(() => TaxLine)
  readonly taxes!: readonly TaxLine[];
  @IsString()
  @MaxLength(512)
  readonly taxStatement!: string;
  @Matches(INTEGER)
  readonly subtotalMicroUsd!: string;
  @Matches(INTEGER)
  readonly taxMicroUsd!: string;
  @Matches(INTEGER)
  readonly totalMicroUsd!: string;
  /** SHA3-256 of all that the document says, canonical JSON. */
  @IsString()
  @Length(1, 128)
  readonly contentHash!: string;
  @Matches(ISO_UTC)
  readonly issuedAt!: string;
  /** Debit revenue and tax payable, credit receivable. Sum to zero. */
  @IsArray()
  @ArrayMaxSize(64)
  @ValidateNested({ each: true })
  @Type(() => Posting)
  readonly postings!: readonly Posting[];
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** A credit note is issued: a part of an invoice is not owed, or is given back. */
export const CreditNoteIssued = defineEvent('billing.creditNote.issued', 1, CreditNoteIssuedV1);
export type CreditNoteIssued = EventOf<typeof CreditNoteIssued>;
