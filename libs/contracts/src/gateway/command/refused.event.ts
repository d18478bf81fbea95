import { IsString, Length, MaxLength } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { IsDetailRecord } from '../../rules';

class GatewayCommandRefusedV1 {
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

/** A command of gateway was refused; recorded once per command, so that a repeat gets the same answer. */
export const GatewayCommandRefused = defineEvent('gateway.command.refused', 1, GatewayCommandRefusedV1);
export type GatewayCommandRefused = EventOf<typeof GatewayCommandRefused>;
