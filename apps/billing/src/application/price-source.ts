import type { PriceEntry } from '@solyx/contracts';

export interface ConfiguredPrices {
  readonly currency: 'USD';
  /** ISO 8601 UTC. */
  readonly effectiveFrom: string;
  readonly entries: readonly PriceEntry[];
}

/** Where the price list comes from that this installation is configured with. */
export abstract class PriceSource {
  abstract read(): Promise<ConfiguredPrices>;
}
