import type { QueueBudget } from '@solyx/contracts';
import { periodAt, type Period, type Span } from './period';

/** Periods ahead that one workload may reach into: days of a run of more than a year are too many to promise. */
export const PERIODS_AHEAD_MAX = 400;
const HOUR_MS = 3_600_000n;

/** What is spent at a rate from an instant to another. */
export interface Spending extends Span {
  /** Thousandths of a GPU. */
  readonly gpuMilli: number;
  readonly microUsdPerHour: bigint;
  /** Once, at `from`. */
  readonly microUsdOnce: bigint;
}

/** One period of one kind. Amounts are exact: milli-GPU × ms, and micro-USD per hour × ms; decimal text, as they grow. */
export interface Page {
  readonly period: Period;
  readonly from: number;
  readonly gpuMilliMs: string;
  readonly microUsdMs: string;
}

/** Of a queue: what its running work has spent and may still spend, in each period from the present one on. */
export type Ledger = readonly Page[];

interface Amounts {
  readonly gpuMilliMs: bigint;
  readonly microUsdMs: bigint;
}

/** What of a spending falls into each period of one kind, the first first; undefined where it reaches too far. */
function split(period: Period, spending: Spending): readonly (Amounts & { readonly from: number })[] | undefined {
  const parts: (Amounts & { readonly from: number })[] = [];
  let { from } = spending;
  let once = spending.microUsdOnce * HOUR_MS;
  while (from < spending.until || once > 0n) {
    if (parts.length >= PERIODS_AHEAD_MAX) return undefined;
    const span = periodAt(period, from);
    const ms = BigInt(Math.max(0, Math.min(span.until, spending.until) - from));
    parts.push({
      from: span.from,
      gpuMilliMs: BigInt(spending.gpuMilli) * ms,
      microUsdMs: spending.microUsdPerHour * ms + once,
    });
    once = 0n;
    from = Math.max(from, span.until);
  }
  return parts;
}

const pageAt = (ledger: Ledger, period: Period, from: number): Page | undefined =>
  ledger.find((page) => page.period === period && page.from === from);

function changed(ledger: Ledger, period: Period, spending: Spending, sign: 1n | -1n): Ledger {
  const parts = split(period, spending) ?? [];
  const froms = new Map(parts.map((part) => [part.from, part]));
  const kept = ledger.map((page) => {
    const part = page.period === period ? froms.get(page.from) : undefined;
    if (!part) return page;
    froms.delete(page.from);
    const gpuMilliMs = String(BigInt(page.gpuMilliMs) + sign * part.gpuMilliMs);
    return { ...page, gpuMilliMs, microUsdMs: String(BigInt(page.microUsdMs) + sign * part.microUsdMs) };
  });
  if (sign < 0n || froms.size === 0) return kept;
  const added = [...froms.values()].map(({ from, gpuMilliMs, microUsdMs }) => ({
    ...{ period, from, gpuMilliMs: String(gpuMilliMs), microUsdMs: String(microUsdMs) },
  }));
  return [...kept, ...added];
}

/** Drops the periods that are over. */
const turned = (ledger: Ledger, now: number): Ledger =>
  ledger.filter(({ period, from }) => from >= periodAt(period, now).from);

export const kindsOf = (budgets: readonly QueueBudget[]): readonly Period[] => [
  ...new Set(budgets.map(({ period }) => period)),
];

/** With what a start may spend, at the most. */
export const committed = (ledger: Ledger, kinds: readonly Period[], spending: Spending): Ledger =>
  kinds.reduce((pages, period) => changed(pages, period, spending, 1n), turned(ledger, spending.from));

/** Without what an early end saves. */
export const saved = (ledger: Ledger, kinds: readonly Period[], spending: Spending): Ledger =>
  kinds.reduce(
    (pages, period) => changed(pages, period, { ...spending, microUsdOnce: 0n }, -1n),
    turned(ledger, spending.from),
  );

/** A budget that does not cover what would be started. */
export interface Overrun {
  readonly budget: QueueBudget;
  /** When the period that would be overrun begins and ends. */
  readonly span: Span;
}

const exceeds = ({ gpuMilliHours, microUsd }: QueueBudget, { gpuMilliMs, microUsdMs }: Amounts): boolean =>
  (gpuMilliHours !== undefined && gpuMilliMs > BigInt(gpuMilliHours) * HOUR_MS) ||
  (microUsd !== undefined && microUsdMs > BigInt(microUsd) * HOUR_MS);

/** The first budget that a start would overrun, in whichever period; running work counts with the most it may spend. */
export function overrunBy(ledger: Ledger, budgets: readonly QueueBudget[], spending: Spending): Overrun | undefined {
  for (const budget of budgets) {
    const { period } = budget;
    const parts = split(period, spending);
    if (!parts) return { budget, span: periodAt(period, spending.from) };
    for (const part of parts) {
      const page = pageAt(ledger, period, part.from);
      const sum = {
        gpuMilliMs: part.gpuMilliMs + BigInt(page?.gpuMilliMs ?? 0),
        microUsdMs: part.microUsdMs + BigInt(page?.microUsdMs ?? 0),
      };
      if (exceeds(budget, sum)) return { budget, span: periodAt(period, part.from) };
    }
  }
  return undefined;
}
