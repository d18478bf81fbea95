import { IsString, Length, MaxLength } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { IsDetailRecord } from '../../rules';

class SdnCommandRefusedV1 {
  @IsString()
  @Length(1, 128)
  readonly command!: string;
  @IsString()
  @MaxLength(1024)
  readonly stream!: string;
  @IsString()
  @Length(1, 128)
  readonly subjectId!: string;
  @IsString()
  @Length(1, 128)
  readonly reason!: string;
  @IsString()
  @MaxLength(1024)
  readonly hint!: string;
  @IsDetailRecord()
  readonly details!: Readonly<Record<string, string | number>>;
}

/** A command of sdn was refused; recorded once per command, so that a repeat gets the same answer. */
export const SdnCommandRefused = defineEvent('sdn.command.refused', 1, SdnCommandRefusedV1);
export type SdnCommandRefused = EventOf<typeof SdnCommandRefused>;
