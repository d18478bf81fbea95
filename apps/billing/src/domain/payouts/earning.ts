import type { EarningKind, EarningPart } from '@solyx/contracts';
import { ProviderEarned, ProviderReserveReleased } from '@solyx/contracts/billing';
import { accept, type Accepted } from '@solyx/kernel';
import { doubleEntry, type Side } from './entry';
import { feeAt, feeOf } from './platform-fee';
import {
  earningIdOf,
  evolveProvider,
  fullHourAfter,
  purseOf,
  type Provider,
  type ProviderEvent,
} from './provider-state';
import { dueOf } from './purse';

export interface RecordEarning {
  readonly providerId: string;
  readonly kind: EarningKind;
  /** The charge of a customer, or the settlement of a campaign. */
  readonly chargeId: string;
  /** Who pays. */
  readonly organizationId: string;
  readonly simulated: boolean;
  /** What the customer is charged for it, without tax. */
  readonly grossMicroUsd: string;
  /** Of gross, what the charge already says that the owner earns: after the fee, for … */
  readonly agreedNetMicroUsd: string;
  /** … this much of gross. The rest has the fee taken from it here. */
  readonly agreedGrossMicroUsd: string;
  /** What the charge booked for it, the other way around: together gross. */
  readonly booked: readonly Side[];
  readonly parts: readonly EarningPart[];
  readonly usedAt: string;
  /** How long a customer may dispute it, milliseconds. */
  readonly disputeWindowMs: number;
  readonly eventId: string;
  readonly position: string;
  readonly at: string;
}

/** Of a share of ads the platform keeps its part before it is shared. */
const feeBpsOf = ({ kind, usedAt }: RecordEarning, { fees }: Provider): number =>
  kind === 'ads' ? 0 : feeAt(fees, usedAt).feeBps;

/** What the charge booked is taken from there, and goes to the fee and to the owner: into the reserve. */
const sidesOf = ({ providerId, booked }: RecordEarning, fee: bigint, net: bigint): readonly Side[] => [
  ...booked,
  ['platform-fee', -fee],
  [`provider-reserve:${providerId}`, -net],
];

/**
 * From when it was charged, not used: late usage can be disputed for as long as any other. What is taken back does not
 * wait, nor does anything where there is no window.
 */
function reserveUntilOf({ usedAt, at, disputeWindowMs }: RecordEarning, net: bigint): string {
  if (net < 0n || disputeWindowMs === 0) return at;
  const opened = Date.parse(usedAt > at ? usedAt : at);
  return fullHourAfter(new Date(opened + disputeWindowMs).toISOString());
}

/** The part of a charge that the owner earns: once for each charge, less the fee in force when it was used. */
export function recordEarning(data: RecordEarning, provider: Provider): Accepted<ProviderEvent> {
  const { providerId, kind, chargeId, organizationId, simulated, grossMicroUsd, parts, usedAt, at } = data;
  const earningId = earningIdOf(chargeId, providerId, simulated);
  if (provider.earnings.has(earningId)) return accept();
  const rest = BigInt(grossMicroUsd) - BigInt(data.agreedGrossMicroUsd);
  const feeBps = feeBpsOf(data, provider);
  const net = BigInt(data.agreedNetMicroUsd) + rest - feeOf(rest, feeBps);
  const fee = BigInt(grossMicroUsd) - net;
  const until = reserveUntilOf(data, net);
  const earned = ProviderEarned({
    earningId,
    providerId,
    kind,
    chargeId,
    organizationId,
    simulated,
    grossMicroUsd,
    feeBps,
    feeMicroUsd: fee.toString(),
    netMicroUsd: net.toString(),
    parts,
    usedAt,
    reserveUntil: until,
    eventId: data.eventId,
    position: data.position,
    postings: doubleEntry(simulated, ...sidesOf(data, fee, net)),
    at,
  });
  if (until > at) return accept(earned);
  return accept<ProviderEvent>(earned, ...releaseReserve({ providerId, at }, evolveProvider(provider, earned)));
}

/** Lets go of what no longer has to wait, of real money and of rehearsals. */
export function releaseReserve(
  { providerId, at }: { readonly providerId: string; readonly at: string },
  provider: Provider,
): readonly ProviderReserveReleased[] {
  return [false, true].flatMap((simulated) => {
    const purse = purseOf(provider, simulated);
    const amount = dueOf(purse, at);
    if (amount === 0n) return [];
    const postings = doubleEntry(
      simulated,
      [`provider-reserve:${providerId}`, amount],
      [`provider-payable:${providerId}`, -amount],
    );
    return [
      ProviderReserveReleased({ providerId, simulated, until: at, amountMicroUsd: amount.toString(), postings, at }),
    ];
  });
}
