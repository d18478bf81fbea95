import fc from 'fast-check';
import {
  residualValues,
  SHADOW_PRICE,
  type DemandClass,
  type Learnt,
  type PackNode,
  type PackShape,
  type Weights,
} from '../domain/packing';

export const packNode = (gpus: number, change: Partial<PackNode> = {}): PackNode => ({
  cpuMilli: 96_000,
  memoryMiB: 393_216,
  gpus,
  model: 'A',
  ...change,
});

export const shape = (gpus: number, gpuMilli = 1000, cpuMilli = 8_000, memoryMiB = 16_384): PackShape => ({
  gpus,
  gpuMilli: gpus === 0 ? 0 : gpuMilli,
  cpuMilli,
  memoryMiB,
});

export const demand = (of: PackShape, count = 1, models?: readonly string[]): DemandClass => ({ ...of, count, models });

export const MIX: readonly DemandClass[] = [
  demand(shape(0, 0, 12_000), 20),
  demand(shape(1, 470, 8_000), 30),
  demand(shape(1, 810, 4_000), 20),
  demand(shape(1), 40),
  demand(shape(2, 1000, 16_000), 3),
  demand(shape(8, 1000, 88_000), 2),
];

export const SLICES = [
  { gpuMilli: 470, microGpu: 500_000 },
  { gpuMilli: 810, microGpu: 1_000_000 },
];

export const learnt = (change: Partial<Learnt> = {}, weights: Weights = SHADOW_PRICE): Learnt => ({
  mix: MIX,
  prices: {
    residual: residualValues(SLICES),
    scarcity: [400, 0, 900],
    watts: [60, 250, 350],
    cpuScarcity: 700,
    coreMilliPerGpu: 11_000,
  },
  weights,
  ...change,
});

const anyNode: fc.Arbitrary<PackNode> = fc.record({
  cpuMilli: fc.integer({ min: 1_000, max: 128_000 }),
  memoryMiB: fc.integer({ min: 1_024, max: 786_432 }),
  gpus: fc.integer({ min: 0, max: 8 }),
  model: fc.constantFrom('A', 'B', 'C'),
});

export const anyNodes = fc.array(anyNode, { minLength: 1, maxLength: 12 });

export const anyShape: fc.Arbitrary<PackShape> = fc
  .record({
    kind: fc.constantFrom('cpu', 'share', 'shares', 'whole'),
    gpus: fc.constantFrom(1, 1, 1, 2, 4, 8),
    gpuMilli: fc.integer({ min: 1, max: 999 }),
    cpuMilli: fc.integer({ min: 0, max: 64_000 }),
    memoryMiB: fc.integer({ min: 0, max: 262_144 }),
  })
  .map(({ kind, gpus, gpuMilli, cpuMilli, memoryMiB }) => ({
    gpus: kind === 'cpu' ? 0 : kind === 'share' ? 1 : gpus,
    gpuMilli: kind === 'cpu' ? 0 : kind === 'whole' ? 1000 : gpuMilli,
    cpuMilli,
    memoryMiB,
  }));

export const anyMix = fc
  .array(fc.tuple(anyShape, fc.integer({ min: 1, max: 100 })), { maxLength: 8 })
  .map((classes) => classes.map(([of, count]) => demand(of, count)));
