import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsInt,
  IsString,
  Length,
  Matches,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { INTEGER, ISO_UTC } from '../rules';

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

/** What a rebuild of all views of a context found. The same in every context. */
export class ViewsVerification {
  @IsString()
  @Length(1, 128)
  readonly requestId!: string;
  @IsArray()
  @ArrayMaxSize(64)
  @ValidateNested({ each: true })
  @Type(() => ViewCheck)
  readonly checks!: readonly ViewCheck[];
  /** Recorded decisions that were run again. */
  @IsInt()
  @Min(0)
  readonly decisionsChecked!: number;
  @IsInt()
  @Min(0)
  readonly decisionsDiffering!: number;
  @Matches(ISO_UTC)
  readonly at!: string;
}
