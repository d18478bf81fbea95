/**
 * Arrays in PostgreSQL's binary format, so that a batch reaches the server without being turned into text and back.
 * Source: array_recv in src/backend/utils/adt/arrayfuncs.c; integers are big endian.
 */

const OID = { bool: 16, bytea: 17, int8: 20, text: 25, uuid: 2950 } as const;

const HEADER_BYTES = 20;
const LENGTH_BYTES = 4;
const INT8_BYTES = 8;
const UUID_BYTES = 16;
const HIGH = 2 ** 32;

function begin(oid: number, count: number, bytes: number): Buffer {
  const buffer = Buffer.allocUnsafe(HEADER_BYTES + count * LENGTH_BYTES + bytes);
  buffer.writeInt32BE(1, 0); // dimensions
  buffer.writeInt32BE(0, 4); // no nulls
  buffer.writeInt32BE(oid, 8);
  buffer.writeInt32BE(count, 12);
  buffer.writeInt32BE(1, 16); // lower bound
  return buffer;
}

/** Whole numbers from 0 to 2^53-1. */
export function int8Array(values: readonly number[]): Buffer {
  const buffer = begin(OID.int8, values.length, values.length * INT8_BYTES);
  let at = HEADER_BYTES;
  for (const value of values) {
    buffer.writeInt32BE(INT8_BYTES, at);
    buffer.writeInt32BE(Math.floor(value / HIGH), at + 4);
    buffer.writeUInt32BE(value % HIGH, at + 8);
    at += LENGTH_BYTES + INT8_BYTES;
  }
  return buffer;
}

export function boolArray(values: readonly boolean[]): Buffer {
  const buffer = begin(OID.bool, values.length, values.length);
  let at = HEADER_BYTES;
  for (const value of values) {
    buffer.writeInt32BE(1, at);
    buffer[at + LENGTH_BYTES] = value ? 1 : 0;
    at += LENGTH_BYTES + 1;
  }
  return buffer;
}

export function textArray(values: readonly string[]): Buffer {
  const lengths = values.map((value) => Buffer.byteLength(value));
  const buffer = begin(
    OID.text,
    values.length,
    lengths.reduce((sum, length) => sum + length, 0),
  );
  let at = HEADER_BYTES;
  for (const [index, value] of values.entries()) {
    const length = lengths[index] ?? 0;
    buffer.writeInt32BE(length, at);
    buffer.write(value, at + LENGTH_BYTES, length, 'utf8');
    at += LENGTH_BYTES + length;
  }
  return buffer;
}

/** UUIDs in their text form. */
export function uuidArray(values: readonly string[]): Buffer {
  const buffer = begin(OID.uuid, values.length, values.length * UUID_BYTES);
  let at = HEADER_BYTES;
  for (const value of values) {
    buffer.writeInt32BE(UUID_BYTES, at);
    buffer.write(value.replaceAll('-', ''), at + LENGTH_BYTES, UUID_BYTES, 'hex');
    at += LENGTH_BYTES + UUID_BYTES;
  }
  return buffer;
}

export function byteaArray(values: readonly Buffer[]): Buffer {
  const bytes = values.reduce((sum, value) => sum + value.length, 0);
  const buffer = begin(OID.bytea, values.length, bytes);
  let at = HEADER_BYTES;
  for (const value of values) {
    buffer.writeInt32BE(value.length, at);
    value.copy(buffer, at + LENGTH_BYTES);
    at += LENGTH_BYTES + value.length;
  }
  return buffer;
}
