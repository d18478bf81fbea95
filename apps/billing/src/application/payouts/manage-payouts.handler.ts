import { Injectable } from '@nestjs/common';
import {
  IdentityVerificationRequested,
  PayoutAccountRequested,
  PayoutRequested,
  ProviderFeeRequested,
} from '@solyx/contracts/gateway';
import { causedBy, OnEvent, Streams, type CommandContext } from '@solyx/eventing';
import { Clock, derivePrefixedId, permit, type Recorded } from '@solyx/kernel';
import { providerDecider, THRESHOLD_DEFAULT, type ProviderCommand } from '../../domain/payouts/provider';
import { IdentityCheck } from './identity-check';
import { PayoutRails } from './payout-rail';

/** What owners and operators ask of payouts. An owner asks for their own organization; nobody can name another. */
@Injectable()
export class ManagePayoutsHandler {
  constructor(
    private readonly streams: Streams,
    private readonly rails: PayoutRails,
    private readonly identities: IdentityCheck,
    private readonly clock: Clock,
  ) {}

  @OnEvent(PayoutRequested)
  async payout(event: Recorded<PayoutRequested>): Promise<void> {
    permit(event.metadata.actor, 'payouts:request');
    const providerId = event.metadata.organizationId;
    const { requestId, amountMicroUsd } = event.data;
    const data = {
      payoutId: derivePrefixedId('po', providerId, requestId),
      providerId,
      ...(amountMicroUsd === undefined ? {} : { amountMicroUsd }),
      rails: this.rails.all.map(({ name }) => name),
      at: this.clock.iso(),
    };
    await this.transact(event, providerId, { type: 'AllotPayout', data });
  }

  @OnEvent(PayoutAccountRequested)
  async account(event: Recorded<PayoutAccountRequested>): Promise<void> {
    permit(event.metadata.actor, 'payouts:request');
    const providerId = event.metadata.organizationId;
    const { rail, accountRef, thresholdMicroUsd = THRESHOLD_DEFAULT.toString(), schedule = 'manual' } = event.data;
    const data = { providerId, rail, accountRef, thresholdMicroUsd, schedule, at: this.clock.iso() };
    await this.transact(event, providerId, { type: 'SetPayoutAccount', data });
  }

  /** The answer may take days; until then the owner is asked about again and again by the process that pays. */
  @OnEvent(IdentityVerificationRequested)
  async identity(event: Recorded<IdentityVerificationRequested>): Promise<void> {
    permit(event.metadata.actor, 'payouts:request');
    const providerId = event.metadata.organizationId;
    const { documentRef } = event.data;
    const at = this.clock.iso();
    await this.transact(event, providerId, { type: 'RequestIdentity', data: { providerId, documentRef, at } });
    const answer = await this.identities.check({ providerId, documentRef });
    const checkedBy = this.identities.name;
    if (answer.outcome === 'verified') {
      const data = { providerId, checkedBy, reference: answer.reference, at };
      await this.transact(event, providerId, { type: 'VerifyIdentity', data });
    }
    if (answer.outcome === 'rejected') {
      const data = { providerId, checkedBy, reason: answer.reason, at };
      await this.transact(event, providerId, { type: 'RejectIdentity', data });
    }
  }

  @OnEvent(ProviderFeeRequested)
  async fee(event: Recorded<ProviderFeeRequested>): Promise<void> {
    permit(event.metadata.actor, 'prices:set');
    const { providerId, feeBps, withdrawalFeeMicroUsd, effectiveFrom } = event.data;
    const data = {
      ...{ providerId, feeBps, effectiveFrom, at: this.clock.iso() },
      ...(withdrawalFeeMicroUsd === undefined ? {} : { withdrawalFeeMicroUsd }),
    };
    await this.transact(event, providerId, { type: 'SetFeeSchedule', data });
  }

  /** Asked once, also where the repeat does not know that it is one: what was answered stands. */
  private async transact(event: Recorded, providerId: string, command: ProviderCommand): Promise<void> {
    const context = causedBy(event, undefined, true);
    const owners = { ...context, organizationId: providerId };
    const contextOf: CommandContext['contextOf'] = ({ type }) =>
      type.startsWith('billing.provider.') ? owners : undefined;
    await this.streams.transact(providerDecider, providerId, command, { ...context, contextOf });
  }
}
