import { Injectable } from '@nestjs/common';
import { LeaseEvictionNoticed, PartitionNodeEvictionNoticed } from '@solyx/contracts/drm';
import { onOccasion, OnEvent, OnTick, Streams } from '@solyx/eventing';
import { Clock, type Recorded } from '@solyx/kernel';
import { leaseDecider } from '../domain/lease';
import { Lessor } from './lessor';
import { PartitionInbox } from './partition-inbox';

const LOOK_EVERY_MS = 1_000;

/** A lessor takes a node back: nobody starts there any more, and those who run there are told to leave in time. */
@Injectable()
export class HearEvictionsProcess {
  constructor(
    private readonly streams: Streams,
    private readonly clock: Clock,
    private readonly lessor: Lessor,
    private readonly inbox: PartitionInbox,
  ) {}

  @OnTick(LOOK_EVERY_MS)
  async look(): Promise<void> {
    const { leases } = await this.inbox.state();
    if (leases.size === 0) return;
    for (const { leaseId, noticeSeconds } of await this.lessor.evictions(this.clock.now())) {
      if (!leases.has(leaseId)) continue;
      const data = { leaseId, noticeSeconds, at: this.clock.iso() };
      const occasion = onOccasion('drm', `eviction/${leaseId}`);
      await this.streams.transact(leaseDecider, leaseId, { type: 'NoticeEviction', data }, occasion);
    }
  }

  @OnEvent(LeaseEvictionNoticed)
  async noticed(event: Recorded<LeaseEvictionNoticed>): Promise<void> {
    const { nodeId, noticeSeconds, at } = event.data;
    await this.inbox.submit(PartitionNodeEvictionNoticed({ nodeId, noticeSeconds, at }), event);
  }
}
