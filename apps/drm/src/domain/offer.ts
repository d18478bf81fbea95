import { accept, type Command, type Decider } from '@solyx/kernel';
import type { Offer as OfferValue } from '@solyx/contracts';
import { OfferObserved } from '@solyx/contracts/drm';

export type OfferCommand = Command<'ObserveOffer', OfferObserved['data']>;
export interface Offer {
  readonly seen: OfferValue | undefined;
}

const millis = (at: string): number => Date.parse(at);

/** All but the times. */
const saysTheSame = (a: OfferValue, b: OfferValue): boolean =>
  JSON.stringify({ ...a, observedAt: '', freshUntil: '' }) === JSON.stringify({ ...b, observedAt: '', freshUntil: '' });

/** More than half of its freshness is left. */
const isYoung = (seen: OfferValue, at: string): boolean =>
  2 * (millis(at) - millis(seen.observedAt)) < millis(seen.freshUntil) - millis(seen.observedAt);

/** What a lessor offers. Seen again unchanged it is recorded only when half of its freshness is gone. */
export const offerDecider: Decider<OfferCommand, Offer, OfferObserved, never> = {
  name: 'drm.offer',
  initial: { seen: undefined },

  decide({ data }, { seen }) {
    const { offer } = data;
    if (seen && offer.observedAt <= seen.observedAt) return accept();
    return seen && saysTheSame(seen, offer) && isYoung(seen, offer.observedAt) ? accept() : accept(OfferObserved(data));
  },

  evolve: (_, { data }) => ({ seen: data.offer }),
};
