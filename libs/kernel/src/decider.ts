import type { Command, DomainEvent } from './message';

export interface Accepted<E extends DomainEvent> {
  readonly accepted: true;
  readonly events: readonly E[];
}

export interface Refused<R extends string> {
  readonly accepted: false;
  readonly reason: R;
  /** Numbers and names behind the reason, for the person who asked. */
  readonly details: Readonly<Record<string, string | number>>;
}

export type Decision<E extends DomainEvent, R extends string> = Accepted<E> | Refused<R>;

/** Yes, and this is what happened. No events means "already so". */
export const accept = <E extends DomainEvent>(...events: readonly E[]): Accepted<E> => ({ accepted: true, events });

/** No, and why: a PascalCase reason of a closed union. */
export const refuse = <R extends string>(
  reason: R,
  details: Readonly<Record<string, string | number>> = {},
): Refused<R> => ({ accepted: false, reason, details });

/** How a long stream's state is kept between starts. A changed version makes old snapshots unread, never wrong. */
export interface SnapshotCodec<S> {
  readonly version: number;
  /** A snapshot is taken each time this many events were added. */
  readonly every: number;
  toJson(state: S): unknown;
  fromJson(json: unknown): S;
}

/**
 * One aggregate: pure decisions over the fold of one stream.
 * `name` is the stream's category, `<context>.<aggregate>`; a stream is `<name>-<id>`.
 */
export interface Decider<C extends Command, S, E extends DomainEvent, R extends string> {
  readonly name: string;
  readonly initial: S;
  decide(command: C, state: S): Decision<E, R>;
  evolve(state: S, event: E): S;
  readonly snapshot?: SnapshotCodec<S>;
}

/** The state that a history leads to. */
export const fold = <S, E extends DomainEvent>(
  decider: { readonly initial: S; evolve(state: S, event: E): S },
  events: Iterable<E>,
  from?: S,
): S => {
  let state = from ?? decider.initial;
  for (const event of events) state = decider.evolve(state, event);
  return state;
};
