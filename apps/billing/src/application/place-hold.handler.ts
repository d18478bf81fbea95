import { Injectable } from '@nestjs/common';
import { JobQueued } from '@solyx/contracts/cmo';
import { causedBy, OnEvent, Streams } from '@solyx/eventing';
import { Clock, type Recorded } from '@solyx/kernel';
import { budgetDecider, holdIdOf } from '../domain/budget';
import { holdFor } from '../domain/hold';
import { PriceBook } from './price-book';

/** Sets money aside for a job before it may be placed, or refuses: BudgetExceeded, NoPrice. */
@Injectable()
export class PlaceHoldHandler {
  constructor(
    private readonly streams: Streams,
    private readonly prices: PriceBook,
    private readonly clock: Clock,
  ) {}

  @OnEvent(JobQueued)
  async place(event: Recorded<JobQueued>): Promise<void> {
    const { jobId, organizationId, spec } = event.data;
    const at = this.clock.iso();
    const amount = holdFor(spec, await this.prices.inForceAt(at));
    const data = {
      holdId: holdIdOf(jobId),
      organizationId,
      jobId,
      at,
      ...(amount === undefined ? {} : { amountMicroUsd: amount.toString() }),
    };
    // A job that was refused stays refused, also where the repeat does not know that it is one: the answer was heard.
    // A hold that was placed is known to the budget itself.
    const context = { ...causedBy(event, undefined, 'perhaps'), organizationId };
    await this.streams.transact(budgetDecider, organizationId, { type: 'PlaceHold', data }, context);
  }
}
