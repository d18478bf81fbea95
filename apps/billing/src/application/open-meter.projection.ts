import type { ChargePosted, UsageOpened } from '@solyx/contracts/billing';
import { defineProjection } from '@solyx/eventing';

export interface OpenMeterRow {
  readonly allocationId: string;
  readonly organizationId: string;
  readonly jobId: string;
  readonly project: string;
  readonly state: 'open';
  readonly grantedAt: string;
  /** What was held before is charged. */
  readonly meteredTo: string;
}

/** What is held right now, and up to when is it charged? A row ends with the last charge. */
export const openMeterView = defineProjection<UsageOpened | ChargePosted, OpenMeterRow>({
  name: 'billing_open_meter',
  version: 1,
  key: ({ data }) => ('allocation' in data ? data.allocation.allocationId : data.allocationId),
  organization: ({ data }) => ('allocation' in data ? data.allocation.organizationId : data.organizationId),
  initial: {
    ...{ allocationId: '', organizationId: '', jobId: '', project: '', state: 'open' },
    ...{ grantedAt: '', meteredTo: '' },
  },
  indexes: ['state'],
  on: {
    'billing.account.usage-opened': (_, { allocation }) => ({
      allocationId: allocation.allocationId,
      organizationId: allocation.organizationId,
      jobId: allocation.workloadId,
      project: allocation.project,
      state: 'open',
      grantedAt: allocation.grantedAt,
      meteredTo: allocation.grantedAt,
    }),
    'billing.account.charge-posted': (row, { final, at }) => (final === true ? undefined : { ...row, meteredTo: at }),
  },
});
