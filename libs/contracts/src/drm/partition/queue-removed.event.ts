import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class QueueRemovedV1 {
  @IsString()
  @Length(1, 128)
  readonly queueId!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Input: a queue is no more. */
export const QueueRemoved = defineEvent('drm.partition.queue-removed', 1, QueueRemovedV1);
export type QueueRemoved = EventOf<typeof QueueRemoved>;
