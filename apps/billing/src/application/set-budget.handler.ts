import { Injectable } from '@nestjs/common';
import { BudgetRequested } from '@solyx/contracts/gateway';
import { causedBy, OnEvent, permit, Streams } from '@solyx/eventing';
import { Clock, type Recorded } from '@solyx/kernel';
import { budgetDecider } from '../domain/budget';

/** Limits what an organization may spend from now on. */
@Injectable()
export class SetBudgetHandler {
  constructor(
    private readonly streams: Streams,
    private readonly clock: Clock,
  ) {}

  @OnEvent(BudgetRequested)
  async set(event: Recorded<BudgetRequested>): Promise<void> {
    permit(event.metadata.actor, 'budgets:set');
    const { organizationId } = event.metadata;
    const { limitMicroUsd, period } = event.data;
    const data = { organizationId, limitMicroUsd, period, at: this.clock.iso() };
    await this.streams.transact(budgetDecider, organizationId, { type: 'SetBudget', data }, causedBy(event));
  }
}
