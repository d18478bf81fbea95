import type { Actor } from '@solyx/kernel';

/** Who asks: one API key of one organization. */
export interface Caller {
  readonly actor: Actor;
  readonly organizationId: string;
}

/** One operation of a caller, from its arrival to its answer. */
export class Operation {
  /** What was shown may be older than what the caller has written or seen: a view lags. */
  stale = false;

  constructor(
    readonly caller: Caller,
    /** Of the request; once a request is recorded, the id that all its events carry. */
    public correlationId: string,
    readonly traceparent?: string,
  ) {}

  get organizationId(): string {
    return this.caller.organizationId;
  }
}
