import { TOMBSTONE_REVISION, type RecordedEvent } from '../engine/events';
import type { ResolvedEvent } from '../log/log-reader';
import { toHalves } from './uuid';
import { delimited, fieldLength, varint, varintLength, WireWriter } from './wire';

/** How a reader wants event ids; the official client asks for strings. */
export type UuidForm = 'string' | 'structured';

const TYPE = entry('type');
const CREATED = entry('created');
const JSON_TYPE = constantEntry('content-type', 'application/json');
const BINARY_TYPE = constantEntry('content-type', 'application/octet-stream');
/** `created` is in units of 100 ns, which a number cannot hold exactly: four zeros after the milliseconds. */
const TICKS = '0000';
/** 2^63-1 as a varint. */
const TOMBSTONE_VARINT = Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]);
const UUID_LENGTH = fieldLength(36);

/** Key part of a map entry, ready to be copied. */
function entry(key: string): Buffer {
  return Buffer.concat([Buffer.from([delimited(1), key.length]), Buffer.from(key)]);
}

/** A whole map entry field that never changes. */
function constantEntry(key: string, value: string): Buffer {
  const content = Buffer.concat([entry(key), Buffer.from([delimited(2), value.length]), Buffer.from(value)]);
  return Buffer.concat([Buffer.from([delimited(6), content.length]), content]);
}

interface Lengths {
  readonly stream: number;
  readonly type: number;
  readonly created: string;
  readonly typeEntry: number;
  readonly createdEntry: number;
  readonly id: number;
  readonly total: number;
}

function measure(event: RecordedEvent, form: UuidForm): Lengths {
  const stream = Buffer.byteLength(event.stream);
  const type = Buffer.byteLength(event.type);
  const created = `${event.created}${TICKS}`;
  const typeEntry = TYPE.length + fieldLength(type);
  const createdEntry = CREATED.length + fieldLength(created.length);
  const id = form === 'string' ? UUID_LENGTH : structuredId(event.id).length;
  const total =
    fieldLength(id) +
    fieldLength(fieldLength(stream)) +
    1 +
    revisionLength(event.revision) +
    2 * (1 + varintLength(event.position)) +
    fieldLength(typeEntry) +
    fieldLength(createdEntry) +
    (event.isJson ? JSON_TYPE : BINARY_TYPE).length +
    (event.metadata.length > 0 ? fieldLength(event.metadata.length) : 0) +
    (event.data.length > 0 ? fieldLength(event.data.length) : 0);
  return { stream, type, created, typeEntry, createdEntry, id, total };
}

const revisionLength = (revision: number): number =>
  revision === TOMBSTONE_REVISION ? TOMBSTONE_VARINT.length : varintLength(revision);

/** UUID message with the two halves; rare, hence plain. */
function structuredId(id: string): Buffer {
  const { most, least } = toHalves(id);
  const halves = Buffer.concat([signed64(varint(1), most), signed64(varint(2), least)]);
  return Buffer.concat([Buffer.from([delimited(1), halves.length]), halves]);
}

function signed64(tag: number, value: bigint): Buffer {
  const bytes = [tag];
  let rest = BigInt.asUintN(64, value);
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

function writeEvent(writer: WireWriter, event: RecordedEvent, lengths: Lengths, form: UuidForm): void {
  writer.head(delimited(1), lengths.id);
  if (form === 'string') writer.string(delimited(2), event.id, 36);
  else writer.raw(structuredId(event.id));
  writer.head(delimited(2), fieldLength(lengths.stream));
  writer.string(delimited(3), event.stream, lengths.stream);
  if (event.revision === TOMBSTONE_REVISION) writer.raw(Buffer.from([varint(3), ...TOMBSTONE_VARINT]));
  else writer.number(varint(3), event.revision);
  writer.number(varint(4), event.position);
  writer.number(varint(5), event.position);
  writer.head(delimited(6), lengths.typeEntry);
  writer.raw(TYPE);
  writer.string(delimited(2), event.type, lengths.type);
  writer.head(delimited(6), lengths.createdEntry);
  writer.raw(CREATED);
  writer.string(delimited(2), lengths.created, lengths.created.length);
  writer.raw(event.isJson ? JSON_TYPE : BINARY_TYPE);
  if (event.metadata.length > 0) writer.bytes(delimited(7), event.metadata);
  if (event.data.length > 0) writer.bytes(delimited(8), event.data);
}

/** A ReadResp that carries an event, its link, and the position a reader resumes from. */
export function encodeEvent({ event, link }: ResolvedEvent, form: UuidForm): Buffer {
  const position = (link ?? event)?.position ?? 0;
  const target = event && measure(event, form);
  const source = link && measure(link, form);
  const length =
    (target ? fieldLength(target.total) : 0) + (source ? fieldLength(source.total) : 0) + 1 + varintLength(position);
  const writer = new WireWriter(Buffer.allocUnsafe(fieldLength(length)));
  writer.head(delimited(1), length);
  if (event && target) {
    writer.head(delimited(1), target.total);
    writeEvent(writer, event, target, form);
  }
  if (link && source) {
    writer.head(delimited(2), source.total);
    writeEvent(writer, link, source, form);
  }
  writer.number(varint(3), position);
  return writer.buffer;
}

/** The first message of a subscription. */
export function encodeConfirmation(subscriptionId: string): Buffer {
  const length = Buffer.byteLength(subscriptionId);
  const writer = new WireWriter(Buffer.allocUnsafe(fieldLength(fieldLength(length))));
  writer.head(delimited(2), fieldLength(length));
  writer.string(delimited(1), subscriptionId, length);
  return writer.buffer;
}

export function encodeCheckpoint(position: number): Buffer {
  const length = 2 * (1 + varintLength(position));
  const writer = new WireWriter(Buffer.allocUnsafe(fieldLength(length)));
  writer.head(delimited(3), length);
  writer.number(varint(1), position);
  writer.number(varint(2), position);
  return writer.buffer;
}

export function encodeStreamNotFound(stream: string): Buffer {
  const name = Buffer.byteLength(stream);
  const identifier = fieldLength(name);
  const writer = new WireWriter(Buffer.allocUnsafe(fieldLength(fieldLength(identifier))));
  writer.head(delimited(4), fieldLength(identifier));
  writer.head(delimited(1), identifier);
  writer.string(delimited(3), stream, name);
  return writer.buffer;
}

/** The empty message that says: from here on everything is live. */
export const CAUGHT_UP = Buffer.from([delimited(8), 0]);
