import { Injectable } from '@nestjs/common';
import { PriceListPublished } from '@solyx/contracts/billing';
import {
  AdviceObserved,
  AutonomyObserved,
  OfferObserved,
  PartitionOfferObserved,
  PricesObserved,
  RoutesObserved,
} from '@solyx/contracts/drm';
import { Advised, AutonomySet } from '@solyx/contracts/optimizer';
import { RouteTablePublished } from '@solyx/contracts/sdn';
import { OnEvent } from '@solyx/eventing';
import type { Recorded } from '@solyx/kernel';
import { PartitionInbox } from './partition-inbox';

/** What placement depends on besides nodes and work: prices, routes, offers, advice, and how far advice may go. */
@Injectable()
export class HearMarketHandler {
  constructor(private readonly inbox: PartitionInbox) {}

  /** The journal's time of a price list is when it comes into force, which may be later than its publication. */
  @OnEvent(PriceListPublished)
  async prices(event: Recorded<PriceListPublished>): Promise<void> {
    const { version, entries, effectiveFrom } = event.data;
    await this.inbox.submit(PricesObserved({ version, entries, at: effectiveFrom }), event);
  }

  @OnEvent(RouteTablePublished)
  async routes(event: Recorded<RouteTablePublished>): Promise<void> {
    const { version, routes, at } = event.data;
    await this.inbox.submit(RoutesObserved({ version, routes, at }), event);
  }

  @OnEvent(OfferObserved)
  async offer(event: Recorded<OfferObserved>): Promise<void> {
    await this.inbox.submit(PartitionOfferObserved(event.data), event);
  }

  @OnEvent(Advised)
  async advice(event: Recorded<Advised>): Promise<void> {
    const { adviceId, action, count, level, gpuModel, at } = event.data;
    const model = gpuModel === undefined ? {} : { gpuModel };
    await this.inbox.submit(AdviceObserved({ adviceId, action, count, level, ...model, at }), event);
  }

  @OnEvent(AutonomySet)
  async autonomy(event: Recorded<AutonomySet>): Promise<void> {
    const { level, killSwitch, limits, at } = event.data;
    await this.inbox.submit(AutonomyObserved({ level, killSwitch, limits, at }), event);
  }
}
