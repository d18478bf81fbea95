import { accept, type Command, type Decider } from '@solyx/kernel';
import { TaskAssigned, TaskStopRequested } from '@solyx/contracts/cmo';

export type DispatchCommand =
  Command<'AssignTask', TaskAssigned['data']> | Command<'StopTask', TaskStopRequested['data']>;
export type DispatchEvent = TaskAssigned | TaskStopRequested;

/** The newest tasks that a node was told of. Older ones are long over; the agent remembers them too. */
export interface Dispatch {
  /** Seconds of grace of the stop by task id; undefined while it may run. In order of assignment. */
  readonly tasks: ReadonlyMap<string, { readonly graceSeconds?: number }>;
}

export const TASKS_REMEMBERED_MAX = 1024;

const remember = (dispatch: Dispatch, taskId: string, task: { readonly graceSeconds?: number }): Dispatch => {
  const tasks = new Map(dispatch.tasks).set(taskId, task);
  for (const oldest of tasks.keys()) {
    if (tasks.size <= TASKS_REMEMBERED_MAX) break;
    tasks.delete(oldest);
  }
  return { tasks };
};

/** What one node is told to do. Nothing is ever refused: a repeat says nothing, and so does what makes no sense. */
export const dispatchDecider: Decider<DispatchCommand, Dispatch, DispatchEvent, never> = {
  name: 'cmo.dispatch',
  initial: { tasks: new Map() },

  decide({ type, data }, { tasks }) {
    const known = tasks.get(data.taskId);
    switch (type) {
      case 'AssignTask':
        return known ? accept() : accept(TaskAssigned(data));
      case 'StopTask': {
        // A stop may be repeated only to be shorter: GPUs that are gone cannot be used for another ten seconds.
        // A task that is not remembered may still run, having been assigned long ago.
        const grace = known?.graceSeconds ?? Number.POSITIVE_INFINITY;
        return data.graceSeconds < grace ? accept(TaskStopRequested(data)) : accept();
      }
    }
  },

  evolve(dispatch, { type, data }) {
    switch (type) {
      case 'cmo.dispatch.task-assigned':
        return remember(dispatch, data.taskId, {});
      case 'cmo.dispatch.task-stop-requested':
        return remember(dispatch, data.taskId, { graceSeconds: data.graceSeconds });
    }
  },
};
