import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsInt, Matches, Min, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { Route } from '../../values';

class RoutesObservedV1 {
  @IsInt()
  @Min(1)
  readonly version!: number;
  @IsArray()
  @ArrayMaxSize(1024)
  @ValidateNested({ each: true })
  @Type(() => Route)
  readonly routes!: readonly Route[];
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Input: how sites are connected, and what egress costs. */
export const RoutesObserved = defineEvent('drm.partition.routes-observed', 1, RoutesObservedV1);
export type RoutesObserved = EventOf<typeof RoutesObserved>;
