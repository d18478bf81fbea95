/** A public event before it has an address: what any subscriber of its organization gets. */
export interface PublicEvent {
  /** `invoice.finalized`. */
  readonly type: string;
  readonly version: number;
  /** Kind of what it is about: `invoice`. */
  readonly resource: string;
  /** ISO 8601 UTC. */
  readonly at: string;
  readonly data: object;
  /** Of the platform, and for every organization that asks for it. Left out: of its organization alone. */
  readonly forEveryone?: true;
}

/** Where a public event comes from. */
export interface Origin {
  /** The `webhook-id`: the same for each endpoint, attempt, redelivery and replay. */
  readonly id: string;
  readonly organizationId: string;
  /** Id of what it is about: that of its stream, so that a resource has one history and one count. */
  readonly resourceId: string;
  /** Grows with each event of the resource; what was not asked for leaves gaps. */
  readonly sequence: number;
  /** Of the log; `-1` for what never was in it. */
  readonly position: string;
}

export const BODY_BYTES_MAX = 20_000;

/** The body of a request: one object, as JSON, with these members in this order. */
export const bodyOf = ({ type, version, resource, at, data }: PublicEvent, origin: Origin): string =>
  JSON.stringify({
    id: origin.id,
    type,
    version,
    timestamp: at,
    organizationId: origin.organizationId,
    resource: { kind: resource, id: origin.resourceId },
    sequence: origin.sequence,
    position: origin.position,
    data,
  });
