import { Injectable } from '@nestjs/common';
import {
  NodeCordoned,
  NodeLeft,
  NodeLost,
  NodeProcured,
  NodeRecovered,
  NodeRegistered,
  NodeUncordoned,
  PartitionNodeCordoned,
  PartitionNodeGone,
  PartitionNodeJoined,
  PartitionNodeProcured,
  PartitionNodeUncordoned,
} from '@solyx/contracts/drm';
import {
  NodeCordonRequested,
  NodeDrainRequested,
  NodeJoinRequested,
  NodeUncordonRequested,
  ProcurementRequested,
} from '@solyx/contracts/gateway';
import { causedBy, OnEvent, Streams, type CommandContext } from '@solyx/eventing';
import { permit, type Recorded } from '@solyx/kernel';
import { nodeDecider } from '../domain/node';
import { PartitionInbox } from './partition-inbox';

/**
 * A request of a machine or a person is carried out once, also where the repeat does not know that it is one: the same
 * words after the node has left would bring it back, or refuse what was done.
 */
const once = (event: Recorded): CommandContext => causedBy(event, undefined, true);

/** Ours, or shared by the organization that joins it and earns with it. */
const ownershipOf = ({ organizationId, sharedMicroUsdPerHour }: NodeJoinRequested['data']) =>
  sharedMicroUsdPerHour === undefined
    ? ({ source: 'owned', provider: 'owned', costMicroUsdPerHour: '0' } as const)
    : ({ source: 'shared', provider: organizationId, costMicroUsdPerHour: sharedMicroUsdPerHour } as const);

/** Machines that ask to join or are told to leave, and what the scheduler hears of them. */
@Injectable()
export class ManageNodeHandler {
  constructor(
    private readonly streams: Streams,
    private readonly inbox: PartitionInbox,
  ) {}

  @OnEvent(NodeJoinRequested)
  async join(event: Recorded<NodeJoinRequested>): Promise<void> {
    const { nodeId, site, region, rack, fabric, pools, facts, at } = event.data;
    const terms = {
      nodeId,
      ...ownershipOf(event.data),
      simulated: false,
      executor: 'agent',
      site,
      region,
      ...(rack === undefined ? {} : { rack }),
      ...(fabric === undefined ? {} : { fabric }),
      ...(pools === undefined ? {} : { pools }),
    } as const;
    const command = { type: 'RegisterNode', data: { terms, facts, at } } as const;
    await this.streams.transact(nodeDecider, nodeId, command, once(event));
  }

  @OnEvent(NodeDrainRequested)
  async drain(event: Recorded<NodeDrainRequested>): Promise<void> {
    permit(event.metadata.actor, 'fleet:drain');
    const { nodeId, reason, leave, at } = event.data;
    const command = { type: 'CordonNode', data: { nodeId, reason, leave, at } } as const;
    await this.streams.transact(nodeDecider, nodeId, command, once(event));
  }

  @OnEvent(ProcurementRequested)
  async procure(event: Recorded<ProcurementRequested>): Promise<void> {
    permit(event.metadata.actor, 'fleet:procure');
    const { nodeId, procurement, at } = event.data;
    const command = { type: 'ProcureNode', data: { nodeId, procurement, at } } as const;
    await this.streams.transact(nodeDecider, nodeId, command, once(event));
  }

  @OnEvent(NodeProcured)
  async procured(event: Recorded<NodeProcured>): Promise<void> {
    await this.inbox.submit(PartitionNodeProcured(event.data), event);
  }

  @OnEvent(NodeCordonRequested)
  async cordon(event: Recorded<NodeCordonRequested>): Promise<void> {
    permit(event.metadata.actor, 'fleet:drain');
    const { nodeId, reason, at } = event.data;
    const command = { type: 'CordonNode', data: { nodeId, reason, leave: false, at } } as const;
    await this.streams.transact(nodeDecider, nodeId, command, once(event));
  }

  @OnEvent(NodeUncordonRequested)
  async uncordon(event: Recorded<NodeUncordonRequested>): Promise<void> {
    permit(event.metadata.actor, 'fleet:drain');
    const { nodeId, reason, at } = event.data;
    await this.streams.transact(
      nodeDecider,
      nodeId,
      { type: 'UncordonNode', data: { nodeId, reason, at } },
      once(event),
    );
  }

  @OnEvent(NodeRegistered)
  async registered(event: Recorded<NodeRegistered>): Promise<void> {
    await this.inbox.submit(PartitionNodeJoined(event.data), event);
  }

  /** It comes back empty, as what it was. */
  @OnEvent(NodeRecovered)
  async recovered(event: Recorded<NodeRecovered>): Promise<void> {
    const { nodeId, at } = event.data;
    const { state } = await this.streams.load(nodeDecider, nodeId);
    const { terms, facts, cordoned } = state;
    if (!terms || !facts) return;
    await this.inbox.submit(PartitionNodeJoined({ terms, facts, at }), event);
    if (cordoned) await this.inbox.submit(PartitionNodeCordoned({ nodeId, at }), event);
  }

  @OnEvent(NodeCordoned)
  async cordoned(event: Recorded<NodeCordoned>): Promise<void> {
    const { nodeId, at } = event.data;
    await this.inbox.submit(PartitionNodeCordoned({ nodeId, at }), event);
  }

  @OnEvent(NodeUncordoned)
  async uncordoned(event: Recorded<NodeUncordoned>): Promise<void> {
    const { nodeId, at } = event.data;
    await this.inbox.submit(PartitionNodeUncordoned({ nodeId, at }), event);
  }

  @OnEvent(NodeLost)
  async lost(event: Recorded<NodeLost>): Promise<void> {
    const { nodeId, at } = event.data;
    await this.inbox.submit(PartitionNodeGone({ nodeId, reason: 'NodeLost', at }), event);
  }

  @OnEvent(NodeLeft)
  async left(event: Recorded<NodeLeft>): Promise<void> {
    const { nodeId, reason, at } = event.data;
    await this.inbox.submit(PartitionNodeGone({ nodeId, reason, at }), event);
  }
}
