import { Type } from 'class-transformer';
import { IsDefined, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { Offer } from '../../values';

class OfferObservedV1 {
  @IsDefined()
  @ValidateNested()
  @Type(() => Offer)
  readonly offer!: Offer;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** A lessor offers GPUs at a price. */
export const OfferObserved = defineEvent('drm.offer.observed', 1, OfferObservedV1);
export type OfferObserved = EventOf<typeof OfferObserved>;
