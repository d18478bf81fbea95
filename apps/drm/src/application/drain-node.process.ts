import { Injectable } from '@nestjs/common';
import { AllocationReleased, PartitionNodeCordoned } from '@solyx/contracts/drm';
import { causedBy, OnEvent, Streams } from '@solyx/eventing';
import { Clock, type Recorded } from '@solyx/kernel';
import { nodeDecider } from '../domain/node';
import { PartitionInbox } from './partition-inbox';

/** A node that is to leave does so as soon as nothing runs on it. */
@Injectable()
export class DrainNodeProcess {
  constructor(
    private readonly streams: Streams,
    private readonly inbox: PartitionInbox,
    private readonly clock: Clock,
  ) {}

  @OnEvent(AllocationReleased, PartitionNodeCordoned)
  async leaveWhenEmpty(event: Recorded<AllocationReleased | PartitionNodeCordoned>): Promise<void> {
    const { nodes } = await this.inbox.state();
    const touched = 'nodeId' in event.data ? [event.data.nodeId] : (event.data.nodeIds ?? []);
    for (const nodeId of touched) {
      const node = nodes.get(nodeId);
      if (!node?.cordoned || node.workloads.length > 0) continue;
      const { state } = await this.streams.load(nodeDecider, nodeId);
      if (state.phase !== 'Cordoned' || !state.leaving) continue;
      const command = { type: 'LeaveNode', data: { nodeId, reason: 'Drained', at: this.clock.iso() } } as const;
      await this.streams.transact(nodeDecider, nodeId, command, causedBy(event));
    }
  }
}
