import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsString, Length, Matches, MaxLength, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { CreditWish } from '../../values';

class CreditNoteRequestedV1 {
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
  /** Why, for the customer. */
  @IsString()
  @MaxLength(512)
  readonly note!: string;
  /** None: all that is left of every line. */
  @IsArray()
  @ArrayMaxSize(128)
  @ValidateNested({ each: true })
  @Type(() => CreditWish)
  readonly lines!: readonly CreditWish[];
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** A part of an issued invoice is to be given back. */
export const CreditNoteRequested = defineEvent('gateway.request.credit-note-requested', 1, CreditNoteRequestedV1);
export type CreditNoteRequested = EventOf<typeof CreditNoteRequested>;
