import type { Ask } from '../ask';
import type { Suited } from '../filter';
import type { NodeState } from '../partition-state';

/** One GPU, in the currency of all opinions. */
export const MICRO_GPU = 1_000_000;
/** Thousandths of a GPU to micro-GPU. */
export const MILLI = MICRO_GPU / 1000;

/**
 * One opinion on where a workload goes, an integer in micro-GPU; more is better, and the sum decides. Pure: no float
 * that is not a whole number leaves it, so that a decision replays bit for bit on every machine.
 */
export interface Opinion {
  readonly term: string;
  /**
   * `fixed`: the same for all nodes of one source, model and site, so asked once for them and a shape of workload.
   * `free`: depends on what is free, so asked for each node each time.
   */
  readonly of: 'fixed' | 'free';
  readonly value: (node: NodeState, ask: Ask, suited: Suited) => number;
}
