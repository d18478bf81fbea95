import type { AutonomyLevel, AutonomyLimits } from '@solyx/contracts';
import { MICRO_PER_UNIT } from '@solyx/kernel';
import { OptimizerSettings } from '../application/optimizer-settings';
import type { config } from '../config';

/** The settings as the environment gives them. */
export class ConfiguredSettings extends OptimizerSettings {
  override readonly partition: string;
  override readonly intervalSeconds: number;
  override readonly waitSeconds: number;
  override readonly idleSeconds: number;
  override readonly quietSeconds: number;
  override readonly level: AutonomyLevel;
  override readonly limits: AutonomyLimits;

  constructor(given: typeof config) {
    super();
    this.partition = given.partition;
    this.intervalSeconds = given.intervalSeconds;
    this.waitSeconds = given.waitSeconds;
    this.idleSeconds = given.idleSeconds;
    this.quietSeconds = given.quietSeconds;
    this.level = given.level;
    this.limits = {
      leasedNodesMax: given.leasedNodesMax,
      leaseMicroUsdPerHourMax: (BigInt(given.leaseUsdPerHourMax) * MICRO_PER_UNIT).toString(),
      leasesPerHourMax: given.leasesPerHourMax,
    };
  }
}
