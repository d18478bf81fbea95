import { Injectable } from '@nestjs/common';
import { onOccasion, OnTick, Streams, Views } from '@solyx/eventing';
import { Clock } from '@solyx/kernel';
import { walletDecider } from '../domain/wallet';
import { walletView } from './wallet.projection';

const EVERY_MS = 60_000;
const PAGE = 200;

/**
 * Ends credits and holds that are past their time. Nothing depends on how soon it comes: what has expired is not drawn,
 * whether that was recorded or not. One page of wallets a minute, one after another, so that a tick is always short.
 */
@Injectable()
export class ExpireCreditsProcess {
  private after: string | undefined;

  constructor(
    private readonly streams: Streams,
    private readonly views: Views,
    private readonly clock: Clock,
  ) {}

  @OnTick(EVERY_MS)
  async expire(): Promise<void> {
    const at = this.clock.iso();
    const from = this.after === undefined ? {} : { after: this.after };
    const { rows, hasNext } = await this.views.list(walletView, {
      where: { perishable: true },
      first: PAGE,
      order: 'oldest',
      ...from,
    });
    for (const { row } of rows) if (row.nextExpiryAt <= at) await this.expireOne(row.organizationId, at);
    this.after = hasNext ? rows.at(-1)?.cursor : undefined;
  }

  private async expireOne(organizationId: string, at: string): Promise<void> {
    const context = onOccasion('billing', `expire credits of ${organizationId} at ${at}`, organizationId);
    const command = { type: 'ExpireDue', data: { organizationId, at } } as const;
    await this.streams.transact(walletDecider, organizationId, command, context);
  }
}
