import { QUOTA_UNLIMITED, type Quota } from '@solyx/contracts';

export const RESOURCES = ['gpuMilli', 'cpuMilli', 'memoryMiB'] as const;
export type Resource = (typeof RESOURCES)[number];

export const NO_QUOTA: Quota = { gpuMilli: 0, cpuMilli: 0, memoryMiB: 0 };

/** One queue of a cohort, as sharing sees it. */
export interface Sharer {
  readonly nominal: Quota;
  readonly lendingLimit?: Quota;
  readonly weight: number;
  readonly used: Quota;
}

export interface Shares {
  /** Used beyond nominal. */
  readonly borrowed: Quota;
  /** What others use of its nominal quota: what is borrowed, spread over those who could lend, as they could. */
  readonly lent: Quota;
  /** Its part of what the cohort shares, in thousandths. */
  readonly fairShareMilli: number;
}

const quota = (of: (resource: Resource) => number): Quota => ({
  gpuMilli: of('gpuMilli'),
  cpuMilli: of('cpuMilli'),
  memoryMiB: of('memoryMiB'),
});

export const addQuota = (a: Quota, b: Quota): Quota => quota((resource) => a[resource] + b[resource]);

const isLimited = (amount: number): boolean => amount < QUOTA_UNLIMITED;

const borrowedOf = ({ nominal, used }: Sharer, resource: Resource): number =>
  isLimited(nominal[resource]) ? Math.max(0, used[resource] - nominal[resource]) : 0;

const lendableOf = ({ nominal, lendingLimit, used }: Sharer, resource: Resource): number => {
  if (!isLimited(nominal[resource])) return 0;
  const unused = Math.max(0, nominal[resource] - used[resource]);
  return Math.min(unused, lendingLimit?.[resource] ?? unused);
};

/** Who borrows and who lends within one cohort. Exact integers; what does not divide stays with the pool. */
export function sharesOf(cohort: readonly Sharer[], sharer: Sharer): Shares {
  const total = (pick: (one: Sharer) => number): number => cohort.reduce((sum, one) => sum + pick(one), 0);
  const lentOf = (resource: Resource): number => {
    const lendable = total((one) => lendableOf(one, resource));
    if (lendable === 0) return 0;
    const borrowed = Math.min(
      lendable,
      total((one) => borrowedOf(one, resource)),
    );
    return Number((BigInt(borrowed) * BigInt(lendableOf(sharer, resource))) / BigInt(lendable));
  };
  const weights = Math.max(
    1,
    total(({ weight }) => weight),
  );
  return {
    borrowed: quota((resource) => borrowedOf(sharer, resource)),
    lent: quota(lentOf),
    fairShareMilli: Math.floor((sharer.weight * 1000) / weights),
  };
}

/** The largest part of a resource of the fleet that is used, in thousandths (dominant share, DRF, Ghodsi et al., NSDI 2011). */
export const dominantShareMilli = (used: Quota, fleet: Quota): number =>
  Math.max(
    0,
    ...RESOURCES.map((resource) => (fleet[resource] === 0 ? 0 : Math.floor((used[resource] * 1000) / fleet[resource]))),
  );
