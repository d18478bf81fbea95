import { Type } from 'class-transformer';
import { IsDefined, IsInt, IsOptional, IsString, Length, Matches, Min, ValidateNested } from 'class-validator';
import { ISO_UTC } from '../rules';
import { JobPlacement, JobResources } from './job';

/** Room kept free for one owner from `startsAt` (inclusive) to `endsAt` (exclusive). */
export class ReservationSpec {
  @IsString()
  @Length(1, 128)
  readonly reservationId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  /** Only jobs of this queue may use it. Absent: all jobs of the organization. */
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly queue?: string;
  @IsString()
  @Length(1, 128)
  readonly name!: string;
  /** On each of the nodes. */
  @IsDefined()
  @ValidateNested()
  @Type(() => JobResources)
  readonly resources!: JobResources;
  @IsInt()
  @Min(1)
  readonly nodes!: number;
  @IsDefined()
  @ValidateNested()
  @Type(() => JobPlacement)
  readonly placement!: JobPlacement;
  @Matches(ISO_UTC)
  readonly startsAt!: string;
  @Matches(ISO_UTC)
  readonly endsAt!: string;
}
