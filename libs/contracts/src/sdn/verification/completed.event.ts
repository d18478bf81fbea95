import { defineEvent, type EventOf } from '@solyx/kernel';
import { ViewsVerification } from '../../values';

/** The views of sdn were rebuilt from the log beside the live ones and compared. */
export const SdnVerificationCompleted = defineEvent('sdn.verification.completed', 1, ViewsVerification);
export type SdnVerificationCompleted = EventOf<typeof SdnVerificationCompleted>;
