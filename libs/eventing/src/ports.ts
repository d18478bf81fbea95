import type { ContextDefinition } from './define-context';
import type { Projection } from './define-projection';

/**
 * What eventing needs from the service's database, as abstract classes that are injection tokens too. The PostgreSQL
 * adapters are in `postgres/`, the in-memory ones in `@solyx/testing`. `EventingModule` takes the adapters from
 * `postgresProviders(context: ContextDefinition): readonly Provider[]` of `postgres/index.ts`, which provides Leadership,
 * CheckpointStore, ParkingLot, ProjectionRunner and Views, and may inject EventingOptions, EventLog and Clock.
 */

/** Where the service's stores are, as its configuration says. One per process of a service; given by `EventingConnections`. */
export abstract class EventingOptions {
  /** `esdb://…` as the client of EventStoreDB reads it. */
  abstract readonly eventStoreUrl: string;
  /** `nats://host:port`, or several with commas between them. */
  abstract readonly natsUrl: string;
  /** File with the user's JWT and seed (`nsc` format); left out on a server without authentication. */
  abstract readonly natsCredsPath?: string;
  /** Authority of the bus's certificate, where it speaks TLS. */
  abstract readonly natsCaPath?: string;
  abstract readonly postgresUrl: string;
  /** How long past versions of view rows are kept; for ever where this is left out. */
  abstract readonly viewHistorySeconds?: number;
  /** Names this process among others of the same service. */
  abstract readonly instance: string;
}

export interface LeadershipListener {
  /** This process now acts for its context. The epoch is greater than each one before it. Awaited. */
  onElected(epoch: bigint): Promise<void>;
  /** It no longer does: stop at once, others may act already. Awaited before the next campaign. */
  onLost(): Promise<void>;
}

/** One active process per context. A lost one is replaced within 5 s. */
export abstract class Leadership {
  /** Begins to campaign, and goes on until `resign`. Resolves at once; elections are told to the listener. */
  abstract campaign(context: string, listener: LeadershipListener): Promise<void>;
  /** Gives up the lead or the campaign. Does not call `onLost`: who resigns has stopped already. */
  abstract resign(): Promise<void>;
}

/** Progress through the log, by name. */
export abstract class CheckpointStore {
  abstract load(name: string): Promise<bigint | undefined>;
  /**
   * Fenced: throws FailedPrecondition where an epoch greater than this one has saved under the name. A position
   * smaller than the saved one is ignored, so that a checkpoint never goes back.
   */
  abstract save(name: string, position: bigint, epoch: bigint): Promise<void>;
}

/** An event that could not be handled, kept with the reason until somebody retries it. */
export interface ParkedEvent {
  /** `<context>-<source context>` for what came over the bus. */
  readonly consumer: string;
  /** Unique within the consumer. */
  readonly eventId: string;
  readonly type: string;
  readonly stream: string;
  /** Decimal; empty where the message did not tell. */
  readonly position: string;
  readonly organizationId: string;
  /** Code, reason, message and hint of the last failure. */
  readonly code: string;
  readonly reason: string;
  readonly message: string;
  readonly hint: string;
  /** How often it was delivered. */
  readonly attempts: number;
  /** ISO 8601 UTC. */
  readonly parkedAt: string;
  /** The event as JSON text: `wireOf` makes it, `fromWire` reads it. At most 1 MiB. */
  readonly event: string;
}

export interface ParkedFilter {
  readonly consumer?: string;
  readonly eventId?: string;
  readonly organizationId?: string;
}

export interface ParkedPage {
  readonly events: readonly ParkedEvent[];
  /** How many the filter matches in all. */
  readonly total: number;
}

export abstract class ParkingLot {
  /** Keeps it; parking the same (consumer, eventId) again replaces the reason and the count. Returns once durable. */
  abstract park(event: ParkedEvent): Promise<void>;
  /** Oldest first, at most `first` (1–500) after `skip`. */
  abstract list(filter: ParkedFilter, first: number, skip?: number): Promise<ParkedPage>;
  /**
   * Hands each matching event, oldest first and one after another, to `work`: undefined forgets it, an event keeps it
   * in its place with the newer reason. Where `work` throws, it stays as it was and `take` rejects. A crash loses none.
   */
  abstract take(
    filter: ParkedFilter,
    limit: number,
    work: (event: ParkedEvent) => Promise<ParkedEvent | undefined>,
  ): Promise<{ readonly done: number; readonly kept: number }>;
}

/** Folds the log into the service's views while it leads. */
export abstract class ProjectionRunner {
  /** Returns once all projections run (not once they are caught up). Faults are retried inside, never thrown later. */
  abstract start(context: ContextDefinition, projections: readonly Projection[], epoch: bigint): Promise<void>;
  /** Finishes the batch in hand, commits, and stops. */
  abstract stop(): Promise<void>;
}

/** Runs the recorded decisions of a context again; drm provides one. Without it none are checked. */
export abstract class DecisionReplay {
  abstract verify(): Promise<{ readonly checked: number; readonly differing: number }>;
}
