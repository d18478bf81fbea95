import type { Procurement, Source } from '@solyx/contracts';
import {
  AssetAcquired,
  AssetDepreciated,
  AssetEnergyCounted,
  AssetLeaseCounted,
  AssetRegistered,
  AssetRetired,
} from '@solyx/contracts/billing';
import { accept, canonicalJson, refuse, type Command, type Decider, type Decision } from '@solyx/kernel';
import { doubleEntry, type Side } from '../payouts/entry';
import { depreciatedUntil } from './asset-costs';
import { countCosts, leaseFact, type CountCosts } from './count-costs';

export interface AcquireAsset {
  readonly nodeId: string;
  readonly procurement: Procurement;
  /** Thousandths of a GPU × milliseconds, since the node is known here. */
  readonly usedTotalGpuMilliMs: string;
  readonly at: string;
}

export interface CloseLease {
  readonly nodeId: string;
  /** What the lessor bills in all. */
  readonly costMicroUsd: string;
  readonly usedTotalGpuMilliMs: string;
  readonly at: string;
}

export interface RetireAsset {
  readonly nodeId: string;
  readonly reason: string;
  readonly usedTotalGpuMilliMs: string;
  readonly at: string;
}

export type AssetCommand =
  | Command<'RegisterAsset', AssetRegistered['data']>
  | Command<'AcquireAsset', AcquireAsset>
  | Command<'CountCosts', CountCosts>
  | Command<'CloseLease', CloseLease>
  | Command<'RetireAsset', RetireAsset>;
export type AssetEvent =
  AssetRegistered | AssetAcquired | AssetDepreciated | AssetEnergyCounted | AssetLeaseCounted | AssetRetired;
export type AssetRefusal = 'NodeUnknown' | 'NodeNotOwned';

export interface Asset {
  readonly phase: 'None' | 'Active' | 'Retired';
  readonly source: Source;
  readonly simulated: boolean;
  readonly gpuModel: string;
  readonly gpus: number;
  readonly leaseId: string;
  readonly costMicroUsdPerHour: string;
  /** Since when a lease costs. */
  readonly since: string;
  /** Costs are counted to here … */
  readonly countedTo: string;
  /** … with this use. */
  readonly usedTotal: bigint;
  readonly procurement: Procurement | undefined;
  /** Depreciation with the opening, or what the lease cost. */
  readonly accumulated: bigint;
  readonly bookValue: bigint;
  readonly leaseClosed: boolean;
}

export const NO_ASSET: Asset = {
  ...{ phase: 'None', source: 'owned', simulated: false, gpuModel: '', gpus: 0, leaseId: '', costMicroUsdPerHour: '0' },
  ...{ since: '', countedTo: '', usedTotal: 0n, procurement: undefined, accumulated: 0n, bookValue: 0n },
  leaseClosed: false,
};

type Decided = Decision<AssetEvent, AssetRefusal>;

/** Straight-line depreciation before it was known here is no cost of now; of its use before, nothing is known. */
const openingOf = ({ procurement, at, usedTotalGpuMilliMs }: AcquireAsset, { gpus }: Asset): bigint =>
  depreciatedUntil(procurement, gpus, { at, usedGpuMilliMs: BigInt(usedTotalGpuMilliMs) });

function acquired(data: AcquireAsset, asset: Asset): AssetAcquired {
  const { nodeId, procurement, at } = data;
  const opening = openingOf(data, asset);
  const book = BigInt(procurement.purchaseMicroUsd) - opening;
  const before = asset.procurement;
  const paid = before ? BigInt(procurement.purchaseMicroUsd) - BigInt(before.purchaseMicroUsd) : book;
  // A corrected purchase changes what was paid, and what was written off until now.
  const sides: readonly Side[] = [
    ['cost:owned', book - asset.bookValue],
    ['cash', -paid],
    [asset.phase === 'Retired' ? 'write-off' : 'cost:depreciation', paid - (book - asset.bookValue)],
  ];
  return AssetAcquired({
    nodeId,
    simulated: asset.simulated,
    procurement,
    openingDepreciationMicroUsd: opening.toString(),
    usedTotalGpuMilliMs: data.usedTotalGpuMilliMs,
    postings: doubleEntry(asset.simulated, ...sides),
    at,
  });
}

function register(data: AssetRegistered['data'], asset: Asset): Decided {
  if (asset.phase === 'Active') return accept();
  if (asset.phase === 'Retired' && asset.leaseId !== '' && asset.leaseId === (data.leaseId ?? '')) return accept();
  const registered = AssetRegistered(data);
  if (asset.phase === 'None' || !asset.procurement || data.source !== 'owned') return accept(registered);
  // It comes back as what it was: what its purchase still stands for is in the books again.
  const { nodeId, at, gpus } = data;
  const again = { nodeId, procurement: asset.procurement, usedTotalGpuMilliMs: asset.usedTotal.toString(), at };
  return accept<AssetEvent>(registered, acquired(again, { ...asset, gpus }));
}

function acquire(data: AcquireAsset, asset: Asset): Decided {
  const { nodeId, procurement, at } = data;
  if (asset.phase !== 'Active') return refuse('NodeUnknown', { nodeId });
  if (asset.source !== 'owned') return refuse('NodeNotOwned', { nodeId });
  if (canonicalJson(asset.procurement) === canonicalJson(procurement)) return accept();
  // Until now it cost what was known until now.
  const until = countCosts({ nodeId, to: at, usedTotalGpuMilliMs: data.usedTotalGpuMilliMs, at }, asset);
  const now = until.reduce(evolve, asset);
  return accept<AssetEvent>(...until, acquired(data, now));
}

function closeLease(data: CloseLease, asset: Asset): Decided {
  const { nodeId, costMicroUsd, usedTotalGpuMilliMs, at } = data;
  if (asset.phase === 'None') return refuse('NodeUnknown', { nodeId });
  if (asset.source !== 'leased' || asset.leaseClosed) return accept();
  const used = { to: at, usedTotal: BigInt(usedTotalGpuMilliMs), total: BigInt(costMicroUsd), at };
  return accept<AssetEvent>(
    leaseFact(nodeId, asset, used),
    AssetRetired({
      ...{ nodeId, simulated: asset.simulated, reason: 'LeaseEnded', bookValueMicroUsd: '0' },
      ...{ postings: [], at },
    }),
  );
}

function retire(data: RetireAsset, asset: Asset): Decided {
  const { nodeId, reason, usedTotalGpuMilliMs, at } = data;
  if (asset.phase !== 'Active') return accept();
  const { simulated } = asset;
  // A lease costs until its lessor has the node back, which is told by itself.
  if (asset.source === 'leased') return accept();
  const until = countCosts({ nodeId, to: at, usedTotalGpuMilliMs, at }, asset);
  const { bookValue } = until.reduce(evolve, asset);
  const postings = doubleEntry(simulated, ['write-off', bookValue], ['cost:owned', -bookValue]);
  const retired = AssetRetired({
    ...{ nodeId, simulated, reason, bookValueMicroUsd: bookValue.toString() },
    ...{ postings, at },
  });
  return accept<AssetEvent>(...until, retired);
}

function evolve(asset: Asset, { type, data }: AssetEvent): Asset {
  switch (type) {
    case 'billing.asset.registered':
      return registeredAs(asset, data);
    case 'billing.asset.acquired': {
      const accumulated = BigInt(data.openingDepreciationMicroUsd);
      const { procurement, at } = data;
      const bookValue = BigInt(procurement.purchaseMicroUsd) - accumulated;
      const usedTotal = BigInt(data.usedTotalGpuMilliMs);
      return { ...asset, procurement, accumulated, bookValue, usedTotal, countedTo: at };
    }
    case 'billing.asset.depreciated':
      return {
        ...asset,
        countedTo: data.to,
        usedTotal: BigInt(data.usedTotalGpuMilliMs),
        accumulated: BigInt(data.accumulatedMicroUsd),
        bookValue: BigInt(data.bookValueMicroUsd),
      };
    case 'billing.asset.energy-counted':
      return asset;
    case 'billing.asset.lease-counted':
      return {
        ...asset,
        countedTo: data.to,
        usedTotal: BigInt(data.usedTotalGpuMilliMs),
        accumulated: BigInt(data.accumulatedMicroUsd),
      };
    case 'billing.asset.retired':
      return { ...asset, phase: 'Retired', bookValue: 0n, leaseClosed: asset.source === 'leased' };
  }
}

function registeredAs(asset: Asset, data: AssetRegistered['data']): Asset {
  const { source, simulated, gpuModel, gpus, costMicroUsdPerHour, leaseId = '', at } = data;
  const known = { phase: 'Active', source, simulated, gpuModel, gpus, leaseId, costMicroUsdPerHour } as const;
  // What it was used before stays: use is counted from when the node was first known.
  return { ...asset, ...known, since: at, countedTo: at, accumulated: 0n, bookValue: 0n, leaseClosed: false };
}

/**
 * What one node of the fleet costs: its purchase by time or use, its energy, or its lease. Counted day by day; each
 * instant once; and at the end the days sum to cost − salvage, or to what the lessor bills.
 */
export const assetDecider: Decider<AssetCommand, Asset, AssetEvent, AssetRefusal> = {
  name: 'billing.asset',
  initial: NO_ASSET,
  evolve,

  decide({ type, data }, asset): Decided {
    switch (type) {
      case 'RegisterAsset':
        return register(data, asset);
      case 'AcquireAsset':
        return acquire(data, asset);
      case 'CountCosts':
        return accept(...countCosts(data, asset));
      case 'CloseLease':
        return closeLease(data, asset);
      case 'RetireAsset':
        return retire(data, asset);
    }
  },
};
