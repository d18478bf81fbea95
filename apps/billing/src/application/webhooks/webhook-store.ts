import type {
  WebhookAttempt,
  WebhookDeliveryEntry,
  WebhookDeliveryPhase,
  WebhookDeliveryRange,
  WebhookDeliverySelection,
} from '@solyx/contracts';
import type { Endpoint } from '../../domain/webhooks/endpoint';
import type { PlannedDelivery } from '../../domain/webhooks/planning';

export interface StoredEndpoint {
  readonly endpointId: string;
  readonly endpoint: Endpoint;
  /** Since when nothing arrives, milliseconds since 1970. */
  readonly failingSince?: number;
  /** Deliveries that wait. */
  readonly waiting: number;
}

/** A second way through the log for one endpoint: a replay, or one that fell behind. */
export interface Reader {
  readonly readerId: string;
  readonly endpointId: string;
  /** The log was read to here. */
  readonly position: bigint;
  /** Inclusive; undefined for one that catches up with the feed and then ends. */
  readonly until?: bigint;
}

/** All that the feed needs to go on. */
export interface FeedState {
  /** -1 at the beginning. */
  readonly position: bigint;
  readonly endpoints: readonly StoredEndpoint[];
  readonly readers: readonly Reader[];
}

export interface Redelivery {
  readonly requestId: string;
  readonly endpointId: string;
  readonly organizationId: string;
  readonly selection: WebhookDeliverySelection & { readonly range?: WebhookDeliveryRange };
  readonly fifo: boolean;
  readonly at: string;
}

/** What one stretch of the log changes. Stored at once or not at all, in this order; storing it again changes nothing. */
export interface FeedStep {
  /** The feed's place after it; left out by readers. */
  readonly position?: bigint;
  readonly endpoints: readonly { readonly endpointId: string; readonly endpoint: Endpoint }[];
  readonly deliveries: readonly PlannedDelivery[];
  readonly redeliveries: readonly Redelivery[];
  readonly readers: readonly Reader[];
  readonly readersEnded: readonly string[];
  /** Endpoints whose ordering changed. */
  readonly reordered: readonly { readonly endpointId: string; readonly fifo: boolean }[];
  /** Endpoints whose waiting deliveries are cancelled. */
  readonly cancelled: readonly string[];
  /** ISO 8601 UTC: when they are due. */
  readonly at: string;
}

export interface DueDelivery {
  readonly deliveryId: string;
  readonly endpointId: string;
  readonly eventId: string;
  readonly lane: string;
  readonly attempts: number;
  /** Milliseconds since 1970. */
  readonly nextAt: number;
  readonly body: string;
}

/** How one attempt ended, and what becomes of its delivery. */
export interface Settlement {
  readonly delivery: Pick<DueDelivery, 'deliveryId' | 'endpointId' | 'lane'>;
  readonly attempt: WebhookAttempt;
  readonly phase: WebhookDeliveryPhase;
  /** Of a waiting one, milliseconds since 1970. */
  readonly nextAt?: number;
  /** Of the endpoint from now on. */
  readonly failingSince?: number;
}

export interface DeliveryQuery {
  readonly organizationId: string;
  readonly endpointId: string;
  readonly first: number;
  readonly after?: string;
  readonly phase?: WebhookDeliveryPhase;
}

/**
 * Cursors, deliveries and their log. One writer at a time: each write names the writer's epoch and throws
 * FailedPrecondition where a later one has begun. Adapters: PostgreSQL, memory.
 */
export abstract class WebhookStore {
  /** Takes over from earlier writers. */
  abstract begin(epoch: bigint): Promise<FeedState>;
  /** Answers how many deliveries of each endpoint wait now that did not before, those cancelled counted negative. */
  abstract advance(step: FeedStep, epoch: bigint): Promise<ReadonlyMap<string, number>>;
  /** The first of each lane that waits, by the time they fall due, later ones included; at most `limit` of each endpoint. */
  abstract due(endpointIds: readonly string[], limit: number): Promise<readonly DueDelivery[]>;
  abstract settle(settlements: readonly Settlement[], epoch: bigint): Promise<void>;
  /** Forgets what was settled before, at most `limit`; answers how many. */
  abstract forget(before: string, limit: number, epoch: bigint): Promise<number>;
  abstract endpointsOf(organizationId: string): Promise<number>;
  /** Newest first; one more than `first` where there are more. */
  abstract deliveries(query: DeliveryQuery): Promise<readonly WebhookDeliveryEntry[]>;
  abstract delivery(
    organizationId: string,
    deliveryId: string,
  ): Promise<
    | {
        readonly entry: WebhookDeliveryEntry;
        readonly body: string;
        readonly attempts: readonly WebhookAttempt[];
      }
    | undefined
  >;
}
