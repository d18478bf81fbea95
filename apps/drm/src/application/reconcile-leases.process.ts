import { Injectable, Logger } from '@nestjs/common';
import { onOccasion, OnTick, Streams, Views } from '@solyx/eventing';
import { Clock } from '@solyx/kernel';
import { leaseDecider, type LeaseCommand } from '../domain/lease';
import { leasesOf } from '../domain/leasing';
import type { LeaseState, PartitionState } from '../domain/partition-state';
import { leaseView } from './lease.projection';
import { Lessor, type BilledLease } from './lessor';
import { PartitionInbox } from './partition-inbox';

const LOOK_MS = 60_000;
/** A difference is believed when two looks, at least so far apart, have seen it: lists lag behind what they list. */
const BELIEVED_AFTER_MS = 90_000;
/** What one look records or asks of the lessor at most; the rest is left to the next. */
const ACTIONS_MAX = 16;
/** What a lessor's list is read to at most. */
const LIST_MAX = 1_024;
/** Looks after which the view is asked for ghosts even where none is known. */
const VIEW_EVERY = 10;

/**
 * Compares what lessors bill with what we hold. A ghost is billed and not held: it is recorded, given back, and
 * recorded again with its cost when it is off the bill. An orphan is held and not billed: its node is gone.
 */
@Injectable()
export class ReconcileLeasesProcess {
  private readonly logger = new Logger('ReconcileLeases');
  /** When a difference was first seen, by kind and lease. Lost with the process, which then looks twice again. */
  private suspected = new Map<string, number>();
  /** When the lessor was last seen to bill a lease. */
  private readonly seenAt = new Map<string, number>();
  private mayHaveGhosts = false;
  private looks = 0;

  constructor(
    private readonly streams: Streams,
    private readonly inbox: PartitionInbox,
    private readonly lessor: Lessor,
    private readonly views: Views,
    private readonly clock: Clock,
  ) {}

  @OnTick(LOOK_MS)
  async look(): Promise<void> {
    const state = await this.inbox.state();
    const held = leasesOf(state).filter(({ phase }) => phase !== 'pending');
    const now = this.clock.now();
    const billed = (await this.lessor.billed(held.map(billedAs), now)).slice(0, LIST_MAX);
    const ids = new Set(billed.map(({ leaseId }) => leaseId));
    for (const leaseId of ids) this.seenAt.set(leaseId, now);
    const suspects = new Map<string, number>();
    const believed = (key: string): boolean => {
      const since = this.suspected.get(key) ?? now;
      suspects.set(key, since);
      return now - since >= BELIEVED_AFTER_MS;
    };
    let actions = 0;
    for (const lease of held) {
      if (ids.has(lease.leaseId) || !believed(`orphan ${lease.leaseId}`) || actions >= ACTIONS_MAX) continue;
      actions += 1;
      await this.orphan(lease);
    }
    for (const one of billed) {
      if (state.leases.has(one.leaseId) || !believed(`ghost ${one.leaseId}`) || actions >= ACTIONS_MAX) continue;
      actions += 1;
      await this.lay(one);
    }
    await this.close(ids);
    this.suspected = suspects;
    this.forget(ids, state);
  }

  private async orphan({ leaseId, activeAt, requestedAt }: LeaseState): Promise<void> {
    const seen = this.seenAt.get(leaseId);
    const lastSeenAt = seen === undefined ? activeAt || requestedAt : new Date(seen).toISOString();
    this.logger.warn(`${leaseId} is held, but its lessor does not know it any more`);
    await this.record({ type: 'OrphanLease', data: { leaseId, lastSeenAt, at: this.clock.iso() } });
  }

  /** On record first, so that it is known even if giving back fails; then given back, at each look until it is gone. */
  private async lay({ leaseId, ...billed }: BilledLease): Promise<void> {
    const { state } = await this.streams.load(leaseDecider, leaseId);
    if (state.phase === 'Requested' || state.phase === 'Active' || state.phase === 'Draining') return;
    if (!state.ghost) this.logger.warn(`${billed.provider} bills ${leaseId}, which nobody holds: it is given back`);
    await this.record({ type: 'FindGhost', data: { leaseId, ...billed, at: this.clock.iso() } });
    this.mayHaveGhosts = true;
    await this.lessor.release(leaseId);
  }

  /** Ghosts on record that are off the bill. The view is asked where there may be some: it knows them over restarts. */
  private async close(billed: ReadonlySet<string>): Promise<void> {
    this.looks += 1;
    if (!this.mayHaveGhosts && this.looks % VIEW_EVERY !== 1) return;
    const { rows } = await this.views.list(leaseView, { where: { phase: 'Ghost' }, first: ACTIONS_MAX });
    this.mayHaveGhosts = rows.length > 0;
    for (const { key: leaseId } of rows) {
      if (billed.has(leaseId)) continue;
      await this.record({ type: 'ReturnGhost', data: { leaseId, at: this.clock.iso() } });
    }
  }

  private async record(command: LeaseCommand): Promise<void> {
    const { leaseId, at } = command.data;
    const occasion = onOccasion('drm', `reconcile/${command.type}/${leaseId}/${at}`);
    await this.streams.transact(leaseDecider, leaseId, command, occasion);
  }

  private forget(billed: ReadonlySet<string>, { leases }: PartitionState): void {
    for (const leaseId of this.seenAt.keys()) {
      if (!billed.has(leaseId) && !leases.has(leaseId)) this.seenAt.delete(leaseId);
    }
  }
}

const billedAs = ({ leaseId, offer, activeAt, requestedAt }: LeaseState): BilledLease => ({
  leaseId,
  provider: offer.provider,
  simulated: offer.simulated,
  gpuModel: offer.gpuModel,
  gpus: offer.gpusPerNode,
  priceMicroUsdPerHour: offer.priceMicroUsdPerHour,
  since: activeAt || requestedAt,
});
