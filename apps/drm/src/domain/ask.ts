import type { WorkloadRequest } from '@solyx/contracts';

/** A workload's request, with the sums that fitting and pricing need. `gpuMilli` is per GPU, resources are per node. */
export interface Ask {
  readonly request: WorkloadRequest;
  readonly gpus: number;
  readonly gpuMilli: number;
  readonly gpuMilliTotal: number;
  readonly cpuMilli: number;
  readonly memoryMiB: number;
  readonly nodes: number;
  readonly priceMax: bigint | undefined;
  readonly runtimeMs: number;
}

export function askOf(request: WorkloadRequest): Ask {
  const { gpus, gpuMilli, cpuMilli, memoryMiB } = request.resources;
  const { maxPriceMicroUsdPerGpuHour: price, maxRuntimeSeconds } = request.limits;
  return {
    request,
    gpus,
    gpuMilli,
    gpuMilliTotal: gpus * gpuMilli,
    cpuMilli,
    memoryMiB,
    nodes: request.nodes,
    priceMax: price === undefined ? undefined : BigInt(price),
    runtimeMs: maxRuntimeSeconds * 1000,
  };
}
