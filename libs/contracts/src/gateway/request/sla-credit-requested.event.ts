import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsOptional,
  IsString,
  Length,
  Matches,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';
import { EventReference } from '../../values';

class SlaCreditRequestedV1 {
  @IsString()
  @Length(1, 128)
  readonly requestId!: string;
  /** SHA3-256 of the normalised input: the same key with another input is a conflict. */
  @IsString()
  @Length(1, 128)
  readonly fingerprint!: string;
  /** Whose wallet. */
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  /** A rehearsal: on accounts of its own, never mixed with money. */
  @IsBoolean()
  readonly simulated!: boolean;
  @Matches(INTEGER)
  readonly amountMicroUsd!: string;
  @IsOptional()
  @Matches(ISO_UTC)
  readonly expiresAt?: string;
  /** The events that prove it; billing looks them up. */
  @IsArray()
  @ArrayMaxSize(16)
  @ValidateNested({ each: true })
  @Type(() => EventReference)
  readonly outage!: readonly EventReference[];
  @IsString()
  @MaxLength(1024)
  readonly note!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** An operator asked that an outage is made up for. */
export const SlaCreditRequested = defineEvent('gateway.request.sla-credit-requested', 1, SlaCreditRequestedV1);
export type SlaCreditRequested = EventOf<typeof SlaCreditRequested>;
