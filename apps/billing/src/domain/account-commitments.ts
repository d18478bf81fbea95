import type { ChargeLine, Commitment } from '@solyx/contracts';
import type { Account } from './account-state';
import type { PricedUsage } from './account-charge';
import type { Measured } from './measure';
import { cover, coverUsage, isFor, type Busy, type Timeline } from './rating/commitment';
import { kindOf } from './rating/sku';

const SKU = 'commitment/';

export const commitmentSkuOf = ({ commitmentId }: Commitment): string => `${SKU}${commitmentId}`;

const commitmentsOf = ({ commitments }: Account): readonly Commitment[] =>
  commitments.map(({ commitment }) => commitment);

/** Whether any commitment of the account is for such usage. */
export const isCommitted = (account: Account, measured: readonly Measured[]): boolean =>
  measured.some(({ usage }) => commitmentsOf(account).some((commitment) => isFor(commitment, usage)));

const unitsAt = (timeline: Timeline, at: number): number =>
  timeline.find(({ from, to }) => from <= at && at < to)?.units ?? 0;

/** What the newer timeline has more than the older, in pieces of even height. */
function added(before: Timeline, after: Timeline): Timeline {
  const cuts = [...new Set([...before, ...after].flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b);
  const pieces: Busy[] = [];
  for (const [index, from] of cuts.slice(0, -1).entries()) {
    const units = unitsAt(after, from) - unitsAt(before, from);
    if (units > 0) pieces.push({ from, to: cuts[index + 1] ?? from, units });
  }
  return pieces;
}

const iso = (ms: number): string => new Date(ms).toISOString();

const coveredPiece = (measured: Measured, commitment: Commitment, piece: Busy): PricedUsage => ({
  measured: { ...measured, from: iso(piece.from), to: iso(piece.to) },
  rated: {
    skuId: commitmentSkuOf(commitment),
    kind: kindOf(commitment.meter),
    pricing: 'reserved',
    quality: measured.usage.quality,
    quantity: BigInt(piece.units) * BigInt(piece.to - piece.from),
    terms: commitment.terms,
    listTerms: commitment.terms,
  },
  feeBps: 0,
});

export interface CoveredAll {
  /** At the price of a commitment. */
  readonly covered: readonly PricedUsage[];
  /** What is left for other prices; only what has a quantity. */
  readonly rest: readonly Measured[];
}

/** Divides usage between the commitments of the account and what is priced like all other usage. */
export class Coverage {
  private timelines: ReadonlyMap<string, Timeline>;

  constructor(private readonly account: Account) {
    this.timelines = new Map(Object.entries(account.timelines));
  }

  of(measured: readonly Measured[]): CoveredAll {
    const commitments = commitmentsOf(this.account);
    if (commitments.length === 0) return { covered: [], rest: measured };
    const covered: PricedUsage[] = [];
    const rest: Measured[] = [];
    for (const one of measured) {
      const used = { ...one.usage, from: one.from, to: one.to };
      if (used.quantity <= 0n) {
        rest.push(one);
        continue;
      }
      const answer = coverUsage(commitments, this.timelines, used);
      for (const { commitment } of answer.covered) {
        const id = commitment.commitmentId;
        const pieces = added(this.timelines.get(id) ?? [], answer.timelines.get(id) ?? []);
        covered.push(...pieces.map((piece) => coveredPiece(one, commitment, piece)));
      }
      this.timelines = answer.timelines;
      if (answer.rest > 0n) rest.push({ ...one, usage: { ...one.usage, quantity: answer.rest } });
    }
    return { covered, rest };
  }
}

/** The timelines after a line was charged at the price of a commitment. */
export function withCovered(account: Account, { skuId = '', quantity, from, to }: ChargeLine): Account['timelines'] {
  if (!skuId.startsWith(SKU)) return account.timelines;
  const held = account.commitments.find(({ commitment }) => commitmentSkuOf(commitment) === skuId);
  const ms = Date.parse(to) - Date.parse(from);
  if (!held || ms <= 0 || BigInt(quantity) <= 0n) return account.timelines;
  const { commitmentId } = held.commitment;
  const piece = { from: Date.parse(from), to: Date.parse(to), units: Number(BigInt(quantity) / BigInt(ms)) };
  const { timeline } = cover(held.commitment, account.timelines[commitmentId] ?? [], [piece]);
  return { ...account.timelines, [commitmentId]: timeline };
}

/** What of a commitment was used in [from, to), unit-milliseconds. */
export function usedOf(account: Account, { commitmentId }: Commitment, from: string, to: string): bigint {
  const [start, end] = [Date.parse(from), Date.parse(to)];
  let used = 0n;
  for (const piece of account.timelines[commitmentId] ?? []) {
    const ms = Math.min(piece.to, end) - Math.max(piece.from, start);
    if (ms > 0) used += BigInt(piece.units) * BigInt(ms);
  }
  return used;
}
