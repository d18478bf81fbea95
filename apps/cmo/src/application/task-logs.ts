import type { AgentLogLine } from '@solyx/contracts';

export interface LogTarget {
  readonly nodeId: string;
  readonly organizationId: string;
  readonly jobId: string;
}

/** Output of tasks that no agent runs. Losing a line harms nobody, so nothing waits for it and it never throws. */
export abstract class TaskLogs {
  abstract write(target: LogTarget, line: AgentLogLine): void;
}
