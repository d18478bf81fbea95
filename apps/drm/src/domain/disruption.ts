import { queueKey } from './eviction';
import { millisOf, type PartitionState } from './partition-state';
import type { Victim } from './victims';

/** How much may be disrupted, for each tenant and for each queue. */
export interface DisruptionLimits {
  /** Asked to leave, and not gone yet. */
  readonly concurrent: number;
  /** Evictions within an hour. */
  readonly perHour: number;
  /** Of all evictions, those that only move work, within an hour. */
  readonly movesPerHour: number;
}

/** Constants of the policy, so that a recorded decision replays as it was. */
export const DISRUPTION_LIMITS: DisruptionLimits = { concurrent: 64, perHour: 256, movesPerHour: 12 };

const HOUR_MS = 3_600_000;

const counted = (counts: Map<string, number>, key: string): number => {
  const count = (counts.get(key) ?? 0) + 1;
  counts.set(key, count);
  return count;
};

/** What is left of the disruption budgets at a time. A tenant's own priorities do not wear another's down. */
export class DisruptionBudget {
  private readonly hour = new Map<string, number>();
  private readonly leaving = new Map<string, number>();
  private moves = 0;

  constructor(
    state: PartitionState,
    at: string,
    private readonly limits: DisruptionLimits = DISRUPTION_LIMITS,
  ) {
    const since = millisOf(at) - HOUR_MS;
    for (const { at: then, organizationId, queue, reason } of state.disruptions) {
      if (then <= since) continue;
      counted(this.hour, organizationId);
      counted(this.hour, queue);
      if (reason === 'Consolidated') this.moves += 1;
    }
    for (const workloadId of state.evicting) {
      const held = state.held.get(workloadId);
      if (!held) continue;
      counted(this.leaving, held.allocation.organizationId);
      counted(this.leaving, queueKey(held.allocation.organizationId, held.stake.queue));
    }
  }

  get movesLeft(): number {
    return Math.max(0, this.limits.movesPerHour - this.moves);
  }

  /** May all of them be evicted now? */
  allows(victims: readonly Victim[]): boolean {
    const more = new Map<string, number>();
    for (const { held } of victims) {
      const { organizationId } = held.allocation;
      for (const key of [organizationId, queueKey(organizationId, held.stake.queue)]) {
        const count = counted(more, key);
        if ((this.hour.get(key) ?? 0) + count > this.limits.perHour) return false;
        if ((this.leaving.get(key) ?? 0) + count > this.limits.concurrent) return false;
      }
    }
    return true;
  }
}
