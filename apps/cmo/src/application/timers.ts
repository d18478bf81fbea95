/** A call that was set for later. */
export interface Timer {
  cancel(): void;
}

/** Calls at a time of the clock. A port, so that a simulation owns the order of everything. */
export abstract class Timers {
  /** Calls `work` once, at `atMs` (milliseconds since 1970) or soon after; at once where that is past. What it rejects with is logged. */
  abstract at(atMs: number, work: () => Promise<void>): Timer;
}
