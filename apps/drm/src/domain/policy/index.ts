/** How the queue is ordered, what is kept for whom waits, and how much is said about waiting. */
export interface Policy {
  /** Scheduler and version, recorded with each grant. */
  readonly id: string;
  /**
   * `age`: one line for all, by priority and age. `fair`: a line per queue; the queue that used the least for its weight
   * goes next.
   */
  readonly order: 'age' | 'fair';
  /** `easy`: nodes are kept from those behind. `conservative`: room is planned ahead, and nobody planned is delayed. */
  readonly backfill: 'easy' | 'conservative';
  /** `all`: each who waits is told when its place or reasons change. `head`: only those at the head are told again. */
  readonly tell: 'all' | 'head';
  /** Moving data counts against `limits.budgetMicroUsd` before anything is granted. */
  readonly budgetsCoverEgress: boolean;
  /** Running work may be asked to leave for other work: by priority, for a queue's own quota, to make large work fit. */
  readonly evicts: boolean;
  /** Owned, leased and shared GPUs compare by what they cost us; else the order of sources is a rule. */
  readonly currency: boolean;
  /** Where work goes: `tightest` is a list of opinions per node, `packing` what the whole mix of work can use afterwards. */
  readonly scores: 'tightest' | 'packing';
  /** While the fleet is not full, a watt has a price: work goes where it draws the fewest more. */
  readonly savesPower: boolean;
}

/** The first policy: what was decided before any policy was adopted was decided by it. */
export const BEST_FIT: Policy = {
  id: 'best-fit/1',
  order: 'age',
  backfill: 'easy',
  tell: 'all',
  budgetsCoverEgress: false,
  evicts: false,
  currency: false,
  scores: 'tightest',
  savesPower: false,
};

export const SHADOW_PRICE: Policy = {
  id: 'shadow-price/1',
  order: 'fair',
  backfill: 'conservative',
  tell: 'head',
  budgetsCoverEgress: true,
  evicts: true,
  currency: true,
  scores: 'packing',
  savesPower: false,
};

/** As `shadow-price/1`, with a price for watts while the fleet is not full. */
export const SHADOW_PRICE_POWER: Policy = { ...SHADOW_PRICE, id: 'shadow-price-power/1', savesPower: true };

export const POLICIES: readonly Policy[] = [BEST_FIT, SHADOW_PRICE, SHADOW_PRICE_POWER];

/** By the id that the journal holds: `''` before any was adopted. One that is unknown here decides as the newest does. */
export const policyOf = (id: string): Policy =>
  id === '' ? BEST_FIT : (POLICIES.find((policy) => policy.id === id) ?? SHADOW_PRICE);
