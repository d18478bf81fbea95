import { Type } from 'class-transformer';
import { IsOptional, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { JobSpec } from '../../values';

class EtaRequestedV1 {
  @IsString()
  @Length(1, 128)
  readonly requestId!: string;
  /** SHA3-256 of the normalised input: the same key with another input is a conflict. */
  @IsString()
  @Length(1, 128)
  readonly fingerprint!: string;
  @IsString()
  @Length(1, 128)
  readonly etaId!: string;
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly jobId?: string;
  @IsOptional()
  @ValidateNested()
  @Type(() => JobSpec)
  readonly spec?: JobSpec;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** A customer asked when a job would start and end: one that waits, or one that is not submitted yet. Exactly one of both. */
export const EtaRequested = defineEvent('gateway.request.eta-requested', 1, EtaRequestedV1);
export type EtaRequested = EventOf<typeof EtaRequested>;
