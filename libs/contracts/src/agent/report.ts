import { Type } from 'class-transformer';
import {
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Matches,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { ISO_UTC } from '../rules';

/** `refused`: the agent was told something it must not do (another node's task, a malformed one), and did not do it. */
export const REPORT_KINDS = ['started', 'exited', 'checkpointed', 'refused'] as const;
export type ReportKind = (typeof REPORT_KINDS)[number];

/**
 * `agent.<nodeId>.report`, request and reply: what became of a task. Sent until it is answered, so it comes at least
 * once; the answer comes after the fact was recorded. Whose report it is, the subject says.
 */
export class AgentReport {
  /** The same id is the same report. */
  @IsString()
  @Length(1, 128)
  readonly reportId!: string;
  @IsIn(REPORT_KINDS)
  readonly kind!: ReportKind;
  @IsString()
  @Length(1, 128)
  readonly taskId!: string;
  @IsString()
  @Length(1, 128)
  readonly jobId!: string;
  @IsInt()
  @Min(1)
  readonly attempt!: number;
  @IsInt()
  @Min(0)
  readonly rank!: number;
  /** exited: -1 where there is none. */
  @IsOptional()
  @IsInt()
  readonly exitCode?: number;
  /** exited: `SIGTERM`, … */
  @IsOptional()
  @IsString()
  @Length(1, 32)
  readonly signal?: string;
  /** exited, refused: PascalCase, where more is known than the exit code. */
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly reason?: string;
  @IsOptional()
  @IsString()
  @MaxLength(1024)
  readonly message?: string;
  /** checkpointed. */
  @IsOptional()
  @IsString()
  @Length(1, 1024)
  readonly path?: string;
  /** By the agent's clock. */
  @Matches(ISO_UTC)
  readonly at!: string;
  /** The event that assigned the task, and the request it goes back to: both as the bus delivered them. */
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly causationId?: string;
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly correlationId?: string;
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly traceparent?: string;
}

/** Why a report was not recorded. */
export class AgentReportRefusal {
  @IsString()
  @Length(1, 128)
  readonly code!: string;
  @IsString()
  @Length(1, 128)
  readonly reason!: string;
  @IsString()
  @MaxLength(1024)
  readonly message!: string;
  @IsString()
  @MaxLength(1024)
  readonly hint!: string;
  /** The same report may be taken later. */
  @IsBoolean()
  readonly retryable!: boolean;
}

export class AgentReportAnswer {
  /** It is on record, now or since an earlier delivery. */
  @IsBoolean()
  readonly recorded!: boolean;
  @IsOptional()
  @ValidateNested()
  @Type(() => AgentReportRefusal)
  readonly refusal?: AgentReportRefusal;
}
