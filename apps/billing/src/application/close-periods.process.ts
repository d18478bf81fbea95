import { Injectable, Logger } from '@nestjs/common';
import { LruMap, onOccasion, OnTick, Streams, Views } from '@solyx/eventing';
import { Clock, deriveId, SolyxError } from '@solyx/kernel';
import { accountDecider, type Account } from '../domain/account';
import { closesAt, unreadOf } from '../domain/account-close';
import { periodNamed } from '../domain/billing-period';
import { MeterReader } from './meter-reader';
import { periodKey, periodView, type PeriodRow } from './period.projection';
import { UsagePrices } from './usage-prices';

const TICK_MS = 1_000;
const PERIODS_PER_TICK = 200;
/** So many months back a period is looked for that was not closed, because nobody was there to close it. */
const MONTHS_BACK = 14;
const LATE_KNOWN_MAX = 20_000;
/** A period that is not ready is looked at again after this, or when it closes. */
const LOOK_AGAIN_MS = 3_600_000;
/** The westernmost time zone: no month ends there later than this after it ends in UTC; nor sooner, eastwards. */
const ZONES_APART_MS = 14 * 3_600_000;

/** Months that have ended somewhere, oldest first. */
function endedMonths(now: number): readonly string[] {
  const newest = new Date(now + ZONES_APART_MS);
  return Array.from({ length: MONTHS_BACK }, (_, back) =>
    new Date(Date.UTC(newest.getUTCFullYear(), newest.getUTCMonth() - MONTHS_BACK + back, 1)).toISOString().slice(0, 7),
  );
}

/** Closes the periods of every account, each when its grace is over: earlier ones first, meters read up to their end. */
@Injectable()
export class ClosePeriodsProcess {
  private readonly logger = new Logger(ClosePeriodsProcess.name);
  /** When a period is to be looked at again, so that its account is not loaded each second of its grace. */
  private readonly notBefore = new LruMap<string, number>(LATE_KNOWN_MAX);
  private turn = 0;
  private after: string | undefined;

  constructor(
    private readonly streams: Streams,
    private readonly views: Views,
    private readonly prices: UsagePrices,
    private readonly reader: MeterReader,
    private readonly clock: Clock,
  ) {}

  @OnTick(TICK_MS)
  async closeSome(): Promise<void> {
    const months = endedMonths(this.clock.now());
    const period = months[this.turn % months.length] ?? '';
    const { rows, hasNext } = await this.views.list(periodView, {
      where: { state: 'open', period },
      first: PERIODS_PER_TICK,
      order: 'oldest',
      ...(this.after === undefined ? {} : { after: this.after }),
    });
    for (const { row } of rows) await this.closeIfDue(row);
    this.after = hasNext ? rows[rows.length - 1]?.cursor : undefined;
    if (this.after === undefined) this.turn += 1;
  }

  private async closeIfDue({ organizationId, period }: PeriodRow): Promise<void> {
    const key = periodKey(organizationId, period);
    const now = this.clock.now();
    if (now < (this.notBefore.get(key) ?? 0)) return;
    const { state } = await this.streams.load(accountDecider, organizationId);
    const closes = Date.parse(closesAt(periodNamed(period, state.profile.timeZone), state.profile.graceHours));
    this.notBefore.set(key, Math.min(now + LOOK_AGAIN_MS, Math.max(closes, now)));
    if (now < closes) return;
    try {
      await this.close(organizationId, period, state);
    } catch (thrown) {
      const error = SolyxError.from(thrown);
      if (!error.retryable) throw thrown;
      this.logger.warn(`${key} is closed later: ${error.message}`);
    }
  }

  /** An older period that is still open goes first. */
  private async close(organizationId: string, period: string, account: Account): Promise<void> {
    const older = Object.keys(account.periods).filter((id) => id > account.closedThrough && id < period);
    for (const id of [...older.sort(), period]) {
      const occasion = onOccasion('billing', `close/${organizationId}/${id}`, organizationId);
      const { to } = periodNamed(id, account.profile.timeZone);
      for (const allocationId of unreadOf(account, { to })) {
        const context = { ...occasion, commandId: deriveId(occasion.commandId, allocationId) };
        await this.reader.read({ organizationId, allocationId, until: to, forClose: true }, context);
      }
      const prices = await this.prices.of(organizationId);
      const data = { organizationId, period: id, prices, at: this.clock.iso() };
      await this.streams.transact(accountDecider, organizationId, { type: 'ClosePeriod', data }, occasion);
    }
  }
}
