import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsInt, IsString, Length, Matches, Min, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC, MONTH } from '../../rules';
import { InvoiceLine } from '../../values';

class InvoiceLinesListedV1 {
  /** `<organization>.<period>`, `.simulated` behind it for a rehearsal's. */
  @IsString()
  @Length(1, 128)
  readonly invoiceId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @Matches(MONTH)
  readonly period!: string;
  /** From 0. */
  @IsInt()
  @Min(0)
  readonly part!: number;
  /** None has the key of another. */
  @IsArray()
  @ArrayMaxSize(128)
  @ValidateNested({ each: true })
  @Type(() => InvoiceLine)
  readonly lines!: readonly InvoiceLine[];
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** A part of the lines of an invoice that is being drafted; `drafted` says how many parts there are. */
export const InvoiceLinesListed = defineEvent('billing.invoice.lines-listed', 1, InvoiceLinesListedV1);
export type InvoiceLinesListed = EventOf<typeof InvoiceLinesListed>;
