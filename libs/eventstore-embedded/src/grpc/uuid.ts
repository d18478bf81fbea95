import type { UUID } from '@eventstore/db-client/generated/shared_pb';
import { delimited, varint, type WireReader } from './wire';

const UUID_PATTERN = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export const isUuid = (text: string): boolean => text.length === 36 && UUID_PATTERN.test(text);

const STRUCTURED = delimited(1);
const STRING = delimited(2);
const MOST_SIGNIFICANT = varint(1);
const LEAST_SIGNIFICANT = varint(2);

const hex64 = (bits: bigint): string => BigInt.asUintN(64, bits).toString(16).padStart(16, '0');

/** The text form of two halves of 64 bits. */
export function fromHalves(most: bigint, least: bigint): string {
  const high = hex64(most);
  const low = hex64(least);
  return `${high.slice(0, 8)}-${high.slice(8, 12)}-${high.slice(12)}-${low.slice(0, 4)}-${low.slice(4)}`;
}

/** The two halves of 64 bits, signed, as the protocol carries them. */
export function toHalves(uuid: string): { readonly most: bigint; readonly least: bigint } {
  const digits = uuid.replaceAll('-', '');
  const half = (from: number): bigint => BigInt.asIntN(64, BigInt(`0x${digits.slice(from, from + 16)}`));
  return { most: half(0), least: half(16) };
}

/** Reads a UUID message in either of its forms; lower case, not checked. */
export function readUuid(reader: WireReader): string {
  let text = '';
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === STRING) text = reader.string().toLowerCase();
    else if (tag === STRUCTURED) text = readStructured(reader.message());
    else reader.skip(tag);
  }
  return text;
}

function readStructured(reader: WireReader): string {
  let most = 0n;
  let least = 0n;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === MOST_SIGNIFICANT) most = reader.uint64();
    else if (tag === LEAST_SIGNIFICANT) least = reader.uint64();
    else reader.skip(tag);
  }
  return fromHalves(most, least);
}

/** The same from a decoded message. */
export function uuidOf(message: UUID | undefined): string {
  const structured = message?.getStructured();
  if (!structured) return message?.getString().toLowerCase() ?? '';
  return fromHalves(BigInt(structured.getMostSignificantBits()), BigInt(structured.getLeastSignificantBits()));
}
