/** Things that begin in order and end in any order: tells the last one before which all have ended. */
export class Contiguous<T> {
  private readonly open: { readonly value: T; done: boolean }[] = [];
  private head = 0;

  /** How many have begun and are not yet part of the finished prefix. */
  get size(): number {
    return this.open.length - this.head;
  }

  /** Call the answer when this one has ended; it returns the newest of the finished prefix, if that grew. */
  begin(value: T): () => T | undefined {
    const entry = { value, done: false };
    this.open.push(entry);
    return () => {
      entry.done = true;
      return this.advance();
    };
  }

  private advance(): T | undefined {
    let reached: T | undefined;
    for (let next = this.open[this.head]; next?.done; next = this.open[this.head]) {
      reached = next.value;
      this.head += 1;
    }
    if (this.head > 1024) {
      this.open.splice(0, this.head);
      this.head = 0;
    }
    return reached;
  }
}
