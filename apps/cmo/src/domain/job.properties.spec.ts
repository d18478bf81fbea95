import fc from 'fast-check';
import { JobQueued } from '@solyx/contracts/cmo';
import { EVICTION_REASONS, eventRegistry, type JobSpec } from '@solyx/contracts';
import { fold } from '@solyx/kernel';
import { replay } from '@solyx/testing';
import { allocation, at, jobId, spec, T0 } from '../test/job-fixtures';
import { jobDecider, type JobCommand } from './job';
import { isTerminal } from './job-state';
import { isEviction } from './retry';
import { dispatchDecider, type DispatchCommand } from './dispatch';

const NODES = 3;
const RETRIES = 2;
const EXITS = [0, 1, 143];
const REASONS = [undefined, 'Lost', 'MemoryExceeded', 'MaxRuntimeExceeded', 'Drained'];
const TERMINAL = ['cmo.job.succeeded', 'cmo.job.failed', 'cmo.job.cancelled'];

const eager: JobSpec = spec({
  nodes: NODES,
  retry: { max: RETRIES, on: ['node-lost', 'preempted', 'failed'], backoffSecondsMin: 2, backoffSecondsMax: 5 },
});
const queue: JobCommand = {
  type: 'QueueJob',
  data: { jobId, requestId: 'req_1', organizationId: 'acme', spec: eager, submittedBy: 'key_1', at: T0 },
};
const reserve: JobCommand = { type: 'ReserveQuota', data: { jobId, holdMicroUsd: '1000000', at: at(1) } };
const fund = (attempt: number, refused: boolean): JobCommand => ({
  type: 'FundJob',
  data: { jobId, attempt, ...(refused ? { refused: 'BudgetExceeded' } : { holdMicroUsd: '2000000' }), at: at(4) },
});
const admit = (attempt: number): JobCommand => ({
  type: 'AdmitJob',
  data: { jobId, allocation: allocation(attempt, NODES), at: at(2) },
});
const rankOf = (attempt: number, rank: number) => ({ jobId, attempt, rank, nodeId: `node_${rank}` });

const attempts = fc.integer({ min: 1, max: RETRIES + 2 });
const ranks = fc.integer({ min: 0, max: NODES - 1 });
const times = fc.integer({ min: 3, max: 100 }).map(at);
const anyCommand: fc.Arbitrary<JobCommand> = fc.oneof(
  fc.constantFrom(queue, reserve),
  { weight: 3, arbitrary: attempts.map(admit) },
  { weight: 2, arbitrary: fc.tuple(attempts, fc.boolean()).map((all) => fund(...all)) },
  attempts.map((attempt): JobCommand => ({ type: 'StartUnfunded', data: { jobId, attempt, at: at(5) } })),
  fc
    .record({ at: times, attempt: attempts, rank: ranks })
    .map((data): JobCommand => ({ type: 'StartTask', data: { ...rankOf(data.attempt, data.rank), at: data.at } })),
  {
    weight: 4,
    arbitrary: fc
      .record({
        at: times,
        attempt: attempts,
        rank: ranks,
        exitCode: fc.constantFrom(...EXITS),
        reason: fc.constantFrom(...REASONS),
      })
      .map(({ attempt, rank, reason, ...rest }): JobCommand => {
        const data = { ...rankOf(attempt, rank), ...rest, ...(reason === undefined ? {} : { reason }) };
        return { type: 'ExitTask', data };
      }),
  },
  fc
    .record({ at: times, attempt: attempts, reason: fc.constantFrom('NodeLost', 'Preempted', 'LeaseEnded') })
    .map((data): JobCommand => ({ type: 'LoseAllocation', data: { jobId, ...data } })),
  fc
    .record({ at: times, attempt: attempts, reason: fc.constantFrom(...EVICTION_REASONS) })
    .map((data): JobCommand => ({ type: 'EvictJob', data: { jobId, noticeSeconds: 30, ...data } })),
  times.map((time): JobCommand => ({ type: 'CancelJob', data: { jobId, reason: 'x', at: time } })),
  fc
    .record({ at: times, attempt: attempts })
    .map((data): JobCommand => ({ type: 'StopOverdueJob', data: { jobId, ...data } })),
  fc
    .record({ at: times, attempt: attempts })
    .map((data): JobCommand => ({ type: 'KeepCheckpoint', data: { jobId, ...data, nodeId: 'node_0', path: '/c' } })),
);
const histories = fc.array(anyCommand, { maxLength: 60 }).map((commands) => [queue, reserve, ...commands]);

const everEnds = (commands: readonly JobCommand[]): readonly string[] =>
  replay(jobDecider, commands)
    .events.map(({ type }) => type)
    .filter((type) => TERMINAL.includes(type));

describe('Job, whatever happens', () => {
  it('ends at most once, and nothing is recorded after its end', () =>
    fc.assert(
      fc.property(histories, (commands) => {
        const types: readonly string[] = replay(jobDecider, commands).events.map(({ type }) => type);
        const end = types.findIndex((type) => TERMINAL.includes(type));
        return end < 0 || end === types.length - 1;
      }),
      { numRuns: 500 },
    ));

  it('is tried once and retried at most as often as allowed, evictions by the scheduler apart', () =>
    fc.assert(
      fc.property(histories, (commands) => {
        const { events } = replay(jobDecider, commands);
        const evictions = events.filter(
          ({ type, data }) => type === 'cmo.job.evicted' && isEviction(data.reason),
        ).length;
        return events.filter(({ type }) => type === 'cmo.job.admitted').length <= 1 + RETRIES + evictions;
      }),
      { numRuns: 500 },
    ));

  it('answers the repeat of any command with nothing', () =>
    fc.assert(
      fc.property(histories, anyCommand, (commands, command) => {
        const { state } = replay(jobDecider, commands);
        const first = jobDecider.decide(command, state);
        if (!first.accepted) return true;
        const second = jobDecider.decide(command, fold(jobDecider, first.events, state));
        // A job that ended by this very command may be refused to those who cancel it; nothing more is recorded.
        return !second.accepted || second.events.length === 0;
      }),
      { numRuns: 500 },
    ));

  it('records only what every reader can read', () =>
    fc.assert(
      fc.property(histories, (commands) => {
        for (const event of replay(jobDecider, commands).events) eventRegistry.validate(event);
      }),
    ));

  it('ends the same way in whatever order, and however often, its ranks report', () => {
    const reports = (exitCodes: readonly number[]): JobCommand[] =>
      exitCodes.flatMap((exitCode, rank): JobCommand[] => [
        { type: 'StartTask', data: { ...rankOf(1, rank), at: at(4) } },
        { type: 'ExitTask', data: { ...rankOf(1, rank), exitCode, at: at(10) } },
      ]);
    const once = JobQueued({ ...queue.data, spec: { ...eager, retry: { ...eager.retry, on: [] } } });
    const shuffled = fc
      .array(fc.constantFrom(...EXITS), { minLength: NODES, maxLength: NODES })
      .chain((exitCodes) =>
        fc.tuple(
          fc.constant(exitCodes),
          fc.shuffledSubarray([...reports(exitCodes), ...reports(exitCodes)], { minLength: 4 * NODES }),
        ),
      );
    fc.assert(
      fc.property(shuffled, ([exitCodes, commands]) => {
        const before: JobCommand[] = [{ type: 'QueueJob', data: once.data }, reserve, admit(1)];
        const expected = exitCodes.every((code) => code === 0) ? 'cmo.job.succeeded' : 'cmo.job.failed';
        expect(everEnds([...before, ...commands])).toEqual([expected]);
      }),
      { numRuns: 300 },
    );
  });

  it('ends when all of its last attempt ended', () =>
    fc.assert(
      fc.property(histories, (commands) => {
        const before = replay(jobDecider, commands).state;
        // Evictions use up no retry: there may be an attempt more for each.
        const last = before.attempt + RETRIES + 2;
        const finish: JobCommand[] = Array.from({ length: last }, (_, index) => index + 1).flatMap((attempt) => [
          admit(attempt),
          fund(attempt, false),
          { type: 'StartUnfunded', data: { jobId, attempt, at: at(5) } },
          ...Array.from({ length: NODES }, (__, rank): JobCommand => {
            return { type: 'ExitTask', data: { ...rankOf(attempt, rank), exitCode: 0, at: at(200) } };
          }),
        ]);
        const { state } = replay({ ...jobDecider, initial: before }, finish);
        return isTerminal(state);
      }),
      { numRuns: 300 },
    ));
});

describe('Dispatch, whatever happens', () => {
  const task = fc.integer({ min: 1, max: 20 }).map((number) => `task_${number}`);
  const assign = (taskId: string): DispatchCommand => ({
    type: 'AssignTask',
    data: {
      ...{ taskId, jobId, organizationId: 'acme', attempt: 1, rank: 0, ranks: 1, nodeId: 'node_0', executor: 'agent' },
      ...{ command: ['true'], env: {}, gpuIndexes: [], cpuMilli: 0, memoryMiB: 0, stopAfterSeconds: 1, at: T0 },
    },
  });
  const stop = (taskId: string, graceSeconds: number): DispatchCommand => ({
    type: 'StopTask',
    data: { taskId, jobId, nodeId: 'node_0', reason: 'Cancelled', graceSeconds, at: T0 },
  });
  const commands = fc.array(
    fc.oneof(
      task.map(assign),
      fc.tuple(task, fc.constantFrom(0, 10)).map(([id, grace]) => stop(id, grace)),
    ),
  );

  it('assigns a task once', () =>
    fc.assert(
      fc.property(commands, (all) => {
        const assigned = replay(dispatchDecider, all)
          .events.filter(({ type }) => type === 'cmo.dispatch.task-assigned')
          .map(({ data }) => data.taskId);
        return new Set(assigned).size === assigned.length;
      }),
    ));

  it('stops a task at most twice, the second time with a shorter grace', () =>
    fc.assert(
      fc.property(commands, (all) => {
        const graces = new Map<string, number>();
        for (const event of replay(dispatchDecider, all).events) {
          if (event.type !== 'cmo.dispatch.task-stop-requested') continue;
          const { taskId, graceSeconds } = event.data;
          expect(graceSeconds).toBeLessThan(graces.get(taskId) ?? Number.POSITIVE_INFINITY);
          graces.set(taskId, graceSeconds);
        }
      }),
    ));

  it('remembers a bounded number of tasks', () => {
    const many = Array.from({ length: 3000 }, (_, index) => assign(`task_${index}`));
    expect(replay(dispatchDecider, many).state.tasks.size).toBeLessThanOrEqual(1024);
  });
});
