import {
  JobAdmitted,
  JobCancelled,
  JobCheckpointed,
  JobEvicted,
  JobFailed,
  JobQueued,
  JobQuotaReserved,
  JobRequeued,
  JobRunning,
  JobStarting,
  JobStopping,
  JobSucceeded,
  JobTaskExited,
  JobTaskStarted,
} from '@solyx/contracts/cmo';
import { given } from '@solyx/testing';
import { allocation, at, jobId, request, spec, T0 } from '../test/job-fixtures';
import { jobDecider, type JobCommand } from './job';

const past = given(jobDecider);
const start = { jobId, requestId: 'req_1', organizationId: 'acme', submittedBy: 'key_1', at: T0 };

const queued = JobQueued({ ...start, spec: spec() });
const reserved = JobQuotaReserved({ jobId, holdMicroUsd: '9000000', request: request(), at: at(1) });
const admitted = (attempt = 1, nodes = 1) =>
  JobAdmitted({ jobId, attempt, allocation: allocation(attempt, nodes), at: at(3) });
const starting = (attempt = 1, nodes = 1) =>
  JobStarting({
    jobId,
    attempt,
    nodeIds: Array.from({ length: nodes }, (_, rank) => `node_${rank}`),
    stopAfterSeconds: 3600,
    at: at(3),
  });
const rank = (number = 0, attempt = 1) => ({ jobId, attempt, rank: number, nodeId: `node_${number}` });
const started = (number = 0, attempt = 1) => JobTaskStarted({ ...rank(number, attempt), at: at(4) });
const running = JobRunning({ jobId, attempt: 1, at: at(4) });
const placed = [queued, reserved, admitted(), starting()] as const;
const runs = [...placed, started(), running] as const;
const gangOf = (nodes: number) => [
  JobQueued({ ...start, spec: spec({ nodes }) }),
  JobQuotaReserved({ jobId, holdMicroUsd: '9000000', request: request(1, spec({ nodes })), at: at(1) }),
  admitted(1, nodes),
  starting(1, nodes),
];

const exit = (exitCode: number, number = 0, more: { reason?: string; signal?: string } = {}) =>
  ({ type: 'ExitTask', data: { ...rank(number), exitCode, ...more, at: at(10) } }) satisfies JobCommand;
const cancel = { type: 'CancelJob', data: { jobId, reason: 'not wanted', at: at(9) } } satisfies JobCommand;
const lose = (reason = 'NodeLost', attempt = 1) =>
  ({ type: 'LoseAllocation', data: { jobId, attempt, reason, at: at(20) } }) satisfies JobCommand;
const stopped = (reason: string) => JobStopping({ jobId, attempt: 1, reason, graceSeconds: 10, at: at(10) });
const requeued = (reason: string, second: number) => [
  JobEvicted({ jobId, attempt: 1, reason, at: at(second) }),
  JobRequeued({ jobId, attempt: 2, reason, request: request(2, spec(), at(second + 1)), at: at(second) }),
];

describe('Job, before it runs', () => {
  it('waits for money', () =>
    past()
      .when({ type: 'QueueJob', data: { ...start, spec: spec() } })
      .then(queued));
  it('waits for GPUs once money is held', () =>
    past(queued)
      .when({ type: 'ReserveQuota', data: { jobId, holdMicroUsd: '9000000', at: at(1) } })
      .then(reserved));
  it('fails where the budget does not cover it', () =>
    past(queued)
      .when({ type: 'RefuseQuota', data: { jobId, reason: 'BudgetExceeded', message: 'no money', at: at(1) } })
      .then(JobFailed({ jobId, attempt: 1, reason: 'BudgetExceeded', message: 'no money', exitCode: -1, at: at(1) })));
  it('starts where the scheduler says', () =>
    past(queued, reserved)
      .when({ type: 'AdmitJob', data: { jobId, allocation: allocation(), at: at(3) } })
      .then(admitted(), starting()));
  it('ignores GPUs that were granted to another attempt', () =>
    past(queued, reserved)
      .when({ type: 'AdmitJob', data: { jobId, allocation: allocation(2), at: at(3) } })
      .thenNothing());
  it('is cancelled at once', () =>
    past(queued, reserved)
      .when(cancel)
      .then(JobCancelled({ jobId, attempt: 1, reason: 'not wanted', at: at(9) })));
  it('is refused where it does not exist', () => past().when(cancel).thenRefused('JobUnknown'));
  it('asks again for GPUs that were taken before it knew of them', () =>
    past(queued, reserved)
      .when(lose())
      .then(...requeued('NodeLost', 20)));
});

describe('Job, while it runs', () => {
  it('runs when every rank does', () => {
    const first = started(0);
    past(...gangOf(2))
      .when({ type: 'StartTask', data: first.data })
      .then(first);
    past(...gangOf(2), first)
      .when({ type: 'StartTask', data: started(1).data })
      .then(started(1), running);
  });
  it('succeeds when every rank ended with 0', () => {
    past(...runs)
      .when(exit(0))
      .then(JobTaskExited(exit(0).data), JobSucceeded({ jobId, attempt: 1, at: at(10) }));
    past(...gangOf(2))
      .when(exit(0))
      .then(JobTaskExited(exit(0).data));
  });
  it('fails when a process fails', () =>
    past(...runs)
      .when(exit(3))
      .then(
        JobTaskExited(exit(3).data),
        JobFailed({
          jobId,
          attempt: 1,
          reason: 'ExitedNonZero',
          message: 'rank 0 on node_0 ended with exit code 3',
          exitCode: 3,
          at: at(10),
        }),
      ));
  it('stops the siblings of a failed rank, and fails when they ended', () => {
    const first = exit(3);
    past(...gangOf(2))
      .when(first)
      .then(JobTaskExited(first.data), stopped('SiblingFailed'));
    past(...gangOf(2), JobTaskExited(first.data), stopped('SiblingFailed'))
      .when(exit(143, 1, { reason: 'SiblingFailed', signal: 'SIGTERM' }))
      .then(
        JobTaskExited(exit(143, 1, { reason: 'SiblingFailed', signal: 'SIGTERM' }).data),
        JobFailed({
          jobId,
          attempt: 1,
          reason: 'ExitedNonZero',
          message: 'rank 0 on node_0 ended with exit code 3',
          exitCode: 3,
          at: at(10),
        }),
      );
  });
  it('stops, then is cancelled, when somebody asks', () => {
    const stop = JobStopping({ jobId, attempt: 1, reason: 'Cancelled', graceSeconds: 10, at: at(9) });
    past(...runs)
      .when(cancel)
      .then(stop);
    past(...runs, stop)
      .when(cancel)
      .thenNothing();
    past(...runs, stop)
      .when(exit(0))
      .then(JobTaskExited(exit(0).data), JobCancelled({ jobId, attempt: 1, reason: 'Cancelled', at: at(10) }));
    past(...runs, stop)
      .when(lose())
      .then(JobCancelled({ jobId, attempt: 1, reason: 'Cancelled', at: at(20) }));
  });
  it('keeps checkpoints, the newest last', () => {
    const kept = JobCheckpointed({ jobId, attempt: 1, nodeId: 'node_0', path: '/c', at: at(8) });
    past(...runs)
      .when({ type: 'KeepCheckpoint', data: kept.data })
      .then(kept);
    past(...runs, kept)
      .when({ type: 'KeepCheckpoint', data: kept.data })
      .thenNothing();
  });
  it('is stopped when nobody did at its limit', () =>
    past(...runs)
      .when({ type: 'StopOverdueJob', data: { jobId, attempt: 1, at: at(10) } })
      .then(stopped('MaxRuntimeExceeded')));
  it('is not retried when its time is over', () => {
    const over = exit(143, 0, { reason: 'MaxRuntimeExceeded' });
    const message = 'rank 0 on node_0 ended with exit code 143';
    past(...runs)
      .when(over)
      .then(
        JobTaskExited(over.data),
        JobFailed({ jobId, attempt: 1, reason: 'MaxRuntimeExceeded', message, exitCode: 143, at: at(10) }),
      );
  });
});

describe('Job, tried again', () => {
  it('goes back to its place in the queue when its node is lost', () =>
    past(...runs)
      .when(lose())
      .then(...requeued('NodeLost', 20)));
  it('does so too when the machine started anew and the process is gone', () => {
    const gone = exit(-1, 0, { reason: 'Lost' });
    past(...runs)
      .when(gone)
      .then(JobTaskExited(gone.data), ...requeued('NodeLost', 10));
  });
  it('fails with its node where nobody asked for a retry', () => {
    const once = JobQueued({ ...start, spec: spec({ retry: { ...spec().retry, on: [] } }) });
    past(once, ...runs.slice(1))
      .when(lose())
      .then(
        JobFailed({
          jobId,
          attempt: 1,
          reason: 'NodeLost',
          message: 'the allocation was released: NodeLost',
          exitCode: -1,
          at: at(20),
        }),
      );
  });
  it('fails when it was tried as often as allowed', () => {
    const never = JobQueued({ ...start, spec: spec({ retry: { ...spec().retry, max: 1 } }) });
    const again = requeued('NodeLost', 20);
    past(never, ...runs.slice(1), ...again, admitted(2), starting(2))
      .when(lose('LeaseEnded', 2))
      .then(
        JobFailed({
          jobId,
          attempt: 2,
          reason: 'RetriesExhausted',
          message: '2 attempts ended; the last: LeaseEnded: the allocation was released: LeaseEnded',
          exitCode: -1,
          at: at(20),
        }),
      );
  });
  it('ignores what is said about an earlier attempt', () => {
    const again = [...runs, ...requeued('NodeLost', 20), admitted(2), starting(2)];
    past(...again)
      .when(exit(0))
      .thenNothing();
    past(...again)
      .when({ type: 'StartTask', data: started().data })
      .thenNothing();
    past(...again)
      .when(lose())
      .thenNothing();
  });
  it('fails when the budget is spent by what was tried', () => {
    const poor = spec({ limits: { maxRuntimeSeconds: 3600, budgetMicroUsd: '5000' } });
    const held = JobQuotaReserved({ jobId, holdMicroUsd: '5000', request: request(1, poor), at: at(1) });
    past(JobQueued({ ...start, spec: poor }), held, ...runs.slice(2))
      .when(lose())
      .then(
        JobFailed({
          jobId,
          attempt: 1,
          reason: 'BudgetExhausted',
          message: 'the allocation was released: NodeLost',
          exitCode: -1,
          at: at(20),
        }),
      );
  });
});

describe('Job, when the scheduler wants its GPUs for others', () => {
  const evict = (reason = 'Preempted', attempt = 1) =>
    ({ type: 'EvictJob', data: { jobId, attempt, reason, noticeSeconds: 30, at: at(10) } }) satisfies JobCommand;
  const noticed = JobStopping({ jobId, attempt: 1, reason: 'Preempted', graceSeconds: 30, at: at(10) });
  const atOnce = (reason: string, second: number, attempt = 1, of = spec()) => [
    JobEvicted({ jobId, attempt, reason, at: at(second) }),
    JobRequeued({ jobId, attempt: attempt + 1, reason, request: request(attempt + 1, of), at: at(second) }),
  ];

  it.each(['Preempted', 'Reclaimed', 'Consolidated', 'SpotReclaimed', 'BudgetSpent'])(
    'stops within the notice, and is queued again at once in its old place: %s',
    (reason) => {
      past(...runs)
        .when(evict(reason))
        .then({ ...noticed, data: { ...noticed.data, reason } });
      const end = exit(143, 0, { signal: 'SIGTERM', reason });
      past(...runs, { ...noticed, data: { ...noticed.data, reason } })
        .when(end)
        .then(JobTaskExited(end.data), ...atOnce(reason, 10));
    },
  );
  it('is told once, and not about an earlier attempt', () => {
    past(...runs, noticed)
      .when(evict())
      .thenNothing();
    past(...runs, ...requeued('NodeLost', 20), admitted(2), starting(2))
      .when(evict())
      .thenNothing();
  });
  it('has succeeded where all of it was done before the notice came', () => {
    past(...runs, noticed)
      .when(exit(0))
      .then(JobTaskExited(exit(0).data), JobSucceeded({ jobId, attempt: 1, at: at(10) }));
    const half = exit(0, 1, { reason: 'Preempted' });
    past(...gangOf(2), noticed, JobTaskExited(exit(0).data))
      .when(half)
      .then(JobTaskExited(half.data), ...atOnce('Preempted', 10, 1, spec({ nodes: 2 })));
  });
  it('is queued again though nobody asked for retries, as often as it happens', () => {
    const once = spec({ retry: { ...spec().retry, max: 0, on: [] } });
    const before = [JobQueued({ ...start, spec: once }), ...runs.slice(1)];
    past(
      ...before,
      noticed,
      JobTaskExited(exit(143).data),
      ...atOnce('Preempted', 10, 1, once),
      admitted(2),
      starting(2),
    )
      .when(lose('SpotReclaimed', 2))
      .then(...atOnce('SpotReclaimed', 20, 2, once));
  });
  it('has all of its retries left', () => {
    const one = spec({ retry: { ...spec().retry, max: 1 } });
    const before = [JobQueued({ ...start, spec: one }), ...runs.slice(1), ...atOnce('Preempted', 10, 1, one)];
    past(...before, admitted(2), starting(2))
      .when(lose('NodeLost', 2))
      .then(
        JobEvicted({ jobId, attempt: 2, reason: 'NodeLost', at: at(20) }),
        JobRequeued({ jobId, attempt: 3, reason: 'NodeLost', request: request(3, one, at(21)), at: at(20) }),
      );
  });
  it('is still cancelled where somebody asks while it leaves', () =>
    past(...runs, noticed)
      .when(cancel)
      .then(JobStopping({ jobId, attempt: 1, reason: 'Cancelled', graceSeconds: 10, at: at(9) })));
});

describe('Job, after its end', () => {
  const ended = [...runs, JobTaskExited(exit(0).data), JobSucceeded({ jobId, attempt: 1, at: at(10) })];
  it('says so to those who would cancel it', () =>
    past(...ended)
      .when(cancel)
      .thenRefused('JobEnded'));
  it('hears nothing more', () => {
    past(...ended)
      .when(exit(1))
      .thenNothing();
    past(...ended)
      .when(lose())
      .thenNothing();
    past(...ended)
      .when({ type: 'QueueJob', data: { ...start, spec: spec() } })
      .thenNothing();
  });
});
