import type { PartitionDecision } from './partition-events';
import { evolvePartition } from './partition-evolve';
import type { PartitionState } from './partition-state';

/** Decisions of one schedule: together with the inputs of a batch they stay one append. */
export const DECISIONS_MAX = 190;
export const DECISION_BYTES_MAX = 512 * 1024;

export interface DraftBounds {
  readonly decisions: number;
  readonly bytes: number;
}

export const BOUNDS: DraftBounds = { decisions: DECISIONS_MAX, bytes: DECISION_BYTES_MAX };

const bytesOf = (decision: PartitionDecision): number => JSON.stringify(decision.data).length;

/** These decisions filled their bounds: there may be more to decide at once. */
export const wasCut = (decisions: readonly PartitionDecision[]): boolean =>
  decisions.length >= DECISIONS_MAX ||
  decisions.reduce((sum, decision) => sum + bytesOf(decision), 0) >= DECISION_BYTES_MAX;

/** What one schedule has decided so far, and the state that it leads to. */
export class Draft {
  readonly decisions: PartitionDecision[] = [];
  private bytes = 0;

  constructor(
    private current: PartitionState,
    readonly at: string,
    private readonly bounds: DraftBounds,
  ) {}

  get state(): PartitionState {
    return this.current;
  }

  get isFull(): boolean {
    return this.room <= 0 || this.bytes >= this.bounds.bytes;
  }

  /** How many more decisions may be recorded. */
  get room(): number {
    return this.bounds.decisions - this.decisions.length;
  }

  record(decision: PartitionDecision): void {
    this.decisions.push(decision);
    this.bytes += bytesOf(decision);
    this.current = evolvePartition(this.current, decision);
  }
}
