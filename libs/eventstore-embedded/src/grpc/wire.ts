/**
 * Protocol Buffers' wire format, as much of it as the two hot messages need: varints, and length-delimited fields.
 * Source: https://protobuf.dev/programming-guides/encoding/
 */

const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const FIXED32 = 5;

const MALFORMED = 'malformed protocol buffer';

/** Reads one message, or a part of one, without copying. */
export class WireReader {
  constructor(
    private readonly buffer: Buffer,
    private position = 0,
    private readonly end = buffer.length,
  ) {}

  /** Number of the next field and its wire type, packed as on the wire; 0 at the end. */
  tag(): number {
    return this.position < this.end ? this.varint() : 0;
  }

  /** An unsigned varint; exact up to 2^53, an approximation beyond. */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 10; count += 1) {
      const byte = this.buffer[this.position];
      if (byte === undefined || this.position >= this.end) throw new RangeError(MALFORMED);
      this.position += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw new RangeError(MALFORMED);
  }

  /** An unsigned 64-bit varint, exact. */
  uint64(): bigint {
    const start = this.position;
    const value = this.varint();
    if (value <= Number.MAX_SAFE_INTEGER) return BigInt(value);
    let exact = 0n;
    for (let at = this.position - 1; at >= start; at -= 1) exact = exact * 128n + BigInt((this.buffer[at] ?? 0) & 0x7f);
    return BigInt.asUintN(64, exact);
  }

  /** The bounds of a length-delimited field. */
  private span(): number {
    const length = this.varint();
    const start = this.position;
    if (start + length > this.end) throw new RangeError(MALFORMED);
    this.position = start + length;
    return start;
  }

  bytes(): Buffer {
    const start = this.span();
    return this.buffer.subarray(start, this.position);
  }

  string(): string {
    const start = this.span();
    return this.buffer.toString('utf8', start, this.position);
  }

  message(): WireReader {
    const start = this.span();
    return new WireReader(this.buffer, start, this.position);
  }

  skip(tag: number): void {
    const type = tag & 7;
    if (type === VARINT) this.varint();
    else if (type === DELIMITED) this.span();
    else if (type === FIXED64) this.position += 8;
    else if (type === FIXED32) this.position += 4;
    else throw new RangeError(MALFORMED);
  }
}

/** Tag of a length-delimited field; of a varint field. */
export const delimited = (field: number): number => (field << 3) | DELIMITED;
export const varint = (field: number): number => field << 3;

const VARINT_LIMITS = [2 ** 7, 2 ** 14, 2 ** 21, 2 ** 28, 2 ** 35, 2 ** 42, 2 ** 49];

/** Bytes that a number takes; it must be an exact integer. */
export function varintLength(value: number): number {
  if (value < 128) return 1;
  const index = VARINT_LIMITS.findIndex((limit) => value < limit);
  return index < 0 ? VARINT_LIMITS.length + 1 : index + 1;
}

/** Bytes of a length-delimited field with a one-byte tag. */
export const fieldLength = (length: number): number => 1 + varintLength(length) + length;

/** Writes one message into a buffer of exactly its length. */
export class WireWriter {
  private position = 0;

  constructor(readonly buffer: Buffer) {}

  varint(value: number): void {
    let rest = value;
    while (rest >= 2 ** 31) {
      this.buffer[this.position++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest >= 128) {
      this.buffer[this.position++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.buffer[this.position++] = rest;
  }

  /** Tag and length of a length-delimited field whose content follows. */
  head(tag: number, length: number): void {
    this.buffer[this.position++] = tag;
    this.varint(length);
  }

  number(tag: number, value: number): void {
    this.buffer[this.position++] = tag;
    this.varint(value);
  }

  /** A string of known length in bytes. */
  string(tag: number, text: string, length: number): void {
    this.head(tag, length);
    this.buffer.write(text, this.position, length, length === text.length ? 'latin1' : 'utf8');
    this.position += length;
  }

  bytes(tag: number, bytes: Buffer): void {
    this.head(tag, bytes.length);
    bytes.copy(this.buffer, this.position);
    this.position += bytes.length;
  }

  raw(bytes: Buffer): void {
    bytes.copy(this.buffer, this.position);
    this.position += bytes.length;
  }
}
