import { Injectable } from '@nestjs/common';
import { onOccasion, OnTick, Streams } from '@solyx/eventing';
import { Clock } from '@solyx/kernel';
import { nodeDecider } from '../domain/node';
import { DrmSettings } from './drm-settings';

const TICK_MS = 500;

/** Registers the simulated fleet once. A simulated node that someone drained stays away, as a real one would. */
@Injectable()
export class RegisterFleetProcess {
  private isDone = false;

  constructor(
    private readonly streams: Streams,
    private readonly clock: Clock,
    private readonly settings: DrmSettings,
  ) {}

  @OnTick(TICK_MS)
  async register(): Promise<void> {
    if (this.isDone) return;
    for (const { terms, facts, procurement } of this.settings.fleet) {
      const { nodeId } = terms;
      const { state } = await this.streams.load(nodeDecider, nodeId);
      if (state.phase !== 'Unknown') continue;
      const command = { type: 'RegisterNode', data: { terms, facts, at: this.clock.iso() } } as const;
      await this.streams.transact(nodeDecider, nodeId, command, onOccasion('drm', `fleet/${nodeId}`));
      if (!procurement) continue;
      const bought = { type: 'ProcureNode', data: { nodeId, procurement, at: this.clock.iso() } } as const;
      await this.streams.transact(nodeDecider, nodeId, bought, onOccasion('drm', `procured/${nodeId}`));
    }
    this.isDone = true;
  }
}
