import { Injectable } from '@nestjs/common';
import { onOccasion, OnTick, Streams, Views } from '@solyx/eventing';
import { Clock } from '@solyx/kernel';
import { assetDecider } from '../../domain/assets/asset';
import { eachAlone } from '../each-alone';
import { assetView, type AssetRow } from './asset.projection';
import { NodeUses } from './node-uses';

const TICK_MS = 900_000;
/** Nodes looked at per tick. */
const PAGE = 200;
/** Days of one node that one tick catches up with. */
const DAYS_MAX = 31;
const DAY_MS = 86_400_000;
/** So long after a day's end it is counted, so that what was heard late of it is in. */
const SETTLED_AFTER_MS = 10 * 60_000;

const nextMidnight = (iso: string): number => (Math.floor(Date.parse(iso) / DAY_MS) + 1) * DAY_MS;

/** Counts what each node cost on each day of UTC, once the day is over. */
@Injectable()
export class CountCostsProcess {
  private cursor: string | undefined;

  constructor(
    private readonly streams: Streams,
    private readonly views: Views,
    private readonly uses: NodeUses,
    private readonly clock: Clock,
  ) {}

  @OnTick(TICK_MS)
  async count(): Promise<void> {
    const after = this.cursor;
    const where = { phase: 'Active' } as const;
    const query = { where, first: PAGE, order: 'oldest', ...(after === undefined ? {} : { after }) } as const;
    const { rows, hasNext } = await this.views.list(assetView, query);
    this.cursor = hasNext ? rows[rows.length - 1]?.cursor : undefined;
    await eachAlone(rows, ({ row }) => this.countNode(row));
  }

  private async countNode({ nodeId, countedTo, costs }: AssetRow): Promise<void> {
    if (!costs) return;
    const settled = this.clock.now() - SETTLED_AFTER_MS;
    let midnight = nextMidnight(countedTo);
    for (let day = 1; day <= DAYS_MAX && midnight <= settled; day += 1, midnight += DAY_MS) {
      const to = new Date(midnight).toISOString();
      const data = { nodeId, to, usedTotalGpuMilliMs: await this.uses.until(nodeId, to), at: this.clock.iso() };
      const occasion = onOccasion('billing', `asset/${nodeId}/costs/${to}`);
      await this.streams.transact(assetDecider, nodeId, { type: 'CountCosts', data }, occasion);
    }
  }
}
