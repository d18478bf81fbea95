import type { AllStreamRecordedEvent, RecordedEvent } from '@eventstore/db-client';
import type { EventMetadata, Recorded } from '@solyx/kernel';
import { CONTEXTS } from './define-context';

/** Streams of Solyx, where nobody asks for certain ones. */
export const SOLYX_PREFIXES: readonly string[] = CONTEXTS.map((context) => `${context}.`);

export const matchesPrefix = (stream: string, prefixes: readonly string[] = SOLYX_PREFIXES): boolean =>
  prefixes.some((prefix) => stream.startsWith(prefix));

/** Metadata of an event that somebody else wrote into our streams: readable, and said to be of no version. */
const NO_METADATA: EventMetadata = {
  version: 1,
  organizationId: 'platform',
  actor: { kind: 'platform', id: 'unknown', roles: [] },
  $correlationId: 'unknown',
  $causationId: 'unknown',
};

/** The event as it was stored; its position is the commit position. */
export function toStored(event: RecordedEvent | AllStreamRecordedEvent): Recorded {
  const metadata = event.metadata as EventMetadata | undefined;
  return {
    id: event.id,
    type: event.type,
    data: event.data,
    stream: event.streamId,
    revision: event.revision,
    position: event.position?.commit ?? -1n,
    recordedAt: event.created.toISOString(),
    metadata: metadata && typeof metadata.version === 'number' ? metadata : { ...NO_METADATA, ...metadata },
  };
}
