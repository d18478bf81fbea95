import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Views } from '@solyx/eventing';
import { Clock } from '@solyx/kernel';
import { Health } from '@solyx/platform';
import { meterView } from '../application/meter.projection';
import { MeteringSettings } from '../application/metering-settings';
import { openMeterView } from '../application/open-meter.projection';

/** Older than this, something keeps usage from being charged: a price, a parked event, a service that stands still. */
const UNRATED_SECONDS_MAX = 300;

/** Tells `/ready` and `solyx doctor` how old the oldest usage is that is recorded and not charged. Never stops a service. */
@Injectable()
export class UsageHealth implements OnModuleInit {
  constructor(
    private readonly health: Health,
    private readonly views: Views,
    private readonly settings: MeteringSettings,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.health.add({
      name: 'unratedUsage',
      required: false,
      check: async () => {
        const oldestUnratedSeconds = Math.max(await this.oldestFact(), await this.oldestMeter());
        return { ok: oldestUnratedSeconds <= UNRATED_SECONDS_MAX, details: { oldestUnratedSeconds } };
      },
    });
  }

  private secondsSince(at: string): number {
    return Math.max(0, Math.round((this.clock.now() - Date.parse(at)) / 1_000));
  }

  /** Of batched usage: since when the meter that waits longest has something that waits. */
  private async oldestFact(): Promise<number> {
    const { rows } = await this.views.list(meterView, { where: { state: 'pending' }, first: 100, order: 'oldest' });
    return Math.max(0, ...rows.map(({ row }) => this.secondsSince(row.pendingSince)));
  }

  /** Of running work: how much longer than a slice the meter was not read that waits longest. */
  private async oldestMeter(): Promise<number> {
    const { rows } = await this.views.list(openMeterView, { where: { state: 'open' }, first: 100, order: 'oldest' });
    const { sliceMs, settleMs } = this.settings;
    const allowed = Math.round((sliceMs + settleMs) / 1_000);
    return Math.max(0, ...rows.map(({ row }) => this.secondsSince(row.meteredTo) - allowed));
  }
}
