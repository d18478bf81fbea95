import type { JobTaskExited, TaskAssigned, TaskStopRequested } from '@solyx/contracts/cmo';
import { defineProjection } from '@solyx/eventing';
import type { Recorded } from '@solyx/kernel';
import { taskIdOf } from './task-assignment';

/** A task on a simulated node: what is needed to go on with it after a restart. */
export interface SimulatedTask {
  readonly taskId: string;
  readonly jobId: string;
  readonly organizationId: string;
  readonly attempt: number;
  readonly rank: number;
  readonly nodeId: string;
  readonly assignedAt: string;
  readonly durationMs: number;
  readonly exitCode: number;
  readonly stopAfterSeconds: number;
  /** Event that assigned it; its correlation and trace go on. */
  readonly eventId: string;
  readonly correlationId: string;
  readonly traceparent: string;
}

const DEFAULT_DURATION_MS = 2_000;

export function simulatedTaskOf(event: Pick<Recorded<TaskAssigned>, 'id' | 'data' | 'metadata'>): SimulatedTask {
  const { taskId, jobId, organizationId, attempt, rank, nodeId, stopAfterSeconds, simulation, at } = event.data;
  return {
    ...{ taskId, jobId, organizationId, attempt, rank, nodeId, stopAfterSeconds, assignedAt: at },
    durationMs: simulation?.durationMs ?? DEFAULT_DURATION_MS,
    exitCode: simulation?.exitCode ?? 0,
    eventId: event.id,
    correlationId: event.metadata.$correlationId,
    traceparent: event.metadata.traceparent ?? '',
  };
}

const none: SimulatedTask = {
  ...{ taskId: '', jobId: '', organizationId: '', attempt: 0, rank: 0, nodeId: '', assignedAt: '', durationMs: 0 },
  ...{ exitCode: 0, stopAfterSeconds: 0, eventId: '', correlationId: '', traceparent: '' },
};

/** Which simulated tasks have not ended, nor been told to? The stop of one is carried out by whoever hears it. */
export const simulatedTask = defineProjection<TaskAssigned | TaskStopRequested | JobTaskExited, SimulatedTask>({
  name: 'cmo_simulated_task',
  version: 1,
  key: ({ data }) => {
    if (!('taskId' in data)) return taskIdOf(data.jobId, data.attempt, data.rank);
    return 'executor' in data && data.executor !== 'simulated' ? undefined : data.taskId;
  },
  initial: none,
  on: {
    'cmo.dispatch.task-assigned': (_, data, { id, metadata }) => simulatedTaskOf({ id, data, metadata }),
    'cmo.dispatch.task-stop-requested': () => undefined,
    'cmo.job.task-exited': () => undefined,
  },
});
