import { IsInt, IsString, Length, Matches, Min } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC, MONTH } from '../../rules';

class PeriodClosedV1 {
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @Matches(MONTH)
  readonly period!: string;
  /** IANA name whose calendar cut it. */
  @IsString()
  @Length(1, 64)
  readonly timeZone!: string;
  /** Inclusive. */
  @Matches(ISO_UTC)
  readonly from!: string;
  /** Exclusive. */
  @Matches(ISO_UTC)
  readonly to!: string;
  /** Charges posted in it, those of the close included. */
  @IsInt()
  @Min(0)
  readonly charges!: number;
  /** Their sum, without rehearsals … */
  @Matches(INTEGER)
  readonly totalMicroUsd!: string;
  /** … and that of rehearsals. */
  @Matches(INTEGER)
  readonly simulatedMicroUsd!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** A period and its grace are over: nothing is charged in it any more. What comes later corrects it in an open one. */
export const PeriodClosed = defineEvent('billing.account.period-closed', 1, PeriodClosedV1);
export type PeriodClosed = EventOf<typeof PeriodClosed>;
