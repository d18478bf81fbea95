import type { KnownWrite } from './types';

/** Ids of the newest writes, per stream: what `any` can recognise as a repeat. Bounded, warmed from the log's tail. */
export class RecentIds {
  private readonly writes = new Map<string, KnownWrite>();

  constructor(private readonly sizeMax: number) {}

  get(stream: string, id: string): KnownWrite | undefined {
    return this.writes.get(`${id}${stream}`);
  }

  add(stream: string, id: string, revision: number, position: number): void {
    this.writes.set(`${id}${stream}`, { revision, position });
    if (this.writes.size <= this.sizeMax) return;
    const oldest = this.writes.keys().next();
    if (!oldest.done) this.writes.delete(oldest.value);
  }
}
