import type { RecordedEvent } from '../engine/events';
import { MemoryStorage } from '../storage/memory-storage';
import { AppendRefused, OutcomeUnknown } from '../storage/storage';

/** A storage in memory that fails when told to, before or after it has written. */
export class FlakyStorage extends MemoryStorage {
  /** What becomes of the next batches; beyond the list all succeed. */
  readonly plan: ('write' | 'refuse' | 'lose before' | 'lose after')[] = [];
  readonly batches: (readonly RecordedEvent[])[] = [];
  /** Batches wait for it. */
  gate: Promise<void> = Promise.resolve();

  override async append(events: readonly RecordedEvent[]): Promise<void> {
    this.batches.push(events);
    await this.gate;
    const fate = this.plan.shift() ?? 'write';
    if (fate === 'refuse') throw new AppendRefused('told to refuse');
    if (fate === 'lose before') throw new OutcomeUnknown('told to lose the answer');
    await super.append(events);
    if (fate === 'lose after') throw new OutcomeUnknown('told to lose the answer');
  }
}
