import { Injectable } from '@nestjs/common';
import { reasonOf, type AgentReport, type AgentReportAnswer, type AgentReportRefusal } from '@solyx/contracts';
import { Streams, type CommandContext } from '@solyx/eventing';
import { Clock, deriveId, ERROR_CODES, type ErrorCode } from '@solyx/kernel';
import { jobDecider, type JobCommand } from '../domain/job';
import { attemptOf, type Job } from '../domain/job-state';
import { taskIdOf } from './task-assignment';

const RECORDED: AgentReportAnswer = { recorded: true };

const refusal = (code: ErrorCode, reason: string, message: string): AgentReportRefusal => ({
  code,
  reason,
  message,
  hint: ERROR_CODES[code].hint,
  retryable: ERROR_CODES[code].retryable,
});

/** What an agent says of its tasks is recorded before it is answered. Who says it, the bus guarantees. */
@Injectable()
export class RecordReportHandler {
  constructor(
    private readonly streams: Streams,
    private readonly clock: Clock,
  ) {}

  async record(nodeId: string, report: AgentReport): Promise<AgentReportAnswer> {
    const { state: job } = await this.streams.load(jobDecider, report.jobId);
    const refused = refuseFor(job, nodeId, report);
    if (refused) return { recorded: false, refusal: refused };
    const command = commandOf(nodeId, report, this.clock.iso());
    const outcome = await this.streams.transact(jobDecider, report.jobId, command, contextOf(job, nodeId, report));
    if (outcome.accepted) return RECORDED;
    return {
      recorded: false,
      refusal: refusal('FailedPrecondition', outcome.reason, reasonOf(outcome.reason).message),
    };
  }
}

/** Why a report cannot be about a task of this node; undefined where it can. Late ones are fine, and change nothing. */
function refuseFor(job: Job, nodeId: string, report: AgentReport): AgentReportRefusal | undefined {
  const { taskId, jobId, attempt, rank } = report;
  if (job.phase === 'Unknown') return refusal('NotFound', 'JobUnknown', `there is no job ${jobId}`);
  if (taskId !== taskIdOf(jobId, attempt, rank)) {
    return refusal('InvalidArgument', 'TaskUnknown', `${taskId} is not rank ${rank} of attempt ${attempt}`);
  }
  const known = attemptOf(job, attempt);
  if (!known) {
    // Attempts long past are forgotten; one that was never made is not this node's to report.
    if (attempt < job.attempt) return undefined;
    return refusal('NotFound', 'TaskUnknown', `attempt ${attempt} of ${jobId} was never placed`);
  }
  const mine = known.ranks.some((one) => one.rank === rank && one.nodeId === nodeId);
  return mine ? undefined : refusal('PermissionDenied', 'NotYourTask', `${taskId} was given to another node`);
}

function commandOf(nodeId: string, report: AgentReport, at: string): JobCommand {
  const { jobId, attempt, rank, kind, message, signal } = report;
  const task = { jobId, attempt, rank, nodeId };
  const said = message === undefined ? {} : { message };
  switch (kind) {
    case 'started':
      return { type: 'StartTask', data: { ...task, at } };
    case 'checkpointed':
      return { type: 'KeepCheckpoint', data: { jobId, attempt, nodeId, path: report.path ?? '', at } };
    case 'refused':
      return { type: 'ExitTask', data: { ...task, exitCode: -1, reason: 'StartFailed', ...said, at } };
    case 'exited': {
      const how = {
        ...(signal === undefined ? {} : { signal }),
        ...(report.reason === undefined ? {} : { reason: report.reason }),
      };
      return { type: 'ExitTask', data: { ...task, exitCode: report.exitCode ?? -1, ...how, ...said, at } };
    }
  }
}

function contextOf(job: Job, nodeId: string, report: AgentReport): CommandContext {
  const commandId = deriveId('agent-report', nodeId, report.reportId);
  return {
    commandId,
    organizationId: job.organizationId,
    actor: { kind: 'agent', id: nodeId, roles: [] },
    correlationId: report.correlationId ?? commandId,
    causationId: report.causationId ?? commandId,
    ...(report.traceparent === undefined ? {} : { traceparent: report.traceparent }),
  };
}
