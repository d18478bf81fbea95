import { eventSubscriptionsOf, Streams, tickSubscriptionsOf, type EventHandlerMethod } from '@solyx/eventing';
import { deriveId, ManualClock, SolyxError, type DomainEvent, type Recorded } from '@solyx/kernel';
import { MemoryEventLog, MemoryViews } from '@solyx/testing';
import { AccountBooks } from '../application/account-books';
import { ChargeCampaignsHandler } from '../application/ads/charge-campaigns.handler';
import { ManageCampaignsHandler } from '../application/ads/manage-campaigns.handler';
import { SettleCampaignsProcess } from '../application/ads/settle-campaigns.process';
import { CountCostsProcess } from '../application/assets/count-costs.process';
import { KeepAssetsHandler } from '../application/assets/keep-assets.handler';
import { NodeUses } from '../application/assets/node-uses';
import { CarryOutPayoutHandler } from '../application/payouts/carry-out-payout.handler';
import { FollowPayoutsProcess } from '../application/payouts/follow-payouts.process';
import { HandleDisputesHandler } from '../application/payouts/handle-disputes.handler';
import type { IdentityAnswer } from '../application/payouts/identity-check';
import { IdentityCheck } from '../application/payouts/identity-check';
import { ManagePayoutsHandler } from '../application/payouts/manage-payouts.handler';
import type { Payment, PaymentStatus, PayoutRail, Submission } from '../application/payouts/payout-rail';
import { PayProvidersProcess } from '../application/payouts/pay-providers.process';
import { RecordEarningsHandler } from '../application/payouts/record-earnings.handler';
import { SubmitPayout } from '../application/payouts/submit-payout';
import { RateCards } from '../application/rate-cards';
import { RecordUsageHandler } from '../application/record-usage.handler';
import { UsagePrices } from '../application/usage-prices';
import { adsProjections } from '../ads.providers';
import { assetsProjections } from '../assets.providers';
import { payoutsProjections } from '../payouts.providers';

const DAY_MS = 86_400_000;
const ROUNDS_MAX = 50;

/** A rail that keeps payments in memory, by their id; it can lose its answer. */
export class MemoryRail implements PayoutRail {
  readonly name = 'file';
  readonly payments = new Map<string, Payment>();
  status: PaymentStatus = { status: 'pending' };
  losesAnswers = 0;
  failsFor = '';
  submissions = 0;

  submit(payment: Payment): Promise<Submission> {
    this.submissions += 1;
    this.payments.set(payment.payoutId, this.payments.get(payment.payoutId) ?? payment);
    if (this.losesAnswers > 0) {
      this.losesAnswers -= 1;
      return Promise.reject(new SolyxError('Unavailable', 'the answer was lost'));
    }
    return Promise.resolve({ taken: true, reference: `ref-${payment.payoutId}` });
  }

  statusOf({ payoutId }: Payment): Promise<PaymentStatus> {
    if (payoutId === this.failsFor) return Promise.reject(new SolyxError('Unavailable', 'no answer'));
    return Promise.resolve(this.status);
  }
}

export class SettableIdentities extends IdentityCheck {
  readonly name = 'test';
  answer: IdentityAnswer = { outcome: 'verified', reference: 'case 1' };
  check(): Promise<IdentityAnswer> {
    return Promise.resolve(this.answer);
  }
}

/** All that owners, advertisers and the fleet do in billing, over one log, with a bus that delivers again when asked. */
export class OwnersPlane {
  readonly clock: ManualClock;
  readonly log: MemoryEventLog;
  readonly streams: Streams;
  readonly views: MemoryViews;
  readonly rail = new MemoryRail();
  readonly identities = new SettableIdentities();
  readonly handlers: readonly object[];
  private heard = -1n;
  private waiting: readonly Recorded[] = [];

  constructor(at: number, log?: MemoryEventLog) {
    this.clock = new ManualClock(at);
    this.log = log ?? new MemoryEventLog(this.clock);
    this.streams = new Streams(this.log);
    const projections = [...payoutsProjections, ...adsProjections, ...assetsProjections];
    this.views = new MemoryViews(this.log, projections, this.clock);
    this.handlers = [...this.payouts(), ...this.ads(), ...this.assets()];
  }

  /** What another service, or a person by the gateway, recorded. */
  async recorded(
    stream: string,
    event: DomainEvent,
    organizationId: string,
    roles: readonly string[] = ['owner'],
  ): Promise<void> {
    const before: Recorded[] = [];
    for await (const event of this.log.readStream(stream)) before.push(event);
    const metadata = {
      ...{ version: 2, organizationId, actor: { kind: 'key' as const, id: 'key_1', roles } },
      ...{ $correlationId: 'request', $causationId: 'request' },
    };
    await this.log.append(stream, [{ id: deriveId(stream, before.length), ...event, metadata }], 'any');
  }

  async all<E extends DomainEvent>(type: E['type']): Promise<readonly E['data'][]> {
    const found: E['data'][] = [];
    for await (const event of this.log.readAll()) if (event.type === type) found.push(event.data);
    return found;
  }

  /** Everything recorded is heard, and what that records, until nothing is left; what is to be told again is kept. */
  async hear(): Promise<void> {
    for (let round = 1; ; round += 1) {
      if (round > ROUNDS_MAX) throw new Error('it never ends');
      const fresh: Recorded[] = [];
      for await (const event of this.log.readAll({ after: this.heard })) {
        fresh.push(event);
        this.heard = event.position;
      }
      const events = [...this.waiting, ...fresh];
      const again: Recorded[] = [];
      for (const event of events) if (!(await this.deliver(event, round))) again.push(event);
      this.waiting = again;
      if (fresh.length === 0) return;
    }
  }

  /** To each handler; false where one asks to be told again. */
  async deliver(event: Recorded, attempt = 1): Promise<boolean> {
    const told = this.handlers.flatMap((handler) =>
      eventSubscriptionsOf(handler)
        .filter(({ types }) => types.includes(event.type))
        .map(({ method }) => ({ handler, handle: (handler as Record<string, EventHandlerMethod>)[method] })),
    );
    try {
      for (const { handler, handle } of told) {
        await handle?.call(handler, event, { attempt, redelivered: attempt > 1 });
      }
      return true;
    } catch (error) {
      if (error instanceof SolyxError && error.retryable) return false;
      throw error;
    }
  }

  /** Time passes; every process looks once at everything it looks at; and what that records is heard. */
  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    for (const handler of this.handlers) {
      for (const { method } of tickSubscriptionsOf(handler)) {
        await (handler as Record<string, (() => Promise<void>) | undefined>)[method]?.call(handler);
      }
    }
    await this.hear();
  }

  private payouts(): readonly object[] {
    const { streams, views, clock, rail, identities } = this;
    const rails = { all: [rail] };
    const submitter = new SubmitPayout(streams, rails, clock);
    return [
      new RecordEarningsHandler(streams, { disputeWindowMs: 7 * DAY_MS }, clock),
      new ManagePayoutsHandler(streams, rails, identities, clock),
      new HandleDisputesHandler(streams, views, clock),
      new CarryOutPayoutHandler(streams, submitter),
      new FollowPayoutsProcess(streams, views, rails, submitter, clock),
      new PayProvidersProcess(streams, views, rails, identities, clock),
    ];
  }

  private ads(): readonly object[] {
    const { streams, views, clock } = this;
    const prices = new UsagePrices(streams, new RateCards(streams), new AccountBooks(streams));
    return [
      new ManageCampaignsHandler(streams, clock),
      new ChargeCampaignsHandler(streams, new RecordUsageHandler(streams, prices, clock)),
      new SettleCampaignsProcess(streams, views, clock),
    ];
  }

  private assets(): readonly object[] {
    const uses = new NodeUses(this.views);
    return [
      new KeepAssetsHandler(this.streams, uses),
      new CountCostsProcess(this.streams, this.views, uses, this.clock),
    ];
  }
}
