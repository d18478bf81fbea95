import type { ChargeLine } from '@solyx/contracts';
import { skuIdOfLine } from '../../domain/invoicing/invoice-lines';
import { shownUnit } from '../../domain/invoicing/units';
import { skuOf } from '../../domain/rating/sku';

/** Who bills whom for what time: the same for all rows of an export. */
export interface FocusHeader {
  readonly organizationId: string;
  readonly organizationName: string;
  readonly periodStart: string;
  readonly periodEnd: string;
  readonly currency: string;
  /** Number of the invoice; undefined until it is issued. */
  readonly invoiceId: string | undefined;
  readonly issuer: string;
}

/** What rows of one product, project and user have in common; a row points to it. */
export interface FocusContext {
  readonly chargeCategory: 'Usage' | 'Purchase' | 'Tax' | 'Credit' | 'Adjustment';
  readonly correction: boolean;
  readonly description: string;
  readonly frequency: 'One-Time' | 'Usage-Based';
  readonly commitmentId: string | undefined;
  readonly commitmentStatus: 'Used' | 'Unused' | undefined;
  readonly pricingCategory: 'Standard' | 'Dynamic' | 'Committed' | 'Other' | undefined;
  readonly unit: string | undefined;
  readonly hostProvider: string;
  readonly resourceId: string | undefined;
  readonly resourceType: string | undefined;
  readonly serviceCategory: string;
  readonly serviceSubcategory: string;
  readonly serviceName: string;
  readonly skuId: string | undefined;
  readonly skuMeter: string | undefined;
  readonly skuPriceId: string | undefined;
  readonly skuPriceDetails: string | undefined;
  readonly project: string | undefined;
  readonly tags: string;
  readonly lineKey: string | undefined;
  readonly quality: string | undefined;
}

/** One row. Costs in micro-units, quantities and prices in billionths: exact, and the same in CSV and Parquet. */
export interface FocusRow {
  readonly context: FocusContext;
  readonly chargeId: string;
  readonly from: string;
  readonly to: string;
  readonly billed: bigint;
  readonly list: bigint;
  readonly quantity: bigint | undefined;
  readonly listPrice: bigint | undefined;
  readonly contractedPrice: bigint | undefined;
}

const NANO = 1_000_000_000n;
const NANO_PER_MICRO = 1_000n;

interface Service {
  readonly category: string;
  readonly subcategory: string;
  readonly name: string;
}

const COMPUTE: Service = { category: 'Compute', subcategory: 'Virtual Machines', name: 'Solyx GPU Cloud' };
const OTHER: Service = { category: 'Other', subcategory: 'Other (Other)', name: 'Solyx' };

/** Categories and subcategories as FOCUS 1.3 allows them. */
const SERVICES: Readonly<Partial<Record<ChargeLine['kind'], Service>>> = {
  gpu: COMPUTE,
  cpu: COMPUTE,
  memory: COMPUTE,
  commitment: COMPUTE,
  token: { category: 'AI and Machine Learning', subcategory: 'Generative AI', name: 'Solyx Inference' },
  storage: { category: 'Storage', subcategory: 'Other (Storage)', name: 'Solyx Storage' },
  egress: { category: 'Networking', subcategory: 'Network Connectivity', name: 'Solyx Network' },
  ads: { category: 'Other', subcategory: 'Other (Other)', name: 'Solyx Ads' },
};

const PRICING: Readonly<Record<string, FocusContext['pricingCategory']>> = {
  'on-demand': 'Standard',
  contract: 'Standard',
  spot: 'Dynamic',
  dynamic: 'Dynamic',
  reserved: 'Committed',
};

const USAGE: ReadonlySet<string> = new Set(['gpu', 'cpu', 'memory', 'token', 'storage', 'egress', 'ads', 'commitment']);

export interface ChargeFacts {
  readonly chargeId: string;
  readonly project: string;
  readonly resource: { readonly kind: string; readonly id: string };
  readonly correctsPeriod?: string;
}

/** Tags as a JSON object with sorted keys; what Solyx itself adds begins with `solyx/`. */
function tagsOf({ team, user, labels, simulated }: ChargeLine): string {
  const tags: Record<string, string> = { ...labels };
  if (team !== undefined) tags['solyx/team'] = team;
  if (user !== undefined) tags['solyx/user'] = user;
  if (simulated) tags['solyx/simulated'] = 'true';
  const keys = Object.keys(tags).sort();
  return JSON.stringify(Object.fromEntries(keys.map((key) => [key, tags[key]])));
}

function commitmentOf(line: ChargeLine, { resource }: ChargeFacts) {
  if (line.kind === 'commitment') return { id: resource.id, status: 'Unused' as const };
  if (line.pricing === 'reserved' && line.terms) return { id: line.terms.entryId, status: 'Used' as const };
  return undefined;
}

/** All of a line that does not change from one slice of its use to the next. */
export function contextOf(line: ChargeLine, charge: ChargeFacts): FocusContext {
  const skuId = skuIdOfLine(line);
  const service = SERVICES[line.kind] ?? OTHER;
  const usage = USAGE.has(line.kind);
  const commitment = commitmentOf(line, charge);
  const { terms } = line;
  const priceId = terms ? `${terms.priceBookId}/${terms.priceBookVersion}/${terms.entryId}` : skuId;
  const words = line.description === '' ? skuId : line.description;
  return {
    chargeCategory: usage ? 'Usage' : 'Adjustment',
    correction: charge.correctsPeriod !== undefined,
    description: `${line.simulated ? 'SIMULATED: ' : ''}${words}`.slice(0, 256),
    frequency: usage ? 'Usage-Based' : 'One-Time',
    commitmentId: commitment?.id,
    commitmentStatus: commitment?.status,
    pricingCategory: PRICING[line.pricing ?? 'on-demand'] ?? 'Other',
    unit: shownUnit({ kind: line.kind, unit: line.unit, skuId }).priced,
    hostProvider: line.providerId ?? 'Solyx',
    resourceId: charge.resource.id,
    resourceType: charge.resource.kind,
    serviceCategory: service.category,
    serviceSubcategory: service.subcategory,
    serviceName: service.name,
    skuId,
    skuMeter: skuOf(skuId)?.meter ?? line.kind,
    skuPriceId: priceId,
    skuPriceDetails: JSON.stringify({
      Source: line.source,
      ...(line.gpuModel === '' ? {} : { Product: line.gpuModel }),
    }),
    project: charge.project,
    tags: tagsOf(line),
    lineKey: line.lineKey,
    quality: line.quality,
  };
}

/** The key of the invoice's line, or what it would be made of. */
const lineOf = (line: ChargeLine, { project }: ChargeFacts): string =>
  line.lineKey ?? `${line.kind} ${line.source} ${line.gpuModel} ${line.rateNumerator} ${line.unit} ${project}`;

/** For whom a line is, and what sets it apart; nearly always nobody in particular, or a team. */
function whomOf(line: ChargeLine, { correctsPeriod }: ChargeFacts): string {
  const { team = '', user, labels, providerId } = line;
  const apart = [user, labels, providerId, correctsPeriod].some((value) => value !== undefined);
  return apart || team.startsWith('[') ? JSON.stringify([line.team, user, labels, providerId, correctsPeriod]) : team;
}

function entry<V>(map: Map<string, Map<string, V>>, key: string): Map<string, V> {
  const known = map.get(key);
  if (known) return known;
  const fresh = new Map<string, V>();
  map.set(key, fresh);
  return fresh;
}

interface KnownContext {
  readonly context: FocusContext;
  readonly perPrice: bigint;
}

/** Turns charges into rows. Contexts are shared, so that a million rows of a hundred products cost little. */
export class FocusRows {
  /** By line, resource and whom; strings that are there already are cheaper to look up than one made of them. */
  private readonly contexts = new Map<string, Map<string, Map<string, KnownContext>>>();

  private contextOf(line: ChargeLine, charge: ChargeFacts): KnownContext {
    const resources = entry(this.contexts, lineOf(line, charge));
    const people = entry(resources, charge.resource.id);
    const whom = whomOf(line, charge);
    const known = people.get(whom);
    if (known) return known;
    const { perPrice } = shownUnit({ kind: line.kind, unit: line.unit, skuId: skuIdOfLine(line) });
    const fresh = { context: contextOf(line, charge), perPrice };
    people.set(whom, fresh);
    return fresh;
  }

  /** A line of a charge as a row; amounts are those that were posted. */
  rowOf(line: ChargeLine, charge: ChargeFacts): FocusRow {
    const { context, perPrice } = this.contextOf(line, charge);
    const { from, to, amountMicroUsd, listAmountMicroUsd = amountMicroUsd } = line;
    const { chargeId } = charge;
    const billed = BigInt(amountMicroUsd);
    const quantity = (BigInt(line.quantity) * NANO) / perPrice;
    const contractedPrice = priceOf(billed, quantity);
    const same = listAmountMicroUsd === amountMicroUsd;
    const list = same ? billed : BigInt(listAmountMicroUsd);
    const listPrice = same ? contractedPrice : priceOf(list, quantity);
    if (listPrice !== undefined && contractedPrice !== undefined) {
      return { context, chargeId, from, to, billed, list, quantity, listPrice, contractedPrice };
    }
    // What no price times a quantity gives (nothing used, or money back) has neither.
    return { context, chargeId, from, to, billed, ...unpriced(billed, quantity) };
  }
}

const unpriced = (billed: bigint, quantity: bigint) => ({
  list: billed,
  quantity: quantity === 0n ? NANO : quantity,
  listPrice: quantity === 0n && billed >= 0n ? billed * NANO_PER_MICRO : undefined,
  contractedPrice: quantity === 0n && billed >= 0n ? billed * NANO_PER_MICRO : undefined,
});

const NANO_SQUARED_PER_MICRO = NANO * NANO_PER_MICRO;

/** Cost / quantity in billionths, rounded down; undefined where that is no price. */
function priceOf(cost: bigint, quantity: bigint): bigint | undefined {
  if (quantity === 0n) return undefined;
  const price = (cost * NANO_SQUARED_PER_MICRO) / quantity;
  return price < 0n ? undefined : price;
}

/** A tax or a credit of an invoice: a row of its own, so that rows sum to what is to be paid. */
export function documentRow(
  kind: 'Tax' | 'Credit',
  { description, amount, id }: { readonly description: string; readonly amount: bigint; readonly id: string },
  { periodStart, periodEnd }: FocusHeader,
): FocusRow {
  const context: FocusContext = {
    ...{ chargeCategory: kind, correction: false, description, frequency: 'One-Time' },
    ...{ commitmentId: undefined, commitmentStatus: undefined, pricingCategory: undefined, unit: undefined },
    ...{ hostProvider: 'Solyx', resourceId: undefined, resourceType: undefined, serviceCategory: OTHER.category },
    ...{ serviceSubcategory: OTHER.subcategory, serviceName: OTHER.name, skuId: undefined, skuMeter: undefined },
    ...{ skuPriceId: undefined, skuPriceDetails: undefined, project: undefined, tags: '{}', lineKey: undefined },
    quality: undefined,
  };
  const none = { quantity: undefined, listPrice: undefined, contractedPrice: undefined };
  return { context, chargeId: id, from: periodStart, to: periodEnd, billed: amount, list: amount, ...none };
}
