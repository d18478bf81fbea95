import { Injectable } from '@nestjs/common';
import {
  PayoutCreated,
  PayoutFailed,
  PayoutPaid,
  PayoutReturned,
  ProviderPayoutAllotted,
} from '@solyx/contracts/billing';
import { causedBy, OnEvent, Streams } from '@solyx/eventing';
import { type Recorded } from '@solyx/kernel';
import { payoutDecider } from '../../domain/payouts/payout';
import { providerDecider } from '../../domain/payouts/provider';
import { SubmitPayout } from './submit-payout';

/** From money set apart to money sent, and how it ended back to the owner's balance. */
@Injectable()
export class CarryOutPayoutHandler {
  constructor(
    private readonly streams: Streams,
    private readonly submitter: SubmitPayout,
  ) {}

  @OnEvent(ProviderPayoutAllotted)
  async create(event: Recorded<ProviderPayoutAllotted>): Promise<void> {
    const { postings: _postings, ...data } = event.data;
    await this.streams.transact(payoutDecider, data.payoutId, { type: 'CreatePayout', data }, causedBy(event));
  }

  @OnEvent(PayoutCreated)
  async submit(event: Recorded<PayoutCreated>): Promise<void> {
    const { payoutId, providerId, rail, accountRef, netMicroUsd, at } = event.data;
    const payment = { payoutId, providerId, accountRef, netMicroUsd, createdAt: at };
    await this.submitter.submit(rail, payment, causedBy(event));
  }

  @OnEvent(PayoutPaid, PayoutFailed, PayoutReturned)
  async settle(event: Recorded<PayoutPaid> | Recorded<PayoutFailed> | Recorded<PayoutReturned>): Promise<void> {
    const { payoutId, providerId, at } = event.data;
    const outcome = OUTCOMES[event.type];
    const command = { type: 'SettlePayout', data: { payoutId, providerId, outcome, at } } as const;
    await this.streams.transact(providerDecider, providerId, command, causedBy(event));
  }
}

const OUTCOMES = {
  'billing.payout.paid': 'paid',
  'billing.payout.failed': 'failed',
  'billing.payout.returned': 'returned',
} as const;
