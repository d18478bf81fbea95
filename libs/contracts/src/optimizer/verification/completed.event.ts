import { defineEvent, type EventOf } from '@solyx/kernel';
import { ViewsVerification } from '../../values';

/** The views of optimizer were rebuilt from the log beside the live ones and compared. */
export const OptimizerVerificationCompleted = defineEvent('optimizer.verification.completed', 1, ViewsVerification);
export type OptimizerVerificationCompleted = EventOf<typeof OptimizerVerificationCompleted>;
