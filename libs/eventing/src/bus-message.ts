import { SolyxError, type Actor, type EventMetadata, type Recorded } from '@solyx/kernel';
import { eventRegistry } from '@solyx/contracts';

/** An event on the bus: CloudEvents 1.0 in binary mode (https://cloudevents.io), extension attributes in lower case. */
export interface BusMessage {
  readonly subject: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The data, as JSON text. */
  readonly body: string;
}

/** Data and headers of one message; what is larger is refused before it is parsed. */
export const MESSAGE_BYTES_MAX = 1024 * 1024;

const POSITION = /^\d{1,20}$/;

/** What follows the category in a stream's name. */
export const idOfStream = (stream: string): string => stream.slice(stream.indexOf('-') + 1);

/** `solyx.<type>.<organizationId>.<id>`; characters that a subject may not hold become `_`. */
export function subjectOf(event: Recorded): string {
  const token = (text: string): string => text.replace(/[\s.*>]/g, '_') || '_';
  return `solyx.${event.type}.${token(event.metadata.organizationId)}.${token(idOfStream(event.stream))}`;
}

/** The event as it goes over the bus, with the data as it was stored. */
export function encodeMessage(event: Recorded): BusMessage {
  const { metadata } = event;
  return {
    subject: subjectOf(event),
    headers: {
      'ce-specversion': '1.0',
      'ce-id': event.id,
      'ce-type': event.type,
      'ce-source': `/solyx/${event.type.split('.')[0] ?? ''}`,
      'ce-subject': event.stream,
      'ce-time': event.recordedAt,
      'content-type': 'application/json',
      'ce-dataversion': String(metadata.version),
      'ce-organizationid': metadata.organizationId,
      'ce-actor': JSON.stringify(metadata.actor),
      'ce-correlationid': metadata.$correlationId,
      'ce-causationid': metadata.$causationId,
      'ce-position': String(event.position),
      'ce-revision': String(event.revision),
      ...(metadata.traceparent === undefined ? {} : { traceparent: metadata.traceparent }),
    },
    body: JSON.stringify(event.data),
  };
}

/** Place in the log of the event that a message carries; undefined where the header is missing or no number. */
export function positionOf(message: BusMessage): bigint | undefined {
  const text = message.headers['ce-position'];
  return text !== undefined && POSITION.test(text) ? BigInt(text) : undefined;
}

const corrupt = (message: string, options?: ErrorOptions): SolyxError =>
  new SolyxError(
    'InvalidArgument',
    `message on the bus: ${message}`,
    {},
    {
      reason: 'EventCorrupt',
      hint: 'Only the relay of a context publishes its events; look who else may publish this subject.',
      ...options,
    },
  );

function required(headers: BusMessage['headers'], name: string): string {
  const value = headers[name];
  if (value === undefined || value === '') throw corrupt(`header ${name} is missing`);
  return value;
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw corrupt(`${what} is not JSON`, { cause: error });
  }
}

function actorOf(text: string): Actor {
  const actor = parse(text, 'ce-actor') as Partial<Actor> | null;
  const known = ['key', 'service', 'agent', 'platform'];
  if (!actor || typeof actor.id !== 'string' || !known.includes(String(actor.kind)) || !Array.isArray(actor.roles)) {
    throw corrupt('ce-actor is not an actor');
  }
  return { kind: actor.kind as Actor['kind'], id: actor.id, roles: actor.roles.map(String) };
}

function metadataOf(headers: BusMessage['headers']): EventMetadata {
  const version = Number(required(headers, 'ce-dataversion'));
  if (!Number.isSafeInteger(version) || version < 1) throw corrupt('ce-dataversion is not a version');
  return {
    version,
    organizationId: required(headers, 'ce-organizationid'),
    actor: actorOf(required(headers, 'ce-actor')),
    $correlationId: required(headers, 'ce-correlationid'),
    $causationId: required(headers, 'ce-causationid'),
    ...(headers['traceparent'] === undefined ? {} : { traceparent: headers['traceparent'] }),
  };
}

/** The event, upcast and validated; throws InvalidArgument that says what is wrong with it. */
export function decodeMessage(message: BusMessage): Recorded {
  const { headers } = message;
  if (Buffer.byteLength(message.body) > MESSAGE_BYTES_MAX) throw corrupt('it is larger than 1 MiB');
  const type = required(headers, 'ce-type');
  if (!message.subject.startsWith(`solyx.${type}.`)) throw corrupt(`type ${type} on subject ${message.subject}`);
  const position = positionOf(message);
  const revision = required(headers, 'ce-revision');
  if (position === undefined || !POSITION.test(revision)) throw corrupt('position or revision is not a number');
  const metadata = metadataOf(headers);
  const event = eventRegistry.read({ type, data: parse(message.body, 'the body') }, metadata.version);
  return {
    id: required(headers, 'ce-id'),
    type: event.type,
    data: event.data,
    stream: required(headers, 'ce-subject'),
    revision: BigInt(revision),
    position,
    recordedAt: required(headers, 'ce-time'),
    metadata,
  };
}

/** A message as one JSON text, for keeping; `messageFromText` reads it. */
export const messageToText = (message: BusMessage): string => JSON.stringify(message);

export function messageFromText(text: string): BusMessage {
  const message = parse(text, 'what was kept') as Partial<BusMessage> | null;
  if (!message || typeof message.subject !== 'string' || typeof message.body !== 'string' || !message.headers) {
    throw corrupt('what was kept is not a message');
  }
  return { subject: message.subject, headers: message.headers, body: message.body };
}
