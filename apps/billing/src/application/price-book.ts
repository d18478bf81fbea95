import { Injectable } from '@nestjs/common';
import { Streams } from '@solyx/eventing';
import { SolyxError } from '@solyx/kernel';
import { listInForce, priceListDecider, type PriceList } from '../domain/price-list';

export const PRICE_LIST_ID = 'main';

/** The price list in force at an instant, from its own stream. */
@Injectable()
export class PriceBook {
  constructor(private readonly streams: Streams) {}

  /** Throws Unavailable while nothing was published: what needs a price is tried again. */
  async inForceAt(at: string): Promise<PriceList> {
    const { state } = await this.streams.load(priceListDecider, PRICE_LIST_ID);
    const list = listInForce(state, at);
    if (list) return list;
    throw new SolyxError('Unavailable', 'no price list was published yet', { at });
  }
}
