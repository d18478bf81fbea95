import { Injectable } from '@nestjs/common';
import { JobRequeued } from '@solyx/contracts/cmo';
import { causedBy, OnEvent, Streams, type Delivery } from '@solyx/eventing';
import { Clock, SolyxError, type Recorded } from '@solyx/kernel';
import { accountDecider } from '../domain/account';
import { budgetDecider, holdIdOf } from '../domain/budget';
import { walletDecider } from '../domain/wallet';
import { chargesMissing, PATIENCE } from './charges-missing';

/**
 * Another attempt of a job may cost what the first might have: its hold is raised by what was spent so far, in the same
 * hold, so that no other job takes that money. A job with a budget of its own has no more than that. Where there is not
 * enough the refusal is recorded, with what was spent: cmo then ends the attempt before it spends more than the hold still has.
 */
@Injectable()
export class RaiseHoldHandler {
  constructor(
    private readonly streams: Streams,
    private readonly clock: Clock,
  ) {}

  @OnEvent(JobRequeued)
  async raise(event: Recorded<JobRequeued>, delivery: Delivery): Promise<void> {
    const { jobId, attempt } = event.data;
    const { organizationId } = event.metadata;
    const missing = await chargesMissing(this.streams, organizationId, jobId, attempt);
    if (missing && delivery.attempt < PATIENCE) {
      throw new SolyxError('Unavailable', `the charge of ${jobId} comes before its hold is raised`, { jobId });
    }
    const holdId = holdIdOf(jobId);
    const budget = await this.streams.load(budgetDecider, organizationId);
    const hold = budget.state.holds.get(holdId);
    if (!hold || hold.released || hold.fixed) return;
    const data = {
      ...{ holdId, organizationId, jobId, at: this.clock.iso() },
      amountMicroUsd: (hold.placed + hold.spent).toString(),
      attempt,
      ...(missing ? {} : { spentMicroUsd: hold.spent.toString() }),
    };
    // A repeat finds what was decided the first time: what was spent since is the next attempt's to raise.
    const context = causedBy(event, undefined, delivery.redelivered);
    const wallet = await this.streams.load(walletDecider, organizationId);
    if (wallet.state.holds.get(holdId)?.over === false) {
      const command = { type: 'RaiseHold', data } as const;
      if (!(await this.streams.transact(walletDecider, organizationId, command, context)).accepted) return;
    }
    const { profile } = (await this.streams.load(accountDecider, organizationId)).state;
    const command = { type: 'RaiseHold', data: { ...data, zone: profile.timeZone } } as const;
    await this.streams.transact(budgetDecider, organizationId, command, context);
  }
}
