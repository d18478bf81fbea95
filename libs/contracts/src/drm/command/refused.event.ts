import { defineEvent, type EventOf } from '@solyx/kernel';
import { CommandRefusal } from '../../values';

/** A command of drm was refused; recorded once per command, so that a repeat gets the same answer. */
export const DrmCommandRefused = defineEvent('drm.command.refused', 1, CommandRefusal);
export type DrmCommandRefused = EventOf<typeof DrmCommandRefused>;
