import { accept, refuse, type Decision } from '@solyx/kernel';
import type { CreditKind, EventReference } from '@solyx/contracts';
import { WalletCreditGranted, WalletSlaCredited, WalletToppedUp } from '@solyx/contracts/billing';
import { creditAccount, ledgerAccount, type AccountName } from './chart-of-accounts';
import { postingsFrom } from './postings';
import type { Wallet, WalletEvent } from './wallet-state';

export type GrantCredit = Omit<WalletCreditGranted['data'], 'postings'>;
/** `missing` are references behind which no event was found. */
export type CreditOutage = Omit<WalletSlaCredited['data'], 'postings'> & {
  readonly missing: readonly EventReference[];
};
export type TopUp = Omit<WalletToppedUp['data'], 'postings' | 'lowBelowMicroUsd'> & {
  readonly lowBelowMicroUsd?: string;
  /** Somebody who may vouch for money did. A rehearsal needs nobody. */
  readonly confirmed: boolean;
};
export type CreditRefusal =
  | 'AmountNotPositive'
  | 'ExpiryPast'
  | 'CreditsFull'
  | 'PaymentUnconfirmed'
  | 'PaymentKnown'
  | 'OutageUnproven'
  | 'OutageCredited';
type CreditDecision = Decision<WalletEvent, CreditRefusal>;

/** Credits that a wallet may have something left of at once, corrections not counted. */
export const GRANTS_MAX = 32;
const FIFTH = 5n;

/** Facts of the platform that show an outage. */
export const OUTAGE_TYPES: readonly string[] = [
  ...['drm.node.lost', 'drm.lease.failed', 'drm.lease.orphaned', 'drm.partition.node-gone'],
  ...['cmo.job.evicted', 'cmo.job.failed', 'billing.delivery.parked', 'cmo.delivery.parked', 'drm.delivery.parked'],
];

export const given = (from: AccountName, grantId: string, simulated: boolean, amount: string) =>
  postingsFrom([
    [ledgerAccount(from, simulated), BigInt(amount)],
    [creditAccount(grantId, simulated), -BigInt(amount)],
  ]);

interface NewCredit {
  readonly grantId: string;
  readonly amountMicroUsd: string;
  readonly kind?: CreditKind;
  readonly expiresAt?: string;
  readonly at: string;
}

/** Why a credit cannot be; undefined where it can. */
function creditFault(wallet: Wallet, { kind, amountMicroUsd, expiresAt, at }: NewCredit): CreditDecision | undefined {
  if (BigInt(amountMicroUsd) <= 0n) return refuse('AmountNotPositive', { amountMicroUsd });
  if (expiresAt !== undefined && expiresAt <= at) return refuse('ExpiryPast', { expiresAt });
  // What is given back is owed, so there is always room for it.
  if (kind !== 'correction' && wallet.grants.length >= GRANTS_MAX) return refuse('CreditsFull', { limit: GRANTS_MAX });
  return undefined;
}

export function grantCredit(data: GrantCredit, wallet: Wallet): CreditDecision {
  if (wallet.granted.has(data.grantId)) return accept();
  const postings = given('promotion', data.grantId, data.simulated, data.amountMicroUsd);
  return creditFault(wallet, data) ?? accept(WalletCreditGranted({ ...data, postings }));
}

export function creditOutage({ missing, ...data }: CreditOutage, wallet: Wallet): CreditDecision {
  if (wallet.granted.has(data.grantId)) return accept();
  const [absent] = missing;
  if (absent) return refuse('OutageUnproven', { stream: absent.stream, revision: absent.revision });
  const [none] = data.outage;
  if (!none) return refuse('OutageUnproven', {});
  const other = data.outage.find(({ type }) => !OUTAGE_TYPES.includes(type));
  if (other) return refuse('OutageUnproven', { stream: other.stream, revision: other.revision, type: other.type });
  const before = data.outage.find(({ eventId }) => wallet.outages.has(eventId));
  if (before) return refuse('OutageCredited', { stream: before.stream, revision: before.revision });
  const postings = given('sla-credit', data.grantId, data.simulated, data.amountMicroUsd);
  return creditFault(wallet, data) ?? accept(WalletSlaCredited({ ...data, postings }));
}

export function topUp({ confirmed, ...data }: TopUp, wallet: Wallet): CreditDecision {
  if (wallet.granted.has(data.grantId)) return accept();
  // A rehearsal's payments are made up, and may all be called the same.
  if (!data.simulated && wallet.payments.has(data.reference))
    return refuse('PaymentKnown', { reference: data.reference });
  const fault = creditFault(wallet, data);
  if (fault) return fault;
  if (!confirmed && !data.simulated) return refuse('PaymentUnconfirmed', { reference: data.reference });
  const lowBelowMicroUsd = data.lowBelowMicroUsd ?? String(BigInt(data.amountMicroUsd) / FIFTH);
  const postings = given('cash', data.grantId, data.simulated, data.amountMicroUsd);
  return accept(WalletToppedUp({ ...data, lowBelowMicroUsd, postings }));
}
