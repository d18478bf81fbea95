import type { StartInterval } from './types-scheduling';

/** Shapes of what the documents return; field meanings are in the published GraphQL schema. */
export interface Share {
  readonly nodeId: string;
  readonly rank: number;
  readonly site: string;
  readonly source: string;
  readonly provider: string;
  readonly simulated: boolean;
  readonly gpuModel: string;
  readonly gpuIndexes: readonly number[];
  readonly gpuMilli: number;
  readonly cpuMilli: number;
  readonly memoryMiB: number;
  readonly priceMicroUsdPerHour: string;
}
export interface Job {
  readonly id: string;
  readonly name: string;
  readonly project: string;
  readonly phase: string;
  readonly reason: string | null;
  readonly message: string | null;
  readonly attempt: number;
  readonly priority: number;
  readonly simulated: boolean;
  readonly command: readonly string[];
  readonly gpus: number;
  readonly gpuModel: string | null;
  readonly nodes: number;
  readonly queue: string;
  readonly spot: boolean;
  readonly deadline: string | null;
  readonly exitCode: number | null;
  readonly queuedAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly shares: readonly Share[];
  readonly priceMicroUsdPerHour: string | null;
  readonly chargedMicroUsd: string;
  readonly sentence: string | null;
  readonly position: string;
}
export interface WaitReason {
  readonly reason: string;
  readonly count: number;
  readonly message: string;
  readonly hint: string;
}
export interface Candidate {
  readonly nodeId: string;
  readonly source: string;
  readonly simulated: boolean;
  readonly score: number;
  readonly terms: readonly { readonly term: string; readonly value: number }[];
  readonly priceMicroUsdPerHour: string;
  readonly verdict: string;
  readonly reason: string | null;
}
export interface Transfer {
  readonly uri: string;
  readonly fromSite: string;
  readonly toSite: string;
  readonly path: readonly string[];
  readonly sizeGiB: number;
  readonly priceMicroUsd: string;
}
export interface Offer {
  readonly id: string;
  readonly provider: string;
  readonly simulated: boolean;
  readonly site: string;
  readonly region: string;
  readonly gpuModel: string;
  readonly gpusPerNode: number;
  readonly available: number;
  readonly priceMicroUsdPerHour: string;
  readonly minimumSeconds: number;
  readonly bootSeconds: number;
  readonly freshUntil: string;
}
export interface Plan {
  readonly feasible: boolean;
  readonly waits: boolean;
  readonly sentence: string;
  readonly shares: readonly Share[];
  readonly transfers: readonly Transfer[];
  readonly candidates: readonly Candidate[];
  readonly leaseOffers: readonly Offer[];
  readonly reasons: readonly WaitReason[];
  readonly priceMicroUsdPerHour: string;
  readonly maximumMicroUsd: string;
  readonly alternatives: readonly {
    readonly source: string;
    readonly provider: string;
    readonly candidateId: string;
    readonly state: string;
    readonly kind: string;
    readonly costMicroUsdPerHour: string;
    readonly priceMicroUsdPerHour: string;
  }[];
  readonly start: StartInterval | null;
  readonly bindingLimit: string | null;
}
export interface Explanation {
  readonly subject: string;
  readonly sentence: string;
  readonly phase: string | null;
  readonly policy: string | null;
  readonly ahead: number | null;
  readonly candidates: readonly Candidate[];
  readonly waiting: readonly WaitReason[];
  readonly transfers: readonly Transfer[];
  readonly path: readonly {
    readonly position: string;
    readonly type: string;
    readonly at: string;
    readonly summary: string;
  }[];
}
export interface LogEvent {
  readonly position: string;
  readonly id: string;
  readonly type: string;
  readonly stream: string;
  readonly at: string;
  readonly actor: string;
  readonly data: Readonly<Record<string, unknown>>;
}
export interface LogLine {
  readonly attempt: number;
  readonly rank: number;
  readonly nodeId: string;
  readonly stream: string;
  readonly text: string;
  readonly sequence: string;
}
export interface ChargeLine {
  readonly kind: string;
  readonly description: string;
  readonly source: string;
  readonly simulated: boolean;
  readonly quantity: string;
  readonly unit: string;
  readonly amountMicroUsd: string;
  readonly positions: readonly string[];
}
export interface Charge {
  readonly id: string;
  /** Empty where no job is meant. */
  readonly jobId: string;
  readonly resourceKind: string;
  readonly resourceId: string;
  readonly attempt: number;
  readonly project: string;
  readonly totalMicroUsd: string;
  readonly at: string;
  readonly position: string;
  readonly lines: readonly ChargeLine[];
}
export interface FleetNode {
  readonly id: string;
  readonly phase: string;
  readonly source: string;
  readonly provider: string;
  readonly simulated: boolean;
  readonly site: string;
  readonly gpuModel: string;
  readonly gpuMilliTotal: number;
  readonly gpuMilliFree: number;
  readonly cpuMilliFree: number;
  readonly cpuMilliTotal: number;
  readonly rack: string | null;
  readonly leaseId: string | null;
  readonly cordonReason: string | null;
  readonly jobs: readonly string[];
}
export interface Lease {
  readonly id: string;
  readonly phase: string;
  readonly provider: string;
  readonly simulated: boolean;
  readonly gpuModel: string;
  readonly nodeId: string | null;
  readonly priceMicroUsdPerHour: string;
  readonly reason: string;
  readonly since: string;
}
export interface Fleet {
  readonly gpuMilliTotal: number;
  readonly gpuMilliFree: number;
  readonly simulatedGpus: number;
  readonly realGpus: number;
  readonly queued: number;
  readonly nodes: readonly FleetNode[];
  readonly leases: readonly Lease[];
}
export type Result<T> = ({ readonly __typename: string } & T) | RefusalResult;
export interface RefusalResult {
  readonly __typename: 'Refusal';
  readonly code: string;
  readonly reason: string;
  readonly message: string;
  readonly hint: string;
  readonly details: unknown;
}
