import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { INTEGER, ISO_UTC, IsStringRecord } from '../rules';
import { WEBHOOK_ALGORITHMS, type WebhookAlgorithm } from './endpoint';

/** Request and reply between gateway and billing on the bus; no other service may ask. */
export const WEBHOOK_SUBJECTS = {
  /** {@link WebhookSecretRequest} -> {@link WebhookSecretAnswer} */
  secret: 'billing.webhook.secret',
  /** {@link WebhookDeliveriesRequest} -> {@link WebhookDeliveriesAnswer} */
  deliveries: 'billing.webhook.deliveries',
  /** {@link WebhookDeliveryRequest} -> {@link WebhookDeliveryAnswer} */
  delivery: 'billing.webhook.delivery',
} as const;

/** A secret is shown for so long after its key was made, and never again. */
export const WEBHOOK_SECRET_SHOWN_MINUTES = 10;
export const WEBHOOK_DELIVERIES_PAGE_MAX = 100;

/** `waiting` for its next attempt, `delivered`, `failed` for good, `cancelled` with its endpoint. */
export const WEBHOOK_DELIVERY_PHASES = ['waiting', 'delivered', 'failed', 'cancelled'] as const;
export type WebhookDeliveryPhase = (typeof WEBHOOK_DELIVERY_PHASES)[number];

/** Why a request was not answered. */
export class WebhookRefusal {
  @IsString()
  @Length(1, 128)
  readonly code!: string;
  @IsString()
  @Length(1, 128)
  readonly reason!: string;
  @IsString()
  @MaxLength(1024)
  readonly message!: string;
  @IsString()
  @MaxLength(1024)
  readonly hint!: string;
}

/** Asks for the secret of a key that was just made. Whoever asks has checked that the person may know it. */
export class WebhookSecretRequest {
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsString()
  @Length(1, 128)
  readonly endpointId!: string;
  @IsString()
  @Length(1, 128)
  readonly keyId!: string;
}

export class WebhookSecretAnswer {
  @IsOptional()
  @IsIn(WEBHOOK_ALGORITHMS)
  readonly algorithm?: WebhookAlgorithm;
  /** `whsec_…` for v1; for v1a `whpk_…`, for the private key never leaves. */
  @IsOptional()
  @IsString()
  @Length(1, 256)
  readonly secret?: string;
  @IsOptional()
  @ValidateNested()
  @Type(() => WebhookRefusal)
  readonly refusal?: WebhookRefusal;
}

/** A page of the delivery log, newest first. */
export class WebhookDeliveriesRequest {
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsString()
  @Length(1, 128)
  readonly endpointId!: string;
  @IsInt()
  @Min(1)
  @Max(WEBHOOK_DELIVERIES_PAGE_MAX)
  readonly first!: number;
  /** Cursor of an earlier page. */
  @IsOptional()
  @Matches(INTEGER)
  readonly after?: string;
  @IsOptional()
  @IsIn(WEBHOOK_DELIVERY_PHASES)
  readonly phase?: WebhookDeliveryPhase;
}

/** One event on its way to one endpoint. */
export class WebhookDeliveryEntry {
  @IsString()
  @Length(1, 128)
  readonly deliveryId!: string;
  /** Its place in the log of deliveries: the cursor after which a page goes on. */
  @Matches(INTEGER)
  readonly cursor!: string;
  /** The `webhook-id` that the receiver sees; the same in every attempt and every delivery of the event. */
  @IsString()
  @Length(1, 128)
  readonly eventId!: string;
  /** Public type: `invoice.finalized`. */
  @IsString()
  @Length(1, 128)
  readonly type!: string;
  @IsString()
  @Length(1, 256)
  readonly resource!: string;
  /** Position in the log of events; -1 for a test event. */
  @Matches(INTEGER)
  readonly position!: string;
  @IsIn(WEBHOOK_DELIVERY_PHASES)
  readonly phase!: WebhookDeliveryPhase;
  @IsInt()
  @Min(0)
  readonly attempts!: number;
  /** When the event happened. */
  @Matches(ISO_UTC)
  readonly at!: string;
  /** Of a waiting one. */
  @IsOptional()
  @Matches(ISO_UTC)
  readonly nextAttemptAt?: string;
  /** HTTP status of the last attempt; missing where there was no answer. */
  @IsOptional()
  @IsInt()
  readonly lastStatus?: number;
  /** Why the last attempt failed, in words. */
  @IsOptional()
  @IsString()
  @MaxLength(1024)
  readonly lastError?: string;
}

export class WebhookDeliveriesAnswer {
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(WEBHOOK_DELIVERIES_PAGE_MAX)
  @ValidateNested({ each: true })
  @Type(() => WebhookDeliveryEntry)
  readonly deliveries?: readonly WebhookDeliveryEntry[];
  @IsOptional()
  @IsBoolean()
  readonly hasNext?: boolean;
  @IsOptional()
  @ValidateNested()
  @Type(() => WebhookRefusal)
  readonly refusal?: WebhookRefusal;
}

/** One delivery with what was sent and what came back. */
export class WebhookDeliveryRequest {
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsString()
  @Length(1, 128)
  readonly deliveryId!: string;
}

export class WebhookAttempt {
  @IsInt()
  @Min(1)
  readonly attempt!: number;
  @Matches(ISO_UTC)
  readonly at!: string;
  @IsInt()
  @Min(0)
  readonly durationMs!: number;
  /** Headers as sent; signatures are shortened. */
  @IsStringRecord()
  readonly requestHeaders!: Readonly<Record<string, string>>;
  @IsOptional()
  @IsInt()
  readonly status?: number;
  @IsOptional()
  @IsStringRecord()
  readonly responseHeaders?: Readonly<Record<string, string>>;
  /** At most the first 16 kB. */
  @IsOptional()
  @IsString()
  @MaxLength(16_384)
  readonly responseBody?: string;
  @IsOptional()
  @IsString()
  @MaxLength(1024)
  readonly error?: string;
}

export class WebhookDeliveryAnswer {
  @IsOptional()
  @ValidateNested()
  @Type(() => WebhookDeliveryEntry)
  readonly delivery?: WebhookDeliveryEntry;
  /** As sent, at most 20 kB. */
  @IsOptional()
  @IsString()
  @MaxLength(20_480)
  readonly body?: string;
  /** Oldest first. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(32)
  @ValidateNested({ each: true })
  @Type(() => WebhookAttempt)
  readonly attempts?: readonly WebhookAttempt[];
  @IsOptional()
  @ValidateNested()
  @Type(() => WebhookRefusal)
  readonly refusal?: WebhookRefusal;
}
