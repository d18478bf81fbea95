import type { QueueBudget, WaitReason } from '@solyx/contracts';
import type { Ask } from '../ask';
import { exceedsBudget } from '../filter';
import { isoOf } from '../instants';
import type { QueuedWorkload } from '../partition-state';
import type { Found } from '../place';
import { NONE, plus } from '../queues/amounts';
import { wantedOf } from '../queues/lanes';
import { overrunBy, type Overrun, type Spending } from '../queues/ledger';
import { queueKeyOf, queueNameOf, quotaOf, UNLIMITED } from '../queues/queue-state';
import { BLOCKED_SHAPES_MAX, type Run } from '../run';
import type { ShapeView } from '../shape-view';
import { transfersTo } from '../transfers';

/** After so many refusals of one queue's budget in one schedule, the rest of the queue is refused unseen. */
const REFUSALS_MAX = 64;

/** Why a workload may not start although there may be room. */
export interface Refusal {
  readonly reason: WaitReason;
  /** Said after the reason, where there is more to say. */
  readonly note?: string;
}

const because = (reason: string, note?: string): Refusal => ({
  reason: { reason, count: 1 },
  ...(note === undefined ? {} : { note }),
});

const PERIODS: Readonly<Record<QueueBudget['period'], string>> = {
  day: 'for the day',
  week: 'for the week',
  month: 'for the month',
  total: 'in all',
};

const overrunNote = ({ budget: { period }, span }: Overrun): string =>
  period === 'total'
    ? 'its budget in all does not cover the longest it may run'
    : `its budget ${PERIODS[period]} from ${isoOf(span.from)} does not cover the longest it may run; the next period begins at ${isoOf(span.until)}`;

/** Why a workload is not even looked at for a place; undefined where it may go on. */
export function admit(run: Run, { request }: QueuedWorkload, ask: Ask): Refusal | undefined {
  const { draft, blockedShapes, fleet } = run;
  const { notBefore, organizationId } = request;
  if (notBefore !== undefined && notBefore > draft.at) return because('BackingOff');
  const name = queueNameOf(request);
  const quota = quotaOf(draft.state, organizationId, name);
  if (quota === undefined) return because('QueueUnknown', `no queue ${name} is known`);
  if (quota !== UNLIMITED && !run.cohorts.allows(quota, wantedOf(ask))) return because('QuotaExceeded');
  if (blockedShapes < BLOCKED_SHAPES_MAX) return undefined;
  return { reason: { reason: 'BehindInQueue', count: fleet.nodes.length } };
}

/** The queue's budgets do not cover what would be spent from now on, at the most. */
function refusedByBudgets(run: Run, ask: Ask, spend: Omit<Spending, 'from' | 'until'>): Refusal | undefined {
  const { draft, now, refusals } = run;
  const { request } = ask;
  const quota = quotaOf(draft.state, request.organizationId, queueNameOf(request));
  if (quota === undefined || quota === UNLIMITED || quota.budgets.length === 0) return undefined;
  const key = queueKeyOf(request);
  const before = refusals.get(key);
  if (before && before.count >= REFUSALS_MAX) return before.refusal;
  const ledger = draft.state.queues.get(key)?.ledger ?? [];
  const overrun = overrunBy(ledger, quota.budgets, { ...spend, from: now, until: now + ask.runtimeMs });
  if (!overrun) return undefined;
  const refusal = because('BudgetSpent', overrunNote(overrun));
  refusals.set(key, { count: (before?.count ?? 0) + 1, refusal });
  return refusal;
}

const CHEAPEST = new WeakMap<ShapeView, bigint>();

/** The least that one node of it could cost per hour. */
function cheapestOf(view: ShapeView): bigint {
  const known = CHEAPEST.get(view);
  if (known !== undefined) return known;
  let least: bigint | undefined;
  for (const { suited } of view.eligible) {
    const { perHour } = suited.price;
    if (least === undefined || perHour < least) least = perHour;
  }
  CHEAPEST.set(view, least ?? 0n);
  return least ?? 0n;
}

/** Refuses what budgets cannot cover wherever it runs, so that nothing is planned, evicted or leased for it. */
export function coverable(run: Run, ask: Ask, view: ShapeView): Refusal | undefined {
  const microUsdPerHour = cheapestOf(view) * BigInt(ask.nodesMin);
  return refusedByBudgets(run, ask, { gpuMilli: wantedOf(ask).gpuMilli, microUsdPerHour, microUsdOnce: 0n });
}

/** What a start costs with these nodes, and what moves. */
function spendOf({ draft }: Run, ask: Ask, picks: Found['picks']): Omit<Spending, 'from' | 'until'> {
  const sites = picks.map(({ node }) => node.terms.site);
  const transfers = ask.request.data.length === 0 ? [] : transfersTo(draft.state, ask.request.data, sites);
  return {
    gpuMilli: ask.gpuMilliTotal * picks.length,
    microUsdPerHour: picks.reduce((sum, { suited }) => sum + suited.price.perHour, 0n),
    microUsdOnce: transfers.reduce((sum, { priceMicroUsd }) => sum + BigInt(priceMicroUsd), 0n),
  };
}

/**
 * Of what was found, as many nodes as quota and budgets cover: all of a gang, or no fewer than it may start with.
 * Answers why not where they do not cover that.
 */
export function afford(run: Run, ask: Ask, found: Found): Found | Refusal {
  const { request } = ask;
  const quota = quotaOf(run.draft.state, request.organizationId, queueNameOf(request));
  const each = { gpuMilli: ask.gpuMilliTotal, cpuMilli: ask.cpuMilli, memoryMiB: ask.memoryMiB };
  let wanted = NONE;
  let nodes = 0;
  for (; nodes < found.picks.length; nodes += 1) {
    const more = plus(wanted, each);
    if (quota !== undefined && quota !== UNLIMITED && !run.cohorts.allows(quota, more)) break;
    wanted = more;
  }
  if (nodes < ask.nodesMin) return because('QuotaExceeded');
  for (;;) {
    const picks = found.picks.slice(0, nodes);
    const spend = spendOf(run, ask, picks);
    const refusal =
      run.market.coversEgress === true && exceedsBudget(ask, spend.microUsdPerHour, spend.microUsdOnce)
        ? because('BudgetExceeded', 'moving its data and the shortest run cost more than limits.budget')
        : refusedByBudgets(run, ask, spend);
    if (!refusal) return nodes === found.picks.length ? found : { ...found, picks };
    if (nodes <= ask.nodesMin) return refusal;
    nodes = Math.max(ask.nodesMin, nodes >> 1);
  }
}
