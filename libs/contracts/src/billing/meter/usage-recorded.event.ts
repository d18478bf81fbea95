import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { USAGE_FACTS_MAX, UsageFact } from '../../values';

class UsageRecordedV1 {
  @IsString()
  @Length(1, 128)
  readonly meterId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  /** UTC day of every fact's `from`, `20260131`. */
  @Matches(/^\d{8}$/)
  readonly day!: string;
  @IsArray()
  @ArrayMaxSize(USAGE_FACTS_MAX)
  @ValidateNested({ each: true })
  @Type(() => UsageFact)
  readonly facts!: readonly UsageFact[];
  /** The event that reported them. */
  @IsString()
  @Length(1, 128)
  readonly eventId!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Usage was recorded and its identity claimed, by one append. */
export const UsageRecorded = defineEvent('billing.meter.usage-recorded', 1, UsageRecordedV1);
export type UsageRecorded = EventOf<typeof UsageRecorded>;
