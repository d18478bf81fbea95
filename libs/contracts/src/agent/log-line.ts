import { IsBoolean, IsIn, IsInt, IsOptional, IsString, Length, Matches, MaxLength, Min } from 'class-validator';
import { ISO_UTC } from '../rules';

/** `solyx`: said by the agent about the task, not by the task. */
export const LOG_STREAMS = ['stdout', 'stderr', 'solyx'] as const;
export type LogStream = (typeof LOG_STREAMS)[number];

/** Characters in one line; a longer one comes in pieces. */
export const LOG_LINE_LENGTH_MAX = 8192;

/**
 * One line of output, JSON, on `agent.<nodeId>.log.<organizationId>.<jobId>` (stream AGENT_LOGS; its sequence is the
 * order). `Nats-Msg-Id` is `<taskId>-<stream>-<offset>`, so that a repeat is dropped by the stream. Lines of simulated
 * tasks begin with `[simulated] `.
 */
export class AgentLogLine {
  @IsString()
  @Length(1, 128)
  readonly taskId!: string;
  @IsInt()
  @Min(1)
  readonly attempt!: number;
  @IsInt()
  @Min(0)
  readonly rank!: number;
  @IsIn(LOG_STREAMS)
  readonly stream!: LogStream;
  /** Without the line end. */
  @IsString()
  @MaxLength(LOG_LINE_LENGTH_MAX)
  readonly text!: string;
  /** A piece of a line that goes on in the next message of the same stream. */
  @IsOptional()
  @IsBoolean()
  readonly partial?: boolean;
  /** Byte offset of the piece within the task's output of this stream. */
  @IsInt()
  @Min(0)
  readonly offset!: number;
  /** When the agent read it, by its clock. */
  @Matches(ISO_UTC)
  readonly at!: string;
}

export const logLineId = (line: Pick<AgentLogLine, 'taskId' | 'stream' | 'offset'>): string =>
  `${line.taskId}-${line.stream}-${line.offset}`;
