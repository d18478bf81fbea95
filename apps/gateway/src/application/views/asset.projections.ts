import { addIntegers, PLATFORM_ORGANIZATION, type Recorded } from '@solyx/kernel';
import type { ChargeLine, Procurement } from '@solyx/contracts';
import type {
  AssetAcquired,
  AssetDepreciated,
  AssetEnergyCounted,
  AssetLeaseCounted,
  AssetRegistered,
  AssetRetired,
  ChargePosted,
} from '@solyx/contracts/billing';
import { defineProjection } from '@solyx/eventing';

export interface AssetRow {
  readonly id: string;
  readonly phase: 'Held' | 'Retired';
  readonly source: string;
  readonly provider: string;
  readonly simulated: boolean;
  readonly gpuModel: string;
  readonly gpus: number;
  readonly leaseId: string | null;
  readonly procurement: Procurement | null;
  readonly bookValueMicroUsd: string | null;
  readonly depreciatedMicroUsd: string;
  readonly energyMicroUsd: string;
  readonly leaseMicroUsd: string;
  /** Of all that, for capacity that nobody used. */
  readonly idleMicroUsd: string;
  readonly position: string;
}

type AssetEvent =
  AssetRegistered | AssetAcquired | AssetDepreciated | AssetEnergyCounted | AssetLeaseCounted | AssetRetired;

/** What each node costs the platform. */
export const gatewayAsset = defineProjection<AssetEvent, AssetRow>({
  name: 'gateway_asset',
  version: 1,
  key: ({ data }) => data.nodeId,
  organization: () => PLATFORM_ORGANIZATION,
  indexes: ['source'],
  initial: {
    ...{ id: '', phase: 'Held', source: 'owned', provider: '', simulated: false, gpuModel: '', gpus: 0, leaseId: null },
    ...{ procurement: null, bookValueMicroUsd: null, depreciatedMicroUsd: '0', energyMicroUsd: '0' },
    ...{ leaseMicroUsd: '0', idleMicroUsd: '0', position: '0' },
  },
  on: {
    'billing.asset.registered': (row, data, { position }) => ({
      ...row,
      ...{ id: data.nodeId, source: data.source, provider: data.provider, simulated: data.simulated },
      ...{ gpuModel: data.gpuModel, gpus: data.gpus, leaseId: data.leaseId ?? null, position: String(position) },
    }),
    'billing.asset.acquired': (row, { nodeId, procurement, openingDepreciationMicroUsd }, { position }) => ({
      ...row,
      ...{ id: nodeId, procurement, position: String(position) },
      bookValueMicroUsd: addIntegers(procurement.purchaseMicroUsd, String(-BigInt(openingDepreciationMicroUsd))),
    }),
    'billing.asset.depreciated': (row, data, { position }) => ({
      ...row,
      depreciatedMicroUsd: addIntegers(row.depreciatedMicroUsd, data.amountMicroUsd),
      idleMicroUsd: addIntegers(row.idleMicroUsd, data.idleMicroUsd),
      ...{ bookValueMicroUsd: data.bookValueMicroUsd, position: String(position) },
    }),
    'billing.asset.energy-counted': (row, data, { position }) => ({
      ...row,
      energyMicroUsd: addIntegers(row.energyMicroUsd, data.amountMicroUsd),
      idleMicroUsd: addIntegers(row.idleMicroUsd, data.idleMicroUsd),
      position: String(position),
    }),
    'billing.asset.lease-counted': (row, data, { position }) => ({
      ...row,
      leaseMicroUsd: addIntegers(row.leaseMicroUsd, data.amountMicroUsd),
      idleMicroUsd: addIntegers(row.idleMicroUsd, data.idleMicroUsd),
      position: String(position),
    }),
    'billing.asset.retired': (row, _data, { position }) => ({
      ...row,
      ...{ phase: 'Retired', bookValueMicroUsd: '0', position: String(position) },
    }),
  },
});

export interface MarginRow {
  readonly id: string;
  readonly month: string;
  readonly source: string;
  readonly simulated: boolean;
  /** What is Solyx's of what customers are charged: of shared GPUs the fee alone. */
  readonly revenueMicroUsd: string;
  readonly costMicroUsd: string;
  readonly idleMicroUsd: string;
  readonly position: string;
}

type MarginEvent = ChargePosted | AssetDepreciated | AssetEnergyCounted | AssetLeaseCounted;

const marginId = (month: string, source: string, simulated: boolean): string =>
  `${month}/${source}${simulated ? '/simulated' : ''}`;
const lineId = (month: string, { source, simulated }: ChargeLine): string => marginId(month, source, simulated);

/** Costs name no source: depreciation and energy are of owned nodes, leases of leased ones. */
const sourceOfCost = (event: Recorded): string => (event.type === 'billing.asset.lease-counted' ? 'leased' : 'owned');

function marginKeys(event: Recorded<MarginEvent>): readonly string[] {
  const { data } = event;
  if ('lines' in data) return [...new Set(data.lines.map((line) => lineId(data.period, line)))];
  return [marginId(data.from.slice(0, 7), sourceOfCost(event), data.simulated)];
}

const named = (key: string): Pick<MarginRow, 'id' | 'month' | 'source' | 'simulated'> => {
  const [month = '', source = '', simulated] = key.split('/');
  return { id: key, month, source, simulated: simulated !== undefined };
};

const withCost = (
  row: MarginRow,
  { amountMicroUsd, idleMicroUsd }: { readonly amountMicroUsd: string; readonly idleMicroUsd: string },
  { position }: Recorded,
  key: string,
): MarginRow => ({
  ...row,
  ...named(key),
  costMicroUsd: addIntegers(row.costMicroUsd, amountMicroUsd),
  idleMicroUsd: addIntegers(row.idleMicroUsd, idleMicroUsd),
  position: String(position),
});

/** Revenue and cost of a month by where the GPUs come from, over all customers. */
export const gatewayMargin = defineProjection<MarginEvent, MarginRow>({
  name: 'gateway_margin',
  version: 1,
  key: marginKeys,
  organization: () => PLATFORM_ORGANIZATION,
  indexes: ['month'],
  initial: {
    ...{ id: '', month: '', source: '', simulated: false, revenueMicroUsd: '0', costMicroUsd: '0' },
    ...{ idleMicroUsd: '0', position: '0' },
  },
  on: {
    'billing.account.charge-posted': (row, { period, lines }, { position }, key) => ({
      ...row,
      ...named(key),
      revenueMicroUsd: lines
        .filter((line) => lineId(period, line) === key)
        .reduce(
          (sum, line) =>
            addIntegers(addIntegers(sum, line.amountMicroUsd), String(-BigInt(line.providerAmountMicroUsd ?? '0'))),
          row.revenueMicroUsd,
        ),
      position: String(position),
    }),
    'billing.asset.depreciated': withCost,
    'billing.asset.energy-counted': withCost,
    'billing.asset.lease-counted': withCost,
  },
});
