import { Metadata, status, type StatusObject } from '@grpc/grpc-js';
import type { ExpectedRevision } from '../engine/events';
import { AppendRefused, OutcomeUnknown, ReadRefused } from '../storage/storage';
import { REQUIRED_PROPERTIES } from './batch-append-codec';

/** An answer that is an error: the status, and the trailers by which the client tells its errors apart. */
export class CallError extends Error {
  override readonly name = 'CallError';

  constructor(
    readonly code: status,
    message: string,
    readonly trailers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }

  toStatus(): Partial<StatusObject> {
    const metadata = new Metadata();
    for (const [key, value] of Object.entries(this.trailers)) metadata.set(key, printable(value));
    return { code: this.code, details: this.message, metadata };
  }
}

/** Trailers are printable ASCII; anything else is escaped as in a URL. */
const printable = (text: string): string => text.replace(/[^\x20-\x7e]+/gu, (part) => encodeURIComponent(part));

/** Numbers by which trailers name what is no revision. */
const SPECIAL = { any: -2, no_stream: -1, stream_exists: -4 } as const;

export function wrongExpectedVersion(stream: string, expected: ExpectedRevision, current: number): CallError {
  const number = typeof expected === 'bigint' ? expected : SPECIAL[expected];
  const actual: Record<string, string> = current < 0 ? {} : { 'actual-version': String(current) };
  const message = `stream ${stream} was expected at ${number} and is at ${current}: read it again, then decide anew`;
  const trailers = { exception: 'wrong-expected-version', 'stream-name': stream, 'expected-version': String(number) };
  return new CallError(status.FAILED_PRECONDITION, message, { ...trailers, ...actual });
}

export const streamDeleted = (stream: string): CallError =>
  new CallError(status.FAILED_PRECONDITION, `stream ${stream} was deleted for ever: use another name`, {
    exception: 'stream-deleted',
    'stream-name': stream,
  });

export const accessDenied = (message: string): CallError =>
  new CallError(status.PERMISSION_DENIED, message, { exception: 'access-denied' });

export const unauthenticated = (message: string): CallError =>
  new CallError(status.UNAUTHENTICATED, message, { exception: 'access-denied' });

export const appendTooLarge = (max: number): CallError =>
  new CallError(status.INVALID_ARGUMENT, `an append holds at most ${max} bytes: send several`, {
    exception: 'maximum-append-size-exceeded',
    'maximum-append-size': String(max),
  });

export const missingProperties = (message: string): CallError =>
  new CallError(status.INVALID_ARGUMENT, message, {
    exception: 'missing-required-metadata-property',
    'required-metadata-properties': REQUIRED_PROPERTIES.join(','),
  });

export const invalidArgument = (message: string): CallError => new CallError(status.INVALID_ARGUMENT, message);
export const unavailable = (message: string): CallError => new CallError(status.UNAVAILABLE, message);

/** Any failure as an answer; what is unforeseen is said, since this server only speaks to its own services. */
export function toCallError(error: unknown): CallError {
  if (error instanceof CallError) return error;
  if (error instanceof AppendRefused) return unavailable(`nothing was written, try again: ${error.message}`);
  if (error instanceof ReadRefused) return unavailable(`cannot read at the moment, try again: ${error.message}`);
  if (error instanceof OutcomeUnknown) return unavailable(`repeat with the same event ids: ${error.message}`);
  return new CallError(status.INTERNAL, error instanceof Error ? error.message : String(error));
}
