import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsInt,
  IsString,
  Length,
  Matches,
  Min,
  ValidateNested,
} from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';
import { RerateLine } from '../../values';

class RerateComputedV1 {
  @IsString()
  @Length(1, 128)
  readonly requestId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  /** The month, as `2026-01`. */
  @IsString()
  @Length(1, 16)
  readonly period!: string;
  @IsString()
  @Length(1, 128)
  readonly priceBookId!: string;
  /** Charges that were read. */
  @IsInt()
  @Min(0)
  readonly charges!: number;
  /** The lines that differ most come first. */
  @IsArray()
  @ArrayMaxSize(100)
  @ValidateNested({ each: true })
  @Type(() => RerateLine)
  readonly lines!: readonly RerateLine[];
  /** Lines that are not shown; the totals count them all. */
  @IsInt()
  @Min(0)
  readonly linesLeftOut!: number;
  /** Lines for which the book has no price: they count with what was posted. */
  @IsInt()
  @Min(0)
  readonly linesWithoutPrice!: number;
  @Matches(INTEGER)
  readonly postedMicroUsd!: string;
  @Matches(INTEGER)
  readonly reratedMicroUsd!: string;
  /** Whether the difference was posted as a correction; where not, this is an answer and nothing more. */
  @IsBoolean()
  readonly posted!: boolean;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** What a past period would have cost under another book. */
export const RerateComputed = defineEvent('billing.rerate.computed', 1, RerateComputedV1);
export type RerateComputed = EventOf<typeof RerateComputed>;
