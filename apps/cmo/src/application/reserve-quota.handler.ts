import { Injectable } from '@nestjs/common';
import { reasonOf } from '@solyx/contracts';
import { BillingCommandRefused, BudgetHoldRaised, HoldPlaced } from '@solyx/contracts/billing';
import { causedBy, OnEvent, Streams, type Delivery } from '@solyx/eventing';
import { Clock, type Recorded } from '@solyx/kernel';
import { jobDecider } from '../domain/job';

/** Billing holds the money for a job, or says no. */
@Injectable()
export class ReserveQuotaHandler {
  constructor(
    private readonly streams: Streams,
    private readonly clock: Clock,
  ) {}

  @OnEvent(HoldPlaced)
  async held(event: Recorded<HoldPlaced>, delivery: Delivery): Promise<void> {
    const { jobId, amountMicroUsd } = event.data;
    const data = { jobId, holdMicroUsd: amountMicroUsd, at: this.clock.iso() };
    const context = causedBy(event, undefined, delivery.redelivered);
    await this.streams.transact(jobDecider, jobId, { type: 'ReserveQuota', data }, context);
  }

  /** For another attempt of the job. */
  @OnEvent(BudgetHoldRaised)
  async raised(event: Recorded<BudgetHoldRaised>, delivery: Delivery): Promise<void> {
    const { jobId, attempt, amountMicroUsd, spentMicroUsd } = event.data;
    if (attempt === undefined) return;
    const spent = spentMicroUsd === undefined ? {} : { spentMicroUsd };
    const data = { jobId, attempt, holdMicroUsd: amountMicroUsd, ...spent, at: this.clock.iso() };
    const context = causedBy(event, undefined, delivery.redelivered);
    await this.streams.transact(jobDecider, jobId, { type: 'FundJob', data }, context);
  }

  /** A refusal names its job in the details; refusals of other commands concern nobody here. */
  @OnEvent(BillingCommandRefused)
  async refused(event: Recorded<BillingCommandRefused>, delivery: Delivery): Promise<void> {
    const { command, reason, details } = event.data;
    const jobId = details['jobId'];
    if (typeof jobId !== 'string') return;
    const at = this.clock.iso();
    const context = causedBy(event, undefined, delivery.redelivered);
    if (command === 'RaiseHold') {
      const { attempt, holdSpentMicroUsd: spent } = details;
      if (typeof attempt !== 'number') return;
      const known = typeof spent === 'string' ? { spentMicroUsd: spent } : {};
      const data = { jobId, attempt, ...known, refused: reason, at };
      await this.streams.transact(jobDecider, jobId, { type: 'FundJob', data }, context);
    }
    if (command !== 'PlaceHold') return;
    const data = { jobId, reason, message: reasonOf(reason).message, at };
    await this.streams.transact(jobDecider, jobId, { type: 'RefuseQuota', data }, context);
  }
}
