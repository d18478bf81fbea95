interface Entry {
  readonly time: number;
  readonly order: number;
  readonly job: number;
  readonly attempt: number;
}

/** What is to happen, soonest first; what was put in first of the same time. Four numbers each, in typed arrays. */
export class Agenda {
  private times = new Float64Array(1024);
  private orders = new Float64Array(1024);
  private jobs = new Int32Array(1024);
  private attempts = new Int32Array(1024);
  private count = 0;
  private order = 0;

  get next(): number | undefined {
    return this.count === 0 ? undefined : this.times[0];
  }

  add(time: number, job: number, attempt: number): void {
    if (this.count === this.times.length) this.grow();
    let at = this.count;
    this.count += 1;
    const order = this.order;
    this.order += 1;
    for (; at > 0;) {
      const up = (at - 1) >> 1;
      const above = this.times[up] ?? 0;
      if (above < time || (above === time && (this.orders[up] ?? 0) < order)) break;
      this.move(up, at);
      at = up;
    }
    this.put(at, { time, order, job, attempt });
  }

  /** The soonest, taken out. Not to be called when empty. */
  take(): { readonly job: number; readonly attempt: number } {
    const first = { job: this.jobs[0] ?? 0, attempt: this.attempts[0] ?? 0 };
    this.count -= 1;
    const last = this.count;
    const time = this.times[last] ?? 0;
    const order = this.orders[last] ?? 0;
    const job = this.jobs[last] ?? 0;
    const attempt = this.attempts[last] ?? 0;
    let at = 0;
    for (let down = 1; down < last; down = 2 * at + 1) {
      if (down + 1 < last && this.isBefore(down + 1, down)) down += 1;
      const below = this.times[down] ?? 0;
      if (time < below || (time === below && order < (this.orders[down] ?? 0))) break;
      this.move(down, at);
      at = down;
    }
    this.put(at, { time, order, job, attempt });
    return first;
  }

  private isBefore(a: number, b: number): boolean {
    const [one, other] = [this.times[a] ?? 0, this.times[b] ?? 0];
    return one < other || (one === other && (this.orders[a] ?? 0) < (this.orders[b] ?? 0));
  }

  private move(from: number, to: number): void {
    this.times[to] = this.times[from] ?? 0;
    this.orders[to] = this.orders[from] ?? 0;
    this.jobs[to] = this.jobs[from] ?? 0;
    this.attempts[to] = this.attempts[from] ?? 0;
  }

  private put(at: number, { time, order, job, attempt }: Entry): void {
    this.times[at] = time;
    this.orders[at] = order;
    this.jobs[at] = job;
    this.attempts[at] = attempt;
  }

  private grow(): void {
    const twice = <T extends Float64Array | Int32Array>(old: T, made: T): T => {
      made.set(old);
      return made;
    };
    const size = this.times.length * 2;
    this.times = twice(this.times, new Float64Array(size));
    this.orders = twice(this.orders, new Float64Array(size));
    this.jobs = twice(this.jobs, new Int32Array(size));
    this.attempts = twice(this.attempts, new Int32Array(size));
  }
}
