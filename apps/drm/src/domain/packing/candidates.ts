/** Below every score: the node cannot serve now. */
export const NEVER = Number.MIN_SAFE_INTEGER;

/**
 * The nodes of one view in a tree of winners: the best of all is at the root, and a node whose score changed is put
 * right along one path. Of equals the earlier place wins, so the answer does not depend on the order of changes.
 */
export class Candidates {
  readonly scores: Float64Array;
  /** How many nodes can serve. */
  fitting = 0;
  private readonly size: number;
  private readonly winners: Int32Array;

  constructor(private readonly count: number) {
    let size = 1;
    while (size < count) size *= 2;
    this.size = size;
    this.scores = new Float64Array(count).fill(NEVER);
    this.winners = new Int32Array(2 * size).fill(-1);
  }

  get bytes(): number {
    return 8 * this.count + 8 * this.size;
  }

  /** After all scores were written. */
  build(): void {
    const { winners, size, scores } = this;
    this.fitting = 0;
    for (let at = 0; at < this.count; at += 1) {
      winners[size + at] = at;
      if ((scores[at] ?? NEVER) > NEVER) this.fitting += 1;
    }
    for (let place = size - 1; place >= 1; place -= 1) winners[place] = this.winnerOf(place);
  }

  /** One score has changed. */
  update(at: number, score: number): void {
    const { winners, scores } = this;
    const before = scores[at] ?? NEVER;
    if (before === score) return;
    if (before === NEVER) this.fitting += 1;
    if (score === NEVER) this.fitting -= 1;
    scores[at] = score;
    for (let place = (this.size + at) >> 1; place >= 1; place >>= 1) {
      const winner = this.winnerOf(place);
      if (winner === winners[place] && winner !== at) return;
      winners[place] = winner;
    }
  }

  /** Place of the best node, or -1 where none can serve. */
  get best(): number {
    const at = this.winners[1] ?? -1;
    return at >= 0 && (this.scores[at] ?? NEVER) > NEVER ? at : -1;
  }

  /** Places of the best few, best first, without sorting the others. */
  first(most: number): readonly number[] {
    const found: number[] = [];
    const open: number[] = [1];
    while (found.length < most && open.length > 0) {
      let next = 0;
      for (let one = 1; one < open.length; one += 1) if (this.isBetter(open[one] ?? 1, open[next] ?? 1)) next = one;
      let [place = 1] = open.splice(next, 1);
      const at = this.winners[place] ?? -1;
      if (at < 0 || (this.scores[at] ?? NEVER) === NEVER) break;
      found.push(at);
      // The losers on the winner's path are the next candidates.
      while (place < this.size) {
        const left = 2 * place;
        const isLeft = this.winners[left] === at;
        open.push(isLeft ? left + 1 : left);
        place = isLeft ? left : left + 1;
      }
    }
    return found;
  }

  private winnerOf(place: number): number {
    const left = this.winners[2 * place] ?? -1;
    const right = this.winners[2 * place + 1] ?? -1;
    if (left < 0) return right;
    if (right < 0) return left;
    return (this.scores[right] ?? NEVER) > (this.scores[left] ?? NEVER) ? right : left;
  }

  private isBetter(one: number, other: number): boolean {
    const a = this.winners[one] ?? -1;
    const b = this.winners[other] ?? -1;
    if (a < 0 || b < 0) return b < 0 && a >= 0;
    const difference = (this.scores[a] ?? NEVER) - (this.scores[b] ?? NEVER);
    return difference > 0 || (difference === 0 && a < b);
  }
}
