import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Matches,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { DAY, INTEGER, ISO_UTC } from '../../rules';

/** Events of one type, and what they say in money. */
class CountedEvents {
  @IsString()
  @Length(1, 128)
  readonly type!: string;
  @IsInt()
  @Min(0)
  readonly events!: number;
  /** 0 where the type carries no amount. */
  @Matches(INTEGER)
  readonly amountMicroUsd!: string;
}

/** One view beside what the log alone says. */
class ReconciledView {
  @IsString()
  @Length(1, 128)
  readonly view!: string;
  /** Rows and sums that were compared. */
  @IsInt()
  @Min(0)
  readonly compared!: number;
  /** 0, or somebody must look. */
  @IsInt()
  @Min(0)
  readonly differing!: number;
}

/** One value that a view shows otherwise than the log. */
class ReconciliationDifference {
  @IsString()
  @Length(1, 128)
  readonly view!: string;
  @IsString()
  @Length(1, 512)
  readonly key!: string;
  @IsString()
  @Length(1, 128)
  readonly field!: string;
  @IsString()
  @MaxLength(256)
  readonly log!: string;
  @IsString()
  @MaxLength(256)
  readonly shown!: string;
}

class ReconciliationCountedV1 {
  /** Day of UTC whose events were counted, `2026-01-31`; balances are as of its end, or of `position` where it is not over. */
  @Matches(DAY)
  readonly day!: string;
  /** Where somebody asked for it. */
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly requestId?: string;
  /** The log was read up to here; the views were read as of the same position. */
  @Matches(INTEGER)
  readonly position!: string;
  @IsArray()
  @ArrayMaxSize(128)
  @ValidateNested({ each: true })
  @Type(() => CountedEvents)
  readonly events!: readonly CountedEvents[];
  @IsArray()
  @ArrayMaxSize(64)
  @ValidateNested({ each: true })
  @Type(() => ReconciledView)
  readonly views!: readonly ReconciledView[];
  /** Sum of all postings in the log up to the position, simulated ones included: 0. */
  @Matches(INTEGER)
  readonly imbalanceMicroUsd!: string;
  @IsInt()
  @Min(0)
  readonly differing!: number;
  /** The first of them. */
  @IsArray()
  @ArrayMaxSize(64)
  @ValidateNested({ each: true })
  @Type(() => ReconciliationDifference)
  readonly differences!: readonly ReconciliationDifference[];
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** A day was counted again from the log alone, and compared with what the views show. */
export const ReconciliationCounted = defineEvent('billing.reconciliation.counted', 1, ReconciliationCountedV1);
export type ReconciliationCounted = EventOf<typeof ReconciliationCounted>;
