import { IsInt, IsString, Length, Matches, Min } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class TaskStopRequestedV1 {
  @IsString()
  @Length(1, 128)
  readonly taskId!: string;
  @IsString()
  @Length(1, 128)
  readonly jobId!: string;
  @IsString()
  @Length(1, 128)
  readonly nodeId!: string;
  @IsString()
  @Length(1, 128)
  readonly reason!: string;
  @IsInt()
  @Min(0)
  readonly graceSeconds!: number;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The node is told to end a task: SIGTERM, then SIGKILL after the grace. */
export const TaskStopRequested = defineEvent('cmo.dispatch.task-stop-requested', 1, TaskStopRequestedV1);
export type TaskStopRequested = EventOf<typeof TaskStopRequested>;
