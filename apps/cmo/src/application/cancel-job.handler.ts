import { Injectable } from '@nestjs/common';
import { JobCancellationRequested } from '@solyx/contracts/gateway';
import { causedBy, OnEvent, permit, Streams, type Delivery } from '@solyx/eventing';
import { Clock, SolyxError, type Recorded } from '@solyx/kernel';
import { jobDecider } from '../domain/job';

/** Requests are streams of their own, so a cancellation may overtake its job. After this many tries there is none. */
const TRIES_BEFORE_UNKNOWN = 5;

@Injectable()
export class CancelJobHandler {
  constructor(
    private readonly streams: Streams,
    private readonly clock: Clock,
  ) {}

  @OnEvent(JobCancellationRequested)
  async cancel(event: Recorded<JobCancellationRequested>, delivery: Delivery): Promise<void> {
    const { actor, organizationId } = event.metadata;
    permit(actor, 'jobs:cancel');
    const { jobId, reason } = event.data;
    const { state } = await this.streams.load(jobDecider, jobId);
    const isKnown = state.phase !== 'Unknown';
    if (!isKnown && delivery.attempt < TRIES_BEFORE_UNKNOWN) {
      throw new SolyxError('Unavailable', 'the job has not arrived yet', { jobId });
    }
    if (isKnown && state.organizationId !== organizationId) {
      throw new SolyxError('PermissionDenied', 'the job belongs to another organization', { jobId });
    }
    const command = { type: 'CancelJob', data: { jobId, reason, at: this.clock.iso() } } as const;
    await this.streams.transact(jobDecider, jobId, command, causedBy(event, undefined, delivery.redelivered));
  }
}
