import { defineEvent, type EventOf } from '@solyx/kernel';
import { CommandRefusal } from '../../values';

/** A command of optimizer was refused; recorded once per command, so that a repeat gets the same answer. */
export const OptimizerCommandRefused = defineEvent('optimizer.command.refused', 1, CommandRefusal);
export type OptimizerCommandRefused = EventOf<typeof OptimizerCommandRefused>;
