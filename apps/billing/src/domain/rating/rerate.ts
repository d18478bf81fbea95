import type { PriceTerms } from '@solyx/contracts';
import { amountOf } from './amount';
import { CAMPAIGN_BOOK_ID, ROUTE_BOOK_ID } from './default-book';
import type { RateCard } from './rate-card';
import { rateUsage } from './rate-usage';
import { skuIdOf, skuOf, type Sku } from './sku';

/** A line of a charge, as it was posted. */
export interface PostedLine {
  readonly project: string;
  readonly skuId: string;
  readonly lineKey: string;
  readonly terms: PriceTerms | undefined;
  readonly unit: string;
  readonly quantity: bigint;
  readonly amount: bigint;
  /** The job, deployment or volume: an accepted quote may be for it alone. */
  readonly resourceId: string;
  /** ISO 8601 UTC: when the prices were looked up. */
  readonly pricedAt: string;
  /** It changed what usage costs, and is no usage itself. */
  readonly isCorrection?: boolean;
}

/** What belongs to one line of an invoice: one thing, one price. */
export interface RatedGroup {
  readonly project: string;
  readonly skuId: string;
  readonly lineKey: string;
  readonly terms: PriceTerms | undefined;
  readonly unit: string;
  readonly quantity: bigint;
  readonly amount: bigint;
}

/** A period as it was posted and as other prices would have it. */
export interface Rerated {
  readonly posted: readonly RatedGroup[];
  readonly rerated: readonly RatedGroup[];
  /** Posted lines for which there was no other price; they count with what was posted. */
  readonly withoutPrice: number;
}

interface Sum {
  readonly project: string;
  readonly skuId: string;
  readonly lineKey: string;
  readonly terms: PriceTerms | undefined;
  readonly unit: string;
  quantity: bigint;
  amount: bigint;
}

/** Sums by project and by what makes a line one: two look-ups, no key is put together for each of a million lines. */
class Sums {
  private readonly byProject = new Map<string, Map<string, Sum>>();

  /** Adds to the sum that is there; undefined where there is none yet. */
  add(project: string, key: string, quantity: bigint, amount: bigint): Sum | undefined {
    const sum = this.byProject.get(project)?.get(key);
    if (!sum) return undefined;
    sum.quantity += quantity;
    sum.amount += amount;
    return sum;
  }

  begin(key: string, sum: Sum): void {
    const ofProject = this.byProject.get(sum.project) ?? new Map<string, Sum>();
    this.byProject.set(sum.project, ofProject.set(key, sum));
  }

  all(): readonly Sum[] {
    return [...this.byProject.values()].flatMap((sums) => [...sums.values()]);
  }
}

/** What an agreement with one customer was made for, as if there were none: the other book shall say what it costs. */
const asked = (sku: Sku): Sku => (sku.pricing === 'contract' ? { ...sku, pricing: 'on-demand' } : sku);

/** What was committed to, or agreed with a decision, keeps its price, whatever the books say. */
const keepsItsPrice = (sku: Sku, { terms }: PostedLine): boolean =>
  sku.pricing === 'reserved' || [ROUTE_BOOK_ID, CAMPAIGN_BOOK_ID].includes(terms?.priceBookId ?? '');

/** Rates a period again. Quantities of one price are added up before they are rated, so each line is rounded once. */
export class Rerating {
  private readonly before = new Sums();
  private readonly after = new Map<PriceTerms, Sums>();
  private readonly kept = new Sums();
  private readonly skus = new Map<string, Sku | undefined>();
  private withoutPrice = 0;

  constructor(private readonly cardAt: (at: string) => RateCard) {}

  add(line: PostedLine): void {
    this.sum(this.before, line);
    if (line.isCorrection === true) return;
    const sku = this.skuOf(line.skuId);
    // What is no usage (a minimum, a commitment not used) is no matter of prices.
    if (sku === undefined || keepsItsPrice(sku, line)) return this.sum(this.kept, line);
    const { project, quantity, resourceId, pricedAt, unit } = line;
    const { meter, source, simulated, product, pricing, quality } = sku;
    const usage = {
      meter,
      quantity,
      project,
      source,
      simulated,
      product,
      pricing,
      quality,
      resourceId,
      from: pricedAt,
    };
    const rating = rateUsage(usage, this.cardAt(pricedAt));
    if (!rating.rated) {
      this.withoutPrice += 1;
      return this.sum(this.kept, line);
    }
    const { skuId, terms } = rating.usage;
    let ofTerms = this.after.get(terms);
    if (!ofTerms) {
      ofTerms = new Sums();
      this.after.set(terms, ofTerms);
    }
    if (ofTerms.add(project, skuId, quantity, 0n)) return;
    ofTerms.begin(skuId, { project, skuId, lineKey: '', terms, unit, quantity, amount: 0n });
  }

  result(): Rerated {
    const rerated = [...this.after].flatMap(([terms, sums]) =>
      sums.all().map((one) => ({ ...one, amount: amountOf(terms, one.quantity) })),
    );
    return { posted: this.before.all(), rerated: [...rerated, ...this.kept.all()], withoutPrice: this.withoutPrice };
  }

  private sum(sums: Sums, { project, skuId, lineKey, terms, unit, quantity, amount }: PostedLine): void {
    if (sums.add(project, lineKey, quantity, amount)) return;
    sums.begin(lineKey, { project, skuId, lineKey, terms, unit, quantity, amount });
  }

  private skuOf(skuId: string): Sku | undefined {
    const known = this.skus.get(skuId);
    if (known !== undefined || this.skus.has(skuId)) return known;
    const sku = skuOf(skuId);
    const fresh = sku && asked(sku);
    this.skus.set(skuId, fresh);
    return fresh;
  }
}

/** A line that brings what was posted to what is right: amount = amountOf(terms, quantityBefore + quantity) − amountBefore. */
export interface CorrectionLine {
  readonly project: string;
  readonly skuId: string;
  readonly unit: string;
  readonly terms: PriceTerms;
  readonly quantityBefore: bigint;
  readonly quantity: bigint;
  readonly amountBefore: bigint;
  readonly amount: bigint;
  /** The line that was wrong; undefined where there was none. */
  readonly correctsLineKey: string | undefined;
}

const sameTerms = (a: PriceTerms | undefined, b: PriceTerms | undefined): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

/** What two groups must share for one to correct the other: the thing, and not how its price came about. */
function subjectOf({ project, skuId }: RatedGroup): string {
  const sku = skuOf(skuId);
  return `${project} ${sku ? skuIdOf({ ...sku, pricing: 'on-demand' }) : skuId}`;
}

function bySubject(groups: readonly RatedGroup[]): ReadonlyMap<string, readonly RatedGroup[]> {
  const map = new Map<string, RatedGroup[]>();
  for (const group of groups) {
    const known = map.get(subjectOf(group));
    if (known) known.push(group);
    else map.set(subjectOf(group), [group]);
  }
  return map;
}

const NONE = { quantity: 0n, amount: 0n };

function correction(old: RatedGroup | undefined, now: RatedGroup | undefined): CorrectionLine | undefined {
  const group = now ?? old;
  if (!group?.terms) return undefined;
  const [before, after] = [old ?? NONE, now ?? NONE];
  const [quantity, amount] = [after.quantity - before.quantity, after.amount - before.amount];
  if (amount === 0n && (quantity === 0n || !now)) return undefined;
  const { project, skuId, unit, terms } = group;
  const lineBefore = { quantityBefore: before.quantity, amountBefore: before.amount, correctsLineKey: old?.lineKey };
  return { project, skuId, unit, terms, quantity, amount, ...lineBefore };
}

const isSame = (a: RatedGroup, b: RatedGroup): boolean => a.skuId === b.skuId && sameTerms(a.terms, b.terms);

/** What was posted of one thing beside what it should be: those of the same price together, then whatever is left. */
function pairsOf(before: readonly RatedGroup[], after: readonly RatedGroup[]) {
  const left = [...after];
  const pairs: [RatedGroup | undefined, RatedGroup | undefined][] = [];
  const changed: RatedGroup[] = [];
  for (const old of before) {
    const index = left.findIndex((now) => isSame(old, now));
    if (index < 0) changed.push(old);
    else pairs.push([old, left.splice(index, 1)[0]]);
  }
  for (let index = 0; index < Math.max(changed.length, left.length); index += 1) {
    pairs.push([changed[index], left[index]]);
  }
  return pairs;
}

/**
 * What has to be posted so that a period costs what it should: for each thing the lines that were wrong, each with the
 * one that it corrects. Their sum is the difference of the totals, to the last unit.
 */
export function differenceOf({ posted, rerated }: Rerated): readonly CorrectionLine[] {
  const isThere = ({ quantity, amount }: RatedGroup): boolean => quantity !== 0n || amount !== 0n;
  const before = bySubject(posted.filter(isThere));
  const after = bySubject(rerated.filter(isThere));
  return [...new Set([...before.keys(), ...after.keys()])]
    .flatMap((subject) => pairsOf(before.get(subject) ?? [], after.get(subject) ?? []))
    .map(([old, now]) => correction(old, now))
    .filter((line) => line !== undefined);
}
