import { IsString, Length, MaxLength } from 'class-validator';
import { IsDetailRecord } from '../rules';

/** Why a command was refused. The same in every context. */
export class CommandRefusal {
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
