import { IsString, Length, MaxLength } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { IsDetailRecord } from '../../rules';

class BillingCommandRefusedV1 {
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

/** A command of billing was refused; recorded once per command, so that a repeat gets the same answer. */
export const BillingCommandRefused = defineEvent('billing.command.refused', 1, BillingCommandRefusedV1);
export type BillingCommandRefused = EventOf<typeof BillingCommandRefused>;
