import type { Source } from '@solyx/contracts';
import type { AssetDepreciated, AssetEnergyCounted, AssetLeaseCounted, ChargePosted } from '@solyx/contracts/billing';
import { defineProjection } from '@solyx/eventing';
import { PLATFORM_ORGANIZATION } from '@solyx/kernel';

/** A day of UTC of one source: what customers were charged, and what the capacity cost. Micro-USD. */
export interface MarginRow {
  /** `2026-01-31`. */
  readonly day: string;
  readonly source: Source;
  /** A rehearsal: neither revenue nor cost is money. */
  readonly simulated: boolean;
  /** Charged for use of that day, without tax. */
  readonly chargedMicroUsd: string;
  /** Of it, to the owners of shared GPUs. */
  readonly providersMicroUsd: string;
  readonly depreciationMicroUsd: string;
  readonly energyMicroUsd: string;
  readonly leaseMicroUsd: string;
  /** Of the three, for capacity that nobody used. */
  readonly idleMicroUsd: string;
  readonly capacityGpuMilliMs: string;
  readonly usedGpuMilliMs: string;
  /** Charged, less providers, depreciation, energy and leases. */
  readonly marginMicroUsd: string;
}

type Heard = ChargePosted | AssetDepreciated | AssetEnergyCounted | AssetLeaseCounted;
type Amounts = Partial<Omit<MarginRow, 'day' | 'source' | 'simulated' | 'marginMicroUsd'>>;

export const marginKey = (day: string, source: Source, simulated: boolean): string =>
  `${day}/${source}/${simulated ? 'simulated' : 'real'}`;

const dayOf = (iso: string): string => iso.slice(0, 10);

function keysOf({ type, data }: Pick<Heard, 'type' | 'data'>): readonly string[] {
  if ('lines' in data) {
    return [...new Set(data.lines.map(({ from, source, simulated }) => marginKey(dayOf(from), source, simulated)))];
  }
  const source = type === 'billing.asset.lease-counted' ? 'leased' : 'owned';
  return [marginKey(dayOf(data.from), source, data.simulated)];
}

const plus = (a: string, b: string | undefined): string => (BigInt(a) + BigInt(b ?? '0')).toString();

function add(row: MarginRow, key: string, more: Amounts): MarginRow {
  const [day = '', source = 'owned', kind] = key.split('/');
  const sum = {
    chargedMicroUsd: plus(row.chargedMicroUsd, more.chargedMicroUsd),
    providersMicroUsd: plus(row.providersMicroUsd, more.providersMicroUsd),
    depreciationMicroUsd: plus(row.depreciationMicroUsd, more.depreciationMicroUsd),
    energyMicroUsd: plus(row.energyMicroUsd, more.energyMicroUsd),
    leaseMicroUsd: plus(row.leaseMicroUsd, more.leaseMicroUsd),
    idleMicroUsd: plus(row.idleMicroUsd, more.idleMicroUsd),
    capacityGpuMilliMs: plus(row.capacityGpuMilliMs, more.capacityGpuMilliMs),
    usedGpuMilliMs: plus(row.usedGpuMilliMs, more.usedGpuMilliMs),
  };
  const spent = [sum.providersMicroUsd, sum.depreciationMicroUsd, sum.energyMicroUsd, sum.leaseMicroUsd];
  const margin = spent.reduce((left, amount) => left - BigInt(amount), BigInt(sum.chargedMicroUsd));
  return {
    ...{ day, source: source as Source, simulated: kind === 'simulated' },
    ...sum,
    marginMicroUsd: margin.toString(),
  };
}

/** What did each source of GPUs bring, and what did it cost: owned, leased, shared? */
export const marginView = defineProjection<Heard, MarginRow>({
  name: 'billing_margin',
  version: 1,
  key: (event) => keysOf(event),
  organization: () => PLATFORM_ORGANIZATION,
  initial: {
    ...{ day: '', source: 'owned', simulated: false, chargedMicroUsd: '0', providersMicroUsd: '0' },
    ...{ depreciationMicroUsd: '0', energyMicroUsd: '0', leaseMicroUsd: '0', idleMicroUsd: '0' },
    ...{ capacityGpuMilliMs: '0', usedGpuMilliMs: '0', marginMicroUsd: '0' },
  },
  indexes: ['day', 'source'],
  on: {
    'billing.account.charge-posted': (row, { lines }, _, key) => {
      const own = lines.filter(({ from, source, simulated }) => marginKey(dayOf(from), source, simulated) === key);
      const total = (amounts: readonly (string | undefined)[]) =>
        amounts.reduce<bigint>((sum, amount) => sum + BigInt(amount ?? '0'), 0n).toString();
      return add(row, key, {
        chargedMicroUsd: total(own.map(({ amountMicroUsd }) => amountMicroUsd)),
        providersMicroUsd: total(own.map(({ providerAmountMicroUsd }) => providerAmountMicroUsd)),
      });
    },
    'billing.asset.depreciated': (row, data, _, key) =>
      add(row, key, {
        depreciationMicroUsd: data.amountMicroUsd,
        idleMicroUsd: data.idleMicroUsd,
        capacityGpuMilliMs: data.capacityGpuMilliMs,
        usedGpuMilliMs: data.usedGpuMilliMs,
      }),
    'billing.asset.energy-counted': (row, data, _, key) =>
      add(row, key, { energyMicroUsd: data.amountMicroUsd, idleMicroUsd: data.idleMicroUsd }),
    'billing.asset.lease-counted': (row, data, _, key) =>
      add(row, key, {
        leaseMicroUsd: data.amountMicroUsd,
        idleMicroUsd: data.idleMicroUsd,
        capacityGpuMilliMs: data.capacityGpuMilliMs,
        usedGpuMilliMs: data.usedGpuMilliMs,
      }),
  },
});
