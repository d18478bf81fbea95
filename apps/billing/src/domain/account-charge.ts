import { canonicalJson, derivePrefixedId } from '@solyx/kernel';
import type { ChargeLine } from '@solyx/contracts';
import { ChargePosted } from '@solyx/contracts/billing';
import { Coverage } from './account-commitments';
import { bookOf, type Account } from './account-state';
import { periodNamed, nextPeriod, periodOf } from './billing-period';
import { anchorOf, lineKeyOf } from './line-key';
import type { Measured } from './measure';
import { feeOf } from './payouts/platform-fee';
import { postingsOf } from './postings';
import { amountOf, nextTotal, NOTHING, type LineTotal } from './rating/amount';
import type { RateCard } from './rating/rate-card';
import { rateUsage, type MissingPrice, type RatedUsage } from './rating/rate-usage';
import { kindOf, skuIdOf } from './rating/sku';

const LINES_PER_CHARGE_MAX = 48;
/** An event takes 64 KiB; postings and names need some of it. */
const LINE_BYTES_PER_CHARGE_MAX = 48 * 1_024;

/** All prices that a decision may need: what is in force at an instant, and the fee of the platform then. */
export interface Prices {
  cardAt(at: string): RateCard;
  /** Hundredths of a percent that the platform keeps of what this owner earns. */
  feeBpsAt(providerId: string, at: string): number;
  /** Of the simple list in force, where it priced. */
  listVersionAt?(at: string): number | undefined;
}

/** What all lines of one charge have in common. */
export interface ChargeHead extends Omit<
  ChargePosted['data'],
  'chargeId' | 'lines' | 'postings' | 'totalMicroUsd' | 'period' | 'correctsPeriod'
> {
  /** Semantic: what it is for. Further charges, where the lines do not fit one event, are numbered. */
  readonly chargeId: string;
  /** By which it is decided what period it is in. */
  readonly usedAt: string;
  /** The events that show it. */
  readonly eventIds: readonly string[];
  readonly positions: readonly string[];
}

export type Charged =
  | { readonly rated: true; readonly events: readonly ChargePosted[] }
  | { readonly rated: false; readonly missing: MissingPrice };

/** The period that usage is charged in: its own, or, once that is closed, the first open one. */
export function chargedPeriodOf(
  { profile, closedThrough }: Account,
  usedAt: string,
): { readonly period: string; readonly correctsPeriod?: string } {
  const { id } = periodOf(usedAt, profile.timeZone);
  if (closedThrough === '' || id > closedThrough) return { period: id };
  return { period: nextPeriod(periodNamed(closedThrough, profile.timeZone)).id, correctsPeriod: id };
}

/** Line totals of an account while one decision adds to them. */
export class Totals {
  private readonly changed = new Map<string, LineTotal>();

  constructor(private readonly account: Account) {}

  of(period: string, lineKey: string): LineTotal {
    return this.changed.get(lineKey) ?? bookOf(this.account, period).lines.get(lineKey) ?? NOTHING;
  }

  set(lineKey: string, total: LineTotal): void {
    this.changed.set(lineKey, total);
  }
}

/** One decision's charges: prices, totals, commitments and the account they are for. */
export class Charging {
  readonly totals: Totals;
  readonly coverage: Coverage;

  constructor(
    readonly account: Account,
    readonly prices: Prices,
  ) {
    this.totals = new Totals(account);
    this.coverage = new Coverage(account);
  }
}

/** What was measured, with its price. */
export interface PricedUsage {
  readonly measured: Measured;
  readonly rated: RatedUsage;
  /** Of what the owner earns, the part that the platform keeps. */
  readonly feeBps: number;
}

export type Pricing =
  | { readonly rated: true; readonly priced: readonly PricedUsage[] }
  | { readonly rated: false; readonly missing: MissingPrice };

const agreedUsage = ({ usage, agreed }: Measured): RatedUsage | undefined =>
  agreed && {
    skuId: skuIdOf(usage),
    kind: kindOf(usage.meter),
    pricing: usage.pricing,
    quality: usage.quality,
    quantity: usage.quantity,
    terms: agreed,
    listTerms: agreed,
  };

/**
 * The price of each: of a commitment as far as one covers it, else what was in force when it began. Nothing at all where
 * any of it has no price.
 */
export function priceAll(measured: readonly Measured[], { prices, coverage }: Charging): Pricing {
  const { covered, rest } = coverage.of(measured);
  const priced: PricedUsage[] = [...covered];
  for (const one of rest) {
    const { usage, providerId } = one;
    const feeBps = providerId === undefined ? 0 : prices.feeBpsAt(providerId, usage.from);
    const agreed = agreedUsage(one);
    const rating = agreed ? ({ rated: true, usage: agreed } as const) : rateUsage(usage, prices.cardAt(usage.from));
    if (!rating.rated) return rating;
    priced.push({ measured: one, rated: rating.usage, feeBps });
  }
  return { rated: true, priced };
}

const labelsKeyOf = (labels: Measured['labels']): string => (labels === undefined ? '' : canonicalJson(labels));

/** What a commitment covered stays as it was, instant by instant: the account reads off it what is still free. */
const spanOf = ({ measured, rated }: PricedUsage): string =>
  rated.pricing === 'reserved' ? `${measured.from}/${measured.to}` : '';

/** Equal where two lines would say the same but for when and how much. */
const likenessOf = (priced: PricedUsage): string => {
  const { measured, rated, feeBps } = priced;
  return [
    spanOf(priced),
    ...[measured.description, measured.nodeId, measured.team, measured.user, labelsKeyOf(measured.labels)],
    ...[measured.providerId, feeBps, rated.skuId, anchorOf(rated.terms), anchorOf(rated.listTerms)],
    rated.providerTerms ? anchorOf(rated.providerTerms) : '',
  ].join('\u0000');
};

/** Adds up what differs only by when and how much. */
export function merged(priced: readonly PricedUsage[]): readonly PricedUsage[] {
  const groups = new Map<string, PricedUsage>();
  for (const one of priced) {
    const key = likenessOf(one);
    const known = groups.get(key);
    if (!known) {
      groups.set(key, one);
      continue;
    }
    const { measured } = known;
    const from = one.measured.from < measured.from ? one.measured.from : measured.from;
    const to = one.measured.to > measured.to ? one.measured.to : measured.to;
    const quantity = known.rated.quantity + one.rated.quantity;
    groups.set(key, { ...known, measured: { ...measured, from, to }, rated: { ...known.rated, quantity } });
  }
  return [...groups.values()];
}

/** What the owner of a shared GPU earns of a line, less the platform's fee. */
function providerPart({ measured, rated, feeBps }: PricedUsage, before: bigint, added: bigint) {
  const { providerId } = measured;
  if (providerId === undefined) return {};
  const own = rated.providerTerms;
  const gross = own ? amountOf(own, before + rated.quantity) - amountOf(own, before) : added;
  return { providerId, providerAmountMicroUsd: (gross - feeOf(gross, feeBps)).toString() };
}

interface InPeriod {
  readonly head: ChargeHead;
  readonly period: string;
  readonly correctsPeriod?: string;
}

/** One line: what its key had before, what it has now, and the difference, which is what it costs. */
function lineOf(priced: PricedUsage, { head, period, correctsPeriod }: InPeriod, totals: Totals): ChargeLine {
  const { measured, rated } = priced;
  const { usage } = measured;
  const { terms, listTerms, skuId } = rated;
  const identity = { organizationId: head.organizationId, project: usage.project, skuId, terms };
  const usedIn = correctsPeriod ?? period;
  const key = lineKeyOf({ ...identity, period: usedIn });
  const before = totals.of(usedIn, key);
  const { added, ...after } = nextTotal(terms, before, rated.quantity);
  totals.set(key, after);
  const list = amountOf(listTerms, after.quantity) - amountOf(listTerms, before.quantity);
  const [rate] = terms.tiers;
  return {
    kind: rated.kind,
    description: measured.description,
    source: usage.source,
    simulated: usage.simulated,
    nodeId: measured.nodeId,
    gpuModel: usage.product,
    quantity: rated.quantity.toString(),
    unit: terms.unit,
    from: measured.from,
    to: measured.to,
    rateNumerator: rate?.rateNumerator ?? '0',
    rateDenominator: rate?.rateDenominator ?? '1',
    amountMicroUsd: added.toString(),
    eventIds: head.eventIds,
    positions: head.positions,
    lineKey: correctsPeriod === undefined ? key : derivePrefixedId('line', key, period),
    skuId,
    pricing: rated.pricing,
    quality: rated.quality,
    ...(measured.team === undefined ? {} : { team: measured.team }),
    ...(measured.user === undefined ? {} : { user: measured.user }),
    ...(measured.labels === undefined ? {} : { labels: measured.labels }),
    ...providerPart(priced, before.quantity, added),
    quantityBefore: before.quantity.toString(),
    amountBefore: before.amount.toString(),
    listAmountMicroUsd: list.toString(),
    terms,
    ...(correctsPeriod === undefined ? {} : { correctsLineKey: key }),
  };
}

/** Lines in parts that fit an event each. */
function partsOf(lines: readonly ChargeLine[]): readonly (readonly ChargeLine[])[] {
  const parts: ChargeLine[][] = [[]];
  let bytes = 0;
  for (const line of lines) {
    const size = Buffer.byteLength(JSON.stringify(line));
    const last = parts[parts.length - 1] ?? [];
    if (last.length > 0 && (last.length >= LINES_PER_CHARGE_MAX || bytes + size > LINE_BYTES_PER_CHARGE_MAX)) {
      parts.push([line]);
      bytes = size;
    } else {
      last.push(line);
      bytes += size;
    }
  }
  return parts;
}

/** Charges of given lines: one, or as many as they need to fit. The last one bears what the head says of an end. */
export function chargesOfLines(
  { eventIds: _eventIds, positions: _positions, usedAt: _usedAt, final, ...head }: ChargeHead,
  periods: { readonly period: string; readonly correctsPeriod?: string },
  lines: readonly ChargeLine[],
): readonly ChargePosted[] {
  const parts = partsOf(lines);
  return parts.map((part, index) =>
    ChargePosted({
      ...head,
      chargeId: index === 0 ? head.chargeId : derivePrefixedId('chg', head.chargeId, index),
      ...(final !== undefined && index === parts.length - 1 ? { final } : {}),
      ...periods,
      lines: part,
      postings: postingsOf(part),
      totalMicroUsd: part.reduce((sum, line) => sum + BigInt(line.amountMicroUsd), 0n).toString(),
    }),
  );
}

/** Charges what has a price in its period. */
export function chargePriced(
  head: ChargeHead,
  priced: readonly PricedUsage[],
  { account, totals }: Charging,
): readonly ChargePosted[] {
  const periods = chargedPeriodOf(account, head.usedAt);
  const lines = priced.map((one) => lineOf(one, { head, ...periods }, totals));
  return chargesOfLines(head, periods, lines);
}

/** Rates what was measured and charges it in its period; nothing at all where any of it has no price. */
export function chargeFor(head: ChargeHead, measured: readonly Measured[], charging: Charging): Charged {
  const pricing = priceAll(measured, charging);
  if (!pricing.rated) return pricing;
  return { rated: true, events: chargePriced(head, pricing.priced, charging) };
}
