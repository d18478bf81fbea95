import { Injectable } from '@nestjs/common';
import { JobCancelled, JobEvicted, JobFailed, JobQuotaReserved, JobRequeued, JobSucceeded } from '@solyx/contracts/cmo';
import { WorkloadEnded, WorkloadQueued } from '@solyx/contracts/drm';
import { OnEvent } from '@solyx/eventing';
import type { Recorded } from '@solyx/kernel';
import { PartitionInbox } from './partition-inbox';

/** Jobs that may be placed, and jobs that need their GPUs no more. */
@Injectable()
export class QueueWorkloadHandler {
  constructor(private readonly inbox: PartitionInbox) {}

  @OnEvent(JobQuotaReserved, JobRequeued)
  async queue(event: Recorded<JobQuotaReserved | JobRequeued>): Promise<void> {
    const { request, at } = event.data;
    const { $correlationId: correlationId, traceparent } = event.metadata;
    const origin = { correlationId, ...(traceparent === undefined ? {} : { traceparent }) };
    await this.inbox.submit(WorkloadQueued({ request, ...origin, at }), event);
  }

  @OnEvent(JobFailed, JobCancelled, JobEvicted)
  async end(event: Recorded<JobFailed | JobCancelled | JobEvicted>): Promise<void> {
    const { jobId, attempt, reason, at } = event.data;
    await this.inbox.submit(WorkloadEnded({ workloadId: jobId, attempt, reason: codeOf(event, reason), at }), event);
  }

  @OnEvent(JobSucceeded)
  async succeed(event: Recorded<JobSucceeded>): Promise<void> {
    const { jobId, attempt, at } = event.data;
    await this.inbox.submit(WorkloadEnded({ workloadId: jobId, attempt, reason: 'Succeeded', at }), event);
  }
}

/** Who cancels may write a sentence; the journal keeps a code. */
const codeOf = ({ type }: Recorded, reason: string): string => (type === JobCancelled.type ? 'Cancelled' : reason);
