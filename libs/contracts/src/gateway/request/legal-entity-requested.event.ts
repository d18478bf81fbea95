import { Type } from 'class-transformer';
import { IsDefined, IsInt, IsString, Length, Matches, Min, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { Party } from '../../values';

class LegalEntityRequestedV1 {
  @IsString()
  @Length(1, 128)
  readonly requestId!: string;
  /** SHA3-256 of the normalised input: the same key with another input is a conflict. */
  @IsString()
  @Length(1, 128)
  readonly fingerprint!: string;
  @IsString()
  @Length(1, 128)
  readonly legalEntityId!: string;
  @IsDefined()
  @ValidateNested()
  @Type(() => Party)
  readonly party!: Party;
  @IsString()
  @Length(1, 16)
  readonly invoicePrefix!: string;
  @IsString()
  @Length(1, 16)
  readonly creditNotePrefix!: string;
  @IsInt()
  @Min(0)
  readonly paymentTermsDays!: number;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Somebody is to issue documents, or is to be printed differently from now on. */
export const LegalEntityRequested = defineEvent('gateway.request.legal-entity-requested', 1, LegalEntityRequestedV1);
export type LegalEntityRequested = EventOf<typeof LegalEntityRequested>;
