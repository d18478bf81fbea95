import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class QuotaRemovedV1 {
  @IsString()
  @Length(1, 128)
  readonly queueId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The queue is no more: jobs that name it wait until it is set again. */
export const QuotaRemoved = defineEvent('drm.quota.removed', 1, QuotaRemovedV1);
export type QuotaRemoved = EventOf<typeof QuotaRemoved>;
