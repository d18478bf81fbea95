import { accept, refuse, type Command, type Decider, type Decision } from '@solyx/kernel';
import {
  AccountOpened,
  AccountProfileSet,
  CommitmentAdded,
  CommitmentEnded,
  PriceBookAssigned,
  UsageOpened,
} from '@solyx/contracts/billing';
import { closePeriod, type ClosePeriod, type CloseRefusal } from './account-close';
import { correctPeriod, type CorrectionRefusal, type CorrectPeriod } from './account-correction';
import { meterUsage, type SliceRefusal, type MeterUsage } from './account-slices';
import { accountSnapshot } from './account-snapshot';
import {
  evolveAccount,
  INITIAL_ACCOUNT,
  knownSince,
  type Account,
  type AccountEvent,
  type AccountProfile,
} from './account-state';
import { rateRecorded, type RateRefusal, type RateUsage } from './account-usage';
import { isTimeZone } from './billing-period';

export { jobUsageOf, type Account, type AccountEvent, type AccountProfile, type JobUsage } from './account-state';
export { chargeIdOf } from './account-slices';

/** Commitments that one account holds at a time. */
export const COMMITMENTS_MAX = 64;
/** Books that one account was ever given. */
export const ASSIGNMENTS_MAX = 64;

/** What is left out stays as it is. */
export type SetProfile = Partial<AccountProfile> & Pick<AccountProfileSet['data'], 'organizationId' | 'at'>;

export type AccountCommand =
  | Command<'OpenAccount', AccountOpened['data']>
  | Command<'OpenUsage', UsageOpened['data']>
  | Command<'MeterUsage', MeterUsage>
  | Command<'RateUsage', RateUsage>
  | Command<'SetProfile', SetProfile>
  | Command<'AssignPriceBook', PriceBookAssigned['data']>
  | Command<'AddCommitment', CommitmentAdded['data']>
  /** Nothing prices it: always refused. */
  | Command<'RefuseCommitment', { readonly commitmentId: string; readonly meter: string; readonly product: string }>
  | Command<'EndCommitment', CommitmentEnded['data']>
  | Command<'ClosePeriod', ClosePeriod>
  | Command<'CorrectPeriod', CorrectPeriod>;

export type AccountRefusal =
  | SliceRefusal
  | RateRefusal
  | CloseRefusal
  | CorrectionRefusal
  | 'TimeZoneUnknown'
  | 'TimeZoneInUse'
  | 'CommitmentUnknown'
  | 'LimitReached';

type Answer = Decision<AccountEvent, AccountRefusal>;

function openUsage(data: UsageOpened['data'], account: Account): Answer {
  const { allocationId, grantedAt, organizationId } = data.allocation;
  if (account.usages.has(allocationId)) return accept();
  const since = knownSince(account);
  if (grantedAt < since) return refuse('UsageTooOld', { allocationId, since });
  if (account.opened) return accept(UsageOpened(data));
  // Usage may be heard before the registration, which comes by another way: the meter does not wait for it.
  return accept<AccountEvent>(AccountOpened({ organizationId, currency: 'USD', at: grantedAt }), UsageOpened(data));
}

const wasCharged = ({ periods, closedThrough }: Account): boolean =>
  closedThrough !== '' || Object.values(periods).some(({ charges }) => charges > 0);

/** Periods are cut by the time zone, so it stays once anything was charged in one. */
function setProfile({ organizationId, at, ...wish }: SetProfile, account: Account): Answer {
  const profile = { ...account.profile, ...wish };
  if (!isTimeZone(profile.timeZone)) return refuse('TimeZoneUnknown', { timeZone: profile.timeZone });
  if (profile.timeZone !== account.profile.timeZone && wasCharged(account)) {
    return refuse('TimeZoneInUse', { timeZone: account.profile.timeZone, wanted: profile.timeZone });
  }
  return accept(AccountProfileSet({ ...profile, organizationId, at }));
}

function assignBook(data: PriceBookAssigned['data'], { assignments }: Account): Answer {
  const { priceBookId, effectiveFrom } = data;
  const known = assignments.some((one) => one.priceBookId === priceBookId && one.effectiveFrom === effectiveFrom);
  if (known) return accept();
  if (assignments.length >= ASSIGNMENTS_MAX) return refuse('LimitReached', { most: ASSIGNMENTS_MAX });
  return accept(PriceBookAssigned(data));
}

function addCommitment(data: CommitmentAdded['data'], { commitments }: Account): Answer {
  const { commitmentId } = data.commitment;
  if (commitments.some(({ commitment }) => commitment.commitmentId === commitmentId)) return accept();
  if (commitments.length >= COMMITMENTS_MAX) return refuse('LimitReached', { commitmentId, most: COMMITMENTS_MAX });
  return accept(CommitmentAdded(data));
}

function endCommitment(data: CommitmentEnded['data'], { commitments }: Account): Answer {
  const held = commitments.find(({ commitment }) => commitment.commitmentId === data.commitmentId);
  if (!held) return refuse('CommitmentUnknown', { commitmentId: data.commitmentId });
  return data.endsAt >= held.commitment.to ? accept() : accept(CommitmentEnded(data));
}

function decide({ type, data }: AccountCommand, account: Account): Answer {
  switch (type) {
    case 'OpenAccount':
      return account.opened ? accept() : accept(AccountOpened(data));
    case 'OpenUsage':
      return openUsage(data, account);
    case 'MeterUsage':
      return meterUsage(data, account);
    case 'RateUsage':
      return rateRecorded(data, account);
    case 'SetProfile':
      return setProfile(data, account);
    case 'AssignPriceBook':
      return assignBook(data, account);
    case 'AddCommitment':
      return addCommitment(data, account);
    case 'RefuseCommitment':
      return refuse('NoPrice', { ...data });
    case 'EndCommitment':
      return endCommitment(data, account);
    case 'ClosePeriod':
      return closePeriod(data, account);
    case 'CorrectPeriod':
      return correctPeriod(data, account);
  }
}

/**
 * What an organization used and owes. Each allocation is opened once and every instant of it charged once, each event of
 * a meter is charged once, each period closed once, however often and in whatever order it is told.
 */
export const accountDecider: Decider<AccountCommand, Account, AccountEvent, AccountRefusal> = {
  name: 'billing.account',
  initial: INITIAL_ACCOUNT,
  snapshot: accountSnapshot,
  decide,
  evolve: evolveAccount,
};
