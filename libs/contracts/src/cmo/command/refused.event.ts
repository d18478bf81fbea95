import { defineEvent, type EventOf } from '@solyx/kernel';
import { CommandRefusal } from '../../values';

/** A command of cmo was refused; recorded once per command, so that a repeat gets the same answer. */
export const CmoCommandRefused = defineEvent('cmo.command.refused', 1, CommandRefusal);
export type CmoCommandRefused = EventOf<typeof CmoCommandRefused>;
