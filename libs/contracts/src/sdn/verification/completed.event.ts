import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsInt, IsString, Length, Matches, Min, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { ViewCheck } from '../../values';

class SdnVerificationCompletedV1 {
  @IsString()
  @Length(1, 128)
  readonly requestId!: string;
  @IsArray()
  @ArrayMaxSize(64)
  @ValidateNested({ each: true })
  @Type(() => ViewCheck)
  readonly checks!: readonly ViewCheck[];
  /** Recorded decisions that were run again. */
  @IsInt()
  @Min(0)
  readonly decisionsChecked!: number;
  @IsInt()
  @Min(0)
  readonly decisionsDiffering!: number;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The views of sdn were rebuilt from the log beside the live ones and compared. */
export const SdnVerificationCompleted = defineEvent('sdn.verification.completed', 1, SdnVerificationCompletedV1);
export type SdnVerificationCompleted = EventOf<typeof SdnVerificationCompleted>;
