import type { FleetNode } from './application/drm-settings';
import type { SimulatedOffer } from './adapters/simulated-lessor';

const GIB = 1024;

interface NodeKind {
  readonly count: number;
  readonly gpus: number;
  readonly model: string;
  readonly gpuMemoryGiB: number;
  readonly cores: number;
  readonly memoryGiB: number;
  /** Thousands of USD for the node, watts at work. */
  readonly price: number;
  readonly watts: number;
  /** Rack and InfiniBand island; its GPUs are then of one NVLink island, too. */
  readonly fabric?: string;
}

/** 48 GPUs that are owned, in thought. */
const OWNED: readonly NodeKind[] = [
  {
    count: 3,
    gpus: 8,
    model: 'H100',
    gpuMemoryGiB: 80,
    cores: 192,
    memoryGiB: 2048,
    price: 260,
    watts: 10_200,
    fabric: 'ib-1',
  },
  {
    count: 2,
    gpus: 8,
    model: 'A100',
    gpuMemoryGiB: 80,
    cores: 128,
    memoryGiB: 1024,
    price: 130,
    watts: 6_500,
    fabric: 'ib-2',
  },
  { count: 2, gpus: 4, model: 'L4', gpuMemoryGiB: 24, cores: 48, memoryGiB: 192, price: 22, watts: 900 },
];

const nodesOf = ({
  count,
  gpus,
  model,
  gpuMemoryGiB,
  cores,
  memoryGiB,
  price,
  watts,
  fabric,
}: NodeKind): readonly FleetNode[] =>
  Array.from({ length: count }, (_, place) => {
    const nodeId = `sim-${model.toLowerCase()}-${place + 1}`;
    return {
      terms: {
        ...{ nodeId, source: 'owned', provider: 'owned', simulated: true, executor: 'simulated' },
        ...{ site: 'home', region: 'eu-central', costMicroUsdPerHour: '0' },
        ...(fabric === undefined ? {} : { rack: fabric.replace('ib', 'rack'), fabric }),
      },
      facts: {
        hostname: nodeId,
        os: 'simulated',
        cpuMilli: cores * 1000,
        memoryMiB: memoryGiB * GIB,
        gpus: Array.from({ length: gpus }, (__, index) => ({
          ...{ index, model, memoryMiB: gpuMemoryGiB * GIB },
          ...(fabric === undefined ? {} : { island: `${nodeId}-nvlink` }),
        })),
      },
      procurement: {
        ...{ purchaseMicroUsd: String(BigInt(price) * 1_000_000_000n), purchasedAt: '2026-01-01T00:00:00.000Z' },
        ...{ lifetimeMonths: 48, salvageMicroUsd: String(BigInt(price) * 100_000_000n), method: 'straight-line' },
        ...{ idleWatts: Math.floor(watts / 4), maxWatts: watts, energyMicroUsdPerKwh: '150000' },
      },
    } as const;
  });

/** The simulated fleet: 48 owned GPUs, and 16 that the offers below can add, 64 in all. */
export const SIMULATED_FLEET: readonly FleetNode[] = OWNED.flatMap(nodesOf);

/**
 * What simulated lessors offer. Prices per node and hour are in the range that such lessors list publicly for the
 * model; the names say whose kind of offer it is, nobody was asked.
 */
export const SIMULATED_OFFERS: readonly SimulatedOffer[] = [
  {
    ...{ offerId: 'sim-vast-eu-rtx4090', provider: 'vast', site: 'vast-eu', region: 'eu-west' },
    ...{ gpuModel: 'RTX4090', gpuMemoryMiB: 24 * GIB, gpusPerNode: 4, cpuMilli: 64_000, memoryMiB: 256 * GIB },
    ...{ available: 1, priceMicroUsdPerHour: '1400000', minimumSeconds: 60, bootSeconds: 3 },
  },
  {
    ...{ offerId: 'sim-runpod-us-a100', provider: 'runpod', site: 'runpod-us', region: 'us-east' },
    ...{ gpuModel: 'A100', gpuMemoryMiB: 80 * GIB, gpusPerNode: 4, cpuMilli: 96_000, memoryMiB: 512 * GIB },
    ...{ available: 1, priceMicroUsdPerHour: '5200000', minimumSeconds: 60, bootSeconds: 4 },
  },
  {
    ...{ offerId: 'sim-lambda-us-h100', provider: 'lambda', site: 'lambda-us', region: 'us-south' },
    ...{ gpuModel: 'H100', gpuMemoryMiB: 80 * GIB, gpusPerNode: 8, cpuMilli: 192_000, memoryMiB: 1024 * GIB },
    ...{ available: 1, priceMicroUsdPerHour: '19920000', minimumSeconds: 60, bootSeconds: 6 },
  },
];
