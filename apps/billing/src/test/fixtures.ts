import fc from 'fast-check';
import type { Allocation, AllocationShare, JobSpec, PriceEntry, Transfer } from '@solyx/contracts';
import type { PriceList } from '../domain/price-list';

export const ORGANIZATION = 'acme';
export const T0 = Date.UTC(2026, 0, 31, 23, 0);
export const iso = (ms: number): string => new Date(ms).toISOString();

const entry = (resource: PriceEntry['resource'], gpuModel: string, microUsdPerUnit: number): PriceEntry => ({
  source: 'owned',
  simulated: false,
  resource,
  gpuModel,
  microUsdPerUnit: microUsdPerUnit.toString(),
});

const OWNED = [
  entry('gpu', 'H100', 2_300_000),
  entry('gpu', '*', 1_000_000),
  entry('cpu', '*', 20_011),
  entry('memory', '*', 2_503),
  entry('egress', '*', 100_000),
];

/** Owned and leased, real and simulated; nothing is shared. */
export const ENTRIES: readonly PriceEntry[] = (['owned', 'leased'] as const).flatMap((source) =>
  [false, true].flatMap((simulated) => OWNED.map((price) => ({ ...price, source, simulated }))),
);

export const LIST: PriceList = { version: 1, effectiveFrom: '2020-01-01T00:00:00.000Z', entries: ENTRIES };

export const share = (change: Partial<AllocationShare> = {}): AllocationShare => ({
  nodeId: 'n1',
  rank: 0,
  site: 'home',
  source: 'owned',
  provider: 'owned',
  simulated: false,
  executor: 'agent',
  gpuModel: 'H100',
  gpuIndexes: [0],
  gpuMilli: 1_000,
  cpuMilli: 0,
  memoryMiB: 0,
  priceMicroUsdPerHour: '2300000',
  ...change,
});

export const transfer = (change: Partial<Transfer> = {}): Transfer => ({
  uri: 's3://bucket/data',
  fromSite: 's3-eu',
  toSite: 'home',
  path: ['s3-eu', 'home'],
  sizeGiB: 3,
  latencyUs: 4_000,
  priceMicroUsdPerGiB: '90000',
  priceMicroUsd: '270000',
  ...change,
});

export const allocation = (change: Partial<Allocation> = {}): Allocation => ({
  allocationId: 'alc_1',
  workloadId: 'job_1',
  attempt: 1,
  organizationId: ORGANIZATION,
  project: 'default',
  shares: [share()],
  transfers: [],
  priceMicroUsdPerHour: '2300000',
  grantedAt: iso(T0),
  ...change,
});

export const spec = (change: Partial<JobSpec> = {}): JobSpec => ({
  name: 'train',
  kind: 'task',
  project: 'default',
  command: ['true'],
  env: {},
  resources: { gpus: 1, gpuMilli: 1_000, cpuMilli: 0, memoryMiB: 0 },
  nodes: 1,
  placement: { sources: ['owned'], regions: [], simulated: false },
  limits: { maxRuntimeSeconds: 3_600 },
  priority: 50,
  retry: { max: 0, on: [], backoffSecondsMin: 1, backoffSecondsMax: 60 },
  data: [],
  ...change,
});

export const shareArb: fc.Arbitrary<AllocationShare> = fc
  .record({
    nodeId: fc.constantFrom('n1', 'n2', 'n3'),
    source: fc.constantFrom('owned' as const, 'leased' as const),
    simulated: fc.boolean(),
    gpuModel: fc.constantFrom('H100', 'L4', ''),
    gpuMilli: fc.integer({ min: 0, max: 16_000 }),
    cpuMilli: fc.integer({ min: 0, max: 128_000 }),
    memoryMiB: fc.integer({ min: 0, max: 2_000_000 }),
  })
  .map(share);

export const transferArb: fc.Arbitrary<Transfer> = fc
  .record({
    sizeGiB: fc.integer({ min: 0, max: 5_000 }),
    toSite: fc.constantFrom('home', 'vast-eu'),
    priceMicroUsdPerGiB: fc.integer({ min: 0, max: 200_000 }).map(String),
  })
  .map(transfer);

export const allocationArb = (allocationId: string, workloadId = 'job_1'): fc.Arbitrary<Allocation> =>
  fc
    .record({
      shares: fc.array(shareArb, { minLength: 1, maxLength: 4 }),
      transfers: fc.array(transferArb, { maxLength: 2 }),
      grantedAt: fc.integer({ min: T0, max: T0 + 7_200_000 }).map(iso),
    })
    .map((change) => allocation({ allocationId, workloadId, ...change }));

/** A fraction of big integers, never rounded: the truth that amounts are compared with. */
export interface Fraction {
  readonly n: bigint;
  readonly d: bigint;
}
export const fraction = (n: bigint, d = 1n): Fraction => ({ n, d });
export const plus = (a: Fraction, b: Fraction): Fraction => fraction(a.n * b.d + b.n * a.d, a.d * b.d);
export const times = (a: Fraction, b: Fraction): Fraction => fraction(a.n * b.n, a.d * b.d);

/** To the nearest integer, ties to even, by looking at the integers around: slow and plain. */
export function nearest({ n, d }: Fraction): bigint {
  let floor = n / d;
  while (floor * d > n) floor -= 1n;
  const [below, above] = [n - floor * d, (floor + 1n) * d - n];
  if (below !== above) return below < above ? floor : floor + 1n;
  return floor % 2n === 0n ? floor : floor + 1n;
}

const HOURS_PER_MS = fraction(1n, 3_600_000n);
const priceFor = (entries: readonly PriceEntry[], by: AllocationShare, resource: PriceEntry['resource']): bigint => {
  const fitting = entries.filter(
    (price) => price.source === by.source && price.simulated === by.simulated && price.resource === resource,
  );
  const exact = fitting.find(({ gpuModel }) => gpuModel === by.gpuModel);
  return BigInt((exact ?? fitting.find(({ gpuModel }) => gpuModel === '*')!).microUsdPerUnit);
};

/** A bill worked out by hand: hours × units × price per line, each rounded once. */
export function billByHand(held: Allocation, releasedAt: string, entries = ENTRIES): readonly bigint[] {
  const ms = Math.max(0, Date.parse(releasedAt) - Date.parse(held.grantedAt));
  const hours = times(fraction(BigInt(ms)), HOURS_PER_MS);
  const lines = held.shares.flatMap((one) =>
    (
      [
        ['gpu', fraction(BigInt(one.gpuMilli), 1_000n)],
        ['cpu', fraction(BigInt(one.cpuMilli), 1_000n)],
        ['memory', fraction(BigInt(one.memoryMiB), 1_024n)],
      ] as const
    )
      .filter(([, units]) => units.n > 0n)
      .map(([resource, units]) => nearest(times(times(hours, units), fraction(priceFor(entries, one, resource))))),
  );
  return [...lines, ...held.transfers.map((one) => BigInt(one.sizeGiB) * BigInt(one.priceMicroUsdPerGiB))];
}

export const sum = (amounts: Iterable<bigint>): bigint => {
  let total = 0n;
  for (const amount of amounts) total += amount;
  return total;
};
