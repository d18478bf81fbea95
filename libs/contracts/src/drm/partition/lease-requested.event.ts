import { Type } from 'class-transformer';
import { IsDefined, IsOptional, IsString, Length, Matches, MaxLength, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { Offer } from '../../values';

class LeaseWantedV1 {
  @IsString()
  @Length(1, 128)
  readonly leaseId!: string;
  @IsDefined()
  @ValidateNested()
  @Type(() => Offer)
  readonly offer!: Offer;
  @IsString()
  @Length(1, 128)
  readonly reason!: string;
  @IsString()
  @MaxLength(1024)
  readonly sentence!: string;
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly workloadId?: string;
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly adviceId?: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Decision: owned GPUs do not suffice; rent this offer. */
export const LeaseWanted = defineEvent('drm.partition.lease-requested', 1, LeaseWantedV1);
export type LeaseWanted = EventOf<typeof LeaseWanted>;
