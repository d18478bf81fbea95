import { Injectable } from '@nestjs/common';
import type { UsageFact } from '@solyx/contracts';
import { UsageRecorded } from '@solyx/contracts/billing';
import { UsageReported } from '@solyx/contracts/cmo';
import { UsageReportRequested } from '@solyx/contracts/gateway';
import { causedBy, OnEvent, permit, Streams, type CommandContext } from '@solyx/eventing';
import { Clock, deriveId, SolyxError, type Recorded } from '@solyx/kernel';
import { accountDecider } from '../domain/account';
import type { Prices } from '../domain/account-charge';
import { knownSince } from '../domain/account-state';
import { measureFact } from '../domain/measure';
import {
  conflictsOf,
  faultOfFact,
  meterDecider,
  meterIdOf,
  meterStreamOf,
  type MeterRefusal,
  type RecordUsage,
} from '../domain/meter';
import { rateUsage } from '../domain/rating/rate-usage';
import { UsagePrices } from './usage-prices';

/** Events of a meter that one delivery charges; the next goes on. */
const CATCH_UP_MAX = 1_024;

interface Report {
  readonly organizationId: string;
  readonly meterId: string;
  readonly facts: readonly UsageFact[];
  readonly context: CommandContext;
  readonly prices: Prices;
  readonly eventId: string;
  /** Billing's own: such facts may bring the price that was agreed. */
  readonly own: boolean;
}

/** Facts of one organization's meter, and who says so. */
export type OwnFacts = Pick<Report, 'organizationId' | 'meterId' | 'facts'>;

interface Refused {
  readonly reason: MeterRefusal;
  readonly facts: readonly UsageFact[];
  readonly fault?: string;
}

const providersOf = (facts: readonly UsageFact[]): Iterable<string> =>
  facts.flatMap(({ providerId }) => (providerId === undefined ? [] : [providerId]));

const isPriced = (fact: UsageFact, prices: Prices): boolean =>
  fact.agreed !== undefined || rateUsage(measureFact(fact).usage, prices.cardAt(fact.from)).rated;

/**
 * Records usage that was measured elsewhere, and charges it. The append that records a fact claims its id; how far the
 * events of a meter are charged is known to the account. So a crash anywhere in between loses nothing and doubles nothing.
 */
@Injectable()
export class RecordUsageHandler {
  /** By meter, the charging that is under way last. */
  private readonly charging = new Map<string, Promise<void>>();

  constructor(
    private readonly streams: Streams,
    private readonly prices: UsagePrices,
    private readonly clock: Clock,
  ) {}

  @OnEvent(UsageReported)
  async reported(event: Recorded<UsageReported>): Promise<void> {
    await this.record(event, event.data.organizationId, false, event.data);
  }

  @OnEvent(UsageReportRequested)
  async requested(event: Recorded<UsageReportRequested>): Promise<void> {
    permit(event.metadata.actor, 'usage:report');
    await this.record(event, event.metadata.organizationId, false, event.data);
  }

  /** What billing itself counted, as the settlement of a campaign: at the price that was agreed for it. */
  async recordOwn(event: Recorded, facts: OwnFacts): Promise<void> {
    await this.record(event, facts.organizationId, true, facts);
  }

  private async record(
    event: Recorded,
    organizationId: string,
    own: boolean,
    { meterId, facts }: Pick<OwnFacts, 'meterId' | 'facts'>,
  ): Promise<void> {
    const prices = await this.prices.of(organizationId, providersOf(facts));
    const context = { ...causedBy(event), organizationId };
    const days = new Map<string, UsageFact[]>();
    for (const fact of facts) {
      const id = meterIdOf(organizationId, meterId, fact.from);
      days.set(id, [...(days.get(id) ?? []), fact]);
    }
    for (const [id, ofDay] of days) {
      await this.recordDay(id, { organizationId, meterId, facts: ofDay, context, prices, eventId: event.id, own });
    }
  }

  private async recordDay(id: string, report: Report): Promise<void> {
    const { organizationId, meterId, eventId, context } = report;
    const common = { organizationId, meterId, eventId, at: this.clock.iso() };
    const { good, refused } = await this.sort(id, report);
    for (const { reason, facts, fault } of refused) {
      const data = { ...common, facts, reason, ...(fault === undefined ? {} : { fault }) };
      const own = { ...context, commandId: deriveId(context.commandId, reason) };
      await this.streams.transact(meterDecider, id, { type: 'RefuseUsage', data }, own);
    }
    const data: RecordUsage = { ...common, facts: good };
    if (good.length > 0) await this.streams.transact(meterDecider, id, { type: 'RecordUsage', data }, context);
    await this.charge(id, report);
  }

  /** What can be recorded, and what cannot, by reason. One bad fact keeps no good one from being recorded. */
  private async sort(id: string, { facts, organizationId, prices, own }: Report) {
    const [{ state: account }, { state: meter }] = await Promise.all([
      this.streams.known(accountDecider, organizationId),
      this.streams.known(meterDecider, id),
    ]);
    const since = knownSince(account);
    const conflicts = new Set(conflictsOf(meter, facts));
    const reasonOf = (fact: UsageFact): MeterRefusal | undefined => {
      if (faultOfFact(fact) !== undefined || (fact.agreed !== undefined && !own)) return 'UsageInvalid';
      if (conflicts.has(fact)) return 'UsageConflict';
      if (meter.facts.has(fact.usageId)) return undefined;
      if (fact.from < since) return 'UsageTooOld';
      return isPriced(fact, prices) ? undefined : 'NoPrice';
    };
    const good: UsageFact[] = [];
    const refused = new Map<MeterRefusal, UsageFact[]>();
    for (const fact of facts) {
      const reason = reasonOf(fact);
      if (reason === undefined) good.push(fact);
      else refused.set(reason, [...(refused.get(reason) ?? []), fact]);
    }
    return { good, refused: [...refused].map(([reason, of]) => refusedOf(reason, of)) };
  }

  /** One after another for each meter: who comes next finds that its event was charged with those before, and reads nothing. */
  private async charge(id: string, report: Report): Promise<void> {
    const before = this.charging.get(id) ?? Promise.resolve();
    const mine = before.then(() => this.chargeInTurn(id, report));
    const settled = mine.catch(() => undefined);
    this.charging.set(id, settled);
    try {
      await mine;
    } finally {
      if (this.charging.get(id) === settled) this.charging.delete(id);
    }
  }

  /** Charges every event of the meter that is not charged yet, in order, also those that a crash left behind. */
  private async chargeInTurn(id: string, report: Report): Promise<void> {
    const { organizationId, context } = report;
    const stream = meterStreamOf(id);
    const { state } = await this.streams.known(accountDecider, organizationId);
    const { revision: recordedTo } = await this.streams.known(meterDecider, id);
    const from = BigInt((state.rated.get(stream) ?? -1) + 1);
    if (from > recordedTo) return;
    for await (const event of this.streams.log.readStream(stream, { from, limit: CATCH_UP_MAX, raw: true })) {
      if (event.type !== UsageRecorded.type) continue;
      const recorded = event.data as UsageRecorded['data'];
      const prices = await this.pricesFor(recorded, report);
      const { id: eventId, position, revision } = event;
      const data = { stream, revision: Number(revision), recorded, eventId, position: position.toString(), prices };
      const own = { ...context, commandId: deriveId('rate', stream, revision) };
      const command = { type: 'RateUsage', data } as const;
      const outcome = await this.streams.transact(accountDecider, organizationId, command, own);
      // It was priced before it was recorded; what is missing now comes back, or a person looks at what is parked.
      if (!outcome.accepted) {
        const { reason } = outcome;
        throw new SolyxError('Unavailable', `${stream} is not charged: ${reason}`, outcome.details, { reason });
      }
    }
  }

  /** Those of the report; of what another reported, whose GPUs may have other owners, its own. */
  private async pricesFor({ eventId, organizationId, facts }: UsageRecorded['data'], report: Report): Promise<Prices> {
    return eventId === report.eventId ? report.prices : this.prices.of(organizationId, providersOf(facts));
  }
}

function refusedOf(reason: MeterRefusal, facts: readonly UsageFact[]): Refused {
  const fault = facts[0] && reason === 'UsageInvalid' ? faultOfFact(facts[0]) : undefined;
  return { reason, facts, ...(fault === undefined ? {} : { fault }) };
}
