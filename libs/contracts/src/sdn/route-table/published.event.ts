import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsInt, Matches, Min, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { Route } from '../../values';

class RouteTablePublishedV1 {
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

/** The routes between all sites, as of now. */
export const RouteTablePublished = defineEvent('sdn.routeTable.published', 1, RouteTablePublishedV1);
export type RouteTablePublished = EventOf<typeof RouteTablePublished>;
