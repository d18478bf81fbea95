import { Injectable } from '@nestjs/common';
import { onOccasion, OnTick, Streams } from '@solyx/eventing';
import { Clock } from '@solyx/kernel';
import { adviceIdOf, dayOf, decisionDecider } from '../domain/decision';
import { policyDecider } from '../domain/policy';
import { supplyOf } from '../domain/supply';
import { FleetReader } from './fleet-reader';
import { OptimizerSettings } from './optimizer-settings';
import { POLICY_ID } from './set-autonomy.handler';

const TICK_MS = 1_000;

/** Looks at the fleet once in each interval and records what it advises. It commands nothing: drm decides. */
@Injectable()
export class AdviseProcess {
  private answered = -1;

  constructor(
    private readonly streams: Streams,
    private readonly reader: FleetReader,
    private readonly settings: OptimizerSettings,
    private readonly clock: Clock,
  ) {}

  @OnTick(TICK_MS)
  async adviseOnce(): Promise<void> {
    const { partition, intervalSeconds, idleSeconds, waitSeconds, quietSeconds } = this.settings;
    const nowMs = this.clock.now();
    const interval = Math.floor(nowMs / (intervalSeconds * 1_000));
    if (interval === this.answered) return;
    const { state: autonomy } = await this.streams.load(policyDecider, POLICY_ID);
    // Until it is known how far it may go, it goes nowhere.
    if (!autonomy) return;
    const { fleet, position } = await this.reader.read();
    const at = new Date(nowMs).toISOString();
    const adviceId = adviceIdOf(partition, interval * intervalSeconds * 1_000);
    const supply = supplyOf(fleet, { position: position < 0n ? 0n : position, nowMs, idleSeconds });
    const data = { adviceId, supply, autonomy, thresholds: { waitSeconds }, quietSeconds, at };
    const occasion = onOccasion('optimizer', adviceId);
    await this.streams.transact(decisionDecider, dayOf(at), { type: 'Advise', data }, occasion);
    this.answered = interval;
  }
}
