import { PLATFORM_ORGANIZATION } from '@solyx/kernel';
import type { ReconciliationCounted, TreeHeadSigned } from '@solyx/contracts/billing';
import { defineProjection } from '@solyx/eventing';
import { LATEST } from './explanation.projections';

export type TreeHeadRow = Omit<TreeHeadSigned['data'], 'previous' | 'consistency'> & { readonly recordedAt: string };

/** The newest signed head of the log; earlier ones are the past of the row. */
export const gatewayTreeHead = defineProjection<TreeHeadSigned, TreeHeadRow>({
  name: 'gateway_tree_head',
  version: 1,
  key: () => LATEST,
  organization: () => PLATFORM_ORGANIZATION,
  initial: {
    ...{ logId: '', size: 0, rootHash: '', position: '0', keyId: '', publicKey: '', signature: '', at: '' },
    recordedAt: '0',
  },
  on: {
    'billing.treeHead.signed': (_row, { previous: _previous, consistency: _consistency, ...head }, { position }) => ({
      ...head,
      recordedAt: String(position),
    }),
  },
});

export type ReconciliationRow = Omit<ReconciliationCounted['data'], 'requestId'> & { readonly id: string };

/** Days that were counted again from the log. */
export const gatewayReconciliation = defineProjection<ReconciliationCounted, ReconciliationRow>({
  name: 'gateway_reconciliation',
  version: 1,
  key: ({ data }) => data.day,
  organization: () => PLATFORM_ORGANIZATION,
  initial: {
    ...{ id: '', day: '', position: '0', events: [], views: [], imbalanceMicroUsd: '0', differing: 0 },
    ...{ differences: [], at: '' },
  },
  on: {
    'billing.reconciliation.counted': (_row, { requestId: _requestId, ...counted }) => ({
      ...counted,
      id: counted.day,
    }),
  },
});
