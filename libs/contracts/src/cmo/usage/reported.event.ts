import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { USAGE_FACTS_MAX, UsageFact } from '../../values';

class UsageReportedV1 {
  /** Who measured: a node, an endpoint, a gateway of ours. */
  @IsString()
  @Length(1, 64)
  readonly meterId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsArray()
  @ArrayMaxSize(USAGE_FACTS_MAX)
  @ValidateNested({ each: true })
  @Type(() => UsageFact)
  readonly facts!: readonly UsageFact[];
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The platform measured usage: tokens, time of deployments, egress, storage, ads. */
export const UsageReported = defineEvent('cmo.usage.reported', 1, UsageReportedV1);
export type UsageReported = EventOf<typeof UsageReported>;
