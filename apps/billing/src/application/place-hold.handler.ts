import { Injectable } from '@nestjs/common';
import { JobQueued } from '@solyx/contracts/cmo';
import { causedBy, OnEvent, Streams, type CommandContext } from '@solyx/eventing';
import { Clock, type Recorded } from '@solyx/kernel';
import { accountDecider } from '../domain/account';
import { budgetDecider, holdIdOf } from '../domain/budget';
import { holdFor } from '../domain/hold';
import { pricesToHold } from '../domain/hold-prices';
import { walletDecider } from '../domain/wallet';
import { PriceBook } from './price-book';
import { UsagePrices } from './usage-prices';

const DAY_MS = 86_400_000;
/** What work holds in a wallet is free again this long after it could have run, whatever became of it. */
const WAITS_AT_MOST_MS = 30 * DAY_MS;

/**
 * Sets money aside for a job before it may be placed, or refuses: BudgetExceeded, InsufficientCredit, NoPrice. Who pays in
 * advance holds in the wallet first, then in the budget; what one of both refuses is held in neither.
 */
@Injectable()
export class PlaceHoldHandler {
  constructor(
    private readonly streams: Streams,
    private readonly list: PriceBook,
    private readonly prices: UsagePrices,
    private readonly clock: Clock,
  ) {}

  @OnEvent(JobQueued)
  async place(event: Recorded<JobQueued>): Promise<void> {
    const { jobId, organizationId, spec, submittedBy } = event.data;
    const at = this.clock.iso();
    const list = await this.list.inForceAt(at);
    const own = await this.prices.of(organizationId);
    const amount = holdFor(spec, pricesToHold(list, own.cardAt(at)));
    const { profile } = (await this.streams.load(accountDecider, organizationId)).state;
    const wanted = amount === undefined ? {} : { amountMicroUsd: amount.toString() };
    const hold = { holdId: holdIdOf(jobId), organizationId, jobId, project: spec.project, at, ...wanted };
    // A job that was refused stays refused, also where the repeat does not know that it is one: the answer was heard.
    // A hold that was placed is known to the budget itself.
    const context = { ...causedBy(event, undefined, 'perhaps'), organizationId };
    const prepaid = profile.mode === 'prepaid';
    if (prepaid && !(await this.holdInWallet(hold, spec, context))) return;
    const fixed = spec.limits.budgetMicroUsd === undefined ? {} : { fixed: true };
    const data = { ...hold, ...fixed, keyId: submittedBy, zone: profile.timeZone };
    const answer = await this.streams.transact(budgetDecider, organizationId, { type: 'PlaceHold', data }, context);
    if (!prepaid || answer.accepted) return;
    const { holdId } = hold;
    const freed = { holdId, organizationId, jobId, simulated: spec.placement.simulated, at };
    await this.streams.transact(walletDecider, organizationId, { type: 'VoidHold', data: freed }, context);
  }

  private async holdInWallet(
    hold: {
      readonly holdId: string;
      readonly organizationId: string;
      readonly jobId: string;
      readonly project: string;
      readonly at: string;
      readonly amountMicroUsd?: string;
    },
    { placement, limits, retry }: JobQueued['data']['spec'],
    context: CommandContext,
  ): Promise<boolean> {
    const runsAtMostMs = limits.maxRuntimeSeconds * 1_000 * (retry.max + 1);
    const expiresAt = new Date(Date.parse(hold.at) + WAITS_AT_MOST_MS + runsAtMostMs).toISOString();
    const data = { ...hold, simulated: placement.simulated, expiresAt };
    const command = { type: 'PlaceHold', data } as const;
    return (await this.streams.transact(walletDecider, hold.organizationId, command, context)).accepted;
  }
}
