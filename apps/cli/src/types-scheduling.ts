/** Shapes of what the scheduler is asked; field meanings are in the published GraphQL schema. */
export interface StartInterval {
  readonly p10At: string;
  readonly p50At: string;
  readonly p90At: string;
}
interface Limit {
  readonly gpuMilli: number | null;
  readonly cpuMilli: number | null;
  readonly memoryMiB: number | null;
}
export interface Queue {
  readonly id: string;
  readonly cohort: string | null;
  readonly isSet: boolean;
  readonly nominal: Limit;
  readonly borrowingLimit: Limit;
  readonly lendingLimit: Limit;
  readonly weight: number;
  readonly priority: number;
  readonly budgets: readonly {
    readonly period: string;
    readonly gpuMilliHours: number | null;
    readonly microUsd: string | null;
    readonly spentGpuMilliHours: number;
    readonly spentMicroUsd: string;
  }[];
  readonly used: Limit;
  readonly wanted: Limit;
  readonly borrowed: Limit;
  readonly lent: Limit;
  readonly fairShareMilli: number | null;
  readonly dominantShareMilli: number;
  readonly running: number;
  readonly waiting: number;
  readonly since: string | null;
}
export interface Reservation {
  readonly id: string;
  readonly name: string;
  readonly phase: string;
  readonly queue: string | null;
  readonly nodes: number;
  readonly gpusPerNode: number;
  readonly gpuModel: string | null;
  readonly cpuMilliPerNode: number;
  readonly memoryMiBPerNode: number;
  readonly simulated: boolean;
  readonly startsAt: string;
  readonly endsAt: string;
}
export interface Eta {
  readonly phase: string;
  readonly start: StartInterval | null;
  readonly end: StartInterval | null;
  readonly observations: number;
  readonly basis: string;
  readonly simulated: boolean;
  readonly sentence: string;
  readonly calibration: {
    readonly starts: number;
    readonly coveredPerMille: number;
    readonly earlierPerMille: number;
    readonly laterPerMille: number;
    readonly errorSeconds: number;
  };
}
export interface Outlook {
  readonly phase: string;
  readonly sentence: string;
  readonly ahead: number;
  readonly waiting: readonly { readonly reason: string; readonly count: number; readonly hint: string }[];
  readonly blockers: readonly {
    readonly name: string;
    readonly jobId: string | null;
    readonly position: string;
    readonly likelyEndAt: string | null;
    readonly latestEndAt: string | null;
  }[];
  readonly waysIn: readonly { readonly kind: string; readonly value: string; readonly sentence: string }[];
  readonly start: StartInterval | null;
}
export interface Figures {
  readonly gpuMilli: number;
  readonly gpuMilliFree: number;
  readonly gpuMilliFragmented: number;
  readonly gpuMilliWithoutCpu: number;
  readonly gpuMilliWithoutMemory: number;
  readonly fragmentedPerMille: number;
}
export interface FleetFigures extends Figures {
  readonly classes: number;
  readonly ownedMicroUsdPerGpuHour: string;
  readonly sentence: string;
  readonly worst: readonly (Figures & { readonly nodeId: string })[];
}
export interface Scheduler {
  readonly policy: string;
  readonly policySince: string | null;
  readonly pricesVersion: number;
  readonly pricesSince: string | null;
  readonly solver: string | null;
  readonly waiting: number;
  readonly running: number;
  readonly slices: readonly { readonly gpuMilli: number; readonly microGpu: number; readonly demandPpm: number }[];
}
export interface Ack {
  readonly id: string;
  readonly position: string;
}
