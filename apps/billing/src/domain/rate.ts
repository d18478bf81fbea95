import { applyRate, type Rate } from '@solyx/kernel';
import type { Allocation, AllocationShare, ChargeLine, PriceEntry, Transfer } from '@solyx/contracts';
import { priceOf, rateOf, UNITS, type PriceKey, type PriceList } from './price-list';

/** Lines that differ only by their node are added up before they are rated, once there are more than this. */
export const LINES_MAX = 48;
const DESCRIPTION_MAX = 200;

/** What was held, from the grant (inclusive) to the release (exclusive), and the two events that prove it. */
export interface UsageInterval {
  readonly allocation: Allocation;
  /** ISO 8601 UTC. */
  readonly releasedAt: string;
  readonly eventIds: readonly string[];
  readonly positions: readonly string[];
}

export type Rating =
  | { readonly rated: true; readonly lines: readonly ChargeLine[]; readonly totalMicroUsd: bigint }
  | { readonly rated: false; readonly missing: PriceKey };

/** A line before its amount: quantities may still be added up. */
interface Measured {
  readonly kind: PriceEntry['resource'];
  readonly description: string;
  readonly share: AllocationShare;
  readonly quantity: bigint;
  readonly rate: Rate;
  /** Equal where two lines may become one. */
  readonly group: string;
}

const millis = (at: string): number => Date.parse(at);

/** Milliseconds from `from` until `to`; none where a clock went backwards. */
export const durationMs = (from: string, to: string): bigint => BigInt(Math.max(0, millis(to) - millis(from)));

const inUnits = (milli: number): string => (milli / 1_000).toString();

/** What of a share is counted, and in which words. */
const resourcesOf = (share: AllocationShare) =>
  [
    { kind: 'gpu', amount: share.gpuMilli, words: `${inUnits(share.gpuMilli)} × ${share.gpuModel} GPU` },
    { kind: 'cpu', amount: share.cpuMilli, words: `${inUnits(share.cpuMilli)} CPU cores` },
    { kind: 'memory', amount: share.memoryMiB, words: `${share.memoryMiB} MiB of memory` },
  ] as const;

const label = ({ source, simulated }: AllocationShare): string => (simulated ? `${source}, simulated` : source);

function measureShare(share: AllocationShare, ms: bigint, list: PriceList): readonly Measured[] | PriceKey {
  const measured: Measured[] = [];
  for (const { kind, amount, words } of resourcesOf(share)) {
    if (amount === 0) continue;
    const { source, simulated, gpuModel } = share;
    const key = { source, simulated, resource: kind, gpuModel };
    const price = priceOf(list, key);
    if (price === undefined) return key;
    measured.push({
      kind,
      description: `${words} (${label(share)})`,
      share,
      quantity: BigInt(amount) * ms,
      rate: rateOf(kind, price),
      group: [kind, source, simulated, gpuModel, price].join('/'),
    });
  }
  return measured;
}

/** Egress costs what the route in the decision says: the price was known when the work was placed. */
function measureTransfer(transfer: Transfer, allocation: Allocation): readonly Measured[] {
  const share = allocation.shares.find(({ site }) => site === transfer.toSite) ?? allocation.shares[0];
  if (!share) return [];
  const { uri, sizeGiB, fromSite, toSite, priceMicroUsdPerGiB } = transfer;
  return [
    {
      kind: 'egress',
      description: `${sizeGiB} GiB from ${fromSite} to ${toSite}: ${uri} (${label(share)})`,
      share,
      quantity: BigInt(sizeGiB),
      rate: rateOf('egress', BigInt(priceMicroUsdPerGiB)),
      group: ['egress', share.source, share.simulated, fromSite, toSite, priceMicroUsdPerGiB].join('/'),
    },
  ];
}

/** One line for each group: quantities are added first, so that rounding still happens once. */
function combine(measured: readonly Measured[]): readonly Measured[] {
  const groups = new Map<string, Measured[]>();
  for (const one of measured) groups.set(one.group, [...(groups.get(one.group) ?? []), one]);
  return [...groups.values()].flatMap((members) => {
    const [first] = members;
    if (!first) return [];
    const more = members.length > 1 ? ` and ${members.length - 1} more alike` : '';
    const quantity = members.reduce((sum, member) => sum + member.quantity, 0n);
    return [{ ...first, quantity, description: `${first.description.slice(0, DESCRIPTION_MAX - more.length)}${more}` }];
  });
}

const lineOf = ({ kind, description, share, quantity, rate }: Measured, usage: UsageInterval): ChargeLine => ({
  kind,
  description: description.slice(0, DESCRIPTION_MAX),
  source: share.source,
  simulated: share.simulated,
  nodeId: share.nodeId,
  gpuModel: share.gpuModel,
  quantity: quantity.toString(),
  unit: UNITS[kind].unit,
  from: usage.allocation.grantedAt,
  to: usage.releasedAt < usage.allocation.grantedAt ? usage.allocation.grantedAt : usage.releasedAt,
  rateNumerator: rate.numerator.toString(),
  rateDenominator: rate.denominator.toString(),
  amountMicroUsd: applyRate(quantity, rate).toString(),
  eventIds: usage.eventIds,
  positions: usage.positions,
});

/**
 * Usage × price list. Each line is quantity × numerator / denominator, rounded once, half-even; the total is the sum of
 * the lines. A pure function of what was recorded, so that anyone can recompute a bill.
 */
export function rate(usage: UsageInterval, list: PriceList): Rating {
  const { allocation, releasedAt } = usage;
  const ms = durationMs(allocation.grantedAt, releasedAt);
  const measured: Measured[] = [];
  for (const share of allocation.shares) {
    const lines = measureShare(share, ms, list);
    if ('resource' in lines) return { rated: false, missing: lines };
    measured.push(...lines);
  }
  measured.push(...allocation.transfers.flatMap((transfer) => measureTransfer(transfer, allocation)));
  const lines = (measured.length > LINES_MAX ? combine(measured) : measured).map((one) => lineOf(one, usage));
  return { rated: true, lines, totalMicroUsd: lines.reduce((sum, line) => sum + BigInt(line.amountMicroUsd), 0n) };
}
