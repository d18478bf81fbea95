import { Type } from 'class-transformer';
import { IsDefined, IsOptional, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { Commitment } from '../../values';

class CommitmentAddedV1 {
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsDefined()
  @ValidateNested()
  @Type(() => Commitment)
  readonly commitment!: Commitment;
  /** The quote that it was agreed by. */
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly quoteId?: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The customer committed to capacity for a while. What is not used of it is its own line at the period's close. */
export const CommitmentAdded = defineEvent('billing.account.commitment-added', 1, CommitmentAddedV1);
export type CommitmentAdded = EventOf<typeof CommitmentAdded>;
