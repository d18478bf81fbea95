import { Type } from 'class-transformer';
import { IsDefined, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { QueueSpec } from '../../values';

class QueueObservedV1 {
  @IsDefined()
  @ValidateNested()
  @Type(() => QueueSpec)
  readonly queue!: QueueSpec;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Input: a queue is so from now on. */
export const QueueObserved = defineEvent('drm.partition.queue-observed', 1, QueueObservedV1);
export type QueueObserved = EventOf<typeof QueueObserved>;
