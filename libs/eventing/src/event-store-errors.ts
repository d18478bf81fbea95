import {
  AccessDeniedError,
  InvalidArgumentError,
  MaxAppendSizeExceededError,
  RequiredMetadataPropertyMissingError,
  StreamDeletedError,
  UnsupportedError,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import { SolyxError } from '@solyx/kernel';
import { WrongExpectedRevision, type ExpectedRevision } from './event-log';

/** The stream moved since it was read, as the port says it; undefined for any other failure. */
export function wrongRevisionOf(
  error: unknown,
  stream: string,
  expected: ExpectedRevision,
): WrongExpectedRevision | undefined {
  if (!(error instanceof WrongExpectedVersionError)) return undefined;
  const { actualVersion } = error;
  return new WrongExpectedRevision(stream, expected, typeof actualVersion === 'bigint' ? actualVersion : -1n);
}

/** Failures that the same request would meet again. */
const LASTING: readonly (readonly [new (...args: never[]) => Error, (error: Error, stream: string) => SolyxError])[] = [
  [
    StreamDeletedError,
    (cause, stream) =>
      new SolyxError(
        'FailedPrecondition',
        `stream ${stream} was deleted for ever`,
        { stream },
        {
          cause,
          reason: 'StreamDeleted',
          hint: 'Nothing of Solyx deletes streams; restore the event store from a backup.',
        },
      ),
  ],
  [
    AccessDeniedError,
    (cause, stream) =>
      new SolyxError(
        'PermissionDenied',
        `the event store denies access to ${stream}`,
        { stream },
        {
          cause,
          hint: 'Check user and password in SOLYX_EVENTSTORE_URL; without TLS none are sent.',
        },
      ),
  ],
  [
    MaxAppendSizeExceededError,
    (cause, stream) =>
      new SolyxError(
        'InvalidArgument',
        `one append to ${stream} is too large for the event store`,
        { stream },
        {
          cause,
          hint: 'Decide fewer or smaller events at once.',
        },
      ),
  ],
  [
    RequiredMetadataPropertyMissingError,
    (cause, stream) => new SolyxError('Internal', `an event for ${stream} has no type`, { stream }, { cause }),
  ],
  [
    InvalidArgumentError,
    (cause, stream) =>
      new SolyxError('InvalidArgument', `the event store refuses ${stream}: ${cause.message}`, { stream }, { cause }),
  ],
  [
    UnsupportedError,
    (cause, stream) =>
      new SolyxError(
        'FailedPrecondition',
        `the event store cannot do this for ${stream}: ${cause.message}`,
        {},
        {
          cause,
          hint: 'Solyx needs EventStoreDB 23.10 or newer, or its embedded store.',
        },
      ),
  ],
];

/** The failure as ours where repeating is of no use; undefined where the outcome is open and a repeat may succeed. */
export function lastingFailure(error: unknown, stream: string): SolyxError | undefined {
  if (error instanceof SolyxError && !error.retryable) return error;
  if (!(error instanceof Error)) return undefined;
  return LASTING.find(([kind]) => error instanceof kind)?.[1](error, stream);
}

export const storeUnavailable = (what: string, cause: unknown): SolyxError =>
  new SolyxError(
    'Unavailable',
    `event store: ${what}: ${cause instanceof Error ? cause.message : String(cause)}`,
    {},
    {
      cause,
    },
  );
