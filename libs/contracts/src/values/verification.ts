import { IsBoolean, IsInt, IsString, Length, Matches, MaxLength, Min } from 'class-validator';
import { INTEGER } from '../rules';

/** One view, rebuilt from event 0 beside the live one. */
export class ViewCheck {
  @IsString()
  @Length(1, 128)
  readonly view!: string;
  @Matches(INTEGER)
  readonly position!: string;
  @IsInt()
  @Min(0)
  readonly events!: number;
  @IsInt()
  @Min(0)
  readonly rows!: number;
  @IsString()
  @MaxLength(1024)
  readonly liveHash!: string;
  @IsString()
  @MaxLength(1024)
  readonly rebuiltHash!: string;
  @IsBoolean()
  readonly same!: boolean;
}
