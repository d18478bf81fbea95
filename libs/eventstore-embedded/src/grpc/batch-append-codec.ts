import type { ExpectedRevision, ProposedEvent } from '../engine/events';
import { isUuid, readUuid } from './uuid';
import { delimited, fieldLength, varint, varintLength, WireReader, WireWriter } from './wire';

/** Why a proposed event cannot be written; it stands where the event would. */
export interface EventFault {
  readonly fault: string;
}

export interface BatchAppendOptions {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  /** Milliseconds since 1970; Infinity when the client set none. */
  readonly deadline: number;
}

/** One message of the hot path: the first of an append has options, the last is final. */
export interface BatchAppendMessage {
  readonly correlationId: string;
  readonly options: BatchAppendOptions | undefined;
  readonly events: readonly ProposedEvent[];
  readonly fault: string | undefined;
  readonly isFinal: boolean;
}

const REQUEST = { correlationId: delimited(1), options: delimited(2), events: delimited(3), isFinal: varint(4) };

export function decodeBatchAppend(bytes: Buffer): BatchAppendMessage {
  const reader = new WireReader(bytes);
  const events: ProposedEvent[] = [];
  let correlationId = '';
  let options: BatchAppendOptions | undefined;
  let fault: string | undefined;
  let isFinal = false;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === REQUEST.correlationId) correlationId = readUuid(reader.message());
    else if (tag === REQUEST.options) options = readOptions(reader.message());
    else if (tag === REQUEST.isFinal) isFinal = reader.varint() !== 0;
    else if (tag === REQUEST.events) {
      const event = readEvent(reader.message());
      if ('fault' in event) fault ??= event.fault;
      else events.push(event);
    } else reader.skip(tag);
  }
  return { correlationId, options, events, fault, isFinal };
}

const OPTIONS = {
  stream: delimited(1),
  position: varint(2),
  noStream: delimited(3),
  any: delimited(4),
  streamExists: delimited(5),
  deadline: delimited(6),
  duration: delimited(7),
};

const NAMED: Readonly<Record<number, ExpectedRevision>> = {
  [OPTIONS.noStream]: 'no_stream',
  [OPTIONS.any]: 'any',
  [OPTIONS.streamExists]: 'stream_exists',
};

function readOptions(reader: WireReader): BatchAppendOptions {
  let stream = '';
  let expected: ExpectedRevision = 'any';
  let deadline = Infinity;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    const named = NAMED[tag];
    if (named !== undefined) {
      expected = named;
      reader.skip(tag);
    } else if (tag === OPTIONS.stream) stream = readStreamName(reader.message());
    else if (tag === OPTIONS.position) expected = reader.uint64();
    else if (tag === OPTIONS.deadline) deadline = readMillis(reader.message());
    // Newer clients send how long they wait instead of until when.
    else if (tag === OPTIONS.duration) deadline = Date.now() + readMillis(reader.message());
    else reader.skip(tag);
  }
  return { stream, expected, deadline };
}

const STREAM_NAME = delimited(3);

function readStreamName(reader: WireReader): string {
  let name = '';
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === STREAM_NAME) name = reader.string();
    else reader.skip(tag);
  }
  return name;
}

/** A timestamp or a duration: whole seconds, then nanoseconds. */
function readMillis(reader: WireReader): number {
  let millis = 0;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === varint(1)) millis += reader.varint() * 1000;
    else if (tag === varint(2)) millis += reader.varint() / 1e6;
    else reader.skip(tag);
  }
  return millis;
}

const EVENT = { id: delimited(1), metadata: delimited(2), customMetadata: delimited(3), data: delimited(4) };
const NO_BYTES = Buffer.alloc(0);

function readEvent(reader: WireReader): ProposedEvent | EventFault {
  let id = '';
  let data: Buffer = NO_BYTES;
  let metadata: Buffer = NO_BYTES;
  const properties = { type: '', contentType: '' };
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === EVENT.id) id = readUuid(reader.message());
    else if (tag === EVENT.metadata) readProperty(reader.message(), properties);
    else if (tag === EVENT.customMetadata) metadata = reader.bytes();
    else if (tag === EVENT.data) data = reader.bytes();
    else reader.skip(tag);
  }
  return proposed({ id, ...properties, data, metadata });
}

function readProperty(reader: WireReader, properties: { type: string; contentType: string }): void {
  let key = '';
  let value = '';
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === delimited(1)) key = reader.string();
    else if (tag === delimited(2)) value = reader.string();
    else reader.skip(tag);
  }
  if (key === 'type') properties.type = value;
  else if (key === 'content-type') properties.contentType = value;
}

export const REQUIRED_PROPERTIES = ['type', 'content-type'] as const;
export const JSON_CONTENT = 'application/json';

/** Checks what every event needs, on whichever way it came. */
export function proposed(event: {
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly data: Buffer;
  readonly metadata: Buffer;
}): ProposedEvent | EventFault {
  const { id, type, contentType, data, metadata } = event;
  if (type === '' || contentType === '') {
    return { fault: `an event lacks one of its required properties: ${REQUIRED_PROPERTIES.join(', ')}` };
  }
  if (!isUuid(id)) return { fault: `the event id ${JSON.stringify(id.slice(0, 50))} is not a UUID` };
  if (type.includes('\0')) return { fault: 'an event type cannot hold the character NUL' };
  return { id, type, isJson: contentType === JSON_CONTENT, data, metadata };
}

export interface BatchAppendSuccess {
  readonly correlationId: string;
  readonly stream: string;
  /** -1: the stream has no event. */
  readonly revision: number;
  readonly position: number | undefined;
}

const UUID_LENGTH = fieldLength(36);

/** The answer to an append that was written. */
export function encodeBatchAppendSuccess(answer: BatchAppendSuccess): Buffer {
  const { correlationId, stream, revision, position } = answer;
  const revisionLength = revision < 0 ? fieldLength(0) : 1 + varintLength(revision);
  const place = position === undefined ? 0 : 2 * (1 + varintLength(position));
  const success = revisionLength + fieldLength(place);
  const name = Buffer.byteLength(stream);
  const length = fieldLength(UUID_LENGTH) + fieldLength(success) + fieldLength(fieldLength(name));
  const writer = new WireWriter(Buffer.allocUnsafe(length));
  writer.head(delimited(1), UUID_LENGTH);
  writer.string(delimited(2), correlationId, 36);
  writer.head(delimited(3), success);
  if (revision < 0) writer.head(delimited(2), 0);
  else writer.number(varint(1), revision);
  writer.head(position === undefined ? delimited(4) : delimited(3), place);
  if (position !== undefined) {
    writer.number(varint(1), position);
    writer.number(varint(2), position);
  }
  writer.head(delimited(4), fieldLength(name));
  writer.string(delimited(3), stream, name);
  return writer.buffer;
}
