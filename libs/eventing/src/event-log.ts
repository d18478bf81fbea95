import { SolyxError, type DomainEvent, type EventMetadata, type Recorded } from '@solyx/kernel';
import { eventRegistry } from '@solyx/contracts';

/** An event about to be stored. The id makes a repeated append the same append. */
export interface NewEvent extends DomainEvent {
  readonly id: string;
  readonly metadata: EventMetadata;
}

/** What the stream must be like for an append to be taken: its last revision, or none yet. */
export type ExpectedRevision = bigint | 'no_stream' | 'any';

export interface Appended {
  readonly revision: bigint;
  readonly position: bigint;
}

/** The stream moved since it was read. Not an error for users: `Streams` reloads and decides again. */
export class WrongExpectedRevision extends Error {
  override readonly name = 'WrongExpectedRevision';
  constructor(
    readonly stream: string,
    readonly expected: ExpectedRevision,
    /** -1 where the stream does not exist. */
    readonly actual: bigint,
  ) {
    super(`${stream} is at ${actual}, not ${expected}`);
  }
}

export interface ReadStreamOptions {
  /** Inclusive. */
  readonly from?: bigint;
  readonly direction?: 'forwards' | 'backwards';
  readonly limit?: number;
  /** As stored, neither upcast nor validated: for who hashes events, or passes them on. */
  readonly raw?: boolean;
}

export interface ReadAllOptions {
  /** Exclusive. */
  readonly after?: bigint;
  /** Inclusive. */
  readonly until?: bigint;
  /** Stream-name prefixes, any of them; none means every stream of Solyx (system streams are never shown). */
  readonly prefixes?: readonly string[];
  readonly direction?: 'forwards' | 'backwards';
  readonly limit?: number;
  /** As stored, neither upcast nor validated: for who passes events on. */
  readonly raw?: boolean;
}

export interface SubscribeOptions {
  /** Exclusive; undefined starts at the beginning, 'end' at the present. */
  readonly after?: bigint | 'end';
  readonly prefixes?: readonly string[];
  /** As stored, neither upcast nor validated: for who passes events on. */
  readonly raw?: boolean;
  /** Awaited: the next event comes when this one is done. Where it throws, the event comes again, after a pause. */
  onEvent(event: Recorded): Promise<void> | void;
  /**
   * An event that does not validate, as it was stored, and why. Without this the subscription waits before such an
   * event, saying so in the log, rather than to leave it out.
   */
  onInvalid?(event: Recorded, error: SolyxError): Promise<void> | void;
  /** The log was read to here, matching or not; worth remembering. */
  onCheckpoint?(position: bigint): Promise<void> | void;
  onCaughtUp?(): void;
}

export interface Subscription {
  close(): Promise<void>;
}

/** A stored event as its newest version; throws Internal, naming where it lies, when it does not validate. */
export function readRecorded(stored: Recorded): Recorded {
  try {
    const { data } = eventRegistry.read({ type: stored.type, data: stored.data }, stored.metadata.version);
    return data === stored.data ? stored : { ...stored, data };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const { stream, revision, position, type } = stored;
    throw new SolyxError(
      'Internal',
      `the stored event ${type} at ${stream}@${revision} does not validate: ${why}`,
      { stream, revision: String(revision), position: String(position), type },
      {
        cause,
        reason: 'StoredEventInvalid',
        hint: 'The log holds what this version cannot read: add an upcaster, or run the version that wrote it.',
      },
    );
  }
}

/**
 * The log as a port of five operations; adapters: EventStoreDB's client, memory.
 * Events of unknown type are delivered as they are; events of known type are upcast to their newest version.
 */
export abstract class EventLog {
  /** Atomic. Throws WrongExpectedRevision; Unavailable where the outcome is unknown (repeat with the same ids). */
  abstract append(stream: string, events: readonly NewEvent[], expected: ExpectedRevision): Promise<Appended>;
  /** From a revision (inclusive, default 0) onwards, or backwards from the end. A missing stream is empty. */
  abstract readStream(stream: string, options?: ReadStreamOptions): AsyncIterable<Recorded>;
  abstract readAll(options?: ReadAllOptions): AsyncIterable<Recorded>;
  /** Resumes by itself from the last event delivered, with jittered backoff, until closed. */
  abstract subscribe(options: SubscribeOptions): Promise<Subscription>;
  /** Position of the newest event of Solyx; -1 in an empty log. */
  abstract head(): Promise<bigint>;
  /** What the store says of its version; undefined where it says nothing. */
  version(): Promise<string | undefined> {
    return Promise.resolve(undefined);
  }
  abstract close(): Promise<void>;
}
