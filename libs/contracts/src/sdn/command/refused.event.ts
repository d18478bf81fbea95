import { defineEvent, type EventOf } from '@solyx/kernel';
import { CommandRefusal } from '../../values';

/** A command of sdn was refused; recorded once per command, so that a repeat gets the same answer. */
export const SdnCommandRefused = defineEvent('sdn.command.refused', 1, CommandRefusal);
export type SdnCommandRefused = EventOf<typeof SdnCommandRefused>;
