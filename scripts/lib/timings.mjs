/** When each step of a start began and ended, for `--timings`: what is slow is then seen, not guessed. */

export class Timings {
  #steps = [];

  /** @param {number} since Date.now() at the start */
  constructor(since) {
    this.since = since;
  }

  /** Notes how long a piece of work took, whatever came of it. */
  async of(name, work) {
    const from = Date.now();
    try {
      return await work();
    } finally {
      this.#steps.push({ name, from: from - this.since, to: Date.now() - this.since });
    }
  }

  /** One line a step, in the order in which they began: milliseconds since the start. */
  toString() {
    const steps = [...this.#steps].sort((a, b) => a.from - b.from || a.to - b.to);
    const line = ({ name, from, to }) => `  ${String(from).padStart(6)} → ${String(to).padStart(6)} ms  ${name}`;
    return steps.map(line).join('\n');
  }
}
