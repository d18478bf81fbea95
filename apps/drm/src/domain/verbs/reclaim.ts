import type { Quota } from '@solyx/contracts';
import type { Ask } from '../ask';
import { DEFAULT_QUEUE, queueKey } from '../eviction';
import type { HeldAllocation, PartitionState } from '../partition-state';
import { NONE, RESOURCES } from '../queues/amounts';
import { wantedOf } from '../queues/lanes';
import { quotaOf, UNLIMITED } from '../queues/queue-state';
import { byCost, type Allows, type Victim } from '../victims';

/** A queue with a quota, and what runs of it now. */
export interface QueueUse {
  readonly cohort: string;
  readonly nominal: Quota;
  readonly used: Quota;
}

/** By organization and queue; undefined for queues without a quota, which neither lend nor owe. */
export type UseOf = (organizationId: string, queue: string) => QueueUse | undefined;

/** Quotas and what is held of them, as the journal has them. */
export function useIn(state: PartitionState, organizationId: string, name: string): QueueUse | undefined {
  const quota = quotaOf(state, organizationId, name);
  if (quota === undefined || quota === UNLIMITED) return undefined;
  const used = state.queues.get(queueKey(organizationId, name))?.held ?? NONE;
  return { cohort: quota.cohort, nominal: quota.nominal, used };
}

const sizeOf = ({ allocation: { shares } }: HeldAllocation, resource: keyof Quota): number =>
  shares.reduce((sum, share) => sum + share[resource], 0);

const missing = (short: Quota, victims: readonly Victim[]): boolean =>
  RESOURCES.some((of) => victims.reduce((sum, { held }) => sum + sizeOf(held, of), 0) < short[of]);

/**
 * Whom to evict for quota alone, wherever they run: the cheapest of them until what is short has been given back, and
 * then without those who need not go. Undefined where all of them are not enough.
 */
export function quotaVictims(
  candidates: Iterable<Victim>,
  short: Quota,
  allows: Allows,
): readonly Victim[] | undefined {
  let going: readonly Victim[] = [];
  for (const victim of [...candidates].sort(byCost)) {
    if (!missing(short, going)) break;
    const helps = RESOURCES.some((of) => short[of] > 0 && sizeOf(victim.held, of) > 0);
    if (helps && allows([...going, victim])) going = [...going, victim];
  }
  if (missing(short, going)) return undefined;
  for (const victim of [...going].sort((a, b) => byCost(b, a))) {
    const fewer = going.filter((one) => one !== victim);
    if (!missing(short, fewer)) going = fewer;
  }
  return going;
}

/**
 * What a queue may take back: one that stays within its nominal quota with this workload takes from queues of its cohort
 * that use more than theirs, until they no longer do (Kueue's `reclaimWithinCohort`). Whatever the priorities: what was
 * lent is owed.
 */
export class Reclaimer {
  private readonly mine: QueueUse | undefined;
  private readonly key: string;
  private readonly wanted: Quota;

  constructor(
    ask: Ask,
    private readonly useOf: UseOf,
  ) {
    const { organizationId, queue = DEFAULT_QUEUE } = ask.request;
    this.key = queueKey(organizationId, queue);
    this.wanted = wantedOf(ask);
    const use = useOf(organizationId, queue);
    const isOwed = use && RESOURCES.every((of) => use.used[of] + this.wanted[of] <= use.nominal[of]);
    this.mine = isOwed ? use : undefined;
  }

  get isOwed(): boolean {
    return this.mine !== undefined;
  }

  /** Does it run on borrowed quota that is wanted back? */
  mayTake(held: HeldAllocation): boolean {
    const use = this.lender(held);
    return use !== undefined && this.isOver(use, held, NONE);
  }

  /** Is it of a queue that this one could take back from? */
  lent(held: HeldAllocation): boolean {
    return this.lender(held) !== undefined;
  }

  /** Together: each of them still on borrowed quota when those before it are gone. */
  allows(victims: readonly Victim[]): boolean {
    const taken = new Map<string, Quota>();
    for (const { held, reason } of victims) {
      const use = this.lender(held);
      if (reason !== 'Reclaimed' || !use) continue;
      const key = queueKey(held.allocation.organizationId, held.stake.queue);
      const before = taken.get(key) ?? NONE;
      if (!this.isOver(use, held, before)) return false;
      taken.set(key, {
        gpuMilli: before.gpuMilli + sizeOf(held, 'gpuMilli'),
        cpuMilli: before.cpuMilli + sizeOf(held, 'cpuMilli'),
        memoryMiB: before.memoryMiB + sizeOf(held, 'memoryMiB'),
      });
    }
    return true;
  }

  /** The use of its queue, where that is another one of the same cohort. */
  private lender({ allocation: { organizationId }, stake }: HeldAllocation): QueueUse | undefined {
    if (!this.mine || queueKey(organizationId, stake.queue) === this.key) return undefined;
    const use = this.useOf(organizationId, stake.queue);
    return use?.cohort === this.mine.cohort ? use : undefined;
  }

  private isOver({ used, nominal }: QueueUse, held: HeldAllocation, taken: Quota): boolean {
    return RESOURCES.some((of) => this.wanted[of] > 0 && sizeOf(held, of) > 0 && used[of] - taken[of] > nominal[of]);
  }
}
