import { Injectable } from '@nestjs/common';
import type { Offer } from '@solyx/contracts';
import { Lessor, type BilledLease, type LeaseProgress, type WantedLease } from '../application/lessor';

/** One row of the price table: `available` nodes at most are ever rented. */
export type SimulatedOffer = Omit<Offer, 'simulated' | 'observedAt' | 'freshUntil'>;

/** The price table. An injection token; the module gives it the configuration. */
export abstract class SimulatedMarket {
  abstract readonly offers: readonly SimulatedOffer[];
}

/**
 * A lessor that rents nothing: offers from a table, nodes that are up after the table's boot time. The names of
 * providers stand for their kind of price; every offer says `simulated`. Deterministic: all follows from the table and
 * from the times it is asked with.
 */
@Injectable()
export class SimulatedLessor extends Lessor {
  constructor(private readonly market: SimulatedMarket) {
    super();
  }

  override offers(held: ReadonlyMap<string, number>, now: number, freshForMs: number): Promise<readonly Offer[]> {
    const observedAt = new Date(now).toISOString();
    const freshUntil = new Date(now + freshForMs).toISOString();
    return Promise.resolve(
      this.market.offers.map((offer) => ({
        ...offer,
        simulated: true,
        available: Math.max(0, offer.available - (held.get(offer.offerId) ?? 0)),
        observedAt,
        freshUntil,
      })),
    );
  }

  override acquire({ offer, requestedAt }: WantedLease, now: number): Promise<LeaseProgress> {
    const isUp = now >= Date.parse(requestedAt) + offer.bootSeconds * 1000;
    return Promise.resolve({ status: isUp ? 'ready' : 'booting' });
  }

  override release(_leaseId: string): Promise<void> {
    return Promise.resolve();
  }

  /** It rents nothing, so it bills what we believe to rent. */
  override billed(held: readonly BilledLease[]): Promise<readonly BilledLease[]> {
    return Promise.resolve(held);
  }
}
