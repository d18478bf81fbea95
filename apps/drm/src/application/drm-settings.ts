import type { NodeFacts, NodeTerms, Procurement } from '@solyx/contracts';

/** A node of the simulated fleet, as the configuration describes it. */
export interface FleetNode {
  readonly terms: NodeTerms;
  readonly facts: NodeFacts;
  /** As simulated as the node. */
  readonly procurement?: Procurement;
}

/** What the service is told at its start. An injection token; the module gives it the configuration. */
export abstract class DrmSettings {
  /** Which journal this service writes: `drm.partition-<partition>`. */
  abstract readonly partition: string;
  /** A node that was not heard for longer is lost. */
  abstract readonly heartbeatTimeoutMs: number;
  /** How long an offer counts as fresh after it was seen. */
  abstract readonly offerFreshSeconds: number;
  /** The policy that decides: an id of `domain/policy`. Left out: whatever the journal holds goes on. */
  abstract readonly policy?: string;
  /** Nodes to register at the start; all of them simulated. */
  abstract readonly fleet: readonly FleetNode[];
}
