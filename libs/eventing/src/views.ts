import type { Projection } from './define-projection';

/** A past instant: a position in the log, or a time (ISO 8601 UTC). */
export type At = { readonly position: bigint } | { readonly time: string };

export interface ListQuery<Row> {
  /** Tenant; left out only by operators' views. */
  readonly organizationId?: string;
  /** Equality on fields that the projection indexes. */
  readonly where?: Partial<Row>;
  /** 1–500. */
  readonly first: number;
  /** Opaque cursor of an earlier page. */
  readonly after?: string;
  /** By the position at which the row began. */
  readonly order?: 'newest' | 'oldest';
  readonly at?: At;
}

export interface Page<Row> {
  readonly rows: readonly { readonly key: string; readonly cursor: string; readonly row: Row }[];
  readonly hasNext: boolean;
}

export interface ViewHealth {
  readonly view: string;
  readonly version: number;
  /** Position of the last event folded. */
  readonly position: bigint;
  readonly rows: number;
  /** Seconds between the newest folded event and the head's, 0 when caught up. */
  readonly lagSeconds: number;
  /** What keeps the view from going on, where something does: an event that cannot be folded. */
  readonly fault?: string;
}

export interface ViewVerification {
  readonly view: string;
  readonly position: bigint;
  readonly events: number;
  readonly rows: number;
  /** SHA3-256 over the current rows, live and as rebuilt from event 0 to the same position. */
  readonly liveHash: string;
  readonly rebuiltHash: string;
}

/** Reads of the service's own views. Every row keeps its past versions, so every read may be `at` an instant. */
export abstract class Views {
  abstract get<Row>(projection: Projection<Row>, key: string, at?: At): Promise<Row | undefined>;
  abstract list<Row>(projection: Projection<Row>, query: ListQuery<Row>): Promise<Page<Row>>;
  /** Resolves once the view has folded the log up to `position`; false after `timeoutMs`. */
  abstract waitFor(projection: Projection, position: bigint, timeoutMs: number): Promise<boolean>;
  abstract health(): Promise<readonly ViewHealth[]>;
  /** Rebuilds one view from event 0 beside the live one, and compares. */
  abstract verify(projection: Projection): Promise<ViewVerification>;
}
