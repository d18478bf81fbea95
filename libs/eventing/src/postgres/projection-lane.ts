import type { Recorded } from '@solyx/kernel';
import type { Projection } from '../define-projection';
import { readRecorded, type EventLog } from '../event-log';
import type { Database } from './database';
import { BatchFold, keysOf, PoisonEvent } from './fold-batch';
import { RowCache } from './row-cache';
import type { ViewProgress } from './view-progress';
import type { ViewRegistry, ViewState, ViewStep } from './view-registry';
import { loadRows, scanRows, tableOf, writeChanges, type RowVersion } from './view-table';

/** Events folded in one transaction at most. */
export const BATCH_MAX = 500;
/** Events that wait for their turn at most; the subscription waits beyond that. */
const QUEUE_MAX = 2 * BATCH_MAX;
const CACHED_ROWS_MAX = 5_000;
/** Where only others' events passed, the place is remembered this often. */
const QUIET_SAVE_MS = 1_000;
/** Derived from the log, hence cheap to lose: a crash of PostgreSQL goes back a few steps, rows and checkpoint alike. */
const BEGIN = 'BEGIN; SET LOCAL synchronous_commit = off';

export interface LaneParts {
  readonly log: EventLog;
  readonly database: Database;
  readonly registry: ViewRegistry;
  readonly progress: ViewProgress;
  readonly epoch: bigint;
  onPoison(projection: Projection, error: PoisonEvent): void;
  /** A rebuilt view caught up with the log. */
  onBuilt(projection: Projection): Promise<void>;
}

interface Member {
  readonly projection: Projection;
  readonly cache: RowCache;
  position: bigint;
  newest: string | undefined;
  built: boolean;
  fault: boolean;
}

/** Some views that read the log together: one subscription, one transaction per batch, a checkpoint each. */
export class ProjectionLane {
  private readonly members: Member[] = [];
  private readonly queue: Recorded[] = [];
  private readonly types = new Set<string>();
  private wake: () => void = () => undefined;
  private room: () => void = () => undefined;
  private stopped = false;
  private caughtUp = false;
  /** The log was read to here, matching or not. */
  private seen = -1n;
  private savedQuietAt = 0;

  constructor(private readonly parts: LaneParts) {}

  async add(projection: Projection, state: ViewState): Promise<void> {
    const cache = new RowCache(CACHED_ROWS_MAX, state.rows < CACHED_ROWS_MAX);
    if (state.rows < CACHED_ROWS_MAX) {
      for await (const row of scanRows(this.parts.database, projection)) cache.set(row.key, row);
    }
    const { position, newest, built } = state;
    for (const type of projection.types) this.types.add(type);
    this.members.push({ projection, cache, position, newest, built, fault: false });
    this.parts.progress.set(tableOf(projection), position);
  }

  /** Folds until `stop`, which lets the batch in hand commit. Rejects where a batch could not be stored: begin anew. */
  async run(): Promise<void> {
    if (this.members.length === 0) return;
    const after = this.members.reduce(
      (least, { position }) => (position < least ? position : least),
      this.members[0]?.position ?? -1n,
    );
    const subscription = await this.parts.log.subscribe({
      ...(after < 0n ? {} : { after }),
      prefixes: [...new Set(this.members.flatMap(({ projection }) => projection.prefixes))],
      raw: true,
      onEvent: (event) => this.take(event),
      onCheckpoint: (position) => this.read(position),
      onCaughtUp: () => {
        this.caughtUp = true;
        this.wake();
      },
    });
    try {
      while (!this.stopped) await this.step();
    } finally {
      this.stopped = true;
      this.room();
      await subscription.close();
    }
  }

  stop(): void {
    this.stopped = true;
    this.wake();
  }

  /** What no view folds is only passed: it costs more to validate than all the rest. */
  private take(stored: Recorded): Promise<void> | void {
    if (this.stopped) return undefined;
    if (!this.types.has(stored.type)) return this.read(stored.position);
    this.queue.push(readRecorded(stored));
    this.wake();
    if (this.queue.length < QUEUE_MAX) return undefined;
    return new Promise((resolve) => {
      this.room = resolve;
    });
  }

  private read(position: bigint): void {
    if (position > this.seen) this.seen = position;
    if (this.queue.length === 0) this.wake();
  }

  /** One batch, or the wait for one. Events that arrive while a batch is stored make the next one: no timer. */
  private async step(): Promise<void> {
    const batch = this.queue.splice(0, BATCH_MAX);
    this.room();
    if (batch.length > 0) {
      await this.fold(batch);
      return;
    }
    await this.rest();
    if (this.queue.length > 0 || this.stopped) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, QUIET_SAVE_MS);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Nothing waits: the place that was read to is the place of every view; remembered now and then. */
  private async rest(): Promise<void> {
    for (const { projection, position, fault } of this.members) {
      if (!fault && this.seen > position) this.parts.progress.set(tableOf(projection), this.seen);
    }
    const now = performance.now();
    const behind = this.members.filter(({ position, fault }) => !fault && this.seen > position);
    if (behind.length > 0 && now - this.savedQuietAt > QUIET_SAVE_MS) {
      this.savedQuietAt = now;
      const { seen } = this;
      await this.save(behind.map((member) => ({ member, fold: undefined, position: seen })));
    }
    if (!this.caughtUp) return;
    for (const member of this.members) {
      if (member.built || member.fault) continue;
      await this.parts.onBuilt(member.projection);
      member.built = true;
    }
  }

  private async fold(batch: readonly Recorded[]): Promise<void> {
    const steps: { member: Member; fold: BatchFold; position: bigint }[] = [];
    for (const member of this.members) {
      if (member.fault) continue;
      const events = batch.filter(({ position }) => position > member.position);
      if (events.length === 0) continue;
      const rows = await this.rowsFor(member, events);
      const fold = new BatchFold(member.projection, (key) => rows.get(key), member.newest);
      steps.push({ member, fold, position: this.foldMember(member, fold, events) });
    }
    await this.save(steps.filter(({ member, position }) => position > member.position));
  }

  /** Position of the last event folded: the batch's end, or the one before an event that cannot be folded. */
  private foldMember(member: Member, fold: BatchFold, events: readonly Recorded[]): bigint {
    let { position } = member;
    try {
      for (const event of events) {
        fold.apply(event);
        position = event.position;
      }
    } catch (error) {
      if (!(error instanceof PoisonEvent)) throw error;
      member.fault = true;
      this.parts.onPoison(member.projection, error);
    }
    return position;
  }

  private async rowsFor(member: Member, events: readonly Recorded[]): Promise<ReadonlyMap<string, RowVersion>> {
    const rows = new Map<string, RowVersion>();
    const unknown = new Set<string>();
    for (const event of events) {
      for (const key of safeKeys(member.projection, event)) {
        const row = member.cache.get(key);
        if (row === 'unknown') unknown.add(key);
        else if (row) rows.set(key, row);
      }
    }
    if (unknown.size > 0) {
      for (const row of await loadRows(this.parts.database, member.projection, [...unknown])) rows.set(row.key, row);
    }
    return rows;
  }

  private async save(
    moves: readonly { readonly member: Member; readonly fold: BatchFold | undefined; readonly position: bigint }[],
  ): Promise<void> {
    if (moves.length === 0) return;
    const steps: readonly ViewStep[] = moves.map(({ member, fold, position }) => ({
      projection: member.projection,
      previous: member.position,
      position,
      newest: fold?.newest ?? member.newest,
      events: fold?.events ?? 0,
      rowsAdded: fold?.rowsAdded ?? 0,
    }));
    const { database, registry, epoch, progress } = this.parts;
    await database.transaction(async (connection) => {
      for (const { member, fold } of moves) {
        if (fold) await writeChanges(connection, member.projection, fold.changes());
      }
      await registry.advance(connection, steps, epoch);
    }, BEGIN);
    for (const { member, fold, position } of moves) {
      for (const [key, row] of fold?.entries() ?? []) member.cache.set(key, row);
      member.newest = fold?.newest ?? member.newest;
      member.position = position;
      progress.set(tableOf(member.projection), position);
    }
  }
}

/** The fold itself tells of keys that cannot be; here they only mean that nothing needs to be loaded. */
function safeKeys(projection: Projection, event: Recorded): readonly string[] {
  try {
    return keysOf(projection, event);
  } catch {
    return [];
  }
}
