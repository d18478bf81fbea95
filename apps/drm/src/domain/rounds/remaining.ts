/** One way in which a job trains, for some of its epochs: a batch size. */
export interface TrainingMode {
  /** Milliseconds of an epoch in this mode. */
  readonly epochMs: number;
  /** Epochs that ran in it so far. */
  readonly seen: number;
}

export interface TrainingProgress {
  /** Epochs of the whole job. */
  readonly epochs: number;
  /** Those that are done; the one that has begun is not. */
  readonly done: number;
  readonly modes: readonly TrainingMode[];
}

/**
 * Milliseconds that a job which changes its batch size still needs. Which epochs will train in which mode is not known;
 * the expectation is that of a Dirichlet posterior whose prior spreads all epochs evenly over the modes (Shockwave,
 * NSDI'23, §5), less what was seen, spread over the epochs that are left. Exact until the last division, which floors.
 */
export function remainingMs({ epochs, done, modes }: TrainingProgress): number {
  const left = BigInt(Math.max(0, epochs - done));
  const ways = BigInt(modes.length);
  const all = BigInt(epochs);
  const seen = modes.reduce((sum, mode) => sum + BigInt(mode.seen), 0n);
  const scale = ways * (all + seen);
  let [ahead, work] = [0n, 0n];
  for (const mode of modes) {
    const expected = all * (all + ways * BigInt(mode.seen)) - BigInt(mode.seen) * scale;
    if (expected <= 0n) continue;
    ahead += expected;
    work += expected * BigInt(mode.epochMs);
  }
  if (left === 0n || ahead === 0n) return 1;
  const needed = (work * left) / ahead;
  return needed > 0n ? Number(needed) : 1;
}
