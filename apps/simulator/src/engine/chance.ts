import { deriveId, Random, SeededRandom } from '@solyx/kernel';

/** Seeded chance. Each purpose has a fork of its own, so that one more throw here changes nothing there. */
export class Chance extends Random {
  private readonly random: SeededRandom;

  constructor(private readonly seed: string | number) {
    super();
    this.random = new SeededRandom(Number.parseInt(deriveId('chance', seed).slice(0, 8), 16));
  }

  fork(purpose: string): Chance {
    return new Chance(`${this.seed}/${purpose}`);
  }

  override next(): number {
    return this.random.next();
  }

  /** Integer in [from, to]. */
  between(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  /** True this often: 0 never, 1 always. */
  is(probability: number): boolean {
    return probability > 0 && this.next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    const one = list[this.between(0, list.length - 1)];
    if (one === undefined) throw new RangeError('nothing to pick from');
    return one;
  }
}
