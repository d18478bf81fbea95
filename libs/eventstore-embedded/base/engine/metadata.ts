import { TRUNCATE_ALL, TOMBSTONE, type StoredEvent, type StreamHead, type StreamMetadata } from './types';

export const METADATA_TYPE = '$metadata';
export const DELETED_TYPE = '$streamDeleted';
export const LINK_TYPE = '$>';

/** `$tb` that means "everything": beyond what JSON numbers hold, so it is written as text. */
export const DELETE_METADATA = Buffer.from('{"$tb":9223372036854775807}');
const TRUNCATE_ALL_FROM = 9.2e18;

export const metadataStreamOf = (stream: string): string => `$$${stream}`;
export const isMetadataStream = (stream: string): boolean => stream.startsWith('$$');

const count = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;

/** Metadata that is not JSON, or not an object, means nothing. */
export function parseMetadata(data: Uint8Array): StreamMetadata {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8'));
  } catch {
    return {};
  }
  if (typeof value !== 'object' || value === null) return {};
  const { $maxCount, $maxAge, $tb, $acl } = value as Record<string, unknown>;
  const maxCount = count($maxCount);
  const maxAge = count($maxAge);
  const tb = count($tb);
  return {
    ...(maxCount === undefined ? {} : { maxCount }),
    ...(maxAge === undefined ? {} : { maxAge }),
    ...(tb === undefined ? {} : { truncateBefore: tb >= TRUNCATE_ALL_FROM ? TRUNCATE_ALL : tb }),
    ...(typeof $acl === 'object' && $acl !== null ? { acl: $acl as Record<string, unknown> } : {}),
  };
}

/** The first revision that reads may show. `$$s` itself shows only its last. */
export function firstVisible(stream: string, head: StreamHead): number {
  const { maxCount, truncateBefore } = head.metadata ?? {};
  const cap = isMetadataStream(stream) ? 1 : maxCount;
  const byCount = cap === undefined ? 0 : head.revision - cap + 1;
  return Math.max(0, byCount, truncateBefore ?? 0);
}

const TICKS_PER_SECOND = 10_000_000n;

/** Ticks before which `$maxAge` hides events; undefined where there is none. */
export const oldestVisibleTicks = (head: StreamHead, nowTicks: bigint): bigint | undefined =>
  head.metadata?.maxAge === undefined
    ? undefined
    : nowTicks - BigInt(Math.floor(head.metadata.maxAge)) * TICKS_PER_SECOND;

export const isVisible = (event: StoredEvent, stream: string, head: StreamHead, nowTicks: bigint): boolean => {
  if (event.revision === TOMBSTONE) return true;
  if (event.revision < firstVisible(stream, head)) return false;
  const oldest = oldestVisibleTicks(head, nowTicks);
  return oldest === undefined || BigInt(event.createdTicks) >= oldest;
};
