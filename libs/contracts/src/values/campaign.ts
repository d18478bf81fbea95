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
} from 'class-validator';
import { INTEGER, ISO_UTC } from '../rules';

/** Per 1,000 impressions, or per click. */
export const AD_PRICINGS = ['cpm', 'cpc'] as const;
export type AdPricing = (typeof AD_PRICINGS)[number];

/** Ad events in one report, and in one event. */
export const AD_EVENTS_MAX = 200;
export const AD_EVENT_KINDS = ['impression', 'click'] as const;
export type AdEventKind = (typeof AD_EVENT_KINDS)[number];

/** What an advertiser wants shown, to whom, and what it may cost. */
export class CampaignTerms {
  @IsString()
  @Length(1, 128)
  readonly name!: string;
  /** What is shown. */
  @IsString()
  @MaxLength(1024)
  readonly creativeUri!: string;
  /** Never overspent, whatever is reported. */
  @Matches(INTEGER)
  readonly budgetMicroUsd!: string;
  @IsIn(AD_PRICINGS)
  readonly pricing!: (typeof AD_PRICINGS)[number];
  /** Per 1,000 impressions (cpm) or per click (cpc). */
  @Matches(INTEGER)
  readonly rateMicroUsd!: string;
  /** Where it may be shown; empty: anywhere. */
  @IsArray()
  @ArrayMaxSize(16)
  @IsString({ each: true })
  @Length(1, 128, { each: true })
  readonly categories!: readonly string[];
  /** Frequency cap: for one viewer on one day of UTC. */
  @IsInt()
  @Min(1)
  @Max(1000)
  readonly impressionsPerViewerPerDay!: number;
  /** Of what is charged, to who showed it, in hundredths of a percent. */
  @IsInt()
  @Min(0)
  @Max(9500)
  readonly publisherShareBps!: number;
  @Matches(ISO_UTC)
  readonly startsAt!: string;
  /** Exclusive; absent: until the budget is spent. */
  @IsOptional()
  @Matches(ISO_UTC)
  readonly endsAt?: string;
  /** A rehearsal: counted and shown as such, never money. */
  @IsBoolean()
  readonly simulated!: boolean;
}

/** Somebody saw an advertisement, or followed it. No person is named: the viewer is a hash. */
export class AdEvent {
  /** Of this impression or click, chosen by who reports it; counted once, however often it is told. */
  @IsString()
  @Length(1, 128)
  readonly eventId!: string;
  @IsIn(AD_EVENT_KINDS)
  readonly kind!: (typeof AD_EVENT_KINDS)[number];
  @IsString()
  @Length(1, 128)
  readonly campaignId!: string;
  /** Of a click: what was clicked. */
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly impressionId?: string;
  @IsString()
  @Length(1, 128)
  readonly viewerHash!: string;
  /** Whose account the viewer uses, where there is one. Accounts that pay for premium see no ads. */
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly viewerOrganizationId?: string;
  /** Organization of the app that showed it. */
  @IsString()
  @Length(1, 128)
  readonly publisherId!: string;
  @Matches(ISO_UTC)
  readonly seenAt!: string;
}

/** An impression or click that counts. */
export class CountedAd {
  @IsString()
  @Length(1, 128)
  readonly eventId!: string;
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly impressionId?: string;
  @IsString()
  @Length(1, 128)
  readonly viewerHash!: string;
  @IsString()
  @Length(1, 128)
  readonly publisherId!: string;
  @Matches(ISO_UTC)
  readonly seenAt!: string;
}

/** What one publisher gets of a settlement. */
export class PublisherShare {
  @IsString()
  @Length(1, 128)
  readonly publisherId!: string;
  /** Impressions or clicks. */
  @IsInt()
  @Min(0)
  readonly count!: number;
  @Matches(INTEGER)
  readonly amountMicroUsd!: string;
}
