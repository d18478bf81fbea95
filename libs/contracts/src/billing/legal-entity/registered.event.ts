import { Type } from 'class-transformer';
import { IsBoolean, IsDefined, IsInt, IsString, Length, Matches, Min, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { Party } from '../../values';

class LegalEntityRegisteredV1 {
  @IsString()
  @Length(1, 128)
  readonly legalEntityId!: string;
  @IsDefined()
  @ValidateNested()
  @Type(() => Party)
  readonly party!: Party;
  /** It issues rehearsals only. */
  @IsBoolean()
  readonly simulated!: boolean;
  /** Of its invoice numbers: `INV-`. */
  @IsString()
  @Length(1, 16)
  readonly invoicePrefix!: string;
  /** Of its credit notes: `CN-`. */
  @IsString()
  @Length(1, 16)
  readonly creditNotePrefix!: string;
  /** Until an invoice is due. */
  @IsInt()
  @Min(0)
  readonly paymentTermsDays!: number;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** A legal entity issues documents from now on as is said here; what it issued stays as it was. */
export const LegalEntityRegistered = defineEvent('billing.legalEntity.registered', 1, LegalEntityRegisteredV1);
export type LegalEntityRegistered = EventOf<typeof LegalEntityRegistered>;
