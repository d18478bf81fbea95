import { accept, type Command, type Decider } from '@solyx/kernel';
import { evolvePartition } from './partition-evolve';
import type { PartitionEvent, PartitionInput } from './partition-events';
import { isNews } from './partition-news';
import { partitionSnapshot } from './partition-snapshot';
import { emptyPartition, type PartitionState } from './partition-state';
import { schedule } from './schedule';

/** Inputs that one batch takes; with the decisions they stay one append. */
export const INPUTS_MAX = 64;

/** Inputs that wait together, or nothing but time. `at` is when the scheduler looks, ISO 8601 UTC. */
export type PartitionCommand =
  | Command<'Advance', { readonly inputs: readonly PartitionInput[]; readonly at: string }>
  | Command<'Tick', { readonly at: string }>;

/**
 * The scheduler's journal: each input as it was taken, then what was decided, in one append. Inputs that are known
 * already change nothing; a batch of nothing else decides nothing, so that a repeat is never another decision.
 */
export const partitionDecider: Decider<PartitionCommand, PartitionState, PartitionEvent, never> = {
  name: 'drm.partition',
  initial: emptyPartition,

  decide({ type, data }, state) {
    if (type === 'Tick') return accept<PartitionEvent>(...schedule(state, data.at));
    const news: PartitionEvent[] = [];
    let next = state;
    for (const input of data.inputs.slice(0, INPUTS_MAX)) {
      if (!isNews(next, input)) continue;
      news.push(input);
      next = evolvePartition(next, input);
    }
    return news.length === 0 ? accept() : accept<PartitionEvent>(...news, ...schedule(next, data.at));
  },

  evolve: evolvePartition,
  snapshot: partitionSnapshot,
};
