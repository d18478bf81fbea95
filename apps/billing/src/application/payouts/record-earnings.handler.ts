import { Injectable } from '@nestjs/common';
import { CampaignSettled, ChargePosted } from '@solyx/contracts/billing';
import { causedBy, OnEvent, Streams, type CommandContext } from '@solyx/eventing';
import { Clock, type Recorded } from '@solyx/kernel';
import { earningsOfCharge } from '../../domain/payouts/earnings-of-charge';
import type { RecordEarning } from '../../domain/payouts/earning';
import { providerDecider } from '../../domain/payouts/provider';
import { PayoutSettings } from './payout-settings';

/** The payer's tenant caused it; it belongs to the owner. */
const forOwner = (event: Recorded, organizationId: string): CommandContext => ({ ...causedBy(event), organizationId });

/** What customers are charged for shared GPUs, and advertisers for space, is earned by who owns it. */
@Injectable()
export class RecordEarningsHandler {
  constructor(
    private readonly streams: Streams,
    private readonly settings: PayoutSettings,
    private readonly clock: Clock,
  ) {}

  @OnEvent(ChargePosted)
  async charged(event: Recorded<ChargePosted>): Promise<void> {
    const { chargeId, organizationId, lines, at } = event.data;
    for (const { providerId, simulated, gross, agreedNet, agreedGross, booked, parts } of earningsOfCharge(lines)) {
      await this.record(event, {
        ...{ providerId, kind: 'gpu', chargeId, organizationId, simulated, booked, parts, usedAt: at },
        grossMicroUsd: gross.toString(),
        agreedNetMicroUsd: agreedNet.toString(),
        agreedGrossMicroUsd: agreedGross.toString(),
      });
    }
  }

  @OnEvent(CampaignSettled)
  async settled(event: Recorded<CampaignSettled>): Promise<void> {
    const { settlementId, campaignId, organizationId, simulated, shares, to } = event.data;
    for (const { publisherId, amountMicroUsd } of shares) {
      if (amountMicroUsd === '0') continue;
      await this.record(event, {
        ...{ providerId: publisherId, kind: 'ads', chargeId: settlementId, organizationId, simulated, usedAt: to },
        booked: [['revenue:ads:owned', BigInt(amountMicroUsd)]],
        parts: [{ sourceId: campaignId, gpuModel: '', grossMicroUsd: amountMicroUsd }],
        grossMicroUsd: amountMicroUsd,
        agreedNetMicroUsd: amountMicroUsd,
        agreedGrossMicroUsd: amountMicroUsd,
      });
    }
  }

  private async record(
    event: Recorded,
    earning: Omit<RecordEarning, 'disputeWindowMs' | 'eventId' | 'position' | 'at'>,
  ): Promise<void> {
    const { providerId, simulated } = earning;
    const data = {
      ...earning,
      disputeWindowMs: this.settings.disputeWindowMs,
      eventId: event.id,
      position: event.position.toString(),
      at: this.clock.iso(),
    };
    const context = forOwner(event, providerId);
    // A charge may hold money and a rehearsal of one owner: two commands, so two ids.
    const commandId = simulated ? `${context.commandId}/simulated` : context.commandId;
    const command = { type: 'RecordEarning', data } as const;
    await this.streams.transact(providerDecider, providerId, command, { ...context, commandId });
  }
}
