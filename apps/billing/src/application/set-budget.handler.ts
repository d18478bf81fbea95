import { Injectable } from '@nestjs/common';
import { BudgetRequested } from '@solyx/contracts/gateway';
import { causedBy, OnEvent, permit, Streams, type Delivery } from '@solyx/eventing';
import type { Recorded } from '@solyx/kernel';
import { budgetDecider } from '../domain/budget';

/** Limits what an organization may spend from now on. */
@Injectable()
export class SetBudgetHandler {
  constructor(private readonly streams: Streams) {}

  /** The time of the wish goes with it, so that a late repeat of an older one does not bring the older limit back. */
  @OnEvent(BudgetRequested)
  async set(event: Recorded<BudgetRequested>, { redelivered }: Delivery): Promise<void> {
    permit(event.metadata.actor, 'budgets:set');
    const { organizationId } = event.metadata;
    const { limitMicroUsd, period, at } = event.data;
    const data = { organizationId, limitMicroUsd, period, at };
    const context = causedBy(event, undefined, redelivered);
    await this.streams.transact(budgetDecider, organizationId, { type: 'SetBudget', data }, context);
  }
}
