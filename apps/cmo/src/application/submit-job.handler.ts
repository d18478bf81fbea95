import { Injectable } from '@nestjs/common';
import { JobSubmitted } from '@solyx/contracts/gateway';
import { causedBy, OnEvent, permit, Streams, type Delivery } from '@solyx/eventing';
import { Clock, type Recorded } from '@solyx/kernel';
import { jobDecider } from '../domain/job';

/** What a customer submitted becomes a job that waits. */
@Injectable()
export class SubmitJobHandler {
  constructor(
    private readonly streams: Streams,
    private readonly clock: Clock,
  ) {}

  @OnEvent(JobSubmitted)
  async queue(event: Recorded<JobSubmitted>, delivery: Delivery): Promise<void> {
    const { actor, organizationId } = event.metadata;
    permit(actor, 'jobs:submit');
    const { jobId, requestId, spec } = event.data;
    const data = { jobId, requestId, organizationId, spec, submittedBy: actor.id, at: this.clock.iso() };
    const context = causedBy(event, undefined, delivery.redelivered);
    await this.streams.transact(jobDecider, jobId, { type: 'QueueJob', data }, context);
  }
}
