import { Injectable } from '@nestjs/common';
import { JobCancelled, JobFailed, JobSucceeded } from '@solyx/contracts/cmo';
import { causedBy, OnEvent, Streams, type Delivery } from '@solyx/eventing';
import { Clock, SolyxError, type Recorded } from '@solyx/kernel';
import { accountDecider, jobUsageOf } from '../domain/account';
import { budgetDecider, holdIdOf } from '../domain/budget';
import { walletDecider } from '../domain/wallet';
import { chargesMissing, PATIENCE } from './charges-missing';

type Ended = JobSucceeded | JobFailed | JobCancelled;

/**
 * Frees what a job did not spend once it has ended. Its charge comes first, as a rule: freeing the hold before would let
 * other jobs take money that is spent already. A charge that comes later still counts.
 */
@Injectable()
export class ReleaseHoldHandler {
  constructor(
    private readonly streams: Streams,
    private readonly clock: Clock,
  ) {}

  @OnEvent(JobSucceeded, JobFailed, JobCancelled)
  async release(
    event: Recorded<JobSucceeded> | Recorded<JobFailed> | Recorded<JobCancelled>,
    delivery: Delivery,
  ): Promise<void> {
    const { organizationId } = event.metadata;
    const { jobId } = event.data;
    if (delivery.attempt < PATIENCE && (await this.chargeIsMissing(event))) {
      throw new SolyxError('Unavailable', `the charge of ${jobId} comes before its hold is freed`, { jobId });
    }
    const data = { holdId: holdIdOf(jobId), organizationId, jobId, at: this.clock.iso() };
    const context = causedBy(event);
    await this.streams.transact(budgetDecider, organizationId, { type: 'ReleaseHold', data }, context);
    const account = await this.streams.load(accountDecider, organizationId);
    const wallet = await this.streams.load(walletDecider, organizationId);
    const hold = wallet.state.holds.get(data.holdId);
    // Who pays in advance may end a job before its hold is asked for; then the wallet must not hold anything later.
    if (hold === undefined && account.state.profile.mode !== 'prepaid') return;
    const freed = { ...data, simulated: hold?.simulated ?? false };
    await this.streams.transact(walletDecider, organizationId, { type: 'VoidHold', data: freed }, context);
  }

  /** What succeeded was granted, so its charge is to come; what failed or was cancelled may never have been. */
  private async chargeIsMissing({ type, data, metadata }: Recorded<Ended>): Promise<boolean> {
    const { organizationId } = metadata;
    const { state } = await this.streams.load(accountDecider, organizationId);
    const { attempts } = jobUsageOf(state, data.jobId);
    if (type === JobSucceeded.type && !attempts.includes(data.attempt)) return true;
    return chargesMissing(this.streams, organizationId, data.jobId);
  }
}
