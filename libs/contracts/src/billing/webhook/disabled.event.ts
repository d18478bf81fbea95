import { IsIn, IsInt, IsOptional, IsString, Length, Matches, Max, MaxLength, Min } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class WebhookDisabledV1 {
  @IsString()
  @Length(1, 128)
  readonly endpointId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  /** `gone`: the receiver answered 410. `failing`: nothing arrived for five days. */
  @IsIn(['requested', 'failing', 'gone'])
  readonly cause!: 'requested' | 'failing' | 'gone';
  @IsOptional()
  @Matches(ISO_UTC)
  readonly failingSince?: string;
  @IsOptional()
  @IsInt()
  @Min(100)
  @Max(999)
  readonly lastStatus?: number;
  @IsOptional()
  @IsString()
  @MaxLength(256)
  readonly lastError?: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Nothing is sent there until someone enables it; what waits is kept. */
export const WebhookDisabled = defineEvent('billing.webhook.disabled', 1, WebhookDisabledV1);
export type WebhookDisabled = EventOf<typeof WebhookDisabled>;
