import type { AgentSigner } from '@solyx/platform';

/** A token bucket: tokens gained each second, and how many it holds. */
export interface BucketRule {
  readonly perSecond: number;
  readonly burst: number;
}

/** How much one key may ask. Queries count their cost, mutations and subscriptions one each. */
export interface EdgeRates {
  readonly query: BucketRule;
  readonly mutation: BucketRule;
  readonly subscription: BucketRule;
}

/** What the gateway's application needs of the configuration. */
export abstract class GatewaySettings {
  /** What customers type; the join command names it. */
  abstract readonly publicUrl: string;
  abstract readonly version: string;
  /** Where agents find the bus. */
  abstract readonly agentNatsUrl: string;
  /** PEM of the bus's private authority. */
  abstract readonly agentNatsCa?: string;
  abstract readonly agentSigner?: AgentSigner;
  abstract readonly heartbeatSeconds: number;
  /** `esdb://host:port`, without credentials. */
  abstract readonly eventStore: string;
  abstract readonly rates: EdgeRates;
  abstract readonly bootstrap: {
    readonly organization?: string;
    readonly keyId?: string;
    readonly keyHash?: string;
    readonly joinTokenId?: string;
    readonly joinTokenHash?: string;
    readonly joinTokenExpiresAt?: string;
  };
}
