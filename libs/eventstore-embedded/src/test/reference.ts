import type { ExpectedRevision } from '../engine/events';

/** One record of the reference log. */
export interface Entry {
  readonly stream: string;
  /** Infinity: the tombstone. */
  readonly revision: number;
  readonly id: string;
  readonly metadata?: { readonly tb?: number; readonly maxCount?: number };
}

type Proposal = Pick<Entry, 'id' | 'metadata'>;

export type Outcome =
  | { readonly kind: 'written'; readonly revision: number }
  | { readonly kind: 'wrong-version'; readonly current: number }
  | { readonly kind: 'stream-deleted' };

const DELETED = Infinity;

/** The store as one would explain it: a list, and rules that walk it from the start each time. */
export class Reference {
  log: Entry[] = [];

  private of(stream: string): Entry[] {
    return this.log.filter((entry) => entry.stream === stream && entry.revision !== Infinity);
  }

  private last(stream: string): number {
    return this.of(stream).length - 1;
  }

  private base(stream: string): string {
    return stream.startsWith('$$') ? stream.slice(2) : stream;
  }

  private dead(stream: string): boolean {
    return this.log.some((entry) => entry.stream === this.base(stream) && entry.revision === Infinity);
  }

  private metadataOf(stream: string): NonNullable<Entry['metadata']> | undefined {
    const last = this.of(`$$${stream}`).at(-1);
    return last && (last.metadata ?? {});
  }

  private softDeleted(stream: string): boolean {
    return this.metadataOf(stream)?.tb === DELETED;
  }

  private exists(stream: string): boolean {
    if (stream.startsWith('$$')) return this.last(stream) >= 0;
    if (this.softDeleted(stream)) return false;
    return this.last(stream) >= 0 || this.metadataOf(stream) !== undefined;
  }

  append(stream: string, expected: ExpectedRevision, entries: readonly Proposal[]): Outcome {
    if (this.dead(stream)) return { kind: 'stream-deleted' };
    const wrong: Outcome = { kind: 'wrong-version', current: this.last(stream) };
    if (expected === 'stream_exists' && !this.exists(stream)) return wrong;
    if (expected === 'any' || expected === 'stream_exists') return this.appendAnywhere(stream, entries) ?? wrong;
    return this.appendAt(stream, expected === 'no_stream' ? -1 : Number(expected), entries) ?? wrong;
  }

  private appendAnywhere(stream: string, entries: readonly Proposal[]): Outcome | undefined {
    const own = this.of(stream);
    const found = entries.map(({ id }) => own.findLast((entry) => entry.id === id));
    if (found[0] === undefined) return this.write(stream, entries);
    const all = found.every((entry) => entry !== undefined);
    return all ? { kind: 'written', revision: found.at(-1)?.revision ?? -1 } : undefined;
  }

  private appendAt(stream: string, at: number, entries: readonly Proposal[]): Outcome | undefined {
    const own = this.of(stream);
    if (at === own.length - 1) return this.write(stream, entries);
    if (at > own.length - 1 || entries.length === 0) return undefined;
    const same = entries.map(({ id }, index) => own[at + 1 + index]?.id === id);
    if (same.every(Boolean)) return { kind: 'written', revision: at + entries.length };
    const recreates = !same[0] && at === -1 && this.isDeletedBase(stream);
    return recreates ? this.write(stream, entries) : undefined;
  }

  private isDeletedBase(stream: string): boolean {
    return !stream.startsWith('$$') && this.softDeleted(stream);
  }

  private write(stream: string, entries: readonly Proposal[]): Outcome {
    const base = this.base(stream);
    const revive = entries.length > 0 && this.softDeleted(base);
    const next = this.last(base) + 1;
    for (const entry of entries) this.log.push({ ...entry, stream, revision: this.last(stream) + 1 });
    const revision = this.last(stream);
    if (revive) {
      const kept = stream === base ? { tb: next } : { ...this.metadataOf(base), tb: next };
      this.log.push({ id: '', stream: `$$${base}`, revision: this.last(`$$${base}`) + 1, metadata: kept });
    }
    return { kind: 'written', revision };
  }

  end(stream: string, expected: ExpectedRevision, tombstone: boolean): Outcome {
    if (this.dead(stream)) return { kind: 'stream-deleted' };
    const current = this.last(stream);
    const wrong: Outcome = { kind: 'wrong-version', current };
    const never = current < 0 && this.metadataOf(stream) === undefined;
    if (never && !tombstone) return wrong;
    if (expected === 'stream_exists' && !this.exists(stream)) return wrong;
    if (expected === 'no_stream' && current >= 0) return wrong;
    if (typeof expected === 'bigint' && Number(expected) !== current) return wrong;
    if (tombstone) this.log.push({ id: '', stream, revision: Infinity });
    else
      this.log.push({
        id: '',
        stream: `$$${stream}`,
        revision: this.last(`$$${stream}`) + 1,
        metadata: { tb: DELETED },
      });
    return { kind: 'written', revision: tombstone ? Infinity : this.last(`$$${stream}`) };
  }

  /** Ids that a reader of the stream sees, or why it sees none. */
  visible(stream: string): string[] | 'not-found' | 'deleted' {
    if (this.dead(stream)) return 'deleted';
    const own = this.of(stream);
    if (own.length === 0 || this.softDeleted(stream)) return 'not-found';
    const { tb = 0, maxCount = Infinity } = this.metadataOf(stream) ?? {};
    return own.filter(({ revision }) => revision >= tb && revision > own.length - 1 - maxCount).map(({ id }) => id);
  }
}
