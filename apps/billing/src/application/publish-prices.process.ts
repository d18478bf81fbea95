import { Injectable } from '@nestjs/common';
import { onOccasion, OnTick, Streams } from '@solyx/eventing';
import { anchor, Clock } from '@solyx/kernel';
import { priceListDecider } from '../domain/price-list';
import { PRICE_LIST_ID } from './price-book';
import { PriceSource } from './price-source';

const TICK_MS = 1_000;

/**
 * Publishes the configured price list once per start, if it differs from the last one. The first takes force as it says;
 * a later one not before now, because what was sold under the old prices stays sold.
 */
@Injectable()
export class PublishPricesProcess {
  private published = false;

  constructor(
    private readonly streams: Streams,
    private readonly source: PriceSource,
    private readonly clock: Clock,
  ) {}

  @OnTick(TICK_MS)
  async publishOnce(): Promise<void> {
    if (this.published) return;
    const prices = await this.source.read();
    const { revision } = await this.streams.load(priceListDecider, PRICE_LIST_ID);
    const at = this.clock.iso();
    const effectiveFrom = revision < 0n || prices.effectiveFrom > at ? prices.effectiveFrom : at;
    const data = { ...prices, priceListId: PRICE_LIST_ID, effectiveFrom, at };
    const occasion = onOccasion('billing', `prices/${revision}/${anchor(prices.entries)}`);
    await this.streams.transact(priceListDecider, PRICE_LIST_ID, { type: 'PublishPriceList', data }, occasion);
    this.published = true;
  }
}
