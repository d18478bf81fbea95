import { Injectable } from '@nestjs/common';
import { BudgetRemovalRequested, BudgetRequested } from '@solyx/contracts/gateway';
import { causedBy, OnEvent, permit, Streams, type Delivery } from '@solyx/eventing';
import type { Recorded } from '@solyx/kernel';
import { accountDecider } from '../domain/account';
import { budgetDecider } from '../domain/budget';

/** Limits what an organization, or a part of it, may spend from now on. */
@Injectable()
export class SetBudgetHandler {
  constructor(private readonly streams: Streams) {}

  /** The time of the wish goes with it, so that a late repeat of an older one does not bring the older limit back. */
  @OnEvent(BudgetRequested)
  async set(event: Recorded<BudgetRequested>, { redelivered }: Delivery): Promise<void> {
    permit(event.metadata.actor, 'budgets:set');
    const { organizationId } = event.metadata;
    const { requestId: _request, fingerprint: _fingerprint, scope, ...wish } = event.data;
    const { profile } = (await this.streams.load(accountDecider, organizationId)).state;
    const zone = profile.timeZone === 'UTC' ? {} : { zone: profile.timeZone };
    // Without a scope it is the organization's, as it always was; whose that is says who asked.
    const of = scope === undefined || scope.kind === 'organization' ? {} : { scope };
    const data = { ...wish, organizationId, ...of, ...zone };
    const context = causedBy(event, undefined, redelivered);
    await this.streams.transact(budgetDecider, organizationId, { type: 'SetBudget', data }, context);
  }

  @OnEvent(BudgetRemovalRequested)
  async remove(event: Recorded<BudgetRemovalRequested>, { redelivered }: Delivery): Promise<void> {
    permit(event.metadata.actor, 'budgets:set');
    const { organizationId } = event.metadata;
    const { scope, at } = event.data;
    const own = scope.kind === 'organization' ? { kind: scope.kind, id: organizationId } : scope;
    const data = { organizationId, scope: own, at };
    const context = causedBy(event, undefined, redelivered);
    await this.streams.transact(budgetDecider, organizationId, { type: 'RemoveBudget', data }, context);
  }
}
