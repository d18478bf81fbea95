import type { RowVersion } from './view-table';

/**
 * Current rows of one view, the most recently used ones. While nothing was left out (`complete`), a key that is not
 * here does not exist, which saves asking for every new row.
 */
export class RowCache {
  private readonly rows = new Map<string, RowVersion>();

  constructor(
    private readonly sizeMax: number,
    private complete: boolean,
  ) {}

  /** The row; undefined where there is none; 'unknown' where the table must be asked. */
  get(key: string): RowVersion | undefined | 'unknown' {
    const row = this.rows.get(key);
    if (row === undefined) return this.complete ? undefined : 'unknown';
    this.rows.delete(key);
    this.rows.set(key, row);
    return row;
  }

  set(key: string, row: RowVersion | undefined): void {
    this.rows.delete(key);
    if (row === undefined) return;
    this.rows.set(key, row);
    if (this.rows.size <= this.sizeMax) return;
    const oldest = this.rows.keys().next();
    if (!oldest.done) this.rows.delete(oldest.value);
    this.complete = false;
  }
}
