import { accept, divideHalfEven, refuse, type Command, type Decider, type Decision } from '@solyx/kernel';
import type { Offer } from '@solyx/contracts';
import {
  LeaseActivated,
  LeaseDraining,
  LeaseEvictionNoticed,
  LeaseFailed,
  LeaseGhostFound,
  LeaseGhostReturned,
  LeaseOrphaned,
  LeaseReleased,
  LeaseRequested,
} from '@solyx/contracts/drm';
import { billedSeconds } from './currency';

export type LeaseCommand =
  | Command<'RequestLease', LeaseRequested['data']>
  | Command<'ActivateLease', LeaseActivated['data']>
  | Command<'FailLease', LeaseFailed['data']>
  | Command<'DrainLease', { readonly leaseId: string; readonly reason: string; readonly at: string }>
  | Command<'ReleaseLease', { readonly leaseId: string; readonly reason: string; readonly at: string }>
  | Command<'NoticeEviction', { readonly leaseId: string; readonly noticeSeconds: number; readonly at: string }>
  | Command<'OrphanLease', { readonly leaseId: string; readonly lastSeenAt: string; readonly at: string }>
  | Command<'FindGhost', LeaseGhostFound['data']>
  | Command<'ReturnGhost', { readonly leaseId: string; readonly at: string }>;
export type LeaseEvent =
  | LeaseRequested
  | LeaseActivated
  | LeaseFailed
  | LeaseDraining
  | LeaseEvictionNoticed
  | LeaseReleased
  | LeaseOrphaned
  | LeaseGhostFound
  | LeaseGhostReturned;
export type LeaseRefusal = 'LeaseUnknown';

export interface Lease {
  readonly phase: 'Unknown' | 'Requested' | 'Active' | 'Draining' | 'Failed' | 'Released' | 'Orphaned' | 'Ghost';
  readonly offer: Offer | undefined;
  readonly nodeId: string;
  readonly activatedAt: string;
  /** Its lessor has said that it takes the node back. */
  readonly isNoticed: boolean;
  /** Of a ghost: what the lessor bills per hour, and since when. */
  readonly ghost: { readonly priceMicroUsdPerHour: string; readonly since: string } | undefined;
}

const HOUR_SECONDS = 3600n;

const secondsBetween = (from: string, to: string): number =>
  Math.max(0, Math.ceil((Date.parse(to) - Date.parse(from)) / 1000));

const charge = (perHour: string, seconds: number): bigint =>
  divideHalfEven(BigInt(perHour) * BigInt(seconds), HOUR_SECONDS);

/** From activation, in begun billing units, at least the offer's minimum; and what the lessor charges us. */
export function costOfLease({ offer, activatedAt }: Lease, at: string): { seconds: number; microUsd: bigint } {
  const used = secondsBetween(activatedAt, at);
  const seconds = offer ? billedSeconds(offer, used) : used;
  return { seconds, microUsd: charge(offer?.priceMicroUsdPerHour ?? '0', seconds) };
}

/** We hold it, and it is paid for. */
const isHeld = ({ phase }: Lease): boolean => phase === 'Active' || phase === 'Draining';

/** A node rented from a lessor, from the wish to the last second paid; and what a lessor bills that nobody wished. */
export const leaseDecider: Decider<LeaseCommand, Lease, LeaseEvent, LeaseRefusal> = {
  name: 'drm.lease',
  initial: { phase: 'Unknown', offer: undefined, nodeId: '', activatedAt: '', isNoticed: false, ghost: undefined },

  decide(command, lease) {
    const { type, data } = command;
    if (type === 'RequestLease') return lease.phase === 'Unknown' ? accept(LeaseRequested(data)) : accept();
    if (type === 'FindGhost') return findGhost(lease, data);
    if (lease.phase === 'Unknown') return refuse('LeaseUnknown', { leaseId: data.leaseId });
    switch (type) {
      case 'ActivateLease':
        return lease.phase === 'Requested' ? accept(LeaseActivated(data)) : accept();
      case 'FailLease':
        return lease.phase === 'Requested' ? accept(LeaseFailed(data)) : accept();
      case 'ReturnGhost':
        return lease.ghost ? accept(returned(lease.ghost, data)) : accept();
      default:
        return isHeld(lease) ? decideHeld(command, lease) : accept();
    }
  },

  evolve(lease, { type, data }) {
    switch (type) {
      case 'drm.lease.requested':
        return { ...lease, phase: 'Requested', offer: data.offer };
      case 'drm.lease.activated':
        return { ...lease, phase: 'Active', nodeId: data.nodeId, activatedAt: data.at };
      case 'drm.lease.draining':
        return { ...lease, phase: 'Draining' };
      case 'drm.lease.eviction-noticed':
        return { ...lease, isNoticed: true };
      case 'drm.lease.failed':
        return { ...lease, phase: 'Failed' };
      case 'drm.lease.released':
        return { ...lease, phase: 'Released' };
      case 'drm.lease.orphaned':
        return { ...lease, phase: 'Orphaned' };
      case 'drm.lease.ghost-found':
        return { ...lease, phase: 'Ghost', ghost: data };
      case 'drm.lease.ghost-returned':
        return { ...lease, phase: 'Released', ghost: undefined };
      default:
        return lease;
    }
  },
};

type HeldCommand = Exclude<
  LeaseCommand,
  { type: 'RequestLease' | 'ActivateLease' | 'FailLease' | 'FindGhost' | 'ReturnGhost' }
>;

/** Of a lease that we hold. */
function decideHeld({ type, data }: HeldCommand, lease: Lease): Decision<LeaseEvent, never> {
  const { nodeId } = lease;
  switch (type) {
    case 'DrainLease':
      return lease.phase === 'Active' ? accept(LeaseDraining({ ...data, nodeId })) : accept();
    case 'NoticeEviction':
      return lease.isNoticed ? accept() : accept(LeaseEvictionNoticed({ ...data, nodeId }));
    case 'ReleaseLease':
      return accept(released(lease, data));
    case 'OrphanLease':
      return accept(orphaned(lease, data));
  }
}

type DataOf<T extends LeaseCommand['type']> = Extract<LeaseCommand, { type: T }>['data'];

function released(lease: Lease, { leaseId, reason, at }: DataOf<'ReleaseLease'>): LeaseReleased {
  const { seconds, microUsd } = costOfLease(lease, at);
  const { nodeId } = lease;
  return LeaseReleased({ leaseId, nodeId, reason, billedSeconds: seconds, costMicroUsd: String(microUsd), at });
}

/** Paid until the lessor was last seen to have it; its invoice may say otherwise. */
function orphaned(lease: Lease, { leaseId, lastSeenAt, at }: DataOf<'OrphanLease'>): LeaseOrphaned {
  const { seconds, microUsd } = costOfLease(lease, lastSeenAt);
  const costMicroUsd = String(microUsd);
  return LeaseOrphaned({ leaseId, nodeId: lease.nodeId, billedSeconds: seconds, costMicroUsd, lastSeenAt, at });
}

/** A lease that we hold, or that is on its way, is no ghost; one that is found already is not found again. */
function findGhost(lease: Lease, data: LeaseGhostFound['data']): Decision<LeaseGhostFound, never> {
  const isOurs = lease.phase === 'Requested' || isHeld(lease);
  return isOurs || lease.ghost ? accept() : accept(LeaseGhostFound(data));
}

function returned(ghost: NonNullable<Lease['ghost']>, { leaseId, at }: DataOf<'ReturnGhost'>): LeaseGhostReturned {
  const seconds = secondsBetween(ghost.since, at);
  const costMicroUsd = String(charge(ghost.priceMicroUsdPerHour, seconds));
  return LeaseGhostReturned({ leaseId, billedSeconds: seconds, costMicroUsd, at });
}
