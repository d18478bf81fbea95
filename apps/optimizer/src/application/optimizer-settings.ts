import type { AutonomyLevel, AutonomyLimits } from '@solyx/contracts';

/** How the optimizer looks and how it begins. */
export abstract class OptimizerSettings {
  /** The scheduler's journal that it follows. */
  abstract readonly partition: string;
  /** One advice in this time. */
  abstract readonly intervalSeconds: number;
  /** Work that waits for GPUs this long is worth a lease. */
  abstract readonly waitSeconds: number;
  /** A leased node that is idle this long may be given back. */
  abstract readonly idleSeconds: number;
  /** While nothing changes, one advice in this time. */
  abstract readonly quietSeconds: number;
  /** Before anyone set it. */
  abstract readonly level: AutonomyLevel;
  abstract readonly limits: AutonomyLimits;
}
