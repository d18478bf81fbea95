import { PLATFORM_ORGANIZATION, type Recorded } from '@solyx/kernel';
import { endpointDecider, type Endpoint, type EndpointEvent } from '../../domain/webhooks/endpoint';
import { ownerOf, planDeliveries, type PlannedDelivery, type Subscriber } from '../../domain/webhooks/planning';
import { publicEventsOf, testEventOf } from '../../domain/webhooks/public-events';
import type { FeedState, FeedStep, Reader, Redelivery } from './webhook-store';

/** Deliveries of one endpoint that may wait before the feed passes it by; it then catches up by itself. */
export const WAITING_MAX = 10_000;

/** An endpoint as the session knows it. */
export interface BoardEntry extends Subscriber {
  readonly waiting: number;
  /** Milliseconds since 1970. */
  readonly failingSince: number | undefined;
}

const PREFIX = 'billing.webhook.';
const catchUpId = (endpointId: string): string => `catch-up/${endpointId}`;

interface Draft {
  readonly endpoints: Map<string, Endpoint>;
  readonly deliveries: PlannedDelivery[];
  readonly redeliveries: Redelivery[];
  readonly readers: Map<string, Reader>;
  readonly readersEnded: Set<string>;
  readonly reordered: Map<string, boolean>;
  readonly cancelled: Set<string>;
}

const emptyDraft = (): Draft => ({
  endpoints: new Map(),
  deliveries: [],
  redeliveries: [],
  readers: new Map(),
  readersEnded: new Set(),
  reordered: new Map(),
  cancelled: new Set(),
});

/**
 * What the feed knows: endpoints, how much waits for each, and the readers. A step is planned, stored, and only then
 * applied here; a step that could not be stored is planned again and comes out the same.
 */
export class WebhookBoard {
  private readonly entries = new Map<string, BoardEntry>();
  private readonly owned = new Map<string, Set<string>>();
  readonly readers = new Map<string, Reader>();
  position: bigint;

  constructor(state: FeedState) {
    this.position = state.position;
    for (const { endpointId, endpoint, waiting, failingSince } of state.endpoints) {
      this.set({ endpointId, endpoint, waiting, failingSince });
    }
    for (const reader of state.readers) this.readers.set(reader.readerId, reader);
  }

  get(endpointId: string): BoardEntry | undefined {
    return this.entries.get(endpointId);
  }

  ids(): readonly string[] {
    return [...this.entries.keys()];
  }

  /** For people: how much waits, for how many. */
  figures(): {
    readonly endpoints: number;
    readonly waiting: number;
    readonly failing: number;
    readonly behind: number;
  } {
    const all = [...this.entries.values()].filter(({ endpoint }) => endpoint.phase === 'Enabled');
    return {
      endpoints: all.length,
      waiting: all.reduce((sum, { waiting }) => sum + waiting, 0),
      failing: all.filter(({ failingSince }) => failingSince !== undefined).length,
      behind: this.readers.size,
    };
  }

  /** What these events, which follow the board's position, change. */
  plan(events: readonly Recorded[], position: bigint, at: string): FeedStep {
    const draft = emptyDraft();
    for (const event of events) {
      if (event.type.startsWith(PREFIX)) this.fold(event, draft, at);
      const messages = publicEventsOf(event);
      if (messages.length === 0) continue;
      const subscribers = this.live(draft, ownerOf(event));
      draft.deliveries.push(...planDeliveries(event, messages, subscribers));
    }
    this.leaveBehind(draft, position);
    return stepOf(draft, position, at);
  }

  /** What a reader finds in events that follow its place. `reached`: the log was read to there. */
  planReading(reader: Reader, events: readonly Recorded[], reached: bigint, at: string): FeedStep {
    const draft = emptyDraft();
    const entry = this.entries.get(reader.endpointId);
    const order = reader.until === undefined ? undefined : reader.readerId;
    for (const event of entry ? events : []) {
      const subscribers = entry ? [entry] : [];
      draft.deliveries.push(...planDeliveries(event, publicEventsOf(event), subscribers, order));
    }
    const end = reader.until ?? this.position;
    if (!entry || reached >= end) draft.readersEnded.add(reader.readerId);
    else draft.readers.set(reader.readerId, { ...reader, position: reached });
    return stepOf(draft, undefined, at);
  }

  /** After the step is stored. */
  apply(step: FeedStep, waiting: ReadonlyMap<string, number>): void {
    if (step.position !== undefined && step.position > this.position) this.position = step.position;
    for (const { endpointId, endpoint } of step.endpoints) {
      const known = this.entries.get(endpointId);
      this.set({ waiting: 0, failingSince: undefined, ...known, endpointId, endpoint });
    }
    for (const [endpointId, change] of waiting) this.count(endpointId, change);
    for (const reader of step.readers) this.readers.set(reader.readerId, reader);
    for (const readerId of step.readersEnded) this.readers.delete(readerId);
  }

  /** So many more (or fewer) deliveries wait. */
  count(endpointId: string, change: number): void {
    const entry = this.entries.get(endpointId);
    if (entry) this.entries.set(endpointId, { ...entry, waiting: entry.waiting + change });
  }

  setFailing(endpointId: string, failingSince: number | undefined): void {
    const entry = this.entries.get(endpointId);
    if (entry) this.entries.set(endpointId, { ...entry, failingSince });
  }

  /** Endpoints that follow the feed itself, as they are at this point of the draft. */
  private *live(draft: Draft, organizationId: string): Generator<Subscriber> {
    for (const { endpointId, endpoint } of this.nearTo(organizationId)) {
      if (this.readers.has(catchUpId(endpointId))) continue;
      yield { endpointId, endpoint: draft.endpoints.get(endpointId) ?? endpoint };
    }
    for (const [endpointId, endpoint] of draft.endpoints) {
      if (!this.entries.has(endpointId)) yield { endpointId, endpoint };
    }
  }

  /** Endpoints that an event of this organization may concern. */
  private *nearTo(organizationId: string): Generator<Subscriber> {
    if (organizationId === PLATFORM_ORGANIZATION) {
      yield* this.entries.values();
      return;
    }
    for (const owner of [organizationId, PLATFORM_ORGANIZATION]) {
      for (const endpointId of this.owned.get(owner) ?? []) {
        const entry = this.entries.get(endpointId);
        if (entry) yield entry;
      }
    }
  }

  private set(entry: BoardEntry): void {
    this.entries.set(entry.endpointId, entry);
    const { organizationId } = entry.endpoint;
    const owned = this.owned.get(organizationId) ?? new Set();
    this.owned.set(organizationId, owned.add(entry.endpointId));
  }

  private fold(event: Recorded, draft: Draft, at: string): void {
    const fact = event as unknown as EndpointEvent;
    const { endpointId } = fact.data;
    const before = draft.endpoints.get(endpointId) ?? this.entries.get(endpointId)?.endpoint ?? endpointDecider.initial;
    const endpoint = endpointDecider.evolve(before, fact);
    draft.endpoints.set(endpointId, endpoint);
    if (before.settings.ordering !== endpoint.settings.ordering && before.phase !== 'Unknown') {
      draft.reordered.set(endpointId, endpoint.settings.ordering === 'fifo');
    }
    this.obey(event, endpoint, draft, at);
  }

  /** What was ordered of the endpoint, beyond what it now is. */
  private obey(event: Recorded, endpoint: Endpoint, draft: Draft, at: string): void {
    const { type, data } = event as unknown as EndpointEvent;
    const { endpointId, organizationId } = data;
    switch (type) {
      case 'billing.webhook.deleted': {
        draft.cancelled.add(endpointId);
        const gone = [...this.readers.values()].filter((reader) => reader.endpointId === endpointId);
        for (const { readerId } of gone) draft.readersEnded.add(readerId);
        return;
      }
      case 'billing.webhook.test-ordered': {
        const message = testEventOf(data);
        const settings = { ...endpoint.settings, types: [message.type], ordering: 'resource' as const };
        const subscriber = { endpointId, endpoint: { ...endpoint, settings } };
        draft.deliveries.push(...planDeliveries(event, [message], [subscriber], data.requestId));
        return;
      }
      case 'billing.webhook.replay-ordered': {
        const wanted = data.toPosition === undefined ? event.position : BigInt(data.toPosition);
        const until = wanted < event.position ? wanted : event.position;
        const position = BigInt(data.fromPosition) - 1n;
        draft.readers.set(data.requestId, { readerId: data.requestId, endpointId, position, until });
        return;
      }
      case 'billing.webhook.redelivery-ordered': {
        const fifo = endpoint.settings.ordering === 'fifo';
        const { requestId, selection } = data;
        draft.redeliveries.push({ requestId, endpointId, organizationId, selection, fifo, at });
        return;
      }
      default:
    }
  }

  /** For whom too much waits: the feed goes on without them, and they read the log from here by themselves. */
  private leaveBehind(draft: Draft, position: bigint): void {
    const fresh = new Map<string, number>();
    for (const { endpointId } of draft.deliveries) fresh.set(endpointId, (fresh.get(endpointId) ?? 0) + 1);
    for (const [endpointId, count] of fresh) {
      const readerId = catchUpId(endpointId);
      const waiting = (this.entries.get(endpointId)?.waiting ?? 0) + count;
      if (waiting < WAITING_MAX || this.readers.has(readerId)) continue;
      draft.readers.set(readerId, { readerId, endpointId, position });
    }
  }
}

const stepOf = (draft: Draft, position: bigint | undefined, at: string): FeedStep => ({
  ...(position === undefined ? {} : { position }),
  endpoints: [...draft.endpoints].map(([endpointId, endpoint]) => ({ endpointId, endpoint })),
  deliveries: draft.deliveries,
  redeliveries: draft.redeliveries,
  readers: [...draft.readers.values()],
  readersEnded: [...draft.readersEnded],
  reordered: [...draft.reordered].map(([endpointId, fifo]) => ({ endpointId, fifo })),
  cancelled: [...draft.cancelled],
  at,
});
