import type { Commitment } from '@solyx/contracts';
import type { MeteredUsage } from './rate-usage';
import { isHeldOverTime } from './sku';

/** So many units at once, from an instant to another (milliseconds since 1970, half-open). */
export interface Busy {
  readonly from: number;
  readonly to: number;
  readonly units: number;
}

/** How much of a commitment is used, instant by instant: ascending, apart from each other, never 0 units. */
export type Timeline = readonly Busy[];

/** More units at once than any fleet has, and few enough that they are exact. */
export const COMMITTED_UNITS_MAX = 1_000_000_000_000;

/** Adds what touches and is equal to one piece, so that a timeline stays as short as it can be. */
function push(pieces: Busy[], piece: Busy): void {
  if (piece.from >= piece.to || piece.units === 0) return;
  const last = pieces[pieces.length - 1];
  if (last && last.to === piece.from && last.units === piece.units)
    pieces[pieces.length - 1] = { ...last, to: piece.to };
  else pieces.push(piece);
}

/** The instants at which either side changes, within [from, to). */
function cutsOf(timeline: Timeline, { from, to }: Busy): readonly number[] {
  const cuts = new Set([from, to]);
  for (const piece of timeline) {
    if (piece.to <= from || piece.from >= to) continue;
    cuts.add(Math.max(piece.from, from));
    cuts.add(Math.min(piece.to, to));
  }
  return [...cuts].sort((a, b) => a - b);
}

const unitsAt = (timeline: Timeline, at: number): number =>
  timeline.find(({ from, to }) => from <= at && at < to)?.units ?? 0;

export interface Covered {
  /** Unit-milliseconds that the commitment pays for. */
  readonly quantity: bigint;
  /** What is left of the demand, in pieces. */
  readonly rest: Timeline;
  readonly timeline: Timeline;
}

const span = (commitment: Commitment): { readonly from: number; readonly to: number } => ({
  from: Date.parse(commitment.from),
  to: Date.parse(commitment.to),
});

/** Puts one piece of demand under a commitment, as far as there is room at each instant. */
function coverPiece(commitment: Commitment, timeline: Timeline, demand: Busy): Covered {
  const { from, to } = span(commitment);
  const capacity = Number(commitment.unitsPerMs);
  const rest: Busy[] = [];
  const within = { ...demand, from: Math.max(demand.from, from), to: Math.min(demand.to, to) };
  if (within.from >= within.to) return { quantity: 0n, rest: [demand], timeline };
  push(rest, { ...demand, to: within.from });
  const touched = timeline.filter((piece) => piece.to > within.from && piece.from < within.to);
  const next: Busy[] = [];
  for (const piece of timeline)
    if (piece.from < within.from) push(next, { ...piece, to: Math.min(piece.to, within.from) });
  let quantity = 0n;
  const cuts = cutsOf(touched, within);
  for (const [index, start] of cuts.slice(0, -1).entries()) {
    const end = cuts[index + 1] ?? start;
    const used = unitsAt(touched, start);
    const taken = Math.min(Math.max(0, capacity - used), demand.units);
    quantity += BigInt(taken) * BigInt(end - start);
    push(next, { from: start, to: end, units: used + taken });
    push(rest, { from: start, to: end, units: demand.units - taken });
  }
  for (const piece of timeline)
    if (piece.to > within.to) push(next, { ...piece, from: Math.max(piece.from, within.to) });
  push(rest, { ...demand, from: within.to });
  return { quantity, rest, timeline: next };
}

/**
 * Puts demand under a commitment. Whoever comes first takes the room, yet how much is covered in all does not depend on
 * the order: at each instant it is the smaller of what was used and what was committed.
 */
export function cover(commitment: Commitment, timeline: Timeline, demand: Timeline): Covered {
  let covered: Covered = { quantity: 0n, rest: [], timeline };
  for (const piece of demand) {
    const one = coverPiece(commitment, covered.timeline, piece);
    const rest = [...covered.rest, ...one.rest];
    covered = { quantity: covered.quantity + one.quantity, rest, timeline: one.timeline };
  }
  return covered;
}

/** Whether the commitment is for such usage. Spot work is never covered: it was offered what is left over. */
export const isFor = (commitment: Commitment, usage: MeteredUsage): boolean =>
  isHeldOverTime(usage.meter) &&
  usage.pricing !== 'spot' &&
  usage.quoteId === undefined &&
  commitment.meter === usage.meter &&
  commitment.project === usage.project &&
  commitment.source === usage.source &&
  commitment.simulated === usage.simulated &&
  commitment.product === usage.product &&
  (commitment.quality ?? 'standard') === usage.quality;

/** Older commitments are used first; of equal age, by id. */
export const inOrder = (commitments: readonly Commitment[]): readonly Commitment[] =>
  [...commitments].sort((a, b) =>
    a.from === b.from ? (a.commitmentId < b.commitmentId ? -1 : 1) : a.from < b.from ? -1 : 1,
  );

export interface CoveredUsage {
  /** Of each commitment that covers a part. */
  readonly covered: readonly { readonly commitment: Commitment; readonly quantity: bigint }[];
  /** What is charged as if there were no commitment. */
  readonly rest: bigint;
  readonly timelines: ReadonlyMap<string, Timeline>;
}

/**
 * Divides usage between commitments and the rest. It is taken as even over its time; what does not divide evenly
 * among the milliseconds (less than one unit at a time) stays with the rest.
 */
export function coverUsage(
  commitments: readonly Commitment[],
  timelines: ReadonlyMap<string, Timeline>,
  usage: MeteredUsage & { readonly to: string },
): CoveredUsage {
  const fitting = inOrder(commitments.filter((commitment) => isFor(commitment, usage)));
  const [from, to] = [Date.parse(usage.from), Date.parse(usage.to)];
  if (fitting.length === 0 || to <= from) return { covered: [], rest: usage.quantity, timelines };
  const units = Number(usage.quantity / BigInt(to - from));
  const next = new Map(timelines);
  const covered: { commitment: Commitment; quantity: bigint }[] = [];
  let demand: Timeline = units === 0 ? [] : [{ from, to, units }];
  let rest = usage.quantity;
  for (const commitment of fitting) {
    const one = cover(commitment, next.get(commitment.commitmentId) ?? [], demand);
    if (one.quantity === 0n) continue;
    covered.push({ commitment, quantity: one.quantity });
    next.set(commitment.commitmentId, one.timeline);
    rest -= one.quantity;
    demand = one.rest;
  }
  return { covered, rest, timelines: next };
}

/** What was committed in [from, to) and not used, in unit-milliseconds. Never negative. */
export function unusedOf(commitment: Commitment, from: string, to: string, covered: bigint): bigint {
  const own = span(commitment);
  const ms = Math.min(own.to, Date.parse(to)) - Math.max(own.from, Date.parse(from));
  const committed = BigInt(commitment.unitsPerMs) * BigInt(Math.max(0, ms));
  return committed > covered ? committed - covered : 0n;
}
