import { defineEvent, type EventOf } from '@solyx/kernel';
import { CommandRefusal } from '../../values';

/** A command of gateway was refused; recorded once per command, so that a repeat gets the same answer. */
export const GatewayCommandRefused = defineEvent('gateway.command.refused', 1, CommandRefusal);
export type GatewayCommandRefused = EventOf<typeof GatewayCommandRefused>;
