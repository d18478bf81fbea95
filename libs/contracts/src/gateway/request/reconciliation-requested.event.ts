import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { DAY, ISO_UTC } from '../../rules';

class ReconciliationRequestedV1 {
  @IsString()
  @Length(1, 128)
  readonly requestId!: string;
  /** SHA3-256 of the normalised input: the same key with another input is a conflict. */
  @IsString()
  @Length(1, 128)
  readonly fingerprint!: string;
  /** Day of UTC, `2026-01-31`. */
  @Matches(DAY)
  readonly day!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Somebody wants a day of billing counted again from the log. */
export const ReconciliationRequested = defineEvent(
  'gateway.request.reconciliation-requested',
  1,
  ReconciliationRequestedV1,
);
export type ReconciliationRequested = EventOf<typeof ReconciliationRequested>;
