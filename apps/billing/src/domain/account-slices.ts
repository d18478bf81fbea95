import { accept, derivePrefixedId, refuse, type Decision } from '@solyx/kernel';
import type { ChargePosted } from '@solyx/contracts/billing';
import { chargeFor, Charging, type Prices } from './account-charge';
import { isCommitted } from './account-commitments';
import type { Account, AccountEvent, Usage } from './account-state';
import { cutAtPeriods } from './billing-period';
import { measureSlice } from './measure';
import type { MissingPrice } from './rating/rate-usage';

/** Charges of one decision at most; what is left is for the next. */
export const SLICES_MAX = 48;

export interface MeterUsage {
  readonly allocationId: string;
  /** The meter is read here: what was held before and is not charged yet is charged. ISO 8601 UTC. */
  readonly until: string;
  /** It was released at `until`, and the event that says so. */
  readonly release?: { readonly eventId: string; readonly position: string };
  /** The period closes: also what a commitment covers is charged. Else that waits, for it is paid for already. */
  readonly forClose?: boolean;
  /** Slices end where multiples of this begin, in UTC. */
  readonly sliceMs: number;
  readonly prices: Prices;
}

export type SliceRefusal = 'UsageUnknown' | 'NoPrice';

type OpenUsage = Extract<Usage, { phase: 'Open' }>;

interface Piece {
  readonly from: string;
  readonly to: string;
}

/** The old id of an allocation's charge, when there was one for each. */
export const chargeIdOf = (allocationId: string, from?: string): string =>
  from === undefined ? derivePrefixedId('chg', allocationId) : derivePrefixedId('chg', allocationId, from);

const returnIdOf = (allocationId: string, from: string): string =>
  derivePrefixedId('chg', allocationId, from, 'returned');

export const missingOf = (key: MissingPrice): Readonly<Record<string, string>> => ({
  ...key,
  simulated: String(key.simulated),
});

/** [from, to) cut where hours of UTC and periods of the account meet; the first `SLICES_MAX` of these. */
function piecesOf(from: string, to: string, zone: string, sliceMs: number): readonly Piece[] {
  const pieces: Piece[] = [];
  let begun = from;
  while (begun < to && pieces.length < SLICES_MAX) {
    const hour = new Date((Math.floor(Date.parse(begun) / sliceMs) + 1) * sliceMs).toISOString();
    const [slice] = cutAtPeriods(begun, hour < to ? hour : to, zone, 1);
    const ended = slice?.to ?? to;
    pieces.push({ from: begun, to: ended });
    begun = ended;
  }
  return pieces;
}

const headOf = (
  { usage: { allocation, eventId, position } }: OpenUsage,
  piece: Piece,
  { release, prices }: MeterUsage,
  isLast = true,
) => ({
  organizationId: allocation.organizationId,
  project: allocation.project,
  resource: { kind: 'job', id: allocation.workloadId } as const,
  jobId: allocation.workloadId,
  attempt: allocation.attempt,
  allocationId: allocation.allocationId,
  usedAt: piece.from,
  at: piece.to,
  eventIds: [eventId, ...(release && isLast ? [release.eventId] : [])],
  positions: [position, ...(release && isLast ? [release.position] : [])],
  ...versionOf(prices, allocation.grantedAt),
});

const versionOf = (prices: Prices, at: string) => {
  const version = prices.listVersionAt?.(at);
  return version === undefined ? {} : { priceListVersion: version };
};

/** Time that was charged before the release was heard, and that ended sooner: given back, period by period. */
function giveBack(open: OpenUsage, data: MeterUsage, charging: Charging): Decision<AccountEvent, SliceRefusal> {
  const { allocation } = open.usage;
  const from = data.until < allocation.grantedAt ? allocation.grantedAt : data.until;
  const pieces = cutAtPeriods(from, open.meteredTo, charging.account.profile.timeZone);
  const events: ChargePosted[] = [];
  for (const [index, piece] of pieces.entries()) {
    const head = {
      ...headOf(open, piece, data),
      chargeId: returnIdOf(allocation.allocationId, piece.from),
      at: from,
      ...(index === pieces.length - 1 ? { final: true } : {}),
    };
    const charged = chargeFor(head, measureSlice({ allocation, ...piece, sign: -1n }), charging);
    if (!charged.rated) return refuse('NoPrice', { jobId: allocation.workloadId, ...missingOf(charged.missing) });
    events.push(...charged.events);
  }
  return accept(...events);
}

/**
 * Charges what an allocation held since its meter was last read. Told twice, late or the wrong way around, the charges of
 * one allocation are the same in all: each slice is charged once, and what was charged too much is given back.
 */
export function meterUsage(data: MeterUsage, account: Account): Decision<AccountEvent, SliceRefusal> {
  const known = account.usages.get(data.allocationId);
  if (!known) return refuse('UsageUnknown', { allocationId: data.allocationId });
  if (known.phase === 'Charged') return accept();
  const { allocation } = known.usage;
  const charging = new Charging(account, data.prices);
  if (data.until < known.meteredTo) return data.release ? giveBack(known, data, charging) : accept();
  const isInterim = !data.release && data.forClose !== true;
  const whole = { allocation, from: known.meteredTo, to: data.until, sign: 1n } as const;
  if (isInterim && isCommitted(account, measureSlice(whole))) return accept();
  const found = piecesOf(known.meteredTo, data.until, account.profile.timeZone, data.sliceMs);
  // Released where the meter was read last, or where it began: a last charge of no length says so.
  const pieces = found.length === 0 && data.release ? [{ from: known.meteredTo, to: known.meteredTo }] : found;
  const events: ChargePosted[] = [];
  for (const piece of pieces) {
    const isLast = data.release !== undefined && piece.to >= data.until;
    const head = {
      ...headOf(known, piece, data, isLast),
      chargeId: chargeIdOf(allocation.allocationId, piece.from),
      ...(isLast ? { final: true } : {}),
    };
    const charged = chargeFor(head, measureSlice({ allocation, ...piece, sign: 1n }), charging);
    if (!charged.rated) return refuse('NoPrice', { jobId: allocation.workloadId, ...missingOf(charged.missing) });
    events.push(...charged.events);
  }
  return accept(...events);
}
