import { Injectable, Logger } from '@nestjs/common';
import { onOccasion, OnTick, Views } from '@solyx/eventing';
import { Clock, SolyxError } from '@solyx/kernel';
import { MeterReader } from './meter-reader';
import { MeteringSettings } from './metering-settings';
import { openMeterView, type OpenMeterRow } from './open-meter.projection';

const TICK_MS = 1_000;
/** Meters that are read in one tick at most. */
const METERS_PER_TICK = 100;

/**
 * Reads every running meter once a slice, so that running work shows on the balance and counts against budgets. It goes
 * through the open meters page by page; a start goes through them again, which charges nothing twice.
 */
@Injectable()
export class ReadMetersProcess {
  private readonly logger = new Logger(ReadMetersProcess.name);
  private doneFor = '';
  private after: string | undefined;

  constructor(
    private readonly views: Views,
    private readonly reader: MeterReader,
    private readonly settings: MeteringSettings,
    private readonly clock: Clock,
  ) {}

  @OnTick(TICK_MS)
  async readSome(): Promise<void> {
    const { sliceMs, settleMs } = this.settings;
    const until = new Date(Math.floor((this.clock.now() - settleMs) / sliceMs) * sliceMs).toISOString();
    if (this.doneFor === until) return;
    const { rows, hasNext } = await this.views.list(openMeterView, {
      where: { state: 'open' },
      first: METERS_PER_TICK,
      order: 'oldest',
      ...(this.after === undefined ? {} : { after: this.after }),
    });
    for (const { row } of rows) if (row.meteredTo < until) await this.read(row, until);
    this.after = hasNext ? rows[rows.length - 1]?.cursor : undefined;
    if (this.after === undefined) this.doneFor = until;
  }

  /** One meter that cannot be read keeps nobody else's from being read. */
  private async read({ allocationId, organizationId }: OpenMeterRow, until: string): Promise<void> {
    const occasion = onOccasion('billing', `slice/${allocationId}/${until}`, organizationId);
    try {
      await this.reader.read({ organizationId, allocationId, until }, occasion);
    } catch (thrown) {
      const error = SolyxError.from(thrown);
      if (!error.retryable) throw thrown;
      this.logger.warn(`${allocationId} is read with the next slice: ${error.message}`);
    }
  }
}
