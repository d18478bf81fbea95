import { Type } from 'class-transformer';
import {
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
import { CURRENCIES, Party } from '../../values';

class InvoiceDraftedV1 {
  /** `<organization>.<period>`, `.simulated` behind it for a rehearsal's. */
  @IsString()
  @Length(1, 128)
  readonly invoiceId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @Matches(MONTH)
  readonly period!: string;
  /** IANA name of the time zone that the period was cut in. */
  @IsString()
  @Length(1, 128)
  readonly zone!: string;
  /** Inclusive. */
  @Matches(ISO_UTC)
  readonly from!: string;
  /** Exclusive. */
  @Matches(ISO_UTC)
  readonly to!: string;
  @IsString()
  @Length(1, 128)
  readonly legalEntityId!: string;
  /** A rehearsal: every page of it says so, and its number is of a series of its own. */
  @IsBoolean()
  readonly simulated!: boolean;
  @IsIn(CURRENCIES)
  readonly currency!: (typeof CURRENCIES)[number];
  @IsDefined()
  @ValidateNested()
  @Type(() => Party)
  readonly billTo!: Party;
  /** Of the customer, printed for its accounting. */
  @IsString()
  @MaxLength(128)
  readonly costCentre!: string;
  @IsInt()
  @Min(0)
  readonly lineCount!: number;
  /** How many `lines-listed` came before, in the same append. */
  @IsInt()
  @Min(0)
  readonly parts!: number;
  /** Sum of the lines. */
  @Matches(INTEGER)
  readonly subtotalMicroUsd!: string;
  /** Sum of the list prices. */
  @Matches(INTEGER)
  readonly listMicroUsd!: string;
  /** SHA3-256 of the lines in order, canonical JSON: what the number is given to. */
  @IsString()
  @Length(1, 128)
  readonly linesHash!: string;
  /** Where the charges are: the stream of the account, … */
  @IsString()
  @Length(1, 256)
  readonly sourceStream!: string;
  /** … up to this revision, which closed the period. */
  @Matches(INTEGER)
  readonly sourceRevision!: string;
  /** Id of the event that closed the period. */
  @IsString()
  @Length(1, 128)
  readonly closedBy!: string;
  /** How many charges the lines are made of. */
  @IsInt()
  @Min(0)
  readonly chargeCount!: number;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** What was used in a period is on an invoice. Its lines never change again; it has no number yet. */
export const InvoiceDrafted = defineEvent('billing.invoice.drafted', 1, InvoiceDraftedV1);
export type InvoiceDrafted = EventOf<typeof InvoiceDrafted>;
