/** What happened, as plain data: a stable type string and the facts. */
export interface DomainEvent<Type extends string = string, Data = unknown> {
  readonly type: Type;
  readonly data: Data;
}

/** What is wanted. A command never leaves its service; time, ids and chance that it needs are in `data`. */
export interface Command<Type extends string = string, Data = unknown> {
  readonly type: Type;
  readonly data: Data;
}

/** Who acts: a person's or machine's API key, a service, a node's agent, or the platform itself. */
export interface Actor {
  readonly kind: 'key' | 'service' | 'agent' | 'platform';
  readonly id: string;
  readonly roles: readonly string[];
}

/** Travels with every event, from the request that began it to the charge that ends it. */
export interface EventMetadata {
  /** Version of the event's schema at the time of writing. */
  readonly version: number;
  /** Tenant; `platform` where there is none. */
  readonly organizationId: string;
  readonly actor: Actor;
  /** The request that began it all. */
  readonly $correlationId: string;
  /** The event or command that directly caused this one. */
  readonly $causationId: string;
  /** W3C Trace Context, https://www.w3.org/TR/trace-context/ */
  readonly traceparent?: string;
}

/** An event as it was stored: where, when, under which id. */
export interface Recorded<E extends DomainEvent = DomainEvent> {
  readonly id: string;
  readonly type: E['type'];
  readonly data: E['data'];
  readonly stream: string;
  /** Number within the stream, from 0, without gaps. */
  readonly revision: bigint;
  /** Place in the whole log: strictly increasing, sparse, opaque. */
  readonly position: bigint;
  /** When the store recorded it, ISO 8601 UTC. */
  readonly recordedAt: string;
  readonly metadata: EventMetadata;
}

/** The tenant of what belongs to nobody in particular. */
export const PLATFORM_ORGANIZATION = 'platform';
