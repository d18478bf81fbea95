import { Injectable } from '@nestjs/common';
import { AutonomyRequested } from '@solyx/contracts/gateway';
import { causedBy, OnEvent, onOccasion, OnTick, permit, Streams } from '@solyx/eventing';
import { Clock, PLATFORM_ORGANIZATION, type Recorded } from '@solyx/kernel';
import { policyDecider } from '../domain/policy';
import { OptimizerSettings } from './optimizer-settings';

const TICK_MS = 1_000;
export const POLICY_ID = 'main';

/** Lets the optimizer go as far as people say; before that, as far as the configuration says. */
@Injectable()
export class SetAutonomyHandler {
  private begun = false;

  constructor(
    private readonly streams: Streams,
    private readonly settings: OptimizerSettings,
    private readonly clock: Clock,
  ) {}

  @OnTick(TICK_MS)
  async begin(): Promise<void> {
    if (this.begun) return;
    const { level, limits } = this.settings;
    const data = { level, killSwitch: false, limits, at: this.clock.iso() };
    const command = { type: 'BeginWithAutonomy', data } as const;
    await this.streams.transact(policyDecider, POLICY_ID, command, onOccasion('optimizer', 'begin'));
    this.begun = true;
  }

  @OnEvent(AutonomyRequested)
  async set(event: Recorded<AutonomyRequested>): Promise<void> {
    permit(event.metadata.actor, 'optimizer:set');
    const { level, killSwitch, limits } = event.data;
    const data = { level, killSwitch, limits, at: this.clock.iso() };
    // The fleet is everybody's, so its autonomy is the platform's, whoever asked.
    // A repeat after a newer wish would bring the older one back, so it is always looked up whether it was heard.
    const context = { ...causedBy(event, undefined, true), organizationId: PLATFORM_ORGANIZATION };
    await this.streams.transact(policyDecider, POLICY_ID, { type: 'SetAutonomy', data }, context);
  }
}
