import { Injectable } from '@nestjs/common';
import { onOccasion, OnTick, Streams } from '@solyx/eventing';
import { Clock } from '@solyx/kernel';
import { offerDecider } from '../domain/offer';
import { DrmSettings } from './drm-settings';
import { Lessor } from './lessor';
import { PartitionInbox } from './partition-inbox';

const LOOK_MS = 5_000;

/** Looks what lessors offer, and records what is new. */
@Injectable()
export class ObserveOffersProcess {
  constructor(
    private readonly streams: Streams,
    private readonly inbox: PartitionInbox,
    private readonly lessor: Lessor,
    private readonly clock: Clock,
    private readonly settings: DrmSettings,
  ) {}

  @OnTick(LOOK_MS)
  async look(): Promise<void> {
    const { leases } = await this.inbox.state();
    const held = new Map<string, number>();
    for (const { offer } of leases.values()) held.set(offer.offerId, (held.get(offer.offerId) ?? 0) + 1);
    const freshForMs = this.settings.offerFreshSeconds * 1000;
    for (const offer of await this.lessor.offers(held, this.clock.now(), freshForMs)) {
      const { offerId, observedAt } = offer;
      const command = { type: 'ObserveOffer', data: { offer, at: observedAt } } as const;
      await this.streams.transact(offerDecider, offerId, command, onOccasion('drm', `offer/${offerId}/${observedAt}`));
    }
  }
}
