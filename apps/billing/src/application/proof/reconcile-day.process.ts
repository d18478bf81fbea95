import { Injectable, Logger } from '@nestjs/common';
import type { ReconciliationCounted } from '@solyx/contracts/billing';
import { ReconciliationRequested } from '@solyx/contracts/gateway';
import {
  causedBy,
  OnEvent,
  onOccasion,
  OnTick,
  permit,
  Streams,
  type CommandContext,
  type Delivery,
} from '@solyx/eventing';
import { Clock, type Recorded } from '@solyx/kernel';
import { reconciliationDecider } from '../../domain/proof/reconciliation';
import { Reconciler } from './reconciler';

const TICK_MS = 60_000;
const DAY_MS = 86_400_000;
/** After midnight of UTC, until the last events of the day have been dealt with. */
const SETTLE_MS = 20 * 60_000;

/** Counts each day of UTC again once it is over, and whenever somebody asks. The difference must be nothing. */
@Injectable()
export class ReconcileDayProcess {
  private readonly logger = new Logger('Reconciliation');
  private done = '';

  constructor(
    private readonly streams: Streams,
    private readonly reconciler: Reconciler,
    private readonly clock: Clock,
  ) {}

  @OnTick(TICK_MS)
  async daily(): Promise<void> {
    const day = new Date(this.clock.now() - SETTLE_MS - DAY_MS).toISOString().slice(0, 10);
    if (day === this.done) return;
    const { state } = await this.streams.load(reconciliationDecider, day);
    if (!state.daily)
      await this.record(await this.reconciler.count(day), onOccasion('billing', `reconciliation/${day}`));
    this.done = day;
  }

  @OnEvent(ReconciliationRequested)
  async requested(event: Recorded<ReconciliationRequested>, { redelivered }: Delivery): Promise<void> {
    const { requestId, day } = event.data;
    permit(event.metadata.actor, 'books:reconcile');
    const { state } = await this.streams.load(reconciliationDecider, day);
    if (redelivered && state.requestIds.includes(requestId)) return;
    await this.record(await this.reconciler.count(day, requestId), causedBy(event));
  }

  private async record(data: ReconciliationCounted['data'], context: CommandContext): Promise<void> {
    const { day, differing, imbalanceMicroUsd, differences } = data;
    await this.streams.transact(reconciliationDecider, day, { type: 'RecordCount', data }, context);
    if (differing === 0 && imbalanceMicroUsd === '0') return;
    const [first] = differences;
    const example = first
      ? `: ${first.view} ${first.key} ${first.field} is ${first.shown}, the log says ${first.log}`
      : '';
    this.logger.error(`${day}: ${differing} values differ, imbalance ${imbalanceMicroUsd}${example}`);
  }
}
