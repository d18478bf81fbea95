/** Waste that is tolerated at the front before the array is cut. */
const WASTE_MAX = 1024;

/** A queue in an array: taking from the front moves an index, and the array is cut once in a while. */
export class Deque<T> {
  private items: T[] = [];
  private start = 0;

  get length(): number {
    return this.items.length - this.start;
  }

  at(index: number): T | undefined {
    return this.items[this.start + index];
  }

  push(item: T): void {
    this.items.push(item);
  }

  shift(): T | undefined {
    const item = this.items[this.start];
    if (item === undefined) return undefined;
    this.start += 1;
    if (this.start >= WASTE_MAX && this.start * 2 > this.items.length) {
      this.items = this.items.slice(this.start);
      this.start = 0;
    }
    return item;
  }

  slice(from: number, to: number): T[] {
    return this.items.slice(this.start + from, this.start + Math.min(to, this.length));
  }

  /** Index of the first item for which the condition holds; it must hold for all items after that one. */
  findFirst(holds: (item: T) => boolean): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const item = this.at(middle);
      if (item !== undefined && holds(item)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
