import type { ChargeKind, Source } from '@solyx/contracts';

/** What revenue is booked by. All tokens are one category, whatever their direction. */
export const REVENUE_CATEGORIES = [
  ...(['gpu', 'cpu', 'memory', 'token', 'egress', 'storage'] as const),
  ...(['commitment', 'ads', 'minimum', 'fee', 'adjustment'] as const),
] as const satisfies readonly ChargeKind[];
export type RevenueCategory = (typeof REVENUE_CATEGORIES)[number];

export const COSTS = ['leased', 'owned', 'energy', 'depreciation'] as const;
export type Cost = (typeof COSTS)[number];

/** Every account that the ledger has, without the mark of a rehearsal. */
export type AccountName =
  | 'receivable'
  | 'accrued'
  | `credit:${string}`
  | 'breakage'
  | 'hold'
  | 'cash'
  | `revenue:${RevenueCategory}:${Source}`
  | 'platform-fee'
  | `provider-payable:${string}`
  | `provider-reserve:${string}`
  | `payout-in-transit:${string}`
  | 'tax-payable'
  | `cost:${Cost}`
  | 'idle-cost'
  | 'rounding'
  | 'fx'
  | 'write-off'
  | 'sla-credit'
  | 'promotion';

/** TigerBeetle's word for a limit that no posting may break, pending amounts counted. */
export type AccountFlag = 'debits-must-not-exceed-credits';

export interface AccountKind {
  /** What it means when debits exceed credits: something that is owned or spent, or else something owed or earned. */
  readonly normal: 'debit' | 'credit';
  readonly flags: readonly AccountFlag[];
  readonly meaning: string;
}

const debit = (meaning: string): AccountKind => ({ normal: 'debit', flags: [], meaning });
const credit = (meaning: string): AccountKind => ({ normal: 'credit', flags: [], meaning });

/** By the first word of the name. The one list of accounts: what is not in it does not exist. */
export const CHART: Readonly<Record<string, AccountKind>> = {
  receivable: debit('Invoiced, not paid yet.'),
  accrued: debit('Used, not invoiced yet.'),
  credit: {
    normal: 'credit',
    flags: ['debits-must-not-exceed-credits'],
    meaning: 'What a customer may still spend of one credit: paid in advance, or given.',
  },
  breakage: credit('Credit that expired before it was drawn.'),
  hold: credit('The other side of what is pending; nothing is ever posted to it.'),
  cash: debit('Paid to us.'),
  revenue: credit('Earned by category, and by where the GPU came from.'),
  'platform-fee': credit('Our part of what shared capacity earns.'),
  'provider-payable': credit('Owed to who shares capacity.'),
  'provider-reserve': credit('Owed to who shares capacity, once nobody may dispute it any more.'),
  'payout-in-transit': credit('On its way to who shares capacity.'),
  'tax-payable': credit('Collected for a tax office.'),
  cost: debit('What capacity cost: leases, purchases, energy, wear.'),
  'idle-cost': debit('What capacity cost while nobody used it.'),
  rounding: debit('Differences of rounding. 0, as long as every amount is exact.'),
  fx: debit('Differences of exchange.'),
  'write-off': debit('Owed, and never paid.'),
  'sla-credit': debit('Given because a promise was broken.'),
  promotion: debit('Given away.'),
};

const SIMULATED = 'simulated:';

/** The account as postings name it. A rehearsal's accounts are others than money's. */
export const ledgerAccount = (name: AccountName, simulated = false): string =>
  simulated ? `${SIMULATED}${name}` : name;

export const isSimulatedAccount = (account: string): boolean => account.startsWith(SIMULATED);

/** The name without the mark of a rehearsal. */
export const plainAccount = (account: string): string =>
  isSimulatedAccount(account) ? account.slice(SIMULATED.length) : account;

/** What the chart says of an account; undefined where there is no such account. */
export function accountKindOf(account: string): AccountKind | undefined {
  const [word = ''] = plainAccount(account).split(':', 1);
  return Object.hasOwn(CHART, word) ? CHART[word] : undefined;
}

export const creditAccount = (grantId: string, simulated: boolean): string =>
  ledgerAccount(`credit:${grantId}`, simulated);

export const revenueAccount = (category: RevenueCategory, source: Source, simulated: boolean): string =>
  ledgerAccount(`revenue:${category}:${source}`, simulated);
