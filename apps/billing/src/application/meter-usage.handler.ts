import { Injectable } from '@nestjs/common';
import { AllocationGranted, AllocationReleased } from '@solyx/contracts/drm';
import { causedBy, OnEvent, Streams, type CommandContext } from '@solyx/eventing';
import { Clock, SolyxError, type Recorded } from '@solyx/kernel';
import { accountDecider } from '../domain/account';
import { budgetDecider, holdIdOf } from '../domain/budget';
import { PriceBook } from './price-book';
import { transactWhenReady } from './transact-when-ready';

/** The scheduler's journal belongs to no tenant; what it means for one is recorded as that tenant's. */
const forTenant = (event: Recorded, organizationId: string): CommandContext => ({ ...causedBy(event), organizationId });

/** Starts the meter at the grant and charges at the release. Both may come twice, late, or the wrong way around. */
@Injectable()
export class MeterUsageHandler {
  constructor(
    private readonly streams: Streams,
    private readonly prices: PriceBook,
    private readonly clock: Clock,
  ) {}

  @OnEvent(AllocationGranted)
  async open(event: Recorded<AllocationGranted>): Promise<void> {
    const { allocation } = event.data;
    const { organizationId } = allocation;
    const data = { allocation, eventId: event.id, position: event.position.toString(), at: this.clock.iso() };
    await transactWhenReady(this.streams, {
      decider: accountDecider,
      id: organizationId,
      command: { type: 'OpenUsage', data },
      context: forTenant(event, organizationId),
    });
  }

  @OnEvent(AllocationReleased)
  async charge(event: Recorded<AllocationReleased>): Promise<void> {
    const { allocationId, organizationId, workloadId, at } = event.data;
    const { state } = await this.streams.load(accountDecider, organizationId);
    const known = state.usages.get(allocationId);
    if (!known) {
      throw new SolyxError(
        'Unavailable',
        `the grant of ${allocationId} comes first`,
        { allocationId },
        {
          reason: 'UsageUnknown',
        },
      );
    }
    const agreedAt = known.phase === 'Open' ? known.usage.allocation.grantedAt : at;
    const data = {
      allocationId,
      releasedAt: at,
      eventId: event.id,
      position: event.position.toString(),
      priceList: await this.prices.inForceAt(agreedAt),
    };
    const context = forTenant(event, organizationId);
    const outcome = await transactWhenReady(this.streams, {
      decider: accountDecider,
      id: organizationId,
      command: { type: 'PostCharge', data },
      context,
    });
    const charged = outcome.state.usages.get(allocationId);
    if (charged?.phase !== 'Charged') return;
    // Also after a repeat: a crash between the charge and its count must not lose the count.
    const { chargeId, totalMicroUsd } = charged;
    const count = {
      holdId: holdIdOf(workloadId),
      organizationId,
      jobId: workloadId,
      chargeId,
      amountMicroUsd: totalMicroUsd,
      at: charged.at,
    };
    await this.streams.transact(budgetDecider, organizationId, { type: 'CountCharge', data: count }, context);
  }
}
