import type { Offer } from '@solyx/contracts';

export type LeaseProgress =
  | { readonly status: 'booting' }
  | { readonly status: 'ready' }
  /** The lessor will not deliver; nothing is owed. */
  | { readonly status: 'failed'; readonly reason: string };

export interface WantedLease {
  /** The same id is the same lease: asking again changes nothing. */
  readonly leaseId: string;
  readonly offer: Offer;
  /** When it was asked for first, ISO 8601 UTC. */
  readonly requestedAt: string;
}

/** What a lessor says that we rent, and that it bills. */
export interface BilledLease {
  /** Our id where it was given one, else the lessor's own. */
  readonly leaseId: string;
  readonly provider: string;
  /** True: nobody is paid. */
  readonly simulated: boolean;
  readonly gpuModel: string;
  readonly gpus: number;
  readonly priceMicroUsdPerHour: string;
  /** Since when it is billed, ISO 8601 UTC. */
  readonly since: string;
}

/** A lessor takes a node back. */
export interface EvictionNotice {
  readonly leaseId: string;
  /** Left until then. */
  readonly noticeSeconds: number;
}

/** Who rents GPUs to us. Calls may be repeated; they throw a retryable SolyxError where the outcome is unknown. */
export abstract class Lessor {
  /**
   * What could be rented now. `held` counts our leases by offer, for a lessor that does not subtract them itself.
   * `now` in milliseconds since 1970; `freshForMs` is how long the answer may be relied on.
   */
  abstract offers(held: ReadonlyMap<string, number>, now: number, freshForMs: number): Promise<readonly Offer[]>;
  /** Rents, or says how far an earlier wish has come. */
  abstract acquire(lease: WantedLease, now: number): Promise<LeaseProgress>;
  /** Nodes that it takes back before we give them back, as lessors of spot capacity do; the same notice may come again. */
  evictions(_now: number): Promise<readonly EvictionNotice[]> {
    return Promise.resolve([]);
  }
  /** Gives back. */
  abstract release(leaseId: string): Promise<void>;
  /** All that it bills us now. `held` is what we believe, for a lessor that keeps no books of its own. */
  abstract billed(held: readonly BilledLease[], now: number): Promise<readonly BilledLease[]>;
}
