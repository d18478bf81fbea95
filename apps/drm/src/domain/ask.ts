import type { Sharing, WorkloadRequest } from '@solyx/contracts';
import { nodesMinOf } from './elastic';
import { migMilliOf } from './mig';
import { wantsOneIsland } from './topology';

/** A workload's request, with the sums that fitting and pricing need. `gpuMilli` is per GPU, resources are per node. */
export interface Ask {
  readonly request: WorkloadRequest;
  readonly gpus: number;
  readonly gpuMilli: number;
  readonly gpuMilliTotal: number;
  readonly cpuMilli: number;
  readonly memoryMiB: number;
  readonly nodes: number;
  /** With so many nodes it may start; as many as `nodes` unless the gang is elastic. */
  readonly nodesMin: number;
  /** Slices of GPUs in MIG mode, of this profile. */
  readonly migProfile: string | undefined;
  /** On GPUs of a pool that is shared so. */
  readonly sharing: Sharing | undefined;
  /** Neither: whole GPUs or thousandths of plain ones. */
  readonly isPlain: boolean;
  /** Its GPUs on one node are of one NVLink island. */
  readonly oneIsland: boolean;
  readonly priceMax: bigint | undefined;
  readonly runtimeMs: number;
}

export function askOf(request: WorkloadRequest): Ask {
  const { gpus, cpuMilli, memoryMiB, migProfile, sharing } = request.resources;
  // What a slice counts for follows from its profile; one that no GPU has suits none, whatever it counts for.
  const gpuMilli =
    (migProfile === undefined ? undefined : migMilliOf(migProfile, request.resources)) ?? request.resources.gpuMilli;
  const { maxPriceMicroUsdPerGpuHour: price, maxRuntimeSeconds } = request.limits;
  return {
    request,
    gpus,
    gpuMilli,
    gpuMilliTotal: gpus * gpuMilli,
    cpuMilli,
    memoryMiB,
    nodes: request.nodes,
    nodesMin: nodesMinOf(request),
    migProfile: gpus > 0 ? migProfile : undefined,
    sharing: gpus > 0 && migProfile === undefined ? sharing : undefined,
    isPlain: gpus === 0 || (migProfile === undefined && sharing === undefined),
    oneIsland: wantsOneIsland(request.topology),
    priceMax: price === undefined ? undefined : BigInt(price),
    runtimeMs: maxRuntimeSeconds * 1000,
  };
}
