import type { Quota, QueueSpec } from '@solyx/contracts';
import { queueKey } from '../eviction';
import { minus, NONE, plus, RESOURCES, times } from './amounts';
import type { Queueing } from './queue-state';

const least = (a: Quota, b: Quota): Quota => ({
  gpuMilli: Math.min(a.gpuMilli, b.gpuMilli),
  cpuMilli: Math.min(a.cpuMilli, b.cpuMilli),
  memoryMiB: Math.min(a.memoryMiB, b.memoryMiB),
});

const positive = (a: Quota): Quota => ({
  gpuMilli: Math.max(0, a.gpuMilli),
  cpuMilli: Math.max(0, a.cpuMilli),
  memoryMiB: Math.max(0, a.memoryMiB),
});

export const isWithin = (a: Quota, most: Quota): boolean => RESOURCES.every((of) => a[of] <= most[of]);

/** What of nominal others may use while it is not used. */
const lendable = ({ nominal, lendingLimit }: QueueSpec): Quota =>
  lendingLimit ? least(nominal, lendingLimit) : nominal;

/** What of nominal is never lent. */
const ownOf = (spec: QueueSpec): Quota => plus(spec.nominal, times(lendable(spec), -1));

/** What the queue uses beyond what is its own alone: of the cohort's pool. */
export const pooledOf = (spec: QueueSpec, held: Quota): Quota => positive(plus(held, times(ownOf(spec), -1)));

const heldBy = ({ queues }: Queueing, { organizationId, queueId }: QueueSpec): Quota =>
  queues.get(queueKey(organizationId, queueId))?.held ?? NONE;

/** A cohort's pool: what its queues lend, and what is used of it. */
interface Pool {
  readonly lent: Quota;
  readonly used: Quota;
}

/**
 * Quotas as of Kueue's ClusterQueues (nominalQuota, borrowingLimit, lendingLimit): a queue may hold its nominal quota plus
 * what it may borrow, and all queues of a cohort together never use more of the pool than is lent to it. The pools are
 * worked out once per state, and again for a cohort in which something was started.
 */
export class Cohorts {
  private readonly pools = new Map<string, Pool>();
  private readonly members = new Map<string, QueueSpec[]>();

  constructor(private state: Queueing) {
    for (const { spec } of state.quotas.values()) {
      if (!spec) continue;
      const others = this.members.get(spec.cohort);
      if (others) others.push(spec);
      else this.members.set(spec.cohort, [spec]);
    }
  }

  /** Something was started in the queue. */
  refresh(state: Queueing, { cohort }: QueueSpec): void {
    this.state = state;
    this.pools.delete(cohort);
  }

  /** May the queue hold so much more? */
  allows(spec: QueueSpec, more: Quota): boolean {
    const held = heldBy(this.state, spec);
    const then = plus(held, more);
    if (spec.borrowingLimit && !isWithin(then, plus(spec.nominal, spec.borrowingLimit))) return false;
    const pool = this.poolOf(spec.cohort);
    const others = plus(pool.used, times(pooledOf(spec, held), -1));
    // What it does not ask for is not its business, even where others use too much of it.
    return RESOURCES.every((of) => more[of] === 0 || others[of] + pooledOf(spec, then)[of] <= pool.lent[of]);
  }

  /** What others would have to give back to the pool before the queue may hold so much more. */
  shortOf(spec: QueueSpec, more: Quota): Quota {
    const held = heldBy(this.state, spec);
    const { lent, used } = this.poolOf(spec.cohort);
    const others = minus(used, pooledOf(spec, held));
    const missing = positive(minus(plus(others, pooledOf(spec, plus(held, more))), lent));
    return {
      gpuMilli: more.gpuMilli === 0 ? 0 : missing.gpuMilli,
      cpuMilli: more.cpuMilli === 0 ? 0 : missing.cpuMilli,
      memoryMiB: more.memoryMiB === 0 ? 0 : missing.memoryMiB,
    };
  }

  private poolOf(cohort: string): Pool {
    const known = this.pools.get(cohort);
    if (known) return known;
    let lent = NONE;
    let used = NONE;
    for (const spec of this.members.get(cohort) ?? []) {
      lent = plus(lent, lendable(spec));
      used = plus(used, pooledOf(spec, heldBy(this.state, spec)));
    }
    const pool = { lent, used };
    this.pools.set(cohort, pool);
    return pool;
  }
}
