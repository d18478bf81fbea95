import type { ChargePosted } from '@solyx/contracts/billing';
import { defineProjection } from '@solyx/eventing';

export interface BalanceRow {
  readonly account: string;
  /** Accounts of rehearsals are apart from those of money. */
  readonly simulated: boolean;
  /** Debits positive, credits negative; all accounts of an organization sum to 0. */
  readonly balanceMicroUsd: string;
}

export const balanceKey = (organizationId: string, account: string): string => `${organizationId}/${account}`;

/** What stands on each account of the ledger? */
export const balanceView = defineProjection<ChargePosted, BalanceRow>({
  name: 'billing_balance',
  version: 1,
  key: ({ data }) => data.postings.map(({ account }) => balanceKey(data.organizationId, account)),
  organization: ({ data }) => data.organizationId,
  initial: { account: '', simulated: false, balanceMicroUsd: '0' },
  on: {
    'billing.account.charge-posted': (row, { organizationId, postings }, _, key) => {
      const posting = postings.find(({ account }) => balanceKey(organizationId, account) === key);
      if (!posting) return row;
      const { account, amountMicroUsd } = posting;
      return {
        account,
        simulated: account.startsWith('simulated:'),
        balanceMicroUsd: (BigInt(row.balanceMicroUsd) + BigInt(amountMicroUsd)).toString(),
      };
    },
  },
});
