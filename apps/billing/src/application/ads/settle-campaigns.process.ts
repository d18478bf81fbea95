import { Injectable } from '@nestjs/common';
import { onOccasion, OnTick, Streams, Views } from '@solyx/eventing';
import { Clock } from '@solyx/kernel';
import { campaignDecider } from '../../domain/ads/campaign';
import { eachAlone } from '../each-alone';
import { campaignView, type CampaignRow } from './campaign.projection';

const TICK_MS = 300_000;
/** Campaigns looked at per tick. */
const PAGE = 200;

const mayBeOver = ({ phase, terms, held }: CampaignRow, at: string): boolean =>
  phase !== 'Ended' && held === 0 && terms?.endsAt !== undefined && terms.endsAt < at;

/** Charges what was held for a day. Each tick looks at one page of campaigns, the next tick at the next. */
@Injectable()
export class SettleCampaignsProcess {
  private cursor: string | undefined;

  constructor(
    private readonly streams: Streams,
    private readonly views: Views,
    private readonly clock: Clock,
  ) {}

  @OnTick(TICK_MS)
  async settle(): Promise<void> {
    const after = this.cursor;
    const query = { first: PAGE, order: 'oldest', ...(after === undefined ? {} : { after }) } as const;
    const { rows, hasNext } = await this.views.list(campaignView, query);
    this.cursor = hasNext ? rows[rows.length - 1]?.cursor : undefined;
    const at = this.clock.iso();
    const due = rows
      .map(({ row }) => row)
      .filter((row) => (row.settleAfter !== '' && row.settleAfter <= at) || mayBeOver(row, at));
    await eachAlone(due, (row) => this.settleOne(row, at));
  }

  private async settleOne({ campaignId, organizationId }: CampaignRow, at: string): Promise<void> {
    const { revision } = await this.streams.load(campaignDecider, campaignId);
    const occasion = onOccasion('billing', `campaign/${campaignId}/settle/${revision}`, organizationId);
    await this.streams.transact(campaignDecider, campaignId, { type: 'SettleAds', data: { campaignId, at } }, occasion);
  }
}
