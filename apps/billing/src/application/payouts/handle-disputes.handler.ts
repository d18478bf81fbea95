import { Injectable } from '@nestjs/common';
import { CREDIT_PRIORITY_USUAL } from '@solyx/contracts';
import { ProviderDisputeResolved } from '@solyx/contracts/billing';
import { DisputeRequested, DisputeResolutionRequested } from '@solyx/contracts/gateway';
import { causedBy, OnEvent, Streams, Views, type CommandContext, type Delivery } from '@solyx/eventing';
import { Clock, derivePrefixedId, permit, SolyxError, type Recorded } from '@solyx/kernel';
import { providerDecider } from '../../domain/payouts/provider';
import { walletDecider } from '../../domain/wallet';
import { earningView } from './earning.projection';

/** Owners that one charge may name. */
const OWNERS_MAX = 128;
/** After so many deliveries the charge is believed not to be one of shared GPUs. */
const PATIENCE = 4;

/** A refusal is told to who asked; what happens to the owner's money belongs to the owner. */
function aboutOwner(event: Recorded, providerId: string): CommandContext {
  const context = causedBy(event, undefined, 'perhaps');
  const owners = { ...context, organizationId: providerId };
  return { ...context, contextOf: ({ type }) => (type.startsWith('billing.provider.') ? owners : undefined) };
}

/** A customer disputes a charge: whoever earned by it waits until an operator has decided. */
@Injectable()
export class HandleDisputesHandler {
  constructor(
    private readonly streams: Streams,
    private readonly views: Views,
    private readonly clock: Clock,
  ) {}

  @OnEvent(DisputeRequested)
  async open(event: Recorded<DisputeRequested>, delivery: Delivery): Promise<void> {
    permit(event.metadata.actor, 'invoices:pay');
    const { requestId, chargeId, reason } = event.data;
    const { organizationId } = event.metadata;
    const owners = await this.ownersOf(chargeId);
    if (owners.length === 0 && delivery.attempt < PATIENCE) {
      throw new SolyxError('Unavailable', `what ${chargeId} earned is not known yet`, { chargeId });
    }
    // Where nobody earned by it, the refusal says so: it is recorded about the customer's own organization.
    for (const providerId of owners.length > 0 ? owners : [organizationId]) {
      const disputeId = derivePrefixedId('dsp', requestId, providerId);
      const data = { disputeId, providerId, chargeId, organizationId, reason, at: this.clock.iso() };
      const command = { type: 'OpenDispute', data } as const;
      await this.streams.transact(providerDecider, providerId, command, aboutOwner(event, providerId));
    }
  }

  @OnEvent(DisputeResolutionRequested)
  async resolve(event: Recorded<DisputeResolutionRequested>): Promise<void> {
    permit(event.metadata.actor, 'invoices:correct');
    const { providerId, disputeId, outcome, refundMicroUsd } = event.data;
    const data = {
      ...{ providerId, disputeId, outcome, at: this.clock.iso() },
      ...(refundMicroUsd === undefined ? {} : { refundMicroUsd }),
    };
    const command = { type: 'ResolveDispute', data } as const;
    await this.streams.transact(providerDecider, providerId, command, aboutOwner(event, providerId));
  }

  /** Who was right has it back as credit, whether the charge was invoiced meanwhile or not. */
  @OnEvent(ProviderDisputeResolved)
  async refund(event: Recorded<ProviderDisputeResolved>): Promise<void> {
    const { disputeId, chargeId, organizationId, simulated, refundMicroUsd } = event.data;
    if (refundMicroUsd === '0') return;
    const data = {
      ...{ grantId: derivePrefixedId('crd', disputeId), organizationId, simulated, amountMicroUsd: refundMicroUsd },
      ...{ kind: 'correction' as const, priority: CREDIT_PRIORITY_USUAL, categories: [], projects: [] },
      ...{ note: `Dispute ${disputeId} about charge ${chargeId} was upheld.`, at: this.clock.iso() },
    };
    const context = { ...causedBy(event), organizationId };
    await this.streams.transact(walletDecider, organizationId, { type: 'GrantCredit', data }, context);
  }

  private async ownersOf(chargeId: string): Promise<readonly string[]> {
    const { rows } = await this.views.list(earningView, { where: { chargeId }, first: OWNERS_MAX });
    return [...new Set(rows.map(({ row }) => row.providerId))];
  }
}
