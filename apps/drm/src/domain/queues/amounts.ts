import type { AllocationShare, Quota } from '@solyx/contracts';

/** What is counted of work: by quotas, by fair share. */
export const RESOURCES = ['gpuMilli', 'cpuMilli', 'memoryMiB'] as const satisfies readonly (keyof Quota)[];

export const NONE: Quota = { gpuMilli: 0, cpuMilli: 0, memoryMiB: 0 };

export const plus = (a: Quota, b: Quota): Quota => ({
  gpuMilli: a.gpuMilli + b.gpuMilli,
  cpuMilli: a.cpuMilli + b.cpuMilli,
  memoryMiB: a.memoryMiB + b.memoryMiB,
});

export const times = (a: Quota, by: number): Quota => ({
  gpuMilli: a.gpuMilli * by,
  cpuMilli: a.cpuMilli * by,
  memoryMiB: a.memoryMiB * by,
});

export const minus = (a: Quota, b: Quota): Quota => plus(a, times(b, -1));

type Share = Pick<AllocationShare, 'gpuMilli' | 'cpuMilli' | 'memoryMiB'>;

export const sumOf = (shares: readonly Share[]): Quota =>
  shares.reduce<Quota>((sum, { gpuMilli, cpuMilli, memoryMiB }) => plus(sum, { gpuMilli, cpuMilli, memoryMiB }), NONE);

/** a × b ÷ c, rounded down, of whole numbers that are not negative, whose product may be beyond 2^53. */
export const scaled = (a: number, b: number, c: number): number => {
  const product = a * b;
  return product <= Number.MAX_SAFE_INTEGER ? Math.floor(product / c) : Number((BigInt(a) * BigInt(b)) / BigInt(c));
};
