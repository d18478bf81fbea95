import { accept, derivePrefixedId, refuse, type Decision } from '@solyx/kernel';
import type { ChargeKind, ChargeLine, PriceTerms } from '@solyx/contracts';
import { PeriodClosed, type ChargePosted } from '@solyx/contracts/billing';
import { chargesOfLines, type Prices } from './account-charge';
import { commitmentSkuOf, usedOf } from './account-commitments';
import { bookOf, type Account, type AccountEvent, type HeldCommitment } from './account-state';
import { periodNamed, type BillingPeriod } from './billing-period';
import { lineKeyOf } from './line-key';
import { amountOf } from './rating/amount';
import { unusedOf } from './rating/commitment';
import { bulkDiscountTerms, MICRO_USD, minimumTerms, shortOfMinimum } from './rating/period-close';

const HOUR_MS = 3_600_000;

export interface ClosePeriod {
  readonly organizationId: string;
  readonly period: string;
  readonly prices: Prices;
  readonly at: string;
}

export type CloseRefusal = 'PeriodOpen' | 'PeriodMetering';

/** When a period may be closed: its end and the grace for what comes late. ISO 8601 UTC. */
export const closesAt = ({ to }: Pick<BillingPeriod, 'to'>, graceHours: number): string =>
  new Date(Date.parse(to) + graceHours * HOUR_MS).toISOString();

/** Allocations whose meter was not read yet up to the end of the period. */
export const unreadOf = (account: Account, { to }: Pick<BillingPeriod, 'to'>): readonly string[] =>
  [...account.usages.entries()]
    .filter(([, usage]) => usage.phase === 'Open' && usage.meteredTo < to && usage.usage.allocation.grantedAt < to)
    .map(([allocationId]) => allocationId);

interface PeriodLine {
  readonly kind: ChargeKind;
  readonly project: string;
  readonly skuId: string;
  readonly description: string;
  readonly quantity: bigint;
  readonly terms: PriceTerms;
  readonly from: string;
  readonly to: string;
  readonly simulated: boolean;
  readonly source: ChargeLine['source'];
  readonly gpuModel: string;
  readonly pricing: NonNullable<ChargeLine['pricing']>;
}

/** A line that only the whole period can tell, with no line of its key before it. */
function lineOf(line: PeriodLine, { organizationId, period }: ClosePeriod): ChargeLine {
  const { terms, quantity, kind, description, source, simulated, gpuModel, from, to, skuId, pricing, project } = line;
  const amount = amountOf(terms, quantity).toString();
  const [rate] = terms.tiers;
  return {
    ...{ kind, description, source, simulated, nodeId: '', gpuModel, quantity: quantity.toString(), unit: terms.unit },
    ...{ from, to, rateNumerator: rate?.rateNumerator ?? '0', rateDenominator: rate?.rateDenominator ?? '1' },
    ...{ amountMicroUsd: amount, listAmountMicroUsd: amount, eventIds: [], positions: [] },
    lineKey: lineKeyOf({ organizationId, period, project, skuId, terms }),
    ...{ skuId, pricing, quality: 'standard', quantityBefore: '0', amountBefore: '0', terms },
  };
}

const ofAccount = ({ from, to }: BillingPeriod) =>
  ({ from, to, project: '*', simulated: false, source: 'owned', gpuModel: '', pricing: 'contract' }) as const;

/** What was committed and not used: paid for all the same, as its own line. */
function unusedLine({ commitment }: HeldCommitment, account: Account, period: BillingPeriod): PeriodLine | undefined {
  const covered = usedOf(account, commitment, period.from, period.to);
  const quantity = unusedOf(commitment, period.from, period.to, covered);
  if (quantity === 0n) return undefined;
  return {
    kind: 'commitment',
    project: commitment.project,
    skuId: `${commitmentSkuOf(commitment)}/unused`,
    description: `Reserved and not used: ${commitment.product} (${commitment.source})`,
    quantity,
    terms: commitment.terms,
    from: commitment.from > period.from ? commitment.from : period.from,
    to: commitment.to < period.to ? commitment.to : period.to,
    simulated: commitment.simulated,
    source: commitment.source,
    gpuModel: commitment.product,
    pricing: 'reserved',
  };
}

const micro = (entryId: string): PriceTerms => ({
  priceBookId: 'commitment',
  priceBookVersion: 0,
  entryId,
  model: 'flat',
  unit: MICRO_USD,
  tiers: [{ rateNumerator: '1', rateDenominator: '1' }],
  markupBps: 0,
  discountBps: 0,
});

/** For leaving a commitment before its term, in the period in which it ended. */
function withdrawalLine({ commitment, withdrawalFeeMicroUsd }: HeldCommitment, period: BillingPeriod) {
  const endsIn = commitment.to > period.from && commitment.to <= period.to;
  if (withdrawalFeeMicroUsd === '0' || !endsIn) return undefined;
  const line: PeriodLine = {
    ...ofAccount(period),
    kind: 'fee',
    project: commitment.project,
    skuId: `${commitmentSkuOf(commitment)}/withdrawal`,
    description: 'For leaving a commitment before its term',
    quantity: BigInt(withdrawalFeeMicroUsd),
    terms: micro(commitment.commitmentId),
    simulated: commitment.simulated,
  };
  return line;
}

const chargeOf = (data: ClosePeriod, period: BillingPeriod, line: PeriodLine): readonly ChargePosted[] => {
  const isCommitment = line.skuId.startsWith('commitment/');
  const subject = isCommitment ? (line.skuId.split('/')[1] ?? '') : period.id;
  const head = {
    chargeId: derivePrefixedId('chg', data.organizationId, period.id, line.skuId),
    organizationId: data.organizationId,
    project: line.project,
    resource: { kind: isCommitment ? 'commitment' : 'period', id: subject } as const,
    usedAt: line.from,
    at: line.to,
    eventIds: [],
    positions: [],
  };
  return chargesOfLines(head, { period: period.id }, [lineOf(line, data)]);
};

const totalOf = (charges: readonly ChargePosted[], simulated: boolean): bigint =>
  charges
    .flatMap(({ data }) => data.lines)
    .filter((line) => line.simulated === simulated)
    .reduce((sum, { amountMicroUsd }) => sum + BigInt(amountMicroUsd), 0n);

/** Bulk discounts first, then what the period still lacks to its minimum. Rehearsals have neither. */
function wholeLines(data: ClosePeriod, period: BillingPeriod, spent: bigint): readonly PeriodLine[] {
  const [version] = data.prices.cardAt(period.from).books;
  if (!version) return [];
  const { book } = version;
  const lines: PeriodLine[] = [];
  const discount = bulkDiscountTerms(book, version.version);
  let total = spent;
  if (discount) {
    const amount = amountOf(discount, spent);
    total += amount;
    const line = { kind: 'adjustment', skuId: 'bulk-discount', description: 'Bulk discount' } as const;
    if (amount !== 0n) lines.push({ ...ofAccount(period), ...line, quantity: spent, terms: discount });
  }
  const short = shortOfMinimum(book, total);
  if (short > 0n) {
    const line = { kind: 'minimum', skuId: 'minimum', description: 'To the agreed minimum' } as const;
    lines.push({ ...ofAccount(period), ...line, quantity: short, terms: minimumTerms(book, version.version) });
  }
  return lines;
}

/**
 * Ends a period once its grace is over and every meter was read up to its end: what only the whole period can tell is
 * charged (unused commitments, fees, discounts, minimum), then nothing in it is charged any more.
 */
export function closePeriod(data: ClosePeriod, account: Account): Decision<AccountEvent, CloseRefusal> {
  if (data.period <= account.closedThrough) return accept();
  const { timeZone, graceHours } = account.profile;
  const period = periodNamed(data.period, timeZone);
  const closes = closesAt(period, graceHours);
  if (data.at < closes) return refuse('PeriodOpen', { period: data.period, closesAt: closes });
  const unread = unreadOf(account, period);
  if (unread.length > 0) return refuse('PeriodMetering', { period: data.period, meters: unread.length });
  const held = account.commitments.flatMap((one) => [unusedLine(one, account, period), withdrawalLine(one, period)]);
  const committed = held.flatMap((line) => (line ? chargeOf(data, period, line) : []));
  const { charges, total, simulated } = bookOf(account, data.period);
  const spent = total + totalOf(committed, false);
  const whole = wholeLines(data, period, spent).flatMap((line) => chargeOf(data, period, line));
  const posted = [...committed, ...whole];
  const closed = PeriodClosed({
    organizationId: data.organizationId,
    period: data.period,
    timeZone,
    from: period.from,
    to: period.to,
    charges: charges + posted.length,
    totalMicroUsd: (total + totalOf(posted, false)).toString(),
    simulatedMicroUsd: (simulated + totalOf(posted, true)).toString(),
    at: data.at,
  });
  return accept<AccountEvent>(...posted, closed);
}
