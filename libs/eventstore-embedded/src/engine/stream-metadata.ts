/** Roles that may do something: names of users or groups; undefined leaves it to the default. */
export type Roles = readonly string[] | undefined;

export interface AccessList {
  readonly read: Roles;
  readonly write: Roles;
  readonly delete: Roles;
  readonly readMetadata: Roles;
  readonly writeMetadata: Roles;
}

/** The part of a stream's metadata that the store itself obeys. */
export interface StreamMetadata {
  /** Events before this revision are hidden; Infinity: the stream is deleted until something is written to it. */
  readonly truncateBefore: number;
  readonly maxCount: number;
  readonly maxAgeSeconds: number;
  readonly acl: AccessList | undefined;
}

export const NO_METADATA: StreamMetadata = {
  truncateBefore: 0,
  maxCount: Infinity,
  maxAgeSeconds: Infinity,
  acl: undefined,
};

/** What a soft delete writes. The number is text because 2^63-1 does not survive `JSON.stringify`. */
export const DELETED_METADATA = Buffer.from('{"$tb":9223372036854775807}');

/** 2^63-1 loses its last digits in `JSON.parse`, so anything of that order means "all of it". */
const TRUNCATE_ALL = 9.2e18;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parseObject(json: Buffer): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(json.toString('utf8'));
    return isObject(parsed) ? parsed : {};
  } catch {
    return {}; // Metadata that cannot be read is metadata that says nothing, as on a real server.
  }
}

const positive = (value: unknown): number => (typeof value === 'number' && value > 0 ? value : Infinity);

function roles(value: unknown): Roles {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((role): role is string => typeof role === 'string') : undefined;
}

function accessList(value: unknown): AccessList | undefined {
  if (!isObject(value)) return undefined;
  return {
    read: roles(value['$r']),
    write: roles(value['$w']),
    delete: roles(value['$d']),
    readMetadata: roles(value['$mr']),
    writeMetadata: roles(value['$mw']),
  };
}

/** Reads the body of a metadata event; whatever is not understood is ignored. */
export function parseMetadata(isJson: boolean, data: Buffer): StreamMetadata {
  if (!isJson) return NO_METADATA;
  const body = parseObject(data);
  const tb = body['$tb'];
  const before = typeof tb === 'number' && tb > 0 ? tb : 0;
  return {
    truncateBefore: before >= TRUNCATE_ALL ? Infinity : before,
    maxCount: positive(body['$maxCount']),
    maxAgeSeconds: positive(body['$maxAge']),
    acl: accessList(body['$acl']),
  };
}

/** The same metadata with `$tb` set: what makes a deleted stream visible again from `revision` on. */
export const recreatedMetadata = (isJson: boolean, data: Buffer, revision: number): Buffer =>
  Buffer.from(JSON.stringify({ ...(isJson ? parseObject(data) : {}), $tb: revision }));
