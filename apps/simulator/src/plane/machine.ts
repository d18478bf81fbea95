import type { AgentReport } from '@solyx/contracts';
import type { TaskAssigned, TaskStopRequested } from '@solyx/contracts/cmo';
import { SolyxError, type Recorded } from '@solyx/kernel';
import { RecordReportHandler } from '@solyx/cmo';
import { WatchHeartbeatsProcess } from '@solyx/drm';
import { AccessCommands, Join } from '@solyx/gateway';
import type { Chance } from '../engine/chance';
import type { MachineSpec } from '../scenario/scenario';
import { Consumer, type Listener } from './bus';
import type { Plane } from './plane';
import { HEARTBEAT_SECONDS } from './services';

const START_MS = 30;
const GRACE_SECONDS = 10;
const ANSWER_WITHIN_MS = 10_000;

interface End {
  readonly exitCode: number;
  readonly signal?: string;
  readonly reason?: string;
}

/** A task as the machine's disk knows it. */
interface TaskRecord {
  readonly event: Recorded<TaskAssigned>;
  /** Which run of the machine its process is in; a later one has lost it. */
  boot: number;
  startedAt: number | undefined;
  end: End | undefined;
  over: boolean;
}

/**
 * A machine with an agent, modelled: claims each task once, keeps on disk what became of it, reports until it is
 * answered. The agent may end and come back while tasks go on; the machine may die and take them with it.
 */
export class Machine implements Listener {
  nodeId = '';
  private consumer: Consumer | undefined;
  private readonly tasks = new Map<string, TaskRecord>();
  private boot = 1;
  private agentLife = 1;
  private isAgentUp = false;
  private isPowered = true;
  private sending = 0;

  constructor(
    private readonly spec: MachineSpec,
    private readonly plane: Plane,
    private readonly chance: Chance,
  ) {}

  /** Nothing of its tasks is left to be told. */
  get isQuiet(): boolean {
    const isTold = [...this.tasks.values()].every(({ end, over }) => !end || over);
    return this.nodeId !== '' && (this.consumer?.waiting ?? 0) === 0 && this.sending === 0 && isTold;
  }

  /** A one-time token, spent through the gateway's own door. */
  async join(): Promise<void> {
    const { plane, spec } = this;
    const customer = plane.customer;
    const [organizationId = ''] = plane.scenario.organizations;
    const token = await customer.insist(
      ({ injector }) =>
        injector.get(AccessCommands).createJoinToken(customer.operation(organizationId), 1_000, `join-${spec.name}`),
      `a token for ${spec.name}`,
    );
    if (!token || !('token' in token)) {
      plane.fail('machines join', `no token: ${JSON.stringify(token)}`);
      return;
    }
    const publicKey = `U${spec.name.replace(/[^a-z]/g, '').toUpperCase()}${spec.name.slice(-1) === '1' ? 'A' : 'B'}`;
    const request = { token: token.token, publicKey: publicKey.padEnd(56, 'A'), ...this.place() };
    const joined = await customer.insist(({ injector }) => injector.get(Join).join(request), `${spec.name} joins`);
    if (!joined) return;
    this.nodeId = joined.nodeId;
    const parts = { scheduler: plane.scheduler, faults: plane.faults, chance: this.chance };
    this.consumer = new Consumer(`agent-${this.nodeId}`, plane.topic('cmo'), parts);
    this.startAgent();
    this.beat();
  }

  private place(): Pick<MachineSpec, 'site' | 'region' | 'facts'> {
    const { site, region, facts } = this.spec;
    return { site, region, facts };
  }

  private beat(): void {
    if (this.isAgentUp) this.plane.process('drm').life?.injector.get(WatchHeartbeatsProcess).hear(this.nodeId);
    this.plane.scheduler.after(HEARTBEAT_SECONDS * 1000, () => this.beat());
  }

  /** The agent ends; its tasks go on. */
  stopAgent(): void {
    this.isAgentUp = false;
    this.agentLife += 1;
    this.consumer?.stop();
  }

  startAgent(): void {
    if (this.isAgentUp || !this.consumer || !this.isPowered) return;
    this.isAgentUp = true;
    this.agentLife += 1;
    this.consumer.start(this);
    for (const task of this.tasks.values()) this.resume(task);
  }

  powerOff(): void {
    this.isPowered = false;
    this.boot += 1;
    this.stopAgent();
  }

  powerOn(): void {
    this.isPowered = true;
    this.startAgent();
  }

  hears(event: Recorded): boolean {
    return event.stream === `cmo.dispatch-${this.nodeId}`;
  }

  async handle(event: Recorded): Promise<void> {
    if (event.type === 'cmo.dispatch.task-assigned') this.assigned(event as Recorded<TaskAssigned>);
    else this.stopRequested((event as Recorded<TaskStopRequested>).data);
  }

  park(event: Recorded, { error }: { readonly error: SolyxError }): void {
    this.plane.fail('nothing breaks', `the agent of ${this.nodeId} cannot handle ${event.type}: ${error.message}`);
  }

  private assigned(event: Recorded<TaskAssigned>): void {
    const { taskId } = event.data;
    if (this.tasks.has(taskId)) return;
    const task: TaskRecord = { event, boot: this.boot, startedAt: undefined, end: undefined, over: false };
    this.tasks.set(taskId, task);
    this.whileAgent(START_MS, () => this.resume(task));
  }

  /** Begins it, or goes on with what a former agent left. */
  private resume(task: TaskRecord): void {
    if (task.over) return;
    if (!task.end && task.startedAt !== undefined && task.boot !== this.boot)
      task.end = { exitCode: -1, reason: 'Lost' };
    if (!task.end && task.startedAt === undefined) this.begin(task);
    if (task.end) this.report(task, 'exited');
    else {
      this.report(task, 'started');
      const left = (task.startedAt ?? 0) + task.event.data.stopAfterSeconds * 1000 - this.plane.scheduler.clock.now();
      this.whileAgent(left, () => this.stop(task, 'MaxRuntimeExceeded', GRACE_SECONDS));
    }
  }

  private begin(task: TaskRecord): void {
    const [, runsMs = '1000', exitCode = '0'] = task.event.data.command;
    task.startedAt = this.plane.scheduler.clock.now();
    task.boot = this.boot;
    this.endAfter(task, Number(runsMs), { exitCode: Number(exitCode) });
  }

  private endAfter(task: TaskRecord, ms: number, end: End): void {
    const { boot } = this;
    this.plane.scheduler.after(ms, () => {
      if (this.boot !== boot || task.end) return;
      task.end = end;
      if (this.isAgentUp) this.report(task, 'exited');
    });
  }

  private stopRequested({ taskId, reason, graceSeconds }: TaskStopRequested['data']): void {
    const task = this.tasks.get(taskId);
    if (task) this.stop(task, reason, graceSeconds);
  }

  private stop(task: TaskRecord, reason: string, graceSeconds: number): void {
    if (task.end) return;
    const end = { exitCode: 143, signal: 'SIGTERM', reason };
    if (task.startedAt === undefined) task.end = end;
    else this.endAfter(task, this.chance.between(0, graceSeconds * 1000), end);
    if (task.end) this.report(task, 'exited');
  }

  private whileAgent(ms: number, work: () => void): void {
    const { agentLife } = this;
    this.plane.scheduler.after(ms, () => {
      if (this.agentLife === agentLife) work();
    });
  }

  /** Again and again, until somebody says that it is on record, or that it never will be. */
  private report(task: TaskRecord, kind: 'started' | 'exited'): void {
    const { agentLife, plane } = this;
    const cmo = plane.process('cmo').life;
    const again = (): void => this.whileAgent(this.chance.between(50, 3_000), () => this.report(task, kind));
    if (!cmo) return again();
    this.sending += 1;
    plane.scheduler
      .within(cmo.injector.get(RecordReportHandler).record(this.nodeId, this.reportOf(task, kind)), ANSWER_WITHIN_MS)
      .then(
        (answer) => {
          if (this.agentLife !== agentLife) return;
          const isDone = answer !== undefined && (answer.recorded || answer.refusal?.retryable === false);
          if (!isDone) again();
          else if (kind === 'exited') task.over = true;
        },
        (thrown: unknown) => {
          const error = SolyxError.from(thrown);
          if (!error.retryable) plane.fail('nothing breaks', `a report fails: ${error.message}`);
          else if (this.agentLife === agentLife) again();
        },
      )
      .finally(() => {
        this.sending -= 1;
      });
  }

  private reportOf({ event, end }: TaskRecord, kind: 'started' | 'exited'): AgentReport {
    const { taskId, jobId, attempt, rank } = event.data;
    return {
      ...{ reportId: `${taskId}-${kind}`, kind, taskId, jobId, attempt, rank, ...(kind === 'exited' ? end : {}) },
      at: this.plane.scheduler.clock.iso(),
      causationId: event.id,
      correlationId: event.metadata.$correlationId,
    };
  }
}
