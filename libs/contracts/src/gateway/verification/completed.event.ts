import { defineEvent, type EventOf } from '@solyx/kernel';
import { ViewsVerification } from '../../values';

/** The views of gateway were rebuilt from the log beside the live ones and compared. */
export const GatewayVerificationCompleted = defineEvent('gateway.verification.completed', 1, ViewsVerification);
export type GatewayVerificationCompleted = EventOf<typeof GatewayVerificationCompleted>;
