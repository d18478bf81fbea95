import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { USAGE_FACTS_MAX, UsageFact } from '../../values';

class UsageReportRequestedV1 {
  @IsString()
  @Length(1, 128)
  readonly requestId!: string;
  /** SHA3-256 of the normalised input: the same key with another input is a conflict. */
  @IsString()
  @Length(1, 128)
  readonly fingerprint!: string;
  /** Names the meter within the organization. */
  @IsString()
  @Length(1, 64)
  readonly meterId!: string;
  @IsArray()
  @ArrayMaxSize(USAGE_FACTS_MAX)
  @ValidateNested({ each: true })
  @Type(() => UsageFact)
  readonly facts!: readonly UsageFact[];
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Someone with the right brought usage that was measured elsewhere. */
export const UsageReportRequested = defineEvent('gateway.request.usage-reported', 1, UsageReportRequestedV1);
export type UsageReportRequested = EventOf<typeof UsageReportRequested>;
