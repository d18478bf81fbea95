import { IsBoolean, IsOptional, IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class RerateRequestedV1 {
  @IsString()
  @Length(1, 128)
  readonly requestId!: string;
  /** SHA3-256 of the normalised input: the same key with another input is a conflict. */
  @IsString()
  @Length(1, 128)
  readonly fingerprint!: string;
  /** Whose period. */
  @IsString()
  @Length(1, 128)
  readonly accountId!: string;
  /** The month, as `2026-01`. */
  @IsString()
  @Length(1, 16)
  readonly period!: string;
  @IsString()
  @Length(1, 128)
  readonly priceBookId!: string;
  /** Post the difference as a linked correction. Absent or false: only say what it would be. */
  @IsOptional()
  @IsBoolean()
  readonly post?: boolean;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Someone asked what a past period would have cost under another book, or that the difference be posted. */
export const RerateRequested = defineEvent('gateway.request.rerate-requested', 1, RerateRequestedV1);
export type RerateRequested = EventOf<typeof RerateRequested>;
