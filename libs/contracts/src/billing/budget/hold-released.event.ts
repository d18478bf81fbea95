import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';

class HoldReleasedV1 {
  @IsString()
  @Length(1, 128)
  readonly holdId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsString()
  @Length(1, 128)
  readonly jobId!: string;
  @Matches(INTEGER)
  readonly releasedMicroUsd!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The job ended; what was not spent is free again. */
export const HoldReleased = defineEvent('billing.budget.hold-released', 1, HoldReleasedV1);
export type HoldReleased = EventOf<typeof HoldReleased>;
