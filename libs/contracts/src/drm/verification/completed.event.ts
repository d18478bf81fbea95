import { defineEvent, type EventOf } from '@solyx/kernel';
import { ViewsVerification } from '../../values';

/** The views of drm were rebuilt from the log beside the live ones and compared. */
export const DrmVerificationCompleted = defineEvent('drm.verification.completed', 1, ViewsVerification);
export type DrmVerificationCompleted = EventOf<typeof DrmVerificationCompleted>;
