import { type AgentReport, type Allocation, type JobSpec } from '@solyx/contracts';
import { BillingCommandRefused, BudgetHoldRaised, HoldPlaced } from '@solyx/contracts/billing';
import {
  AllocationGranted,
  AllocationReleased,
  NodeLeft,
  NodeRegistered,
  PreemptionRequested,
} from '@solyx/contracts/drm';
import { JobCancellationRequested, JobSubmitted } from '@solyx/contracts/gateway';
import { T0, allocation, spec, terms } from '../test/job-fixtures';
import { SmallPlane } from '../test/small-plane';
import { jobView } from './job.projection';
import { simulatedTask } from './simulated-task.projection';
import { taskIdOf } from './task-assignment';

const jobId = 'job_1';
const simulated = (change: Partial<JobSpec> = {}): JobSpec =>
  spec({ placement: { sources: ['owned'], regions: [], simulated: true }, ...change });

const grantOf = (id: string, attempt: number, nodes: number, executor: 'agent' | 'simulated'): Allocation => {
  const grant = allocation(attempt, nodes);
  const shares = grant.shares.map((share) => ({ ...share, executor, simulated: executor === 'simulated' }));
  return { ...grant, workloadId: id, shares };
};

const submitted = (job: JobSpec, id: string) =>
  JobSubmitted({ requestId: `req_${id}`, fingerprint: 'f', jobId: id, spec: job, at: T0 });
const held = (id: string) =>
  HoldPlaced({ holdId: `hold_${id}`, organizationId: 'acme', jobId: id, amountMicroUsd: '5000000', at: T0 });
const granted = (given: Allocation) =>
  AllocationGranted({ allocation: given, policy: 'best-fit/1', candidates: [], sentence: 'it fits', at: T0 });

const submit = (plane: SmallPlane, job = spec()) =>
  plane.happens(`gateway.request-req_${jobId}`, submitted(job, jobId));
const hold = (plane: SmallPlane) => plane.happens('billing.budget-acme', held(jobId));
const grant = (plane: SmallPlane, given: Allocation) => plane.happens('drm.partition-main', granted(given));
async function release(plane: SmallPlane, attempt: number, reason: string): Promise<void> {
  const data = { allocationId: `alloc_${attempt}`, workloadId: jobId, attempt, organizationId: 'acme', reason, at: T0 };
  await plane.happens('drm.partition-main', AllocationReleased(data));
}
async function preempt(plane: SmallPlane, attempt: number): Promise<void> {
  const ids = { allocationId: `alloc_${attempt}`, workloadId: jobId, attempt, organizationId: 'acme' };
  const why = { reason: 'Preempted' as const, noticeSeconds: 30, sentence: 'It makes room.' };
  await plane.happens('drm.partition-main', PreemptionRequested({ ...ids, ...why, forWorkloadId: 'job_2', at: T0 }));
}
async function cancel(plane: SmallPlane): Promise<void> {
  const data = { requestId: 'req_c', fingerprint: 'f', jobId, reason: 'enough', at: T0 };
  await plane.happens('gateway.request-req_c', JobCancellationRequested(data));
}
async function place(plane: SmallPlane, job: JobSpec = spec(), executor: 'agent' | 'simulated' = 'agent') {
  await submit(plane, job);
  await hold(plane);
  await grant(plane, grantOf(jobId, 1, job.nodes, executor));
}
const report = (kind: AgentReport['kind'], rank = 0, more: Partial<AgentReport> = {}): AgentReport => {
  const attempt = more.attempt ?? 1;
  const taskId = taskIdOf(jobId, attempt, rank);
  return { reportId: `${taskId}-${kind}`, kind, taskId, jobId, attempt, rank, at: T0, ...more };
};
const last = async (plane: SmallPlane) => (await plane.typesOf(`cmo.job-${jobId}`)).at(-1);

/** Every fact comes once, or three times: it is all the same. */
describe.each([1, 3])('cmo, with each fact delivered %d time(s)', (times) => {
  let plane: SmallPlane;
  beforeEach(() => {
    plane = new SmallPlane(times);
  });
  const tell = async (node: string, said: AgentReport) => {
    const answer = await plane.reports.record(node, said);
    await plane.settle();
    return answer;
  };

  it('carries a job from its submission to its end', async () => {
    await place(plane);
    const [assigned] = await plane.eventsOf('cmo.dispatch-node_0');
    expect(assigned).toMatchObject({
      type: 'cmo.dispatch.task-assigned',
      data: { taskId: taskIdOf(jobId, 1, 0), command: ['true'], gpuIndexes: [0], stopAfterSeconds: 3600 },
      metadata: { $correlationId: 'request-1', organizationId: 'acme' },
    });
    expect(await tell('node_0', report('started'))).toEqual({ recorded: true });
    expect(await tell('node_0', report('exited', 0, { exitCode: 0 }))).toEqual({ recorded: true });
    expect(await plane.typesOf(`cmo.job-${jobId}`)).toEqual(
      [
        ...['queued', 'quota-reserved', 'admitted', 'starting', 'task-started', 'running'],
        ...['task-exited', 'succeeded'],
      ].map((fact) => `cmo.job.${fact}`),
    );
    expect(await plane.typesOf('cmo.dispatch-node_0')).toHaveLength(1);
    expect(await plane.views.get(jobView, jobId)).toMatchObject({ phase: 'Succeeded', attempt: 1, nodeIds: [] });
  });

  it('fails a job that the budget does not cover', async () => {
    await submit(plane);
    const data = { command: 'PlaceHold', stream: 'billing.budget-acme', subjectId: 'acme', reason: 'BudgetExceeded' };
    const refused = BillingCommandRefused({ ...data, hint: 'raise it', details: { jobId } });
    await plane.happens('billing.command-1', refused);
    expect(await plane.views.get(jobView, jobId)).toMatchObject({ phase: 'Failed', reason: 'BudgetExceeded' });
  });

  it('answers a report again with the same answer, and records it once', async () => {
    await place(plane);
    const exited = report('exited', 0, { exitCode: 0 });
    await tell('node_0', exited);
    expect(await tell('node_0', exited)).toEqual({ recorded: true });
    const types = await plane.typesOf(`cmo.job-${jobId}`);
    expect(types.filter((type) => type === 'cmo.job.task-exited')).toHaveLength(1);
  });

  it("refuses reports about what is not the node's, and says why", async () => {
    await place(plane);
    expect(await tell('node_9', report('exited', 0, { exitCode: 0 }))).toMatchObject({
      recorded: false,
      refusal: { code: 'PermissionDenied', reason: 'NotYourTask', retryable: false },
    });
    expect(await tell('node_0', report('started', 0, { jobId: 'job_9' }))).toMatchObject({
      refusal: { code: 'NotFound', reason: 'JobUnknown' },
    });
    expect(await tell('node_0', report('started', 0, { taskId: 'task_9' }))).toMatchObject({
      refusal: { code: 'InvalidArgument', reason: 'TaskUnknown' },
    });
    expect(await tell('node_0', report('started', 0, { attempt: 7 }))).toMatchObject({
      refusal: { code: 'NotFound', reason: 'TaskUnknown' },
    });
    expect(await last(plane)).toBe('cmo.job.starting');
  });

  it('runs a job again when its node is lost, and ends what may still run there', async () => {
    await place(plane);
    await tell('node_0', report('started'));
    await release(plane, 1, 'NodeLost');
    expect(await last(plane)).toBe('cmo.job.requeued');
    expect((await plane.eventsOf('cmo.dispatch-node_0')).at(-1)).toMatchObject({
      type: 'cmo.dispatch.task-stop-requested',
      data: { taskId: taskIdOf(jobId, 1, 0), graceSeconds: 0, reason: 'NodeLost' },
    });
    expect(await tell('node_0', report('exited', 0, { exitCode: 0 }))).toEqual({ recorded: true });
    expect(await last(plane)).toBe('cmo.job.requeued');
    await grant(plane, grantOf(jobId, 2, 1, 'agent'));
    await tell('node_0', report('exited', 0, { attempt: 2, exitCode: 0 }));
    expect(await last(plane)).toBe('cmo.job.succeeded');
  });

  it('gives GPUs back when the scheduler asks, with notice, and waits in its old place', async () => {
    await place(plane);
    await tell('node_0', report('started'));
    await preempt(plane, 1);
    expect((await plane.eventsOf('cmo.dispatch-node_0')).at(-1)).toMatchObject({
      type: 'cmo.dispatch.task-stop-requested',
      data: { taskId: taskIdOf(jobId, 1, 0), graceSeconds: 30, reason: 'Preempted' },
    });
    expect(await last(plane)).toBe('cmo.job.stopping');
    await tell('node_0', report('exited', 0, { exitCode: 143, reason: 'Preempted' }));
    const [queued] = await plane.eventsOf(`cmo.job-${jobId}`);
    const [evicted, requeued] = (await plane.eventsOf(`cmo.job-${jobId}`)).slice(-2);
    expect(evicted).toMatchObject({ type: 'cmo.job.evicted', data: { attempt: 1, reason: 'Preempted' } });
    expect(requeued).toMatchObject({
      type: 'cmo.job.requeued',
      data: { attempt: 2, reason: 'Preempted', request: { queuedAt: (queued?.data as { at: string }).at } },
    });
    // Late, and about an attempt that is over.
    await preempt(plane, 1);
    await release(plane, 1, 'Preempted');
    expect(await last(plane)).toBe('cmo.job.requeued');
    await grant(plane, grantOf(jobId, 2, 1, 'agent'));
    await tell('node_0', report('exited', 0, { attempt: 2, exitCode: 0 }));
    expect(await last(plane)).toBe('cmo.job.succeeded');
  });

  describe('whose second attempt the hold does not pay for', () => {
    /** Half an hour of 5 USD an hour is spent of a hold of 5 USD. */
    const again = async () => {
      const dear = { priceMicroUsdPerHour: '5000000' };
      await submit(plane);
      await hold(plane);
      await grant(plane, { ...grantOf(jobId, 1, 1, 'agent'), ...dear, grantedAt: T0 });
      await tell('node_0', report('started'));
      plane.clock.advance(Date.parse(T0) + 1_800_000 - plane.clock.now());
      await release(plane, 1, 'NodeLost');
      const grantedAt = plane.clock.iso();
      await grant(plane, { ...grantOf(jobId, 2, 1, 'agent'), ...dear, grantedAt });
      expect(await plane.views.get(jobView, jobId)).toMatchObject({ phase: 'Admitted', attempt: 2 });
    };
    const spent = { spentMicroUsd: '2500000' };
    const stopsAfter = async () => {
      const tasks = (await plane.eventsOf('cmo.dispatch-node_0')).filter(({ type }) => type.endsWith('task-assigned'));
      return (tasks[1]?.data as { stopAfterSeconds: number } | undefined)?.stopAfterSeconds;
    };

    it('waits, and runs its whole time once the hold is raised', async () => {
      await again();
      const ids = { holdId: `hold_${jobId}`, organizationId: 'acme', jobId, attempt: 2 };
      const money = { amountMicroUsd: '7500000', byMicroUsd: '2500000', ...spent };
      await plane.happens('billing.budget-acme', BudgetHoldRaised({ ...ids, ...money, at: T0 }));
      expect(await stopsAfter()).toBe(3_600);
    });
    it('is told to end in time where the raise is refused', async () => {
      await again();
      const data = { command: 'RaiseHold', stream: 'billing.budget-acme', subjectId: 'acme', reason: 'BudgetExceeded' };
      const details = { jobId, attempt: 2, holdSpentMicroUsd: '2500000' };
      await plane.happens('billing.command-1', BillingCommandRefused({ ...data, hint: 'raise it', details }));
      expect(await stopsAfter()).toBe(1_800 - 10);
    });
    it('starts within its hold where billing says nothing', async () => {
      await again();
      await plane.tick();
      expect(await stopsAfter()).toBeUndefined();
      plane.clock.advance(31_000);
      await plane.tick();
      await plane.settle();
      expect(await stopsAfter()).toBe(1_800 - 31 - 10);
    });
  });

  it('evicts what a simulated node runs', async () => {
    await place(plane, simulated({ simulation: { durationMs: 600_000, exitCode: 0 } }), 'simulated');
    await preempt(plane, 1);
    expect(await last(plane)).toBe('cmo.job.requeued');
    expect(await plane.views.get(jobView, jobId)).toMatchObject({ attempt: 2 });
  });

  it('tells a node which slices and pool of its GPUs a task holds', async () => {
    await submit(plane);
    await hold(plane);
    const given = grantOf(jobId, 1, 1, 'agent');
    const mig = [{ gpuIndex: 0, profile: '1g.10gb', start: 2, uuid: 'MIG-a' }];
    await grant(plane, { ...given, shares: given.shares.map((share) => ({ ...share, gpuMilli: 125, mig })) });
    const [assigned] = await plane.eventsOf('cmo.dispatch-node_0');
    expect(assigned?.data).toMatchObject({ gpuIndexes: [0], gpuMilli: 125, mig });
  });

  it('stops the siblings of a rank that failed', async () => {
    await place(plane, spec({ nodes: 2 }));
    await tell('node_0', report('exited', 0, { exitCode: 2 }));
    expect(await plane.typesOf('cmo.dispatch-node_1')).toEqual([
      'cmo.dispatch.task-assigned',
      'cmo.dispatch.task-stop-requested',
    ]);
    expect(await plane.typesOf('cmo.dispatch-node_0')).toEqual(['cmo.dispatch.task-assigned']);
    await tell('node_1', report('exited', 1, { exitCode: 143, reason: 'SiblingFailed' }));
    expect((await plane.eventsOf(`cmo.job-${jobId}`)).at(-1)).toMatchObject({
      type: 'cmo.job.failed',
      data: { reason: 'ExitedNonZero', exitCode: 2 },
    });
  });

  it('cancels before and after the start', async () => {
    await submit(plane);
    await cancel(plane);
    expect(await last(plane)).toBe('cmo.job.cancelled');
    const running = new SmallPlane(times);
    plane = running;
    await place(running);
    await tell('node_0', report('started'));
    await cancel(running);
    expect((await running.typesOf('cmo.dispatch-node_0')).at(-1)).toBe('cmo.dispatch.task-stop-requested');
    await tell('node_0', report('exited', 0, { exitCode: 143, signal: 'SIGTERM', reason: 'Cancelled' }));
    expect(await last(running)).toBe('cmo.job.cancelled');
  });

  it("simulates, says so, and ends by the job's own numbers", async () => {
    await place(plane, simulated({ simulation: { durationMs: 5_000, exitCode: 3 } }), 'simulated');
    const begun = plane.clock.now();
    await plane.pass();
    expect(plane.clock.now() - begun).toBe(5_050);
    expect((await plane.eventsOf(`cmo.job-${jobId}`)).at(-1)).toMatchObject({
      type: 'cmo.job.failed',
      data: { reason: 'ExitedNonZero', exitCode: 3 },
    });
    expect(plane.logs.lines.length).toBeGreaterThan(0);
    expect(plane.logs.lines.every((line) => line.startsWith('[simulated] '))).toBe(true);
  });

  it('ends a simulated task at its limit, and when it is told to', async () => {
    const limits = { maxRuntimeSeconds: 1 };
    await place(plane, simulated({ limits, simulation: { durationMs: 60_000, exitCode: 0 } }), 'simulated');
    await plane.pass();
    expect((await plane.eventsOf(`cmo.job-${jobId}`)).at(-1)).toMatchObject({ data: { reason: 'MaxRuntimeExceeded' } });

    plane = new SmallPlane(times);
    await place(plane, simulated(), 'simulated');
    await plane.timers.fireNext();
    await cancel(plane);
    expect(await last(plane)).toBe('cmo.job.cancelled');
    expect(plane.timers.count).toBe(0);
  });

  it('goes on with simulated tasks after a restart', async () => {
    await place(plane, simulated({ simulation: { durationMs: 5_000, exitCode: 0 } }), 'simulated');
    await plane.timers.fireNext();
    await plane.settle();
    plane.restart();
    plane.timers.clear();
    await plane.tick();
    await plane.pass();
    expect(await last(plane)).toBe('cmo.job.succeeded');
    await plane.tick();
    await plane.pass();
    const types = await plane.typesOf(`cmo.job-${jobId}`);
    expect(types.filter((type) => type === 'cmo.job.task-exited')).toHaveLength(1);
  });

  it('stops simulated tasks after a restart, too', async () => {
    await place(plane, simulated({ simulation: { durationMs: 5_000, exitCode: 0 } }), 'simulated');
    plane.restart();
    plane.timers.clear();
    await cancel(plane);
    expect(await last(plane)).toBe('cmo.job.cancelled');
    expect((await plane.views.list(simulatedTask, { first: 10 })).rows).toEqual([]);
  });

  it('stops a job that its node lets run on', async () => {
    await place(plane, spec({ limits: { maxRuntimeSeconds: 60 } }));
    await tell('node_0', report('started'));
    await plane.tick();
    expect(await last(plane)).toBe('cmo.job.running');
    plane.clock.advance(120_000);
    await plane.tick();
    await plane.tick();
    await plane.settle();
    expect(await last(plane)).toBe('cmo.job.stopping');
    expect((await plane.typesOf('cmo.dispatch-node_0')).at(-1)).toBe('cmo.dispatch.task-stop-requested');
  });

  it('lets agents read their tasks, as long as they are there', async () => {
    const facts = { hostname: 'h', os: 'Linux', cpuMilli: 1000, memoryMiB: 1000, gpus: [] };
    await plane.happens('drm.node-node_0', NodeRegistered({ terms: terms('node_0', 'agent'), facts, at: T0 }));
    await plane.happens('drm.node-node_1', NodeRegistered({ terms: terms('node_1', 'simulated'), facts, at: T0 }));
    expect([...plane.consumers.names]).toEqual(['node_0']);
    plane.consumers.names.clear();
    await plane.tick();
    expect([...plane.consumers.names]).toEqual(['node_0']);
    await plane.happens('drm.node-node_0', NodeLeft({ nodeId: 'node_0', reason: 'Drained', at: T0 }));
    await plane.tick();
    expect([...plane.consumers.names]).toEqual([]);
  });
});

describe('cmo', () => {
  it('waits for a job whose cancellation came first, and gives up where there is none', async () => {
    const plane = new SmallPlane();
    await expect(cancel(plane)).rejects.toMatchObject({ code: 'Unavailable' });
    await submit(plane);
    for await (const event of plane.log.readStream('gateway.request-req_c')) await plane.deliver(event, 2);
    expect(await last(plane)).toBe('cmo.job.cancelled');

    const empty = new SmallPlane();
    await expect(cancel(empty)).rejects.toMatchObject({ code: 'Unavailable' });
    for await (const event of empty.log.readStream('gateway.request-req_c')) await empty.deliver(event, 5);
    const all: string[] = [];
    for await (const event of empty.log.readAll()) all.push(event.type);
    expect(all).toContain('cmo.command.refused');
  });

  it('carries a thousand simulated jobs at once', async () => {
    const plane = new SmallPlane();
    const ids = Array.from({ length: 1_000 }, (_, index) => `job_n${index}`);
    for (const id of ids) await plane.record(`gateway.request-req_${id}`, submitted(simulated(), id));
    await plane.settle();
    for (const id of ids) await plane.record('billing.budget-acme', held(id));
    await plane.settle();
    for (const id of ids) await plane.record('drm.partition-main', granted(grantOf(id, 1, 1, 'simulated')));
    await plane.settle();
    expect(plane.timers.count).toBe(1_000);
    await plane.fireAll();
    for (const id of ids) expect((await plane.typesOf(`cmo.job-${id}`)).at(-1)).toBe('cmo.job.succeeded');
  });
});
