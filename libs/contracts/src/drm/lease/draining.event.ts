import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class LeaseDrainingV1 {
  @IsString()
  @Length(1, 128)
  readonly leaseId!: string;
  @IsString()
  @Length(1, 128)
  readonly nodeId!: string;
  @IsString()
  @Length(1, 128)
  readonly reason!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The node takes no more work and is being given back; its meter runs until the lessor has it. */
export const LeaseDraining = defineEvent('drm.lease.draining', 1, LeaseDrainingV1);
export type LeaseDraining = EventOf<typeof LeaseDraining>;
