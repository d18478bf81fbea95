import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsOptional,
  IsString,
  Length,
  Matches,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { ISO_UTC } from '../rules';

/** `v1`: HMAC-SHA-256 with a shared secret. `v1a`: Ed25519, where the receiver keeps the public key alone. */
export const WEBHOOK_ALGORITHMS = ['v1', 'v1a'] as const;
export type WebhookAlgorithm = (typeof WEBHOOK_ALGORITHMS)[number];

/** `resource`: what fails holds back later events of the same resource alone. `fifo`: of the whole endpoint. */
export const WEBHOOK_ORDERINGS = ['resource', 'fifo'] as const;
export type WebhookOrdering = (typeof WEBHOOK_ORDERINGS)[number];

/** `invoice.finalized`, `invoice.*`, `*`: segments of lower case letters and `_`, or `*` for what follows. */
export const WEBHOOK_TYPE_GLOB = /^(\*|[a-z][a-z_]*(\.[a-z_]+)*(\.\*)?)$/;
export const WEBHOOK_TYPES_MAX = 32;
export const WEBHOOK_URL_LENGTH_MAX = 2048;

/** What its owner says of an endpoint. */
export class WebhookSettings {
  @IsString()
  @Length(8, WEBHOOK_URL_LENGTH_MAX)
  readonly url!: string;
  @IsString()
  @MaxLength(256)
  readonly description!: string;
  /** Public event types, or globs of them. An event that several match is sent once. */
  @IsArray()
  @ArrayMaxSize(WEBHOOK_TYPES_MAX)
  @Matches(WEBHOOK_TYPE_GLOB, { each: true })
  readonly types!: readonly string[];
  @IsIn(WEBHOOK_ORDERINGS)
  readonly ordering!: WebhookOrdering;
}

/** What may be known of a signing key. Its secret is never part of an event. */
export class WebhookKey {
  @IsString()
  @Length(1, 128)
  readonly keyId!: string;
  @IsIn(WEBHOOK_ALGORITHMS)
  readonly algorithm!: WebhookAlgorithm;
  /** `whpk_…`, of an Ed25519 key alone. */
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly publicKey?: string;
}

/** Deliveries whose first attempt fell due in [from, to). */
export class WebhookDeliveryRange {
  @Matches(ISO_UTC)
  readonly from!: string;
  @Matches(ISO_UTC)
  readonly to!: string;
  /** Only those that did not arrive in the end. */
  @IsBoolean()
  readonly failedOnly!: boolean;
}

/** Which of an endpoint's deliveries are sent once more: those named, or those of a time. */
export class WebhookDeliverySelection {
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  @IsString({ each: true })
  @Length(1, 128, { each: true })
  readonly deliveryIds?: readonly string[];
  @IsOptional()
  @ValidateNested()
  @Type(() => WebhookDeliveryRange)
  readonly range?: WebhookDeliveryRange;
}
