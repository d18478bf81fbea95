import { defineEvent, type EventOf } from '@solyx/kernel';
import { CommandRefusal } from '../../values';

/** A command of billing was refused; recorded once per command, so that a repeat gets the same answer. */
export const BillingCommandRefused = defineEvent('billing.command.refused', 1, CommandRefusal);
export type BillingCommandRefused = EventOf<typeof BillingCommandRefused>;
