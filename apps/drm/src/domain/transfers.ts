import type { DataSet, Transfer } from '@solyx/contracts';
import { routeKey, type PartitionState } from './partition-state';

/** What bringing data to a site costs, once, and how far it is. */
export interface Gravity {
  readonly microUsd: bigint;
  readonly latencyUs: number;
}

/** Undefined where no route leads to the site. */
export function gravityOf(
  state: Pick<PartitionState, 'routes'>,
  data: readonly DataSet[],
  site: string,
): Gravity | undefined {
  let microUsd = 0n;
  let latencyUs = 0;
  for (const set of data) {
    if (set.site === site) continue;
    const route = state.routes.get(routeKey(set.site, site));
    if (!route) return undefined;
    microUsd += BigInt(route.egressMicroUsdPerGiB) * BigInt(set.sizeGiB);
    latencyUs += route.latencyUs;
  }
  return { microUsd, latencyUs };
}

const TRANSFERS_MAX = 64;

/** Data sets that have to cross to the sites of an allocation: each set once per site. */
export function transfersTo(
  state: Pick<PartitionState, 'routes'>,
  data: readonly DataSet[],
  sites: readonly string[],
): readonly Transfer[] {
  const transfers: Transfer[] = [];
  for (const toSite of [...new Set(sites)].sort()) {
    for (const { uri, site, sizeGiB } of data) {
      const route = site === toSite ? undefined : state.routes.get(routeKey(site, toSite));
      if (!route || transfers.length >= TRANSFERS_MAX) continue;
      const priceMicroUsdPerGiB = route.egressMicroUsdPerGiB;
      transfers.push({
        uri,
        fromSite: site,
        toSite,
        path: route.path,
        sizeGiB,
        latencyUs: route.latencyUs,
        priceMicroUsdPerGiB,
        priceMicroUsd: String(BigInt(priceMicroUsdPerGiB) * BigInt(sizeGiB)),
      });
    }
  }
  return transfers;
}
