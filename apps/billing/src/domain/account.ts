import {
  accept,
  type Command,
  type Decider,
  type Decision,
  derivePrefixedId,
  PersistentMap,
  refuse,
  type SnapshotCodec,
} from '@solyx/kernel';
import { AccountOpened, ChargePosted, UsageOpened } from '@solyx/contracts/billing';
import { postingsOf } from './postings';
import type { PriceKey, PriceList } from './price-list';
import { rate } from './rate';

export interface PostCharge {
  readonly allocationId: string;
  /** The release: when, and the event that says so. */
  readonly releasedAt: string;
  readonly eventId: string;
  readonly position: string;
  /** In force when the allocation was granted. */
  readonly priceList: PriceList;
}

export type AccountCommand =
  | Command<'OpenAccount', AccountOpened['data']>
  | Command<'OpenUsage', UsageOpened['data']>
  | Command<'PostCharge', PostCharge>;
export type AccountEvent = AccountOpened | UsageOpened | ChargePosted;
export type AccountRefusal = 'UsageUnknown' | 'NoPrice';

/** The meter of one allocation. A charged one stays, so that a late duplicate finds it. */
export type Usage =
  | { readonly phase: 'Open'; readonly usage: UsageOpened['data'] }
  | { readonly phase: 'Charged'; readonly chargeId: string; readonly totalMicroUsd: string; readonly at: string };

/** What the account knows of a job: meters that run, attempts seen, charges posted. */
export interface JobUsage {
  readonly open: number;
  readonly attempts: readonly number[];
  readonly chargeIds: readonly string[];
}

export interface Account {
  readonly opened: boolean;
  readonly usages: PersistentMap<Usage>;
  readonly jobs: PersistentMap<JobUsage>;
}

const NO_USAGE: JobUsage = { open: 0, attempts: [], chargeIds: [] };

export const jobUsageOf = (account: Account, jobId: string): JobUsage => account.jobs.get(jobId) ?? NO_USAGE;

export const chargeIdOf = (allocationId: string): string => derivePrefixedId('chg', allocationId);

function postCharge(data: PostCharge, account: Account): Decision<AccountEvent, AccountRefusal> {
  const known = account.usages.get(data.allocationId);
  if (!known) return refuse('UsageUnknown', { allocationId: data.allocationId });
  if (known.phase === 'Charged') return accept();
  const { allocation, eventId, position } = known.usage;
  const rating = rate(
    {
      allocation,
      releasedAt: data.releasedAt,
      eventIds: [eventId, data.eventId],
      positions: [position, data.position],
    },
    data.priceList,
  );
  if (!rating.rated) return refuse('NoPrice', { jobId: allocation.workloadId, ...missing(rating.missing) });
  return accept(
    ChargePosted({
      chargeId: chargeIdOf(allocation.allocationId),
      organizationId: allocation.organizationId,
      project: allocation.project,
      resource: { kind: 'job', id: allocation.workloadId },
      jobId: allocation.workloadId,
      attempt: allocation.attempt,
      allocationId: allocation.allocationId,
      final: true,
      period: data.releasedAt.slice(0, 7),
      priceListVersion: data.priceList.version,
      lines: rating.lines,
      postings: postingsOf(rating.lines),
      totalMicroUsd: rating.totalMicroUsd.toString(),
      // The charge belongs to the instant of the release, however late it is heard: so its month never depends on luck.
      at: data.releasedAt,
    }),
  );
}

const missing = (key: PriceKey): Readonly<Record<string, string>> => ({ ...key, simulated: String(key.simulated) });

const opened = (account: Account, data: UsageOpened['data']): Account => {
  const { allocationId, workloadId, attempt } = data.allocation;
  const job = jobUsageOf(account, workloadId);
  return {
    ...account,
    usages: account.usages.set(allocationId, { phase: 'Open', usage: data }),
    jobs: account.jobs.set(workloadId, { ...job, open: job.open + 1, attempts: [...job.attempts, attempt] }),
  };
};

const charged = (account: Account, data: ChargePosted['data']): Account => {
  const { allocationId, jobId, chargeId, totalMicroUsd, at } = data;
  if (allocationId === undefined || jobId === undefined) return account;
  const job = jobUsageOf(account, jobId);
  return {
    ...account,
    usages: account.usages.set(allocationId, { phase: 'Charged', chargeId, totalMicroUsd, at }),
    jobs: account.jobs.set(jobId, { ...job, open: job.open - 1, chargeIds: [...job.chargeIds, chargeId] }),
  };
};

interface AccountJson {
  readonly opened: boolean;
  readonly usages: readonly (readonly [string, Usage])[];
  readonly jobs: readonly (readonly [string, JobUsage])[];
}

const snapshot: SnapshotCodec<Account> = {
  version: 1,
  every: 2_000,
  toJson: ({ opened: isOpen, usages, jobs }): AccountJson => ({
    opened: isOpen,
    usages: [...usages.entries()],
    jobs: [...jobs.entries()],
  }),
  fromJson: (json) => {
    const { opened: isOpen, usages, jobs } = json as AccountJson;
    return { opened: isOpen, usages: PersistentMap.of(usages), jobs: PersistentMap.of(jobs) };
  },
};

/** What an organization used and owes. Each allocation is opened once and charged once, however often it is told. */
export const accountDecider: Decider<AccountCommand, Account, AccountEvent, AccountRefusal> = {
  name: 'billing.account',
  initial: { opened: false, usages: PersistentMap.empty(), jobs: PersistentMap.empty() },
  snapshot,

  decide({ type, data }, account) {
    if (type === 'OpenAccount') return account.opened ? accept() : accept(AccountOpened(data));
    if (type === 'PostCharge') return postCharge(data, account);
    if (account.usages.has(data.allocation.allocationId)) return accept();
    if (account.opened) return accept(UsageOpened(data));
    // Usage may be heard before the registration, which comes by another way: the meter does not wait for it.
    const { organizationId, grantedAt } = data.allocation;
    return accept<AccountEvent>(AccountOpened({ organizationId, currency: 'USD', at: grantedAt }), UsageOpened(data));
  },

  evolve(account, { type, data }) {
    switch (type) {
      case 'billing.account.opened':
        return { ...account, opened: true };
      case 'billing.account.usage-opened':
        return opened(account, data);
      case 'billing.account.charge-posted':
        return charged(account, data);
    }
  },
};
