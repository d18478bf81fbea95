import type { ContextName } from './define-context';
import type { BusMessage } from './bus-message';

/** A message with its number in its context's stream: 1, 2, 3 … without gaps as published. */
export interface StoredMessage extends BusMessage {
  readonly sequence: number;
}

/** The ends of a context's stream. */
export interface BusEnds {
  /** Number of the newest message ever stored; 0 in a new stream. */
  readonly lastSequence: number;
  /** Oldest and newest that are still kept; both missing in an empty stream. */
  readonly first?: StoredMessage;
  readonly last?: StoredMessage;
}

export interface BusDelivery {
  readonly message: StoredMessage;
  /** It is done with and never comes again. */
  ack(): void;
  /** It still takes time: do not hand it out again. */
  working(): void;
}

export interface ConsumeOptions {
  readonly source: ContextName;
  /** `<context>-<source>`, one durable consumer. */
  readonly name: string;
  /** First sequence wanted. */
  readonly from: number;
  /** Called in order of sequence and without gaps, from `from` on; repeats of earlier ones are possible. */
  onDelivery(delivery: BusDelivery): void;
  /** Called once where deliveries cannot go on in order (connection lost, consumer gone): consume again. */
  onBroken(error: unknown): void;
}

export interface BusConsumption {
  /** No delivery comes after this. */
  stop(): Promise<void>;
}

/** Somebody else published: read the ends again. A second relay is fenced by this. */
export class WrongLastSequence extends Error {
  override readonly name = 'WrongLastSequence';
}

/**
 * The bus as a port: a bounded cache of the log, in the log's order, one stream per context.
 * Adapters: JetStream, memory (`@solyx/testing`).
 */
export abstract class EventBus {
  /** Creates the context's stream, or brings it to the declared shape. */
  abstract declare(context: ContextName): Promise<void>;
  /** Undefined where the stream does not exist. */
  abstract ends(context: ContextName): Promise<BusEnds | undefined>;
  /**
   * Resolves with the message's sequence once it is stored. Stored only directly after `expectedLast`: throws
   * WrongLastSequence else, so that what is published at once is stored in order or not at all.
   */
  abstract publish(context: ContextName, message: BusMessage, expectedLast: number): Promise<number>;
  /** Sequence up to which the consumer has acknowledged all; undefined where it does not exist. */
  abstract floor(source: ContextName, name: string): Promise<number | undefined>;
  /** Replaces the durable consumer by one that starts at `from`, and takes from it. At most 256 unacknowledged. */
  abstract consume(options: ConsumeOptions): Promise<BusConsumption>;
  abstract close(): Promise<void>;
}

/** Deliveries that a consumer holds unacknowledged at most. */
export const UNACKNOWLEDGED_MAX = 256;
/** Without an acknowledgement or a sign of work for this long, a message is handed out again. */
export const ACK_WAIT_MS = 30_000;

export const streamNameOf = (context: ContextName): string => `SOLYX_${context.toUpperCase()}`;
export const consumerNameOf = (context: ContextName, source: ContextName): string => `${context}-${source}`;
