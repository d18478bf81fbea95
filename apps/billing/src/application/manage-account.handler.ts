import { Injectable } from '@nestjs/common';
import type { Commitment } from '@solyx/contracts';
import { CommitmentRequested, PriceBookAssignmentRequested } from '@solyx/contracts/gateway';
import { causedBy, OnEvent, permit, Streams, type Delivery } from '@solyx/eventing';
import type { Recorded } from '@solyx/kernel';
import { accountDecider } from '../domain/account';
import { rateUsage } from '../domain/rating/rate-usage';
import { UsagePrices } from './usage-prices';

/** Gives an account a price book of its own, and takes commitments to capacity, when somebody with the right asks. */
@Injectable()
export class ManageAccountHandler {
  constructor(
    private readonly streams: Streams,
    private readonly prices: UsagePrices,
  ) {}

  @OnEvent(PriceBookAssignmentRequested)
  async assign(event: Recorded<PriceBookAssignmentRequested>, { redelivered }: Delivery): Promise<void> {
    permit(event.metadata.actor, 'prices:set');
    const { accountId, priceBookId, effectiveFrom, at } = event.data;
    const data = { organizationId: accountId, priceBookId, effectiveFrom, at };
    const context = { ...causedBy(event, undefined, redelivered), organizationId: accountId };
    await this.streams.transact(accountDecider, accountId, { type: 'AssignPriceBook', data }, context);
  }

  /** The price is the reserved one of the organization's book when the commitment begins, for all of its time. */
  @OnEvent(CommitmentRequested)
  async commit(event: Recorded<CommitmentRequested>, { redelivered }: Delivery): Promise<void> {
    permit(event.metadata.actor, 'quotes:accept');
    const { organizationId } = event.metadata;
    const { requestId: _request, fingerprint: _fingerprint, at, ...wanted } = event.data;
    const prices = await this.prices.of(organizationId);
    const usage = { ...wanted, quantity: 0n, pricing: 'reserved' as const, quality: wanted.quality ?? 'standard' };
    const rating = rateUsage(usage, prices.cardAt(wanted.from));
    const context = causedBy(event, undefined, redelivered);
    if (!rating.rated) {
      const data = { commitmentId: wanted.commitmentId, meter: wanted.meter, product: wanted.product };
      await this.streams.transact(accountDecider, organizationId, { type: 'RefuseCommitment', data }, context);
      return;
    }
    const commitment: Commitment = { ...wanted, organizationId, terms: rating.usage.terms };
    const command = { type: 'AddCommitment', data: { organizationId, commitment, at } } as const;
    await this.streams.transact(accountDecider, organizationId, command, context);
  }
}
