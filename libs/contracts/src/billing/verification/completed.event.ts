import { defineEvent, type EventOf } from '@solyx/kernel';
import { ViewsVerification } from '../../values';

/** The views of billing were rebuilt from the log beside the live ones and compared. */
export const BillingVerificationCompleted = defineEvent('billing.verification.completed', 1, ViewsVerification);
export type BillingVerificationCompleted = EventOf<typeof BillingVerificationCompleted>;
