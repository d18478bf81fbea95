import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class ExplanationRequestedV1 {
  @IsString()
  @Length(1, 128)
  readonly requestId!: string;
  /** SHA3-256 of the normalised input: the same key with another input is a conflict. */
  @IsString()
  @Length(1, 128)
  readonly fingerprint!: string;
  @IsString()
  @Length(1, 128)
  readonly explanationId!: string;
  @IsString()
  @Length(1, 128)
  readonly jobId!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** A customer asked why a job is where it is, as the scheduler sees it now. */
export const ExplanationRequested = defineEvent('gateway.request.explanation-requested', 1, ExplanationRequestedV1);
export type ExplanationRequested = EventOf<typeof ExplanationRequested>;
