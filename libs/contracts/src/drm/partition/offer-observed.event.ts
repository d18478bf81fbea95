import { Type } from 'class-transformer';
import { IsDefined, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { Offer } from '../../values';

class PartitionOfferObservedV1 {
  @IsDefined()
  @ValidateNested()
  @Type(() => Offer)
  readonly offer!: Offer;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Input: an offer and its price. */
export const PartitionOfferObserved = defineEvent('drm.partition.offer-observed', 1, PartitionOfferObservedV1);
export type PartitionOfferObserved = EventOf<typeof PartitionOfferObserved>;
