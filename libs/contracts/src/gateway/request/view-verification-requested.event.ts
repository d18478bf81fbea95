import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class ViewVerificationRequestedV1 {
  @IsString()
  @Length(1, 128)
  readonly requestId!: string;
  /** SHA3-256 of the normalised input: the same key with another input is a conflict. */
  @IsString()
  @Length(1, 128)
  readonly fingerprint!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Every service is asked to rebuild its views beside the live ones and compare. */
export const ViewVerificationRequested = defineEvent(
  'gateway.request.view-verification-requested',
  1,
  ViewVerificationRequestedV1,
);
export type ViewVerificationRequested = EventOf<typeof ViewVerificationRequested>;
