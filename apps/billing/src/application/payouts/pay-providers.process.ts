import { Injectable } from '@nestjs/common';
import { onOccasion, OnTick, Streams, Views } from '@solyx/eventing';
import { Clock, derivePrefixedId } from '@solyx/kernel';
import { duePeriod } from '../../domain/payouts/payout-schedule';
import { providerDecider, type ProviderCommand } from '../../domain/payouts/provider';
import { eachAlone } from '../each-alone';
import { IdentityCheck } from './identity-check';
import { PayoutRails } from './payout-rail';
import { providerView, type ProviderRow } from './provider.projection';

const TICK_MS = 300_000;
/** Owners looked at per tick. */
const PAGE = 200;

/**
 * Once a day lets go of what no longer waits, asks again about owners whose check is not decided, and pays those who want
 * to be paid by themselves. Each tick looks at one page of owners, the next tick at the next.
 */
@Injectable()
export class PayProvidersProcess {
  private cursor: string | undefined;

  constructor(
    private readonly streams: Streams,
    private readonly views: Views,
    private readonly rails: PayoutRails,
    private readonly identities: IdentityCheck,
    private readonly clock: Clock,
  ) {}

  @OnTick(TICK_MS)
  async pay(): Promise<void> {
    const after = this.cursor;
    const query = { first: PAGE, order: 'oldest', ...(after === undefined ? {} : { after }) } as const;
    const { rows, hasNext } = await this.views.list(providerView, query);
    this.cursor = hasNext ? rows[rows.length - 1]?.cursor : undefined;
    await eachAlone(rows, async ({ row }) => {
      await this.release(row);
      await this.payBySchedule(row);
      await this.checkIdentity(row);
    });
  }

  private async checkIdentity({ providerId, identity, documentRef }: ProviderRow): Promise<void> {
    if (identity !== 'Requested') return;
    const answer = await this.identities.check({ providerId, documentRef });
    const base = { providerId, checkedBy: this.identities.name, at: this.clock.iso() };
    if (answer.outcome === 'verified') {
      await this.record(providerId, { type: 'VerifyIdentity', data: { ...base, reference: answer.reference } });
    }
    if (answer.outcome === 'rejected') {
      await this.record(providerId, { type: 'RejectIdentity', data: { ...base, reason: answer.reason } });
    }
  }

  /** Not each hour: what is paid out lets go of what is due by itself. */
  private async release({ providerId, releaseAfter }: ProviderRow): Promise<void> {
    const at = this.clock.iso();
    if (releaseAfter === '' || releaseAfter.slice(0, 10) >= at.slice(0, 10)) return;
    await this.record(providerId, { type: 'ReleaseReserve', data: { providerId, at } });
  }

  private async payBySchedule(row: ProviderRow): Promise<void> {
    const { providerId, schedule, availableMicroUsd, thresholdMicroUsd, identity } = row;
    const at = this.clock.iso();
    const period = duePeriod(schedule, at);
    if (period === undefined || identity !== 'Verified') return;
    if (BigInt(availableMicroUsd) < BigInt(thresholdMicroUsd)) return;
    const payoutId = derivePrefixedId('po', providerId, period);
    const rails = this.rails.all.map(({ name }) => name);
    await this.record(providerId, { type: 'AllotPayout', data: { payoutId, providerId, rails, at } });
  }

  /** What would be refused is left alone: nobody asked for it. */
  private async record(providerId: string, command: ProviderCommand): Promise<void> {
    const { state, revision } = await this.streams.load(providerDecider, providerId);
    const decision = providerDecider.decide(command, state);
    if (!decision.accepted || decision.events.length === 0) return;
    const occasion = onOccasion('billing', `provider/${providerId}/${command.type}/${revision}`, providerId);
    await this.streams.transact(providerDecider, providerId, command, occasion);
  }
}
