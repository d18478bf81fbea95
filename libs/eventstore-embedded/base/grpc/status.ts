import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { StorageUnavailable } from '../storage/storage';
import type { Expected } from '../engine/types';

export const APPEND_BYTES_MAX = 1024 * 1024;

/** Trailers must be printable ASCII. */
const ascii = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?');

/** An error as the client decodes it: the trailer `exception`, and the keys of that error. */
export function serviceError(
  code: status,
  details: string,
  trailers: Readonly<Record<string, string>> = {},
): ServiceError {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(trailers)) metadata.set(key, ascii(value));
  return Object.assign(new Error(details), { code, details: ascii(details), metadata });
}

const REVISION_OF: Readonly<Record<string, string>> = { any: '-2', no_stream: '-1', stream_exists: '-4' };

export const wrongVersion = (stream: string, expected: Expected, current: number): ServiceError =>
  serviceError(
    status.FAILED_PRECONDITION,
    `Append failed due to WrongExpectedVersion. Stream: ${stream}, Expected version: ${expected}, Actual version: ${current}`,
    {
      exception: 'wrong-expected-version',
      'stream-name': stream,
      'expected-version': typeof expected === 'number' ? String(expected) : (REVISION_OF[expected] ?? '-2'),
      ...(current < 0 ? {} : { 'actual-version': String(current) }),
    },
  );

export const streamDeleted = (stream: string): ServiceError =>
  serviceError(status.FAILED_PRECONDITION, `Event stream '${stream}' is deleted.`, {
    exception: 'stream-deleted',
    'stream-name': stream,
  });

export const accessDenied = (): ServiceError =>
  serviceError(status.PERMISSION_DENIED, 'Access Denied', { exception: 'access-denied' });

export const unauthenticated = (): ServiceError =>
  serviceError(status.UNAUTHENTICATED, 'Wrong or missing credentials.');

export const tooLarge = (): ServiceError =>
  serviceError(status.INVALID_ARGUMENT, `Maximum Append Size of ${APPEND_BYTES_MAX} Exceeded.`, {
    exception: 'maximum-append-size-exceeded',
    'maximum-append-size': String(APPEND_BYTES_MAX),
  });

export const missingMetadata = (missing: readonly string[]): ServiceError =>
  serviceError(status.INVALID_ARGUMENT, `Required Metadata Property '${missing.join(',')}' is missing`, {
    exception: 'missing-required-metadata-property',
    'required-metadata-properties': missing.join(','),
  });

export const invalid = (message: string): ServiceError => serviceError(status.INVALID_ARGUMENT, message);

export const unimplemented = (what: string): ServiceError =>
  serviceError(status.UNIMPLEMENTED, `${what} is not part of Solyx's embedded event store; run EventStoreDB for it.`);

/** A stranger's error, as the client may retry it or not. */
export function fromError(error: unknown): ServiceError {
  if (error instanceof StorageUnavailable) return serviceError(status.UNAVAILABLE, error.message);
  const known = error as ServiceError;
  if (typeof known.code === 'number' && known.metadata instanceof Metadata) return known;
  return serviceError(status.UNAVAILABLE, error instanceof Error ? error.message : String(error));
}
