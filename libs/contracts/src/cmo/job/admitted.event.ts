import { Type } from 'class-transformer';
import { IsDefined, IsInt, IsString, Length, Matches, Min, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { Allocation } from '../../values';

class JobAdmittedV1 {
  @IsString()
  @Length(1, 128)
  readonly jobId!: string;
  @IsInt()
  @Min(1)
  readonly attempt!: number;
  @IsDefined()
  @ValidateNested()
  @Type(() => Allocation)
  readonly allocation!: Allocation;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The job holds its GPUs. */
export const JobAdmitted = defineEvent('cmo.job.admitted', 1, JobAdmittedV1);
export type JobAdmitted = EventOf<typeof JobAdmitted>;
