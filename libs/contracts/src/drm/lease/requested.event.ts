import { Type } from 'class-transformer';
import { IsDefined, IsOptional, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { Offer } from '../../values';

class LeaseRequestedV1 {
  @IsString()
  @Length(1, 128)
  readonly leaseId!: string;
  @IsString()
  @Length(1, 128)
  readonly partition!: string;
  @IsDefined()
  @ValidateNested()
  @Type(() => Offer)
  readonly offer!: Offer;
  @IsString()
  @Length(1, 128)
  readonly reason!: string;
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

/** A lease was asked of the lessor. */
export const LeaseRequested = defineEvent('drm.lease.requested', 1, LeaseRequestedV1);
export type LeaseRequested = EventOf<typeof LeaseRequested>;
