import { ManualClock } from '@solyx/kernel';
import type { Chance } from './chance';

export interface Scheduled {
  cancel(): void;
}

interface Entry {
  readonly at: number;
  /** Seeded: what is due at once comes in any order, the same one for the same seed. */
  readonly tie: number;
  readonly sequence: number;
  readonly work: () => void;
  cancelled: boolean;
}

const before = (a: Entry, b: Entry): boolean => {
  if (a.at !== b.at) return a.at < b.at;
  return a.tie === b.tie ? a.sequence < b.sequence : a.tie < b.tie;
};

/** All promises that can go on have gone on: timers and I/O do not exist here, so one turn of the event loop is enough. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Virtual time: a queue of what happens when. One entry at a time, and after each everything that waits for it goes on
 * until it waits again; so the order of everything follows from the seed.
 */
export class Scheduler {
  readonly clock = new ManualClock(Date.UTC(2026, 0, 5, 8));
  readonly startedAt = this.clock.now();
  steps = 0;
  private readonly heap: Entry[] = [];
  private count = 0;

  constructor(private readonly chance: Chance) {}

  /** Milliseconds of virtual time since the start. */
  get elapsed(): number {
    return this.clock.now() - this.startedAt;
  }

  after(ms: number, work: () => void): Scheduled {
    return this.at(this.clock.now() + Math.max(0, Math.round(ms)), work);
  }

  at(millis: number, work: () => void): Scheduled {
    const entry = { at: millis, tie: this.chance.next(), sequence: this.count, work, cancelled: false };
    this.count += 1;
    this.push(entry);
    return {
      cancel: () => {
        entry.cancelled = true;
      },
    };
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** What the promise resolves with; undefined after `ms` without it. A rejection goes through. */
  within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      const timer = this.after(ms, () => resolve(undefined));
      promise.then(resolve, reject).finally(() => timer.cancel());
    });
  }

  /** The next thing; false where there is none. */
  async step(): Promise<boolean> {
    const entry = this.pop();
    if (!entry) return false;
    if (entry.cancelled) return true;
    this.steps += 1;
    this.clock.advance(entry.at - this.clock.now());
    entry.work();
    await settled();
    return true;
  }

  private push(entry: Entry): void {
    const { heap } = this;
    let place = heap.push(entry) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = heap[parent];
      if (!above || before(above, entry)) break;
      heap[place] = above;
      place = parent;
    }
    heap[place] = entry;
  }

  private pop(): Entry | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last || heap.length === 0) return first;
    let place = 0;
    for (;;) {
      const left = 2 * place + 1;
      const [a, b] = [heap[left], heap[left + 1]];
      if (!a) break;
      const child = b && before(b, a) ? b : a;
      if (before(last, child)) break;
      heap[place] = child;
      place = child === a ? left : left + 1;
    }
    heap[place] = last;
    return first;
  }
}
