import type { Command, Decider, DomainEvent } from '@solyx/kernel';

export interface Snapshot<S> {
  readonly state: S;
  readonly revision: bigint;
  readonly position: bigint;
}

/** Keeps states of long streams, so that a start does not read them whole. Losing one costs time, never truth. */
export abstract class Snapshots {
  abstract latest<S, E extends DomainEvent>(
    decider: Decider<Command, S, E, string> | Decider<never, S, E, string>,
    stream: string,
  ): Promise<Snapshot<S> | undefined>;
  /** Called after each append; stores one each `decider.snapshot.every` events. Never fails the append. */
  abstract offer<S, E extends DomainEvent>(
    decider: Decider<never, S, E, string>,
    stream: string,
    before: bigint,
    now: Snapshot<S>,
  ): Promise<void>;
}
