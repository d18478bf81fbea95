import { Injectable } from '@nestjs/common';
import { onOccasion, OnTick, Streams, Views, type CommandContext } from '@solyx/eventing';
import { Clock } from '@solyx/kernel';
import { payoutDecider, type PayoutCommand } from '../../domain/payouts/payout';
import { eachAlone } from '../each-alone';
import { PayoutRails, railOf } from './payout-rail';
import { payoutView, type PayoutRow } from './payout.projection';
import { SubmitPayout } from './submit-payout';

const TICK_MS = 60_000;
/** Payouts looked at per tick and phase. */
const PAGE = 50;
/** Banks send money back within this time; afterwards nobody is asked any more. */
const RETURNS_FOR_MS = 14 * 24 * 3_600_000;

/**
 * Asks the rails what became of payments, and gives them once more those that they do not have. Each tick looks at one
 * page of each phase, the next tick at the next.
 */
@Injectable()
export class FollowPayoutsProcess {
  private readonly cursors = new Map<string, string>();

  constructor(
    private readonly streams: Streams,
    private readonly views: Views,
    private readonly rails: PayoutRails,
    private readonly submitter: SubmitPayout,
    private readonly clock: Clock,
  ) {}

  @OnTick(TICK_MS)
  async follow(): Promise<void> {
    if (this.rails.all.length === 0) return;
    const since = new Date(this.clock.now() - RETURNS_FOR_MS).toISOString();
    const rows = [
      ...(await this.page('Created')),
      ...(await this.page('Submitted')),
      ...(await this.page('Paid')).filter(({ at }) => at >= since),
    ];
    await eachAlone(rows, (row) => (row.phase === 'Created' ? this.submit(row) : this.ask(row)));
  }

  private async page(phase: PayoutRow['phase']): Promise<readonly PayoutRow[]> {
    const after = this.cursors.get(phase);
    const query = {
      where: { phase },
      first: PAGE,
      order: 'newest',
      ...(after === undefined ? {} : { after }),
    } as const;
    const { rows, hasNext } = await this.views.list(payoutView, query);
    const last = rows[rows.length - 1];
    if (hasNext && last) this.cursors.set(phase, last.cursor);
    else this.cursors.delete(phase);
    return rows.map(({ row }) => row);
  }

  private submit(row: PayoutRow): Promise<void> {
    return this.submitter.submit(row.rail, this.paymentOf(row), this.occasion(row, 'submit'));
  }

  private async ask(row: PayoutRow): Promise<void> {
    const { payoutId, rail, reference } = row;
    const answer = await railOf(this.rails, rail)?.statusOf(this.paymentOf(row), reference);
    if (!answer || answer.status === 'pending') return;
    const at = this.clock.iso();
    const command: PayoutCommand =
      answer.status === 'paid'
        ? { type: 'MarkPaid', data: { payoutId, at } }
        : {
            type: answer.status === 'failed' ? 'MarkFailed' : 'MarkReturned',
            data: { payoutId, reason: answer.reason.slice(0, 256), at },
          };
    await this.streams.transact(payoutDecider, payoutId, command, this.occasion(row, answer.status));
  }

  private paymentOf({ payoutId, providerId, accountRef, netMicroUsd, createdAt }: PayoutRow) {
    return { payoutId, providerId, accountRef, netMicroUsd, createdAt };
  }

  private occasion({ payoutId, providerId }: PayoutRow, what: string): CommandContext {
    return onOccasion('billing', `payout/${payoutId}/${what}`, providerId);
  }
}
