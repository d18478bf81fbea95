import type { Procurement, Source } from '@solyx/contracts';
import { defineProjection } from '@solyx/eventing';
import { addIntegers, PLATFORM_ORGANIZATION } from '@solyx/kernel';
import type { Asset, AssetEvent } from '../../domain/assets/asset';

export interface AssetRow {
  readonly nodeId: string;
  readonly phase: Asset['phase'];
  readonly source: Source;
  readonly provider: string;
  /** No hardware behind it: what it costs is no money. */
  readonly simulated: boolean;
  readonly gpuModel: string;
  readonly gpus: number;
  readonly leaseId: string;
  /** Whether anything is known of what it costs. */
  readonly costs: boolean;
  readonly procurement: Procurement | undefined;
  readonly depreciatedMicroUsd: string;
  readonly bookValueMicroUsd: string;
  readonly energyMicroUsd: string;
  readonly wattHours: string;
  readonly leaseMicroUsd: string;
  /** Of all costs here, for capacity that nobody used. */
  readonly idleMicroUsd: string;
  readonly capacityGpuMilliMs: string;
  readonly usedGpuMilliMs: string;
  readonly countedTo: string;
  readonly reason: string;
}

/** What does each node of the fleet cost, and what does it stand for in the books? */
export const assetView = defineProjection<AssetEvent, AssetRow>({
  name: 'billing_asset',
  version: 1,
  key: ({ data }) => data.nodeId,
  organization: () => PLATFORM_ORGANIZATION,
  initial: {
    ...{ nodeId: '', phase: 'None', source: 'owned', provider: '', simulated: false, gpuModel: '', gpus: 0 },
    ...{ leaseId: '', costs: false, procurement: undefined, depreciatedMicroUsd: '0', bookValueMicroUsd: '0' },
    ...{ energyMicroUsd: '0', wattHours: '0', leaseMicroUsd: '0', idleMicroUsd: '0', capacityGpuMilliMs: '0' },
    ...{ usedGpuMilliMs: '0', countedTo: '', reason: '' },
  },
  indexes: ['phase', 'source'],
  on: {
    'billing.asset.registered': (row, data) => ({
      ...row,
      nodeId: data.nodeId,
      phase: 'Active',
      source: data.source,
      provider: data.provider,
      simulated: data.simulated,
      gpuModel: data.gpuModel,
      gpus: data.gpus,
      leaseId: data.leaseId ?? '',
      costs: data.source === 'leased' || row.procurement !== undefined,
      countedTo: data.at,
      reason: '',
    }),
    'billing.asset.acquired': (row, { procurement, openingDepreciationMicroUsd, at }) => ({
      ...row,
      procurement,
      costs: true,
      depreciatedMicroUsd: openingDepreciationMicroUsd,
      bookValueMicroUsd: (BigInt(procurement.purchaseMicroUsd) - BigInt(openingDepreciationMicroUsd)).toString(),
      countedTo: at,
    }),
    'billing.asset.depreciated': (row, data) => ({
      ...row,
      depreciatedMicroUsd: data.accumulatedMicroUsd,
      bookValueMicroUsd: data.bookValueMicroUsd,
      idleMicroUsd: addIntegers(row.idleMicroUsd, data.idleMicroUsd),
      capacityGpuMilliMs: addIntegers(row.capacityGpuMilliMs, data.capacityGpuMilliMs),
      usedGpuMilliMs: addIntegers(row.usedGpuMilliMs, data.usedGpuMilliMs),
      countedTo: data.to,
    }),
    'billing.asset.energy-counted': (row, { amountMicroUsd, idleMicroUsd, wattHours }) => ({
      ...row,
      energyMicroUsd: addIntegers(row.energyMicroUsd, amountMicroUsd),
      wattHours: addIntegers(row.wattHours, wattHours),
      idleMicroUsd: addIntegers(row.idleMicroUsd, idleMicroUsd),
    }),
    'billing.asset.lease-counted': (row, data) => ({
      ...row,
      leaseMicroUsd: addIntegers(row.leaseMicroUsd, data.amountMicroUsd),
      idleMicroUsd: addIntegers(row.idleMicroUsd, data.idleMicroUsd),
      capacityGpuMilliMs: addIntegers(row.capacityGpuMilliMs, data.capacityGpuMilliMs),
      usedGpuMilliMs: addIntegers(row.usedGpuMilliMs, data.usedGpuMilliMs),
      countedTo: data.to,
    }),
    'billing.asset.retired': (row, { reason }) => ({ ...row, phase: 'Retired', bookValueMicroUsd: '0', reason }),
  },
});
