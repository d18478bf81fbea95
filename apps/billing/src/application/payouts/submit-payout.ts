import { Injectable } from '@nestjs/common';
import type { PayoutRailName } from '@solyx/contracts';
import { Streams, type CommandContext } from '@solyx/eventing';
import { Clock } from '@solyx/kernel';
import { payoutDecider } from '../../domain/payouts/payout';
import { PayoutRails, railOf, type Payment } from './payout-rail';

/** Gives a payment to its rail and records what the rail said. May be repeated: the rail knows the payment by its id. */
@Injectable()
export class SubmitPayout {
  constructor(
    private readonly streams: Streams,
    private readonly rails: PayoutRails,
    private readonly clock: Clock,
  ) {}

  async submit(name: PayoutRailName, payment: Payment, context: CommandContext): Promise<void> {
    const { payoutId } = payment;
    const { state } = await this.streams.load(payoutDecider, payoutId);
    if (state.phase !== 'Created') return;
    const rail = railOf(this.rails, name);
    const submission = rail
      ? await rail.submit(payment)
      : ({ taken: false, reason: `there is no rail "${name}" here any more` } as const);
    const at = this.clock.iso();
    const command = submission.taken
      ? ({ type: 'MarkSubmitted', data: { payoutId, reference: submission.reference, at } } as const)
      : ({ type: 'MarkFailed', data: { payoutId, reason: submission.reason, at } } as const);
    await this.streams.transact(payoutDecider, payoutId, command, context);
  }
}
