import { Injectable } from '@nestjs/common';
import {
  LeaseGhostFound,
  LeaseGhostReturned,
  LeaseOrphaned,
  LeaseReleased,
  NodeLeft,
  NodeProcured,
  NodeRegistered,
} from '@solyx/contracts/drm';
import { causedBy, OnEvent, Streams } from '@solyx/eventing';
import { type Recorded } from '@solyx/kernel';
import { assetDecider, type AssetCommand } from '../../domain/assets/asset';
import { transactWhenReady } from '../transact-when-ready';
import { NodeUses } from './node-uses';

/** What the fleet says of its nodes, as costs: bought, leased, given back, gone. */
@Injectable()
export class KeepAssetsHandler {
  constructor(
    private readonly streams: Streams,
    private readonly uses: NodeUses,
  ) {}

  @OnEvent(NodeRegistered)
  async registered(event: Recorded<NodeRegistered>): Promise<void> {
    const { terms, facts, at } = event.data;
    const { nodeId, source, provider, simulated, costMicroUsdPerHour, leaseId } = terms;
    const data = {
      ...{ nodeId, source, provider, simulated, costMicroUsdPerHour, at },
      gpuModel: facts.gpus[0]?.model ?? '',
      gpus: facts.gpus.length,
      ...(leaseId === undefined ? {} : { leaseId }),
    };
    await this.transact(event, { type: 'RegisterAsset', data });
  }

  @OnEvent(NodeProcured)
  async procured(event: Recorded<NodeProcured>): Promise<void> {
    const { nodeId, procurement, at } = event.data;
    const data = { nodeId, procurement, usedTotalGpuMilliMs: await this.uses.until(nodeId, at), at };
    await this.transact(event, { type: 'AcquireAsset', data });
  }

  @OnEvent(NodeLeft)
  async left(event: Recorded<NodeLeft>): Promise<void> {
    const { nodeId, reason, at } = event.data;
    const data = { nodeId, reason, usedTotalGpuMilliMs: await this.uses.until(nodeId, at), at };
    await this.transact(event, { type: 'RetireAsset', data });
  }

  @OnEvent(LeaseReleased, LeaseOrphaned)
  async leaseEnded(event: Recorded<LeaseReleased> | Recorded<LeaseOrphaned>): Promise<void> {
    const { nodeId, costMicroUsd, at } = event.data;
    const data = { nodeId, costMicroUsd, usedTotalGpuMilliMs: await this.uses.until(nodeId, at), at };
    await this.transact(event, { type: 'CloseLease', data });
  }

  /** A lease that a lessor bills and nobody holds costs too, under its own id: no node has it. */
  @OnEvent(LeaseGhostFound)
  async ghost(event: Recorded<LeaseGhostFound>): Promise<void> {
    const { leaseId, provider, simulated, gpuModel, gpus, priceMicroUsdPerHour, since } = event.data;
    const data = {
      ...{ nodeId: leaseId, leaseId, source: 'leased' as const, provider, simulated, gpuModel, gpus, at: since },
      costMicroUsdPerHour: priceMicroUsdPerHour,
    };
    await this.transact(event, { type: 'RegisterAsset', data });
  }

  @OnEvent(LeaseGhostReturned)
  async ghostReturned(event: Recorded<LeaseGhostReturned>): Promise<void> {
    const { leaseId, costMicroUsd, at } = event.data;
    await this.transact(event, {
      type: 'CloseLease',
      data: { nodeId: leaseId, costMicroUsd, usedTotalGpuMilliMs: '0', at },
    });
  }

  /** What is said of a node that is not known here yet is heard again. */
  private async transact(event: Recorded, command: AssetCommand): Promise<void> {
    const context = causedBy(event);
    await transactWhenReady(this.streams, { decider: assetDecider, id: command.data.nodeId, command, context });
  }
}
