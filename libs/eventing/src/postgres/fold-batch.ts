import { SolyxError, type Recorded } from '@solyx/kernel';
import type { Projection } from '../define-projection';
import { KEY_LENGTH_MAX, type ClosedVersion, type RowVersion, type ViewChanges } from './view-table';

// PostgreSQL takes no NUL, and separators must not occur in keys.
const CONTROL = /[\u0000-\u001f]/;

/** An event that the projection cannot fold. The view stops before it. */
export class PoisonEvent extends Error {
  override readonly name = 'PoisonEvent';
  constructor(
    readonly view: string,
    readonly event: Recorded,
    cause: unknown,
  ) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`${view} cannot fold ${event.type} ${event.id} at position ${event.position}: ${why}`, { cause });
  }
}

/** The keys that the events of a batch touch. Stops before the first event whose keys cannot be told. */
export function keysOf(projection: Projection, event: Recorded): readonly string[] {
  const keys = projection.keys(event);
  const odd = keys.find((key) => key === '' || key.length > KEY_LENGTH_MAX || CONTROL.test(key));
  if (odd !== undefined) {
    throw new SolyxError('InvalidArgument', 'a key must have 1 to 512 characters and no control characters', {
      key: odd.slice(0, 64),
    });
  }
  return keys.length > 1 ? [...new Set(keys)] : keys;
}

/** Time as a view counts it: the store's, except that it never goes back. */
export const later = (a: string | undefined, b: string): string => (a === undefined || a < b ? b : a);

/**
 * Folds events into rows, in memory, and remembers what changed. `rows` holds the current version of every key that the
 * events touch (undefined: there is none), and is brought up to date in place.
 */
export class BatchFold {
  private readonly ended = new Map<string, { readonly key: string; readonly to: bigint; readonly toTime: string }>();
  private readonly passed: ClosedVersion[] = [];
  private readonly touched = new Map<string, RowVersion | undefined>();
  /** Events that touched a row. */
  events = 0;

  constructor(
    private readonly projection: Projection,
    private readonly current: (key: string) => RowVersion | undefined,
    private time: string | undefined,
  ) {}

  get newest(): string | undefined {
    return this.time;
  }

  /** All rows of one event, or none of them: throws PoisonEvent before anything changed. */
  apply(event: Recorded): void {
    try {
      const keys = keysOf(this.projection, event);
      if (keys.length === 0) return;
      const time = later(this.time, event.recordedAt);
      const next = keys.map((key) => this.next(event, key, time));
      this.time = time;
      this.events += 1;
      for (const [key, version] of next) this.replace(key, version, event.position, time);
    } catch (error) {
      throw new PoisonEvent(this.projection.name, event, error);
    }
  }

  changes(): ViewChanges {
    const current = [...this.touched.values()].filter((version) => version !== undefined);
    return { ended: [...this.ended.values()], passed: this.passed, current };
  }

  /** By how many the current rows became more. */
  get rowsAdded(): number {
    let added = -this.ended.size;
    for (const version of this.touched.values()) if (version) added += 1;
    return added;
  }

  /** The rows as they are now, to be remembered once the changes are stored. */
  entries(): Iterable<readonly [string, RowVersion | undefined]> {
    return this.touched.entries();
  }

  private known(key: string): RowVersion | undefined {
    return this.touched.has(key) ? this.touched.get(key) : this.current(key);
  }

  private next(event: Recorded, key: string, time: string): readonly [string, RowVersion | undefined] {
    const { projection } = this;
    const before = this.known(key);
    const row = projection.apply(before?.row ?? projection.initial, event, key);
    if (row === undefined) return [key, undefined];
    const version: RowVersion = {
      key,
      organizationId: before?.organizationId ?? projection.organization(event, key),
      began: before?.began ?? event.position,
      from: event.position,
      fromTime: time,
      row,
      json: JSON.stringify(row),
    };
    return [key, version];
  }

  private replace(key: string, version: RowVersion | undefined, to: bigint, toTime: string): void {
    const before = this.known(key);
    if (before) {
      if (this.touched.has(key)) this.passed.push({ ...before, to, toTime });
      else this.ended.set(key, { key, to, toTime });
    }
    this.touched.set(key, version);
  }
}
