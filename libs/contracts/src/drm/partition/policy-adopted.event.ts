import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class PolicyAdoptedV1 {
  /** `shadow-price/1`: name and version. Absent from a journal, `best-fit/1` decided. */
  @IsString()
  @Length(1, 128)
  readonly policy!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Input: this policy decides from here on; what was decided before replays with its own. */
export const PolicyAdopted = defineEvent('drm.partition.policy-adopted', 1, PolicyAdoptedV1);
export type PolicyAdopted = EventOf<typeof PolicyAdopted>;
