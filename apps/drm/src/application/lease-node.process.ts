import { Injectable } from '@nestjs/common';
import {
  LeaseActivated,
  LeaseFailed,
  LeaseOrphaned,
  LeaseReleased,
  LeaseReleaseWanted,
  LeaseWanted,
  NodeLeft,
  PartitionLeaseEnded,
} from '@solyx/contracts/drm';
import { causedBy, onOccasion, OnEvent, OnTick, serviceActor, Streams, type CommandContext } from '@solyx/eventing';
import { Clock, type Recorded } from '@solyx/kernel';
import { leaseDecider, type LeaseCommand } from '../domain/lease';
import { factsOfLease, leasedNodeIdOf, leasesOf, termsOfLease } from '../domain/leasing';
import { nodeDecider } from '../domain/node';
import type { LeaseState } from '../domain/partition-state';
import { DrmSettings } from './drm-settings';
import { Lessor } from './lessor';
import { PartitionInbox } from './partition-inbox';

const POLL_MS = 500;

/** From the decision to rent until the node works, and from the decision to give back until it is paid. */
@Injectable()
export class LeaseNodeProcess {
  constructor(
    private readonly streams: Streams,
    private readonly inbox: PartitionInbox,
    private readonly lessor: Lessor,
    private readonly clock: Clock,
    private readonly settings: DrmSettings,
  ) {}

  @OnEvent(LeaseWanted)
  async request(event: Recorded<LeaseWanted>): Promise<void> {
    const { leaseId, offer, reason, workloadId, adviceId, at } = event.data;
    const causes = {
      ...(workloadId === undefined ? {} : { workloadId }),
      ...(adviceId === undefined ? {} : { adviceId }),
    };
    const { partition } = this.settings;
    await this.record(
      leaseId,
      { type: 'RequestLease', data: { leaseId, partition, offer, reason, ...causes, at } },
      causedBy(event),
    );
  }

  /** Asks the lessor of each lease under way; a restart goes on where it was, since asking again is the same wish. */
  @OnTick(POLL_MS)
  async follow(): Promise<void> {
    const { leases } = await this.inbox.state();
    if (leases.size === 0) return;
    for (const lease of leasesOf({ leases })) if (lease.phase === 'pending') await this.advance(lease);
  }

  private async advance({ leaseId, offer, requestedAt }: LeaseState): Promise<void> {
    const { state } = await this.streams.load(leaseDecider, leaseId);
    if (state.phase !== 'Requested') return;
    const progress = await this.lessor.acquire({ leaseId, offer, requestedAt }, this.clock.now());
    if (progress.status === 'booting') return;
    const at = this.clock.iso();
    await this.record(
      leaseId,
      progress.status === 'ready'
        ? { type: 'ActivateLease', data: { leaseId, nodeId: leasedNodeIdOf(leaseId), at } }
        : { type: 'FailLease', data: { leaseId, reason: 'LessorFailed', at } },
      await this.wish(leaseId),
    );
  }

  /** The event that asked for the lease: what follows from it belongs to the same story. */
  private async wish(leaseId: string): Promise<CommandContext> {
    for await (const first of this.streams.log.readStream(`${leaseDecider.name}-${leaseId}`, { limit: 1 })) {
      return causedBy(first, serviceActor('drm'));
    }
    return onOccasion('drm', `lease/${leaseId}`);
  }

  @OnEvent(LeaseActivated)
  async register(event: Recorded<LeaseActivated>): Promise<void> {
    const { leaseId, nodeId, at } = event.data;
    const { state } = await this.streams.load(leaseDecider, leaseId);
    const { state: node } = await this.streams.load(nodeDecider, nodeId);
    if (!state.offer || node.phase !== 'Unknown') return;
    const data = { terms: termsOfLease(leaseId, state.offer), facts: factsOfLease(leaseId, state.offer), at };
    await this.streams.transact(nodeDecider, nodeId, { type: 'RegisterNode', data }, causedBy(event));
  }

  @OnEvent(LeaseReleaseWanted)
  async giveBack(event: Recorded<LeaseReleaseWanted>): Promise<void> {
    const { leaseId, reason } = event.data;
    await this.release(leaseId, reason, event);
  }

  /** A leased node that left, drained by someone for example, is not paid for any longer. */
  @OnEvent(NodeLeft)
  async left(event: Recorded<NodeLeft>): Promise<void> {
    const { state } = await this.streams.load(nodeDecider, event.data.nodeId);
    const { leaseId } = state.terms ?? {};
    if (leaseId !== undefined) await this.release(leaseId, event.data.reason, event);
  }

  @OnEvent(LeaseReleased)
  async released(event: Recorded<LeaseReleased>): Promise<void> {
    const { leaseId, nodeId, reason, at } = event.data;
    const command = { type: 'LeaveNode', data: { nodeId, reason: 'LeaseEnded', at } } as const;
    await this.streams.transact(nodeDecider, nodeId, command, causedBy(event));
    await this.inbox.submit(PartitionLeaseEnded({ leaseId, reason, at }), event);
  }

  @OnEvent(LeaseFailed)
  async failed(event: Recorded<LeaseFailed>): Promise<void> {
    const { leaseId, reason, at } = event.data;
    await this.inbox.submit(PartitionLeaseEnded({ leaseId, reason, at }), event);
  }

  /** A lease that its lessor does not know: its node is gone, and so is the lease. */
  @OnEvent(LeaseOrphaned)
  async orphaned(event: Recorded<LeaseOrphaned>): Promise<void> {
    const { leaseId, nodeId, at } = event.data;
    const command = { type: 'LeaveNode', data: { nodeId, reason: 'LeaseOrphaned', at } } as const;
    await this.streams.transact(nodeDecider, nodeId, command, causedBy(event));
    await this.inbox.submit(PartitionLeaseEnded({ leaseId, reason: 'LeaseOrphaned', at }), event);
  }

  /** That it is draining, then the lessor, then the record: what is on record as given back is not paid for. */
  private async release(leaseId: string, reason: string, cause: Recorded): Promise<void> {
    const data = { leaseId, reason, at: this.clock.iso() };
    await this.record(leaseId, { type: 'DrainLease', data }, causedBy(cause));
    await this.lessor.release(leaseId);
    await this.record(
      leaseId,
      { type: 'ReleaseLease', data: { leaseId, reason, at: this.clock.iso() } },
      causedBy(cause),
    );
  }

  private async record(leaseId: string, command: LeaseCommand, context: CommandContext): Promise<void> {
    await this.streams.transact(leaseDecider, leaseId, command, context);
  }
}
