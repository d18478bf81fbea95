import { Injectable } from '@nestjs/common';
import { PriceBookRequested, PriceObservationRequested } from '@solyx/contracts/gateway';
import { causedBy, OnEvent, permit, Streams, type Delivery } from '@solyx/eventing';
import type { Recorded } from '@solyx/kernel';
import { priceBookDecider } from '../domain/price-book';

/** Publishes price books, and lets market prices move, when an operator asks. */
@Injectable()
export class ManagePricesHandler {
  constructor(private readonly streams: Streams) {}

  @OnEvent(PriceBookRequested)
  async publish(event: Recorded<PriceBookRequested>, { redelivered }: Delivery): Promise<void> {
    permit(event.metadata.actor, 'prices:set');
    const { priceBook, at } = event.data;
    const command = { type: 'PublishPriceBook', data: { priceBook, at } } as const;
    await this.streams.transact(
      priceBookDecider,
      priceBook.priceBookId,
      command,
      causedBy(event, undefined, redelivered),
    );
  }

  /** Each repeat would move the price by another step, so a repeat is looked up before it is decided again. */
  @OnEvent(PriceObservationRequested)
  async observe(event: Recorded<PriceObservationRequested>): Promise<void> {
    permit(event.metadata.actor, 'prices:set');
    const { priceBookId, entryId, observedMicroUsd, reference, at } = event.data;
    const data = { priceBookId, entryId, observedMicroUsd, reference, at };
    const command = { type: 'ObservePrice', data } as const;
    await this.streams.transact(priceBookDecider, priceBookId, command, causedBy(event, undefined, true));
  }
}
