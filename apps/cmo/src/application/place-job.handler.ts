import { Injectable } from '@nestjs/common';
import { AllocationGranted, AllocationReleased, PreemptionRequested } from '@solyx/contracts/drm';
import { causedBy, OnEvent, Streams, type Delivery } from '@solyx/eventing';
import { Clock, type Recorded } from '@solyx/kernel';
import { jobDecider } from '../domain/job';
import { currentAttempt } from '../domain/job-state';
import { DispatchTasksProcess } from './dispatch-tasks.process';

/** The scheduler gives GPUs, and takes them away. */
@Injectable()
export class PlaceJobHandler {
  constructor(
    private readonly streams: Streams,
    private readonly clock: Clock,
    private readonly dispatch: DispatchTasksProcess,
  ) {}

  @OnEvent(AllocationGranted)
  async granted(event: Recorded<AllocationGranted>, delivery: Delivery): Promise<void> {
    const { allocation } = event.data;
    const jobId = allocation.workloadId;
    const data = { jobId, allocation, at: this.clock.iso() };
    const context = causedBy(event, undefined, delivery.redelivered);
    const outcome = await this.streams.transact(jobDecider, jobId, { type: 'AdmitJob', data }, context);
    const attempt = outcome.accepted && outcome.events.length > 0 ? currentAttempt(outcome.state) : undefined;
    // A short cut that nothing depends on: the nodes are told for sure when `starting` is heard. It is not waited for,
    // because the next grants of the same journal wait for this one.
    if (outcome.accepted && attempt) {
      void this.dispatch.assignAll(outcome.state, attempt, context).catch(() => undefined);
    }
  }

  /** The scheduler asks for them back: the tasks get the notice, and the release follows their end. */
  @OnEvent(PreemptionRequested)
  async wanted(event: Recorded<PreemptionRequested>, delivery: Delivery): Promise<void> {
    const { workloadId: jobId, attempt, reason, noticeSeconds } = event.data;
    const data = { jobId, attempt, reason, noticeSeconds, at: this.clock.iso() };
    const context = causedBy(event, undefined, delivery.redelivered);
    await this.streams.transact(jobDecider, jobId, { type: 'EvictJob', data }, context);
  }

  /** Most releases follow the end of an attempt, and change nothing; the others end it. */
  @OnEvent(AllocationReleased)
  async released(event: Recorded<AllocationReleased>, delivery: Delivery): Promise<void> {
    const { workloadId: jobId, attempt, reason } = event.data;
    const data = { jobId, attempt, reason, at: this.clock.iso() };
    const context = causedBy(event, undefined, delivery.redelivered);
    await this.streams.transact(jobDecider, jobId, { type: 'LoseAllocation', data }, context);
  }
}
