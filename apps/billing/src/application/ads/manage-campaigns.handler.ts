import { Injectable } from '@nestjs/common';
import type { AdEvent } from '@solyx/contracts';
import {
  AdEventsReported,
  AdInvalidationRequested,
  CampaignEndRequested,
  CampaignPauseRequested,
  CampaignRequested,
} from '@solyx/contracts/gateway';
import { causedBy, OnEvent, Streams, type CommandContext } from '@solyx/eventing';
import { Clock, permit, type Recorded } from '@solyx/kernel';
import { accountDecider } from '../../domain/account';
import { campaignDecider, type CampaignCommand } from '../../domain/ads/campaign';

/** What is decided belongs to the advertiser; a refusal is told to who asked. */
async function contextFor(streams: Streams, event: Recorded, campaignId: string): Promise<CommandContext> {
  const context = causedBy(event, undefined, 'perhaps');
  const { state } = await streams.load(campaignDecider, campaignId);
  const { organizationId } = state;
  if (organizationId === '' || organizationId === context.organizationId) return context;
  const advertisers = { ...context, organizationId };
  return { ...context, contextOf: ({ type }) => (type.startsWith('billing.campaign.') ? advertisers : undefined) };
}

/** Campaigns of advertisers, and what apps tell about them. */
@Injectable()
export class ManageCampaignsHandler {
  constructor(
    private readonly streams: Streams,
    private readonly clock: Clock,
  ) {}

  @OnEvent(CampaignRequested)
  async create(event: Recorded<CampaignRequested>): Promise<void> {
    permit(event.metadata.actor, 'campaigns:set');
    const { campaignId, terms } = event.data;
    const data = { campaignId, organizationId: event.metadata.organizationId, terms, at: this.clock.iso() };
    await this.transact(event, campaignId, { type: 'CreateCampaign', data });
  }

  @OnEvent(CampaignPauseRequested)
  async pause(event: Recorded<CampaignPauseRequested>): Promise<void> {
    permit(event.metadata.actor, 'campaigns:set');
    const { campaignId, paused, reason } = event.data;
    const data = { campaignId, organizationId: event.metadata.organizationId, reason, at: this.clock.iso() };
    await this.transact(event, campaignId, { type: paused ? 'PauseCampaign' : 'ResumeCampaign', data });
  }

  @OnEvent(CampaignEndRequested)
  async end(event: Recorded<CampaignEndRequested>): Promise<void> {
    permit(event.metadata.actor, 'campaigns:set');
    const { campaignId, reason } = event.data;
    const data = { campaignId, organizationId: event.metadata.organizationId, reason, at: this.clock.iso() };
    await this.transact(event, campaignId, { type: 'EndCampaign', data });
  }

  /** An app tells of what it showed itself; what it says of others does not count. */
  @OnEvent(AdEventsReported)
  async report(event: Recorded<AdEventsReported>): Promise<void> {
    permit(event.metadata.actor, 'usage:report');
    const own = event.data.events.filter(({ publisherId }) => publisherId === event.metadata.organizationId);
    const premium = await this.premiumAmong(own);
    const at = this.clock.iso();
    for (const campaignId of new Set(own.map((ad) => ad.campaignId))) {
      const events = own.filter((ad) => ad.campaignId === campaignId);
      await this.transact(event, campaignId, { type: 'CountAds', data: { campaignId, events, premium, at } });
    }
  }

  @OnEvent(AdInvalidationRequested)
  async invalidate(event: Recorded<AdInvalidationRequested>): Promise<void> {
    permit(event.metadata.actor, 'invoices:correct');
    const { campaignId, eventIds, reason } = event.data;
    const data = { campaignId, eventIds, reason, at: this.clock.iso() };
    await this.transact(event, campaignId, { type: 'InvalidateAds', data });
  }

  private async premiumAmong(events: readonly AdEvent[]): Promise<readonly string[]> {
    const viewers = new Set(
      events.flatMap(({ viewerOrganizationId: viewer }) => (viewer === undefined ? [] : [viewer])),
    );
    const premium: string[] = [];
    for (const viewer of viewers) {
      const { state } = await this.streams.load(accountDecider, viewer);
      if (state.profile.plan === 'premium') premium.push(viewer);
    }
    return premium;
  }

  private async transact(event: Recorded, campaignId: string, command: CampaignCommand): Promise<void> {
    const context = await contextFor(this.streams, event, campaignId);
    await this.streams.transact(campaignDecider, campaignId, command, context);
  }
}
