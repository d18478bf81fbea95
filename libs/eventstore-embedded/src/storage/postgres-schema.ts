import { escapeIdentifier, type ClientBase } from 'pg';

export interface Names {
  readonly schema: string;
  /** The table of events, quoted and with its schema. */
  readonly events: string;
}

export const namesIn = (schema: string): Names => ({ schema, events: `${escapeIdentifier(schema)}.events` });

/**
 * One row per event. The second index is the last line of defence: two events can never have the same revision. Bodies
 * are kept outside the row when large, and are not compressed: they were bytes of the client and stay what they were.
 */
const tableOf = ({ events }: Names): string => `
  CREATE TABLE IF NOT EXISTS ${events} (
    position bigint PRIMARY KEY,
    stream text COLLATE "C" NOT NULL,
    revision bigint NOT NULL,
    id uuid NOT NULL,
    type text COLLATE "C" NOT NULL,
    is_json boolean NOT NULL,
    created bigint NOT NULL,
    data bytea NOT NULL,
    metadata bytea NOT NULL,
    UNIQUE (stream, revision)
  );
  ALTER TABLE ${events} ALTER data SET STORAGE EXTERNAL, ALTER metadata SET STORAGE EXTERNAL;
  COMMENT ON TABLE ${events} IS 'Events as the event store recorded them. Append only; format 1.';
`;

/** Creates what is missing. Runs under the writer's lock, so that two processes cannot both create. */
export async function prepareSchema(client: ClientBase, names: Names): Promise<void> {
  const found = await client.query<{ schema: boolean; events: boolean }>(
    'SELECT to_regnamespace($1) IS NOT NULL AS schema, to_regclass($2) IS NOT NULL AS events',
    [escapeIdentifier(names.schema), names.events],
  );
  const [has] = found.rows;
  // Creating a schema that exists needs the right to create it all the same, which a service's role may lack.
  if (!has?.schema) await client.query(`CREATE SCHEMA ${escapeIdentifier(names.schema)}`);
  if (!has?.events) await client.query(tableOf(names));
}

/** All columns in their order in the table. */
export const COLUMNS = 'position, stream, revision, id, type, is_json, created, data, metadata';

/** A batch in one statement, which is one transaction: all of it or nothing. */
export const insertInto = ({ events }: Names): string => `
  INSERT INTO ${events} (${COLUMNS})
  SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::uuid[], $5::text[], $6::boolean[], $7::bigint[],
    $8::bytea[], $9::bytea[])`;

/** The same for a single event, which costs PostgreSQL half as much as a batch of one. */
export const insertOneInto = ({ events }: Names): string =>
  `INSERT INTO ${events} (${COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`;

export const statesFrom = ({ events }: Names): string => `
  SELECT own.revision AS last, about.revision AS last_metadata, about.is_json, about.data
  FROM unnest($1::text[]) WITH ORDINALITY AS wanted (stream, place)
  LEFT JOIN LATERAL (
    SELECT revision FROM ${events} WHERE stream = wanted.stream ORDER BY revision DESC LIMIT 1) AS own ON true
  LEFT JOIN LATERAL (
    SELECT revision, is_json, data FROM ${events}
    WHERE stream = '$$' || wanted.stream ORDER BY revision DESC LIMIT 1) AS about ON true
  ORDER BY wanted.place`;

export const tailOf = ({ events }: Names): string =>
  `SELECT position, created FROM ${events} ORDER BY position DESC LIMIT 1`;
