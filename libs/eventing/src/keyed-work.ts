/** Runs jobs one after another per key, side by side across keys, at most `runningMax` at once. Fair: first in, first run. */
export class KeyedWork {
  private readonly queues = new Map<string, (() => Promise<void>)[]>();
  private readonly ready: string[] = [];
  private running = 0;
  private stopped = false;
  private readonly idle: (() => void)[] = [];

  constructor(private readonly runningMax: number) {}

  /** A job never rejects: it deals with its own failures. */
  add(key: string, job: () => Promise<void>): void {
    if (this.stopped) return;
    const queue = this.queues.get(key);
    if (queue) queue.push(job);
    else {
      this.queues.set(key, [job]);
      this.ready.push(key);
    }
    this.pump();
  }

  /** Starts nothing more; resolves once what runs has ended. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.ready.length = 0;
    if (this.running > 0) await new Promise<void>((resolve) => this.idle.push(resolve));
    this.queues.clear();
  }

  /** Resolves once nothing waits and nothing runs. */
  async drained(): Promise<void> {
    while (this.running > 0 || this.ready.length > 0) await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  private pump(): void {
    while (this.running < this.runningMax) {
      const key = this.ready.shift();
      if (key === undefined) return;
      this.running += 1;
      void this.run(key);
    }
  }

  /** The head stays in its queue while it runs, which is what keeps the key's next job waiting. */
  private async run(key: string): Promise<void> {
    const queue = this.queues.get(key);
    try {
      await queue?.[0]?.();
    } finally {
      this.running -= 1;
      queue?.shift();
      if (!queue || queue.length === 0) this.queues.delete(key);
      else if (!this.stopped) this.ready.push(key);
      this.pump();
      if (this.running === 0 && this.ready.length === 0) for (const resolve of this.idle.splice(0)) resolve();
    }
  }
}
