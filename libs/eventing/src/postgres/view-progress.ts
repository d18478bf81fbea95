/** How far the runner in this process has come, by table, for those who wait. Empty where another process leads. */
export class ViewProgress {
  private readonly positions = new Map<string, bigint>();
  private readonly waiters = new Set<() => void>();

  get(table: string): bigint | undefined {
    return this.positions.get(table);
  }

  set(table: string, position: bigint): void {
    if ((this.positions.get(table) ?? -1n) >= position) return;
    this.positions.set(table, position);
    for (const wake of [...this.waiters]) wake();
  }

  /** The runner stopped: what it knew is what the database knows. */
  clear(): void {
    this.positions.clear();
  }

  /** Resolves at the next step of any view, or after `ms`. */
  next(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.waiters.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.waiters.add(done);
    });
  }
}
