import type { DomainEvent, Recorded } from '@solyx/kernel';

type Handlers<E extends DomainEvent, Row> = {
  readonly [Type in E['type']]: (
    row: Row,
    data: Extract<E, { type: Type }>['data'],
    /** The whole record (position, time, tenant), and the key of the row at hand. */
    event: Recorded,
    key: string,
  ) => Row | undefined;
};

export interface ProjectionSpec<E extends DomainEvent, Row> {
  /** Table name: `<context>_<noun_phrase>`. */
  readonly name: string;
  /** Raise it to rebuild beside the old table, then switch. */
  readonly version: number;
  /** The row, or rows, that an event touches; undefined touches none. */
  key(event: Recorded<E>): string | readonly string[] | undefined;
  /** Tenant of the row; the event's own tenant where this is left out. */
  organization?(event: Recorded<E>, key: string): string;
  readonly initial: Row;
  /** Fields of the row that lists filter by: each gets an index. */
  readonly indexes?: readonly (keyof Row & string)[];
  /** A pure fold per event; forgetting one does not compile. `undefined` ends the row. */
  readonly on: Handlers<E, Row>;
}

/** A projection with its event types erased, as runners hold it. */
export interface Projection<Row = unknown> {
  readonly name: string;
  readonly version: number;
  readonly types: readonly string[];
  /** Stream prefixes to read, one per context: `cmo.`. */
  readonly prefixes: readonly string[];
  readonly indexes: readonly string[];
  readonly initial: Row;
  keys(event: Recorded): readonly string[];
  organization(event: Recorded, key: string): string;
  apply(row: Row, event: Recorded, key: string): Row | undefined;
}

/** `E` is the union of events heard. The fold is pure and deterministic: rebuilding gives the same rows. */
export function defineProjection<E extends DomainEvent, Row>(spec: ProjectionSpec<E, Row>): Projection<Row> {
  const handlers = new Map(Object.entries(spec.on)) as Map<
    string,
    (row: Row, data: unknown, event: Recorded, key: string) => Row | undefined
  >;
  const types = [...handlers.keys()];
  return {
    name: spec.name,
    version: spec.version,
    types,
    prefixes: [...new Set(types.map((type) => `${type.split('.')[0] ?? ''}.`))],
    indexes: spec.indexes ?? [],
    initial: spec.initial,
    keys: (event) => {
      if (!handlers.has(event.type)) return [];
      const key = spec.key(event as unknown as Recorded<E>);
      return key === undefined ? [] : typeof key === 'string' ? [key] : key;
    },
    organization: (event, key) =>
      spec.organization?.(event as unknown as Recorded<E>, key) ?? event.metadata.organizationId,
    apply: (row, event, key) => handlers.get(event.type)?.(row, event.data, event, key) ?? undefined,
  };
}
