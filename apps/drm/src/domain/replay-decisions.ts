import { canonicalJson } from '@solyx/kernel';
import { isDecision, type PartitionDecision, type PartitionEvent } from './partition-events';
import { evolvePartition } from './partition-evolve';
import { emptyPartition, type PartitionState } from './partition-state';
import { schedule } from './schedule';

export interface Replayed {
  /** Recorded decisions that were run again. */
  readonly checked: number;
  /** Those that came out otherwise, the ones that are missing or too many included. */
  readonly differing: number;
}

const same = (a: PartitionDecision | undefined, b: PartitionDecision | undefined): boolean =>
  a !== undefined && b !== undefined && a.type === b.type && canonicalJson(a.data) === canonicalJson(b.data);

/**
 * Runs recorded decisions again: each time the journal turns from inputs to decisions, the schedule is run over the
 * state that the journal led to, at the time that the decisions carry, and must say the same, bit for bit. The state
 * goes on from what was recorded, so that one difference is counted once and not for ever after.
 */
export class DecisionReplayer {
  private state: PartitionState = emptyPartition;
  private recorded: PartitionDecision[] = [];
  private checked = 0;
  private differing = 0;

  /** Events in the order of the journal. */
  add(event: PartitionEvent): void {
    const [first] = this.recorded;
    if (!isDecision(event)) {
      this.settle();
      this.state = evolvePartition(this.state, event);
      return;
    }
    if (first && first.data.at !== event.data.at) this.settle();
    this.recorded.push(event);
  }

  finish(): Replayed {
    this.settle();
    return { checked: this.checked, differing: this.differing };
  }

  /** One time stamp may hold several runs, one after another: each continues from the one before. */
  private settle(): void {
    while (this.recorded.length > 0) {
      const [first] = this.recorded;
      const again = schedule(this.state, first?.data.at ?? '');
      const taken = this.recorded.splice(0, Math.max(1, again.length));
      const rows = Math.max(taken.length, again.length);
      for (let i = 0; i < rows; i += 1) if (!same(again[i], taken[i])) this.differing += 1;
      this.checked += taken.length;
      for (const decision of taken) this.state = evolvePartition(this.state, decision);
    }
  }
}

export function replayDecisions(journal: Iterable<PartitionEvent>): Replayed {
  const replayer = new DecisionReplayer();
  for (const event of journal) replayer.add(event);
  return replayer.finish();
}
