import { Type } from 'class-transformer';
import { IsOptional, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { QueueSpec } from '../../values';

class QueueRequestedV1 {
  @IsString()
  @Length(1, 128)
  readonly requestId!: string;
  /** SHA3-256 of the normalised input: the same key with another input is a conflict. */
  @IsString()
  @Length(1, 128)
  readonly fingerprint!: string;
  @IsString()
  @Length(1, 128)
  readonly queueId!: string;
  /** As it shall be from now on. Absent: the queue is removed. */
  @IsOptional()
  @ValidateNested()
  @Type(() => QueueSpec)
  readonly queue?: QueueSpec;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** An operator asked that a queue has this quota, or is no more. */
export const QueueRequested = defineEvent('gateway.request.queue-requested', 1, QueueRequestedV1);
export type QueueRequested = EventOf<typeof QueueRequested>;
