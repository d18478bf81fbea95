import { packing } from '@solyx/drm';

/** Who comes first of those that wait. */
export type Order =
  /** In order of arrival. */
  | 'arrival'
  /** The queue with the smallest dominant share first (Ghodsi et al., NSDI'11), within it by arrival. */
  | 'dominant-share'
  /** Those that wait long before all others, then by priority, then the queue that uses least of its quota. */
  | 'fair';

export interface ReplayPolicy {
  readonly name: string;
  readonly order: Order;
  /** Nobody passes the one in front. */
  readonly strict: boolean;
  readonly weights: packing.Weights;
  /** Whether work of lower priority, or on borrowed quota, leaves for work that finds no room. */
  readonly preempts: boolean;
}

type Field = keyof packing.KindWeights;

/** Only these opinions, the others silent. */
function only(some: Partial<packing.KindWeights>): packing.Weights {
  const fields = Object.keys(packing.SHADOW_PRICE.share) as Field[];
  const silent = Object.fromEntries(fields.map((field) => [field, 0])) as unknown as packing.KindWeights;
  const kind = { ...silent, ...some };
  return { ...packing.SHADOW_PRICE, share: kind, whole: kind, cpuOnly: kind };
}

/** The first node with room. */
const FIRST_FIT = only({});
/** The node on which the least is left. */
const BEST_FIT = only({ gpusLeft: -1_000, coresLeft: -1_000, remainder: -1_000 });

export const POLICIES: readonly ReplayPolicy[] = [
  { name: 'fifo', order: 'arrival', strict: true, weights: FIRST_FIT, preempts: false },
  { name: 'best-fit', order: 'arrival', strict: false, weights: BEST_FIT, preempts: false },
  { name: 'drf', order: 'dominant-share', strict: false, weights: BEST_FIT, preempts: false },
  { name: 'shadow-price', order: 'fair', strict: false, weights: packing.SHADOW_PRICE, preempts: false },
  { name: 'solyx', order: 'fair', strict: false, weights: packing.SHADOW_PRICE, preempts: true },
];

export const policyNamed = (name: string): ReplayPolicy | undefined => POLICIES.find((one) => one.name === name);
