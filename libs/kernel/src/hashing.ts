import { createHash } from 'node:crypto';

/**
 * JSON with sorted keys and no spaces (RFC 8785 for the types used here: strings, booleans, null, safe integers,
 * finite numbers, arrays, objects). bigint becomes a decimal string; undefined members are left out, as in JSON.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'bigint') return `"${value}"`;
  if (value === null || typeof value !== 'object') {
    if (typeof value === 'number' && !Number.isFinite(value)) throw new RangeError('not a JSON number');
    const text = JSON.stringify(value) as string | undefined;
    return text ?? 'null';
  }
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item)).join(',')}]`;
  // By UTF-16 code units, as RFC 8785 has it: what `sort` does by itself.
  let members = '';
  for (const key of Object.keys(value).sort()) {
    const member = (value as Readonly<Record<string, unknown>>)[key];
    if (member === undefined) continue;
    members += `${members === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(member)}`;
  }
  return `{${members}}`;
}

/** SHA3-256 (FIPS 202) of the canonical JSON, as 64 hex digits: the anchor of a thing's content. */
export const anchor = (value: unknown): string => createHash('sha3-256').update(canonicalJson(value)).digest('hex');

/** A UUID (RFC 9562, version 8) derived from parts: the same parts are the same id, everywhere and for ever. */
export function deriveId(...parts: readonly (string | number | bigint)[]): string {
  const hash = createHash('sha256').update(parts.map(String).join('\u0000')).digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

const BASE32 = '0123456789abcdefghjkmnpqrstvwxyz';

/** A short id with a prefix, `job_3fk…`: 16 characters of Crockford base 32 (80 bits) derived from parts. No dash. */
export function derivePrefixedId(prefix: string, ...parts: readonly (string | number | bigint)[]): string {
  const hash = createHash('sha256')
    .update([prefix, ...parts].map(String).join('\u0000'))
    .digest();
  let id = '';
  for (let i = 0; i < 16; i += 1) id += BASE32[(hash[i] ?? 0) & 31] ?? '0';
  return `${prefix}_${id}`;
}
