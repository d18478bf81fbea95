import { IsString, Length, Matches, MaxLength } from 'class-validator';
import { INTEGER } from '../rules';

/** What a GPU owner or a publisher earns with. */
export const EARNING_KINDS = ['gpu', 'ads'] as const;
export type EarningKind = (typeof EARNING_KINDS)[number];

/** The platform's part of what a customer pays for a shared GPU, in hundredths of a percent: 2 % to 5 %. */
export const FEE_BPS_MIN = 200;
export const FEE_BPS_MAX = 500;

export const DISPUTE_OUTCOMES = ['upheld', 'rejected'] as const;
export type DisputeOutcome = (typeof DISPUTE_OUTCOMES)[number];

/** What one node, or one campaign, brought. */
export class EarningPart {
  /** A node, or a campaign. */
  @IsString()
  @Length(1, 128)
  readonly sourceId!: string;
  /** Empty where it was no GPU. */
  @IsString()
  @MaxLength(1024)
  readonly gpuModel!: string;
  @Matches(INTEGER)
  readonly grossMicroUsd!: string;
}
