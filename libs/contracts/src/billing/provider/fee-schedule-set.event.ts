import { IsInt, IsString, Length, Matches, Max, Min } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';

class ProviderFeeScheduleSetV1 {
  @IsString()
  @Length(1, 128)
  readonly providerId!: string;
  /** Hundredths of a percent. */
  @IsInt()
  @Min(200)
  @Max(500)
  readonly feeBps!: number;
  /** Per payout. */
  @Matches(INTEGER)
  readonly withdrawalFeeMicroUsd!: string;
  @Matches(ISO_UTC)
  readonly effectiveFrom!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** What the platform keeps of what is earned from a time on. What was earned before stays as it was. */
export const ProviderFeeScheduleSet = defineEvent('billing.provider.fee-schedule-set', 1, ProviderFeeScheduleSetV1);
export type ProviderFeeScheduleSet = EventOf<typeof ProviderFeeScheduleSet>;
