import { defineEvent, type EventOf } from '@solyx/kernel';
import { ViewsVerification } from '../../values';

/** The views of cmo were rebuilt from the log beside the live ones and compared. */
export const CmoVerificationCompleted = defineEvent('cmo.verification.completed', 1, ViewsVerification);
export type CmoVerificationCompleted = EventOf<typeof CmoVerificationCompleted>;
