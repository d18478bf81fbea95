import { IsBoolean, IsIn, IsOptional, IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';
import { METERS, QUALITIES, SOURCES, type Meter, type Quality } from '../../values';

class CommitmentRequestedV1 {
  @IsString()
  @Length(1, 128)
  readonly requestId!: string;
  /** SHA3-256 of the normalised input: the same key with another input is a conflict. */
  @IsString()
  @Length(1, 128)
  readonly fingerprint!: string;
  @IsString()
  @Length(1, 128)
  readonly commitmentId!: string;
  @IsString()
  @Length(1, 128)
  readonly project!: string;
  @IsIn(METERS)
  readonly meter!: Meter;
  @IsIn(SOURCES)
  readonly source!: (typeof SOURCES)[number];
  @IsBoolean()
  readonly simulated!: boolean;
  @IsString()
  @Length(1, 128)
  readonly product!: string;
  @IsOptional()
  @IsIn(QUALITIES)
  readonly quality?: Quality;
  /** Counted units each millisecond: 8,000 is eight GPUs. */
  @Matches(INTEGER)
  readonly unitsPerMs!: string;
  /** Inclusive. */
  @Matches(ISO_UTC)
  readonly from!: string;
  /** Exclusive. */
  @Matches(ISO_UTC)
  readonly to!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** A customer committed to capacity, at the reserved price of the organization's book. */
export const CommitmentRequested = defineEvent('gateway.request.commitment-requested', 1, CommitmentRequestedV1);
export type CommitmentRequested = EventOf<typeof CommitmentRequested>;
