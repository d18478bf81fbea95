import { accept, derivePrefixedId, refuse, type Decision } from '@solyx/kernel';
import type { ChargeLine } from '@solyx/contracts';
import { chargedPeriodOf, chargesOfLines } from './account-charge';
import { bookOf, knownSince, type Account, type AccountEvent } from './account-state';
import { periodNamed } from './billing-period';
import { lineKeyOf } from './line-key';
import { NOTHING } from './rating/amount';
import type { CorrectionLine } from './rating/rerate';
import { kindOf, skuOf } from './rating/sku';

/** Lines that one correction may have: each project's are a charge, or several. */
export const CORRECTION_LINES_MAX = 2_000;

export interface CorrectPeriod {
  readonly organizationId: string;
  /** The period that was rated again. */
  readonly period: string;
  readonly requestId: string;
  readonly lines: readonly CorrectionLine[];
  /** The request, as evidence. */
  readonly eventId: string;
  readonly position: string;
  readonly at: string;
}

export type CorrectionRefusal = 'UsageTooOld' | 'RerateStale' | 'LimitExceeded';

interface Target {
  readonly data: CorrectPeriod;
  readonly period: string;
  readonly correctsPeriod?: string;
}

const keyOf = ({ project, skuId, terms }: CorrectionLine, { organizationId, period }: CorrectPeriod): string =>
  lineKeyOf({ organizationId, period, project, skuId, terms });

/** Whether the account still has what the correction was worked out from. */
function isCurrent(line: CorrectionLine, data: CorrectPeriod, account: Account): boolean {
  const { lines } = bookOf(account, data.period);
  const before = lines.get(line.correctsLineKey ?? keyOf(line, data)) ?? NOTHING;
  return before.quantity === line.quantityBefore && before.amount === line.amountBefore;
}

/** What the line is about, where it is usage. */
function subjectOf(skuId: string) {
  const sku = skuOf(skuId);
  if (!sku)
    return {
      kind: 'adjustment',
      source: 'owned',
      simulated: false,
      gpuModel: '',
      pricing: 'contract',
      quality: 'standard',
    } as const;
  const { meter, source, simulated, product, pricing, quality } = sku;
  return { kind: kindOf(meter), source, simulated, gpuModel: product, pricing, quality };
}

function lineOf(line: CorrectionLine, { data, period, correctsPeriod }: Target, account: Account): ChargeLine {
  const { terms, skuId } = line;
  const own = keyOf(line, data);
  const span = periodNamed(data.period, account.profile.timeZone);
  const [rate] = terms.tiers;
  return {
    ...subjectOf(skuId),
    description: `Rated again, ${data.period}: ${skuId}`.slice(0, 200),
    ...{ nodeId: '', quantity: line.quantity.toString(), unit: line.unit, from: span.from, to: span.to },
    ...{ rateNumerator: rate?.rateNumerator ?? '0', rateDenominator: rate?.rateDenominator ?? '1' },
    amountMicroUsd: line.amount.toString(),
    ...{ eventIds: [data.eventId], positions: [data.position], skuId, terms },
    lineKey: correctsPeriod === undefined ? own : derivePrefixedId('line', own, period),
    ...{ quantityBefore: line.quantityBefore.toString(), amountBefore: line.amountBefore.toString() },
    listAmountMicroUsd: line.amount.toString(),
    correctsLineKey: line.correctsLineKey ?? own,
  };
}

function byProject(lines: readonly CorrectionLine[]): ReadonlyMap<string, readonly CorrectionLine[]> {
  const projects = new Map<string, CorrectionLine[]>();
  for (const line of lines) projects.set(line.project, [...(projects.get(line.project) ?? []), line]);
  return projects;
}

/**
 * Posts what a period should have cost more or less, each line linked to the one that was wrong: in the period itself
 * while it is open, else in the first open one. Refused where anything was charged meanwhile that the difference does not
 * know of, which a repeat of the same correction finds too: so it is posted once.
 */
export function correctPeriod(data: CorrectPeriod, account: Account): Decision<AccountEvent, CorrectionRefusal> {
  const { period, lines, organizationId, requestId, at } = data;
  const span = periodNamed(period, account.profile.timeZone);
  if (span.from < knownSince(account)) return refuse('UsageTooOld', { period, since: knownSince(account) });
  if (lines.length > CORRECTION_LINES_MAX) return refuse('LimitExceeded', { lines: lines.length });
  const moved = lines.find((line) => !isCurrent(line, data, account));
  if (moved) return refuse('RerateStale', { period, skuId: moved.skuId });
  const periods = chargedPeriodOf(account, span.from);
  const events = [...byProject(lines)].flatMap(([project, ofProject]) => {
    const head = {
      chargeId: derivePrefixedId('chg', organizationId, requestId, project),
      ...{ organizationId, project, resource: { kind: 'period', id: period } as const },
      ...{ usedAt: span.from, at, eventIds: [], positions: [] },
    };
    const made = ofProject.map((line) => lineOf(line, { data, ...periods }, account));
    return chargesOfLines(head, periods, made);
  });
  return accept(...events);
}
