import { accept, divideHalfEven, refuse, type Command, type Decider } from '@solyx/kernel';
import type { Offer } from '@solyx/contracts';
import { LeaseActivated, LeaseFailed, LeaseReleased, LeaseRequested } from '@solyx/contracts/drm';

export type LeaseCommand =
  | Command<'RequestLease', LeaseRequested['data']>
  | Command<'ActivateLease', LeaseActivated['data']>
  | Command<'FailLease', LeaseFailed['data']>
  | Command<'ReleaseLease', { readonly leaseId: string; readonly reason: string; readonly at: string }>;
export type LeaseEvent = LeaseRequested | LeaseActivated | LeaseFailed | LeaseReleased;
export type LeaseRefusal = 'LeaseUnknown';

export interface Lease {
  readonly phase: 'Unknown' | 'Requested' | 'Active' | 'Failed' | 'Released';
  readonly offer: Offer | undefined;
  readonly nodeId: string;
  readonly activatedAt: string;
}

const HOUR_SECONDS = 3600n;

/** Whole seconds from activation, begun ones count, at least the offer's minimum; and what the lessor charges us. */
export function costOfLease({ offer, activatedAt }: Lease, at: string): { seconds: number; microUsd: bigint } {
  const used = Math.max(0, Math.ceil((Date.parse(at) - Date.parse(activatedAt)) / 1000));
  const seconds = Math.max(used, offer?.minimumSeconds ?? 0);
  const microUsd = divideHalfEven(BigInt(offer?.priceMicroUsdPerHour ?? '0') * BigInt(seconds), HOUR_SECONDS);
  return { seconds, microUsd };
}

/** A node rented from a lessor, from the wish to the last second paid. */
export const leaseDecider: Decider<LeaseCommand, Lease, LeaseEvent, LeaseRefusal> = {
  name: 'drm.lease',
  initial: { phase: 'Unknown', offer: undefined, nodeId: '', activatedAt: '' },

  decide({ type, data }, lease) {
    if (type === 'RequestLease') return lease.phase === 'Unknown' ? accept(LeaseRequested(data)) : accept();
    if (lease.phase === 'Unknown') return refuse('LeaseUnknown', { leaseId: data.leaseId });
    switch (type) {
      case 'ActivateLease':
        return lease.phase === 'Requested' ? accept(LeaseActivated(data)) : accept();
      case 'FailLease':
        return lease.phase === 'Requested' ? accept(LeaseFailed(data)) : accept();
      case 'ReleaseLease':
        return lease.phase === 'Active' ? accept(released(lease, data)) : accept();
    }
  },

  evolve(lease, { type, data }) {
    switch (type) {
      case 'drm.lease.requested':
        return { ...lease, phase: 'Requested', offer: data.offer };
      case 'drm.lease.activated':
        return { ...lease, phase: 'Active', nodeId: data.nodeId, activatedAt: data.at };
      case 'drm.lease.failed':
        return { ...lease, phase: 'Failed' };
      case 'drm.lease.released':
        return { ...lease, phase: 'Released' };
      default:
        return lease;
    }
  },
};

function released(lease: Lease, { leaseId, reason, at }: ReleaseData): LeaseReleased {
  const { seconds, microUsd } = costOfLease(lease, at);
  const { nodeId } = lease;
  return LeaseReleased({ leaseId, nodeId, reason, billedSeconds: seconds, costMicroUsd: String(microUsd), at });
}

type ReleaseData = Extract<LeaseCommand, { type: 'ReleaseLease' }>['data'];
