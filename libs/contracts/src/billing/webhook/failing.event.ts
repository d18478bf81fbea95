import { IsInt, IsOptional, IsString, Length, Matches, Max, MaxLength, Min } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class WebhookFailingV1 {
  @IsString()
  @Length(1, 128)
  readonly endpointId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsInt()
  @Min(1)
  @Max(5)
  readonly days!: number;
  @Matches(ISO_UTC)
  readonly failingSince!: string;
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

/** Nothing has arrived for this many days: its owner is to be told. On the fifth day it is disabled. */
export const WebhookFailing = defineEvent('billing.webhook.failing', 1, WebhookFailingV1);
export type WebhookFailing = EventOf<typeof WebhookFailing>;
