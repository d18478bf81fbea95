import { AssetDepreciated, AssetEnergyCounted, AssetLeaseCounted } from '@solyx/contracts/billing';
import { doubleEntry } from '../payouts/entry';
import type { Asset, AssetEvent } from './asset';
import { between, depreciatedUntil, energyCostOf, idlePartOf, leaseCostOf, wattHoursOf } from './asset-costs';

const MILLI = 1_000n;

export interface CountCosts {
  readonly nodeId: string;
  /** Counted to here, exclusive, ISO 8601 UTC. */
  readonly to: string;
  /** Until then: thousandths of a GPU × milliseconds, since the node is known here. */
  readonly usedTotalGpuMilliMs: string;
  readonly at: string;
}

interface Window {
  readonly from: string;
  readonly to: string;
  readonly capacity: bigint;
  readonly used: bigint;
  readonly usedTotal: bigint;
}

/** From where it is counted to; use that was heard late is counted when it is heard, and never less than before. */
function windowOf({ countedTo, usedTotal, gpus }: Asset, to: string, told: bigint): Window {
  const total = told > usedTotal ? told : usedTotal;
  return {
    from: countedTo,
    to,
    capacity: BigInt(gpus) * MILLI * between(countedTo, to),
    used: total - usedTotal,
    usedTotal: total,
  };
}

function depreciationFact(data: CountCosts, asset: Asset, window: Window): readonly AssetDepreciated[] {
  const { procurement, gpus, gpuModel, simulated, accumulated } = asset;
  if (!procurement) return [];
  const { from, to, capacity, used, usedTotal } = window;
  const total = depreciatedUntil(procurement, gpus, { at: to, usedGpuMilliMs: usedTotal });
  const amount = total - accumulated;
  // By use, what nobody used costs nothing.
  const idle = procurement.method === 'by-use' ? 0n : idlePartOf(amount, used, capacity);
  return [
    AssetDepreciated({
      ...{ nodeId: data.nodeId, gpuModel, simulated, from, to, at: data.at },
      amountMicroUsd: amount.toString(),
      idleMicroUsd: idle.toString(),
      accumulatedMicroUsd: total.toString(),
      bookValueMicroUsd: (BigInt(procurement.purchaseMicroUsd) - total).toString(),
      capacityGpuMilliMs: capacity.toString(),
      usedGpuMilliMs: used.toString(),
      usedTotalGpuMilliMs: usedTotal.toString(),
      postings: doubleEntry(
        simulated,
        ['cost:depreciation', amount - idle],
        ['idle-cost', idle],
        ['cost:owned', -amount],
      ),
    }),
  ];
}

function energyFact(data: CountCosts, asset: Asset, window: Window): readonly AssetEnergyCounted[] {
  const { procurement, gpus, gpuModel, simulated } = asset;
  if (procurement?.energyMicroUsdPerKwh === undefined) return [];
  const { from, to, capacity, used } = window;
  const ms = between(from, to);
  const draw = { ms, usedGpuMilliMs: used, gpus };
  const amount = energyCostOf(procurement, draw);
  const standing = energyCostOf(procurement, { ...draw, usedGpuMilliMs: 0n });
  const idle = idlePartOf(standing, used, capacity);
  return [
    AssetEnergyCounted({
      ...{ nodeId: data.nodeId, gpuModel, simulated, from, to, at: data.at },
      wattHours: wattHoursOf(procurement, draw).toString(),
      amountMicroUsd: amount.toString(),
      idleMicroUsd: idle.toString(),
      postings: doubleEntry(simulated, ['cost:energy', amount - idle], ['idle-cost', idle], ['cash', -amount]),
    }),
  ];
}

/** A lease's cost up to a time, given what it costs in all up to then. */
export function leaseFact(
  nodeId: string,
  asset: Asset,
  {
    to,
    usedTotal,
    total,
    at,
  }: { readonly to: string; readonly usedTotal: bigint; readonly total: bigint; readonly at: string },
): AssetLeaseCounted {
  const { gpuModel, simulated, leaseId, accumulated } = asset;
  const end = to > asset.countedTo ? to : asset.countedTo;
  const { from, capacity, used, usedTotal: usedUntil } = windowOf(asset, end, usedTotal);
  const amount = total - accumulated;
  const idle = amount > 0n ? idlePartOf(amount, used, capacity) : 0n;
  return AssetLeaseCounted({
    ...{ nodeId, leaseId: leaseId === '' ? nodeId : leaseId, gpuModel, simulated, from, to: end, at },
    amountMicroUsd: amount.toString(),
    idleMicroUsd: idle.toString(),
    accumulatedMicroUsd: total.toString(),
    capacityGpuMilliMs: capacity.toString(),
    usedGpuMilliMs: used.toString(),
    usedTotalGpuMilliMs: usedUntil.toString(),
    postings: doubleEntry(simulated, ['cost:leased', amount - idle], ['idle-cost', idle], ['cash', -amount]),
  });
}

/** What the node cost from where it is counted to. Nothing for what is shared, or was bought for nobody knows what. */
export function countCosts(data: CountCosts, asset: Asset): readonly AssetEvent[] {
  const { phase, source, countedTo, since, costMicroUsdPerHour } = asset;
  if (phase !== 'Active' || data.to <= countedTo) return [];
  const usedTotal = BigInt(data.usedTotalGpuMilliMs);
  if (source === 'leased') {
    const total = leaseCostOf(costMicroUsdPerHour, since, data.to);
    return [leaseFact(data.nodeId, asset, { to: data.to, usedTotal, total, at: data.at })];
  }
  if (source !== 'owned') return [];
  const window = windowOf(asset, data.to, usedTotal);
  return [...depreciationFact(data, asset, window), ...energyFact(data, asset, window)];
}
