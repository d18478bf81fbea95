import type { Posting } from '@solyx/contracts';
import type {
  ChargePosted,
  CreditNoteIssued,
  InvoiceFinalised,
  InvoicePaid,
  InvoiceVoided,
  WalletCreditExpired,
  WalletCreditGranted,
  WalletDrawn,
  WalletHoldExpired,
  WalletHoldPlaced,
  WalletHoldRaised,
  WalletHoldVoided,
  WalletSlaCredited,
  WalletToppedUp,
} from '@solyx/contracts/billing';
import { defineProjection } from '@solyx/eventing';
import { isSimulatedAccount } from '../domain/chart-of-accounts';

/** Facts that move amounts on the accounts of one organization. */
type LedgerFact =
  | ChargePosted
  | CreditNoteIssued
  | InvoiceFinalised
  | InvoicePaid
  | InvoiceVoided
  | WalletCreditExpired
  | WalletCreditGranted
  | WalletDrawn
  | WalletHoldExpired
  | WalletHoldPlaced
  | WalletHoldRaised
  | WalletHoldVoided
  | WalletSlaCredited
  | WalletToppedUp;

export interface BalanceRow {
  readonly account: string;
  /** Accounts of rehearsals are apart from those of money. */
  readonly simulated: boolean;
  /** Debits positive, credits negative; all accounts of an organization sum to 0. */
  readonly balanceMicroUsd: string;
  /** Set aside and not posted: debits positive; sums to 0 too. */
  readonly pendingMicroUsd: string;
}

interface Moved {
  readonly organizationId: string;
  readonly postings?: readonly Posting[];
  readonly pending?: readonly Posting[];
}

export const balanceKey = (organizationId: string, account: string): string => `${organizationId}/${account}`;

const plus = (balance: string, postings: readonly Posting[], account: string): string =>
  postings
    .filter((posting) => posting.account === account)
    .reduce((sum, { amountMicroUsd }) => sum + BigInt(amountMicroUsd), BigInt(balance))
    .toString();

function moved(row: BalanceRow, data: Moved, _: unknown, key: string): BalanceRow {
  const { organizationId, postings = [], pending = [] } = data;
  const account = key.slice(balanceKey(organizationId, '').length);
  return {
    account,
    simulated: isSimulatedAccount(account),
    balanceMicroUsd: plus(row.balanceMicroUsd, postings, account),
    pendingMicroUsd: plus(row.pendingMicroUsd, pending, account),
  };
}

/** What stands on each account of the ledger? */
export const balanceView = defineProjection<LedgerFact, BalanceRow>({
  name: 'billing_balance',
  version: 2,
  key: ({ data }) => {
    const { organizationId, postings = [], pending = [] }: Moved = data;
    return [...new Set([...postings, ...pending].map(({ account }) => balanceKey(organizationId, account)))];
  },
  organization: ({ data }) => data.organizationId,
  initial: { account: '', simulated: false, balanceMicroUsd: '0', pendingMicroUsd: '0' },
  on: {
    'billing.account.charge-posted': moved,
    'billing.creditNote.issued': moved,
    'billing.invoice.finalised': moved,
    'billing.invoice.paid': moved,
    'billing.invoice.voided': moved,
    'billing.wallet.credit-expired': moved,
    'billing.wallet.credit-granted': moved,
    'billing.wallet.drawn': moved,
    'billing.wallet.hold-expired': moved,
    'billing.wallet.hold-placed': moved,
    'billing.wallet.hold-raised': moved,
    'billing.wallet.hold-voided': moved,
    'billing.wallet.sla-credited': moved,
    'billing.wallet.topped-up': moved,
  },
});
