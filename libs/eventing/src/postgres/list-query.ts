import { SolyxError } from '@solyx/kernel';
import type { Projection } from '../define-projection';
import type { At, ListQuery } from '../views';
import { columnOf, indexValue } from './view-table';

export const PAGE_MAX = 500;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3})?Z$/;
const CURSOR = /^(-?\d{1,20}) (.{1,512})$/su;

export const encodeCursor = (began: bigint | string, key: string): string =>
  Buffer.from(`${began} ${key}`).toString('base64url');

/** Throws InvalidArgument for what this code never made. */
export function decodeCursor(cursor: string): { readonly began: string; readonly key: string } {
  const [, began, key] = CURSOR.exec(Buffer.from(cursor, 'base64url').toString('utf8')) ?? [];
  if (began !== undefined && key !== undefined) return { began, key };
  throw new SolyxError('InvalidArgument', 'the cursor is not one of this list', { cursor: cursor.slice(0, 64) });
}

/** Checks what a caller sent, in the same words for every adapter. */
export function checkQuery<Row>(projection: Projection<Row>, query: ListQuery<Row>): void {
  if (!Number.isInteger(query.first) || query.first < 1 || query.first > PAGE_MAX) {
    throw new SolyxError('InvalidArgument', `first must be from 1 to ${PAGE_MAX}`, { first: query.first });
  }
  for (const field of Object.keys(query.where ?? {})) {
    if (projection.indexes.includes(field)) continue;
    throw new SolyxError('InvalidArgument', `${projection.name} cannot be filtered by ${field}`, {
      field,
      possible: projection.indexes.join(', '),
    });
  }
  if (query.at) checkAt(query.at);
}

export function checkAt(at: At): void {
  if ('time' in at && !TIME.test(at.time)) {
    throw new SolyxError('InvalidArgument', 'a time must be ISO 8601 UTC, such as 2026-01-31T12:00:00.000Z', {
      time: at.time.slice(0, 64),
    });
  }
}

/** The condition for the version that was current then; parameters are added to `values`. */
export function validAt(at: At | undefined, values: unknown[]): string {
  if (!at) return 'valid_to_position IS NULL';
  const [value, type, column] =
    'position' in at ? [String(at.position), 'bigint', 'position'] : [at.time, 'timestamptz', 'time'];
  values.push(value);
  const moment = `$${values.length}::${type}`;
  return `valid_from_${column} <= ${moment} AND (valid_to_${column} IS NULL OR valid_to_${column} > ${moment})`;
}

export interface Sql {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** One page and one row more, to know whether there is a next page. `query` was checked. */
export function listSql<Row>(table: string, query: ListQuery<Row>): Sql {
  const values: unknown[] = [];
  const parameter = (value: unknown): string => `$${values.push(value)}`;
  const conditions = [validAt(query.at, values)];
  if (query.organizationId !== undefined) conditions.push(`organization_id = ${parameter(query.organizationId)}`);
  for (const [field, value] of Object.entries(query.where ?? {})) {
    if (value === undefined) conditions.push(`${columnOf(field)} IS NULL`);
    else conditions.push(`${columnOf(field)} = ${parameter(indexValue(value))}`);
  }
  const [direction, beyond] = query.order === 'oldest' ? ['ASC', '>'] : ['DESC', '<'];
  if (query.after !== undefined) {
    const { began, key } = decodeCursor(query.after);
    conditions.push(`(began_position, key) ${beyond} (${parameter(began)}::bigint, ${parameter(key)})`);
  }
  // One row of text: taking fifty rows apart in the driver costs more than all the rest of a list.
  const text = `SELECT string_agg(concat_ws(' ', began_position, valid_from_position, key), E'\\x1e'
      ORDER BY began_position ${direction}, key ${direction}) AS page
    FROM (SELECT key, began_position, valid_from_position FROM ${table} WHERE ${conditions.join(' AND ')}
      ORDER BY began_position ${direction}, key ${direction} LIMIT ${parameter(query.first + 1)}) AS found`;
  return { text, values };
}

/** Which version of which row stands in a page. */
export interface Listed {
  readonly key: string;
  readonly began: string;
  readonly from: string;
}

/** Takes apart what `listSql` put together: keys hold no control characters. */
export const readPage = (page: string | null): readonly Listed[] =>
  page === null
    ? []
    : page.split('\u001e').map((line) => {
        const first = line.indexOf(' ');
        const second = line.indexOf(' ', first + 1);
        return { began: line.slice(0, first), from: line.slice(first + 1, second), key: line.slice(second + 1) };
      });
