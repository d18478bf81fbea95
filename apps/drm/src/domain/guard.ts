import type { Ask } from './ask';
import type { NodeState } from './partition-state';
import type { Eligible } from './shape-view';

/** What is kept for others while one workload is placed. */
export interface Guard {
  /** Nodes on which anything is kept: all others are free to use. */
  has(nodeId: string): boolean;
  /** May the workload start there now, and run for as long as it may? Asked for nodes on which it fits now. */
  allows(eligible: Eligible, node: NodeState, ask: Ask): boolean;
}

export const NOTHING_KEPT: Guard = { has: () => false, allows: () => true };
