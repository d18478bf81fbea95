import { PersistentMap } from '@solyx/kernel';
import type { Commitment } from '@solyx/contracts';
import type {
  AccountOpened,
  AccountProfileSet,
  ChargePosted,
  CommitmentAdded,
  CommitmentEnded,
  PeriodClosed,
  PriceBookAssigned,
  UsageOpened,
} from '@solyx/contracts/billing';
import { periodNamed, previousPeriod } from './billing-period';
import { withCovered } from './account-commitments';
import { keyOfLine } from './line-key';
import type { LineTotal } from './rating/amount';
import type { Timeline } from './rating/commitment';
import type { BookAssignment } from './rating/rate-card';

export type AccountEvent =
  | AccountOpened
  | UsageOpened
  | ChargePosted
  | AccountProfileSet
  | PriceBookAssigned
  | CommitmentAdded
  | CommitmentEnded
  | PeriodClosed;

export type AccountProfile = Omit<AccountProfileSet['data'], 'organizationId' | 'at'>;

/** Until somebody says otherwise. */
export const DEFAULT_PROFILE: AccountProfile = {
  timeZone: 'UTC',
  graceHours: 72,
  legalEntityId: 'main',
  mode: 'postpaid',
  plan: 'free',
};

/** Closed periods that are still known line by line: so far back what comes late is corrected. What is older is refused. */
export const CLOSED_PERIODS_KEPT = 2;
const FINAL_CHARGES_KEPT = 16;

/** The meter of one allocation. A charged one stays until its periods are forgotten, so that a late duplicate finds it. */
export type Usage =
  | { readonly phase: 'Open'; readonly usage: UsageOpened['data']; readonly meteredTo: string }
  | { readonly phase: 'Charged'; readonly at: string };

/** What the account knows of a job: meters that run, attempts seen, the last charge of each attempt that ended. */
export interface JobUsage {
  readonly open: number;
  readonly attempts: readonly number[];
  readonly chargeIds: readonly string[];
  readonly at: string;
}

/** A commitment, and until when it is paid for. */
export interface HeldCommitment {
  readonly commitment: Commitment;
  readonly withdrawalFeeMicroUsd: string;
}

/** What is charged in one period so far. */
export interface PeriodBook {
  readonly charges: number;
  readonly total: bigint;
  readonly simulated: bigint;
  /** By line key. */
  readonly lines: PersistentMap<LineTotal>;
}

export interface Account {
  readonly opened: boolean;
  readonly profile: AccountProfile;
  readonly usages: PersistentMap<Usage>;
  readonly jobs: PersistentMap<JobUsage>;
  /** The last revision of each meter stream that is charged. */
  readonly rated: PersistentMap<number>;
  readonly periods: Readonly<Record<string, PeriodBook>>;
  /** `2026-01`: this period and all before are closed. Empty where none is. */
  readonly closedThrough: string;
  readonly assignments: readonly BookAssignment[];
  readonly commitments: readonly HeldCommitment[];
  /** How much of each commitment is used, instant by instant. */
  readonly timelines: Readonly<Record<string, Timeline>>;
}

export const EMPTY_BOOK: PeriodBook = { charges: 0, total: 0n, simulated: 0n, lines: PersistentMap.empty() };

export const INITIAL_ACCOUNT: Account = {
  opened: false,
  profile: DEFAULT_PROFILE,
  usages: PersistentMap.empty(),
  jobs: PersistentMap.empty(),
  rated: PersistentMap.empty(),
  periods: {},
  closedThrough: '',
  assignments: [],
  commitments: [],
  timelines: {},
};

const NO_USAGE: JobUsage = { open: 0, attempts: [], chargeIds: [], at: '' };

export const jobUsageOf = (account: Account, jobId: string): JobUsage => account.jobs.get(jobId) ?? NO_USAGE;

export const bookOf = ({ periods }: Account, period: string): PeriodBook => periods[period] ?? EMPTY_BOOK;

/** Where the oldest period begins that is still known; empty where nothing was ever forgotten. Older usage is refused. */
export function knownSince({ closedThrough, profile }: Account): string {
  if (closedThrough === '') return '';
  let oldest = periodNamed(closedThrough, profile.timeZone);
  for (let kept = 1; kept < CLOSED_PERIODS_KEPT; kept += 1) oldest = previousPeriod(oldest);
  return oldest.from;
}

/** `20260131`, of a meter's stream: the UTC day of what is in it. */
export const dayOfStream = (stream: string): string => stream.slice(-8);

/** `20260131`, in UTC. */
export const dayOf = (at: string): string => at.slice(0, 10).replaceAll('-', '');

const opened = (account: Account, data: UsageOpened['data']): Account => {
  const { allocationId, workloadId, attempt, grantedAt } = data.allocation;
  const job = jobUsageOf(account, workloadId);
  return {
    ...account,
    usages: account.usages.set(allocationId, { phase: 'Open', usage: data, meteredTo: grantedAt }),
    jobs: account.jobs.set(workloadId, { ...job, open: job.open + 1, attempts: [...job.attempts, attempt] }),
  };
};

/** A slice moves the meter on; the last one ends it. */
function metered(account: Account, charge: ChargePosted['data']): Account {
  const { allocationId, jobId, chargeId, final, at } = charge;
  if (allocationId === undefined) return account;
  const known = account.usages.get(allocationId);
  if (known?.phase === 'Charged') return account;
  if (final !== true) {
    if (!known) return account;
    return { ...account, usages: account.usages.set(allocationId, { ...known, meteredTo: at }) };
  }
  const usages = account.usages.set(allocationId, { phase: 'Charged', at });
  if (jobId === undefined) return { ...account, usages };
  const job = jobUsageOf(account, jobId);
  const chargeIds = [...job.chargeIds, chargeId].slice(-FINAL_CHARGES_KEPT);
  return { ...account, usages, jobs: account.jobs.set(jobId, { ...job, open: job.open - 1, chargeIds, at }) };
}

/** What each line key has now. A correction goes on counting where the period that it corrects had ended. */
function booked(account: Account, charge: ChargePosted['data']): Account {
  const { period, correctsPeriod, lines, totalMicroUsd } = charge;
  const target = correctsPeriod ?? period;
  let totals = bookOf(account, target).lines;
  let simulated = 0n;
  for (const line of lines) {
    if (line.simulated) simulated += BigInt(line.amountMicroUsd);
    const key = keyOfLine(line, charge);
    if (key === undefined) continue;
    // A line under other terms than the one that it corrects takes all that this one had.
    if (line.correctsLineKey !== undefined && line.correctsLineKey !== key)
      totals = totals.delete(line.correctsLineKey);
    totals = totals.set(key, {
      quantity: BigInt(line.quantityBefore ?? '0') + BigInt(line.quantity),
      amount: BigInt(line.amountBefore ?? '0') + BigInt(line.amountMicroUsd),
    });
  }
  const periods = { ...account.periods, [target]: { ...bookOf(account, target), lines: totals } };
  const open = periods[period] ?? EMPTY_BOOK;
  const total = open.total + BigInt(totalMicroUsd) - simulated;
  periods[period] = { ...open, charges: open.charges + 1, total, simulated: open.simulated + simulated };
  return { ...account, periods };
}

const charged = (account: Account, charge: ChargePosted['data']): Account => {
  const read = booked(metered(account, charge), charge);
  const timelines = charge.lines.reduce((all, line) => withCovered({ ...read, timelines: all }, line), read.timelines);
  const next = { ...read, timelines };
  const { meter } = charge;
  return meter === undefined ? next : { ...next, rated: next.rated.set(meter.stream, meter.revision) };
};

const without = <V>(map: PersistentMap<V>, isOver: (value: V, key: string) => boolean): PersistentMap<V> => {
  let left = map;
  for (const [key, value] of map.entries()) if (isOver(value, key)) left = left.delete(key);
  return left;
};

/** What nobody may ask for any more is forgotten, so that an account is as large as its last months, not its life. */
function closed(account: Account, { period }: PeriodClosed['data']): Account {
  const next = { ...account, closedThrough: period };
  const since = knownSince(next);
  const zone = next.profile.timeZone;
  const firstDay = dayOf(since);
  return {
    ...next,
    periods: Object.fromEntries(Object.entries(next.periods).filter(([id]) => periodNamed(id, zone).from >= since)),
    usages: without(next.usages, (usage) => usage.phase === 'Charged' && usage.at < since),
    jobs: without(next.jobs, (job) => job.open === 0 && job.at < since),
    rated: without(next.rated, (_, stream) => dayOfStream(stream) < firstDay),
    ...keptCommitments(next, since),
  };
}

function keptCommitments(
  { commitments, timelines }: Account,
  since: string,
): Pick<Account, 'commitments' | 'timelines'> {
  const kept = commitments.filter(({ commitment }) => commitment.to > since);
  const from = Date.parse(since);
  const left = kept.map(({ commitment: { commitmentId } }) => {
    const timeline = (timelines[commitmentId] ?? []).filter(({ to }) => to > from);
    return [commitmentId, timeline] as const;
  });
  return { commitments: kept, timelines: Object.fromEntries(left) };
}

function commitmentEnded(account: Account, data: CommitmentEnded['data']): Account {
  const commitments = account.commitments.map((held) =>
    held.commitment.commitmentId === data.commitmentId
      ? {
          commitment: { ...held.commitment, to: data.endsAt },
          withdrawalFeeMicroUsd: data.withdrawalFeeMicroUsd,
        }
      : held,
  );
  return { ...account, commitments };
}

export function evolveAccount(account: Account, { type, data }: AccountEvent): Account {
  switch (type) {
    case 'billing.account.opened':
      return { ...account, opened: true };
    case 'billing.account.usage-opened':
      return opened(account, data);
    case 'billing.account.charge-posted':
      return charged(account, data);
    case 'billing.account.profile-set': {
      const { organizationId: _organization, at: _at, ...profile } = data;
      return { ...account, profile };
    }
    case 'billing.account.price-book-assigned': {
      const { priceBookId, effectiveFrom } = data;
      const assignments = [...account.assignments, { priceBookId, effectiveFrom }];
      return { ...account, assignments: assignments.sort((a, b) => (a.effectiveFrom < b.effectiveFrom ? -1 : 1)) };
    }
    case 'billing.account.commitment-added': {
      const held = { commitment: data.commitment, withdrawalFeeMicroUsd: '0' };
      return { ...account, commitments: [...account.commitments, held] };
    }
    case 'billing.account.commitment-ended':
      return commitmentEnded(account, data);
    case 'billing.account.period-closed':
      return closed(account, data);
  }
}
