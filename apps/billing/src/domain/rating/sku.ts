import {
  METERS,
  METER_UNITS,
  type ChargeKind,
  type Meter,
  type Pricing,
  type Quality,
  type Source,
} from '@solyx/contracts';

/** All that one price may depend on. */
export interface Sku {
  readonly meter: Meter;
  readonly source: Source;
  readonly simulated: boolean;
  /** GPU model, AI model, storage class or ad category. */
  readonly product: string;
  readonly pricing: Pricing;
  readonly quality: Quality;
}

const REHEARSAL = 'simulated:';

const KINDS: Readonly<Record<Meter, ChargeKind>> = {
  gpu: 'gpu',
  cpu: 'cpu',
  memory: 'memory',
  'token-input': 'token',
  'token-output': 'token',
  'token-cached': 'token',
  egress: 'egress',
  storage: 'storage',
  impression: 'ads',
  click: 'ads',
};

export const kindOf = (meter: Meter): ChargeKind => KINDS[meter];

/** Whether it counts capacity that is held over time, so that it can be committed to. */
export const isHeldOverTime = (meter: Meter): boolean => METER_UNITS[meter].unit.endsWith('-ms');

/** `gpu/owned/H100/on-demand/standard`; a rehearsal's begins with `simulated:`. */
export const skuIdOf = ({ meter, source, simulated, product, pricing, quality }: Sku): string =>
  `${simulated ? REHEARSAL : ''}${meter}/${source}/${product}/${pricing}/${quality}`;

/** What an id of `skuIdOf` says; undefined for ids of other things (commitments, minimums). Products may hold slashes. */
export function skuOf(skuId: string): Sku | undefined {
  const simulated = skuId.startsWith(REHEARSAL);
  const parts = skuId.slice(simulated ? REHEARSAL.length : 0).split('/');
  const [meter, source] = parts;
  const [pricing, quality] = parts.slice(-2);
  if (parts.length < 5 || !METERS.some((known) => known === meter)) return undefined;
  return {
    meter: meter as Meter,
    source: source as Source,
    simulated,
    product: parts.slice(2, -2).join('/'),
    pricing: pricing as Pricing,
    quality: quality as Quality,
  };
}
