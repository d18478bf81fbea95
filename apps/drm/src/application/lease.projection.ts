import { defineProjection } from '@solyx/eventing';
import { PLATFORM_ORGANIZATION } from '@solyx/kernel';
import type { LeaseEvent } from '../domain/lease';

export interface LeaseRow {
  readonly leaseId: string;
  readonly phase: 'Requested' | 'Active' | 'Draining' | 'Failed' | 'Released' | 'Orphaned' | 'Ghost';
  readonly offerId: string;
  readonly provider: string;
  /** True: nobody is paid, nothing is rented. */
  readonly simulated: boolean;
  readonly gpuModel: string;
  readonly gpus: number;
  /** Empty until the node is up. */
  readonly nodeId: string;
  readonly priceMicroUsdPerHour: string;
  /** Of the newest phase. */
  readonly reason: string;
  readonly since: string;
  /** Empty until it was given back. */
  readonly costMicroUsd: string;
}

/** What is rented, from whom, and what did it cost us? */
export const leaseView = defineProjection<LeaseEvent, LeaseRow>({
  name: 'drm_lease',
  version: 2,
  key: ({ data }) => data.leaseId,
  organization: () => PLATFORM_ORGANIZATION,
  indexes: ['phase', 'provider'],
  initial: {
    ...{ leaseId: '', phase: 'Requested', offerId: '', provider: '', simulated: false, gpuModel: '', gpus: 0 },
    ...{ nodeId: '', priceMicroUsdPerHour: '0', reason: '', since: '', costMicroUsd: '' },
  },
  on: {
    'drm.lease.requested': (row, { leaseId, offer, reason, at }) => ({
      ...row,
      ...{ leaseId, offerId: offer.offerId, provider: offer.provider, simulated: offer.simulated, reason, since: at },
      ...{ gpuModel: offer.gpuModel, gpus: offer.gpusPerNode, priceMicroUsdPerHour: offer.priceMicroUsdPerHour },
    }),
    'drm.lease.activated': (row, { nodeId, at }) => ({ ...row, phase: 'Active', nodeId, since: at }),
    'drm.lease.draining': (row, { reason, at }) => ({ ...row, phase: 'Draining', reason, since: at }),
    // It is ours, and paid for, until it is given back.
    'drm.lease.eviction-noticed': (row) => ({ ...row, reason: 'SpotReclaimed' }),
    'drm.lease.orphaned': (row, { costMicroUsd, at }) => ({
      ...row,
      ...{ phase: 'Orphaned', reason: 'LeaseOrphaned', costMicroUsd, since: at },
    }),
    'drm.lease.ghost-found': (row, { leaseId, provider, simulated, gpuModel, gpus, priceMicroUsdPerHour, at }) => ({
      ...row,
      ...{ leaseId, provider, simulated, gpuModel, gpus, priceMicroUsdPerHour },
      ...{ phase: 'Ghost', reason: 'GhostFound', since: at },
    }),
    'drm.lease.ghost-returned': (row, { costMicroUsd, at }) => ({
      ...row,
      ...{ phase: 'Released', reason: 'GhostFound', costMicroUsd, since: at },
    }),
    'drm.lease.failed': (row, { reason, at }) => ({ ...row, phase: 'Failed', reason, since: at }),
    'drm.lease.released': (row, { reason, costMicroUsd, at }) => ({
      ...row,
      ...{ phase: 'Released', reason, costMicroUsd, since: at },
    }),
  },
});
