import { Type } from 'class-transformer';
import { IsDefined, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { QueueSpec } from '../../values';

class QuotaSetV1 {
  @IsDefined()
  @ValidateNested()
  @Type(() => QueueSpec)
  readonly queue!: QueueSpec;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The queue is so from now on, whole: what it said before is over. */
export const QuotaSet = defineEvent('drm.quota.set', 1, QuotaSetV1);
export type QuotaSet = EventOf<typeof QuotaSet>;
