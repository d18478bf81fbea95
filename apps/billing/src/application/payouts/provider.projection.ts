import { defineProjection } from '@solyx/eventing';
import type { ProviderEvent } from '../../domain/payouts/provider';
import type { Provider } from '../../domain/payouts/provider-state';
import { addIntegers } from '@solyx/kernel';

/** What an owner earned, and where that money is now. Amounts are micro-USD; real money, where nothing else is said. */
export interface ProviderRow {
  readonly providerId: string;
  /** What customers and advertisers were charged for it. */
  readonly grossMicroUsd: string;
  readonly feeMicroUsd: string;
  readonly netMicroUsd: string;
  /** Waits out the dispute window. */
  readonly reservedMicroUsd: string;
  readonly disputedMicroUsd: string;
  /** May be paid out, of what was let go. */
  readonly availableMicroUsd: string;
  readonly inPayoutMicroUsd: string;
  /** Left by payouts, withdrawal fees with it. */
  readonly paidMicroUsd: string;
  readonly forfeitedMicroUsd: string;
  /** Net, of rehearsals: never paid out. */
  readonly simulatedNetMicroUsd: string;
  readonly feeBps: number;
  readonly identity: Provider['identity'];
  readonly documentRef: string;
  readonly rail: 'file' | 'stripe' | '';
  readonly accountRef: string;
  readonly thresholdMicroUsd: string;
  readonly schedule: 'manual' | 'day' | 'week' | 'month';
  readonly lastEarnedAt: string;
  /** The next time at which something may be let go; empty: nothing waits. */
  readonly releaseAfter: string;
}

const minus = (a: string, b: string): string => (BigInt(a) - BigInt(b)).toString();
const earlier = (a: string, b: string): string => (a === '' || b < a ? b : a);

const NEW: ProviderRow = {
  ...{ providerId: '', grossMicroUsd: '0', feeMicroUsd: '0', netMicroUsd: '0', reservedMicroUsd: '0' },
  ...{ disputedMicroUsd: '0', availableMicroUsd: '0', inPayoutMicroUsd: '0', paidMicroUsd: '0' },
  ...{ forfeitedMicroUsd: '0', simulatedNetMicroUsd: '0', feeBps: 300, documentRef: '', rail: '', accountRef: '' },
  ...{ thresholdMicroUsd: '25000000', lastEarnedAt: '', releaseAfter: '' },
  identity: 'Unknown',
  schedule: 'manual',
};

/** What did each owner earn, and what of it may be paid out? Live: the row moves with each charge. */
export const providerView = defineProjection<ProviderEvent, ProviderRow>({
  name: 'billing_provider',
  version: 1,
  key: ({ data }) => data.providerId,
  organization: ({ data }) => data.providerId,
  initial: NEW,
  indexes: ['identity', 'schedule'],
  on: {
    'billing.provider.earned': (row, data) => {
      const { providerId, simulated, grossMicroUsd, feeMicroUsd, netMicroUsd, reserveUntil, usedAt } = data;
      const seen = { ...row, providerId, lastEarnedAt: usedAt };
      const releaseAfter = earlier(row.releaseAfter, reserveUntil);
      if (simulated) {
        return { ...seen, releaseAfter, simulatedNetMicroUsd: addIntegers(row.simulatedNetMicroUsd, netMicroUsd) };
      }
      return {
        ...seen,
        releaseAfter,
        grossMicroUsd: addIntegers(row.grossMicroUsd, grossMicroUsd),
        feeMicroUsd: addIntegers(row.feeMicroUsd, feeMicroUsd),
        netMicroUsd: addIntegers(row.netMicroUsd, netMicroUsd),
        reservedMicroUsd: addIntegers(row.reservedMicroUsd, netMicroUsd),
      };
    },
    'billing.provider.reserve-released': (row, { simulated, amountMicroUsd, until }) => {
      if (simulated) return { ...row, releaseAfter: until };
      const reservedMicroUsd = minus(row.reservedMicroUsd, amountMicroUsd);
      const availableMicroUsd = addIntegers(row.availableMicroUsd, amountMicroUsd);
      return { ...row, reservedMicroUsd, availableMicroUsd, releaseAfter: reservedMicroUsd === '0' ? '' : until };
    },
    'billing.provider.fee-schedule-set': (row, { providerId, feeBps }) => ({ ...row, providerId, feeBps }),
    'billing.provider.identity-requested': (row, { providerId, documentRef }) => ({
      ...row,
      ...{ providerId, documentRef, identity: 'Requested' },
    }),
    'billing.provider.identity-verified': (row, { providerId }) => ({ ...row, providerId, identity: 'Verified' }),
    'billing.provider.identity-rejected': (row, { providerId }) => ({ ...row, providerId, identity: 'Rejected' }),
    'billing.provider.payout-account-set': (row, { at: _at, ...account }) => ({ ...row, ...account }),
    'billing.provider.disputed': (row, { simulated, amountMicroUsd }) =>
      simulated
        ? row
        : {
            ...row,
            reservedMicroUsd: minus(row.reservedMicroUsd, amountMicroUsd),
            disputedMicroUsd: addIntegers(row.disputedMicroUsd, amountMicroUsd),
          },
    'billing.provider.dispute-resolved': (row, { simulated, heldMicroUsd, netMicroUsd, at }) =>
      simulated
        ? row
        : {
            ...row,
            disputedMicroUsd: minus(row.disputedMicroUsd, heldMicroUsd),
            reservedMicroUsd: addIntegers(row.reservedMicroUsd, minus(heldMicroUsd, netMicroUsd)),
            forfeitedMicroUsd: addIntegers(row.forfeitedMicroUsd, netMicroUsd),
            releaseAfter: earlier(row.releaseAfter, at),
          },
    'billing.provider.payout-allotted': (row, { grossMicroUsd }) => ({
      ...row,
      availableMicroUsd: minus(row.availableMicroUsd, grossMicroUsd),
      inPayoutMicroUsd: addIntegers(row.inPayoutMicroUsd, grossMicroUsd),
    }),
    'billing.provider.payout-settled': (row, { outcome, grossMicroUsd, backMicroUsd }) => {
      const availableMicroUsd = addIntegers(row.availableMicroUsd, backMicroUsd);
      if (outcome === 'returned') {
        return { ...row, availableMicroUsd, paidMicroUsd: minus(row.paidMicroUsd, backMicroUsd) };
      }
      return {
        ...row,
        availableMicroUsd,
        inPayoutMicroUsd: minus(row.inPayoutMicroUsd, grossMicroUsd),
        paidMicroUsd: addIntegers(row.paidMicroUsd, minus(grossMicroUsd, backMicroUsd)),
      };
    },
  },
});
