import { Injectable } from '@nestjs/common';
import { METER_UNITS, type UsageFact } from '@solyx/contracts';
import { CampaignSettled } from '@solyx/contracts/billing';
import { OnEvent, Streams } from '@solyx/eventing';
import { SolyxError, type Recorded } from '@solyx/kernel';
import { campaignDecider } from '../../domain/ads/campaign';
import { CAMPAIGN_BOOK_ID } from '../../domain/rating/default-book';
import { agreedTerms } from '../../domain/rating/rate-usage';
import { RecordUsageHandler } from '../record-usage.handler';

const PROJECT = 'default';

/** What was settled of a campaign is usage of its advertiser: metered, charged and invoiced as any other. */
@Injectable()
export class ChargeCampaignsHandler {
  constructor(
    private readonly streams: Streams,
    private readonly usage: RecordUsageHandler,
  ) {}

  @OnEvent(CampaignSettled)
  async charge(event: Recorded<CampaignSettled>): Promise<void> {
    const { campaignId, organizationId, settlementId, pricing, count, simulated, from, to } = event.data;
    const { state } = await this.streams.load(campaignDecider, campaignId);
    const { terms } = state;
    if (!terms) throw new SolyxError('Unavailable', `campaign ${campaignId} is not known yet`, { campaignId });
    const meter = pricing === 'cpm' ? 'impression' : 'click';
    const fact: UsageFact = {
      usageId: settlementId,
      resource: { kind: 'campaign', id: campaignId },
      ...{ meter, quantity: count.toString(), unit: METER_UNITS[meter].unit, from, to, simulated },
      ...{ source: 'owned', model: campaignId, pricing: 'contract', quality: 'standard', project: PROJECT },
      agreed: agreedTerms(meter, BigInt(terms.rateMicroUsd), {
        ...{ priceBookId: CAMPAIGN_BOOK_ID, version: 0, entryId: campaignId },
      }),
      evidence: event.id,
    };
    await this.usage.recordOwn(event, { organizationId, meterId: 'ads', facts: [fact] });
  }
}
