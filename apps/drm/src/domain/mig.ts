import type { Gpu, JobResources } from '@solyx/contracts';

/**
 * One way to cut a GPU. Sizes and legal first memory slices per GPU model are those of NVIDIA's Multi-Instance GPU User
 * Guide, "Supported MIG Profiles" (https://docs.nvidia.com/datacenter/tesla/mig-user-guide/supported-mig-profiles.html),
 * as `nvidia-smi mig -lgip` and `-lgipp` print them. Profiles with media engines (`+me`) are left out.
 */
export interface MigProfile {
  /** `1g.10gb`: compute slices and memory in GB. */
  readonly profile: string;
  /** Of 7. */
  readonly compute: number;
  /** Of 8. */
  readonly memory: number;
  /** Memory slices at which it may begin. */
  readonly starts: readonly number[];
}

export const COMPUTE_SLICES = 7;
export const MEMORY_SLICES = 8;
/** A memory slice in thousandths of a GPU: 8 of them are the whole, exactly. */
export const SLICE_MILLI = 125;

/** The 7 + 8 geometry is that of all four GPUs; names follow from the memory. */
const geometry = (names: readonly [string, string, string, string, string, string]): readonly MigProfile[] => [
  { profile: names[0], compute: 1, memory: 1, starts: [0, 1, 2, 3, 4, 5, 6] },
  { profile: names[1], compute: 1, memory: 2, starts: [0, 2, 4, 6] },
  { profile: names[2], compute: 2, memory: 2, starts: [0, 2, 4] },
  { profile: names[3], compute: 3, memory: 4, starts: [0, 4] },
  { profile: names[4], compute: 4, memory: 4, starts: [0] },
  { profile: names[5], compute: 7, memory: 8, starts: [0] },
];

const OF_80_GB = geometry(['1g.10gb', '1g.20gb', '2g.20gb', '3g.40gb', '4g.40gb', '7g.80gb']);

interface Cuttable {
  readonly model: string;
  /** MiB that such a GPU has at most. */
  readonly memoryMax: number;
  readonly profiles: readonly MigProfile[];
}

/** A model with several sizes of memory is listed once per size, the smallest first. */
export const MIG_TABLE: readonly Cuttable[] = [
  {
    model: 'A100',
    memoryMax: 49_152,
    profiles: geometry(['1g.5gb', '1g.10gb', '2g.10gb', '3g.20gb', '4g.20gb', '7g.40gb']),
  },
  { model: 'A100', memoryMax: 90_112, profiles: OF_80_GB },
  { model: 'H100', memoryMax: 90_112, profiles: OF_80_GB },
  {
    model: 'H200',
    memoryMax: 163_840,
    profiles: geometry(['1g.18gb', '1g.35gb', '2g.35gb', '3g.71gb', '4g.71gb', '7g.141gb']),
  },
];

const tableOf = ({ model, memoryMiB }: Pick<Gpu, 'model' | 'memoryMiB'>): Cuttable | undefined =>
  MIG_TABLE.find((one) => one.model === model && memoryMiB <= one.memoryMax);

/** The profile on this GPU; undefined where it has none of that name. */
export const migProfileOf = (gpu: Pick<Gpu, 'model' | 'memoryMiB'>, profile: string): MigProfile | undefined =>
  tableOf(gpu)?.profiles.find((one) => one.profile === profile);

/**
 * Thousandths of a GPU that a slice counts for: an eighth per memory slice, which is what runs out first. Names repeat
 * with other sizes (`1g.10gb` is a quarter of an A100 with 40 GB, an eighth of one with 80): without a model or memory
 * that tells them apart, the smallest share is meant, and GPUs on which it would be more do not suit. Undefined where no
 * GPU has the profile.
 */
export function migMilliOf(
  profile: string,
  wanted: Pick<JobResources, 'gpuModel' | 'gpuMemoryMiB'>,
): number | undefined {
  const { gpuModel, gpuMemoryMiB = 0 } = wanted;
  const sizes = MIG_TABLE.filter(
    ({ model, memoryMax }) => (gpuModel === undefined || model === gpuModel) && memoryMax >= gpuMemoryMiB,
  ).flatMap(({ profiles }) => profiles.filter((one) => one.profile === profile).map(({ memory }) => memory));
  return sizes.length === 0 ? undefined : Math.min(...sizes) * SLICE_MILLI;
}

/** A slice that could be held. */
export interface MigSlot {
  readonly start: number;
  readonly uuid?: string;
}

/** Memory slices `start` to `start + memory - 1`, as bits. */
export const maskOf = (start: number, memory: number): number => ((1 << memory) - 1) << start;

/**
 * Where on a GPU a slice may be cut now, best first: first the place that spoils the fewest other legal places for as
 * large a profile as possible, as NVIDIA's driver fills from the outside in. `used` has a bit per held memory slice.
 * Slices that exist on a real machine are the only ones there; a simulated GPU is cut as it is wanted.
 */
export function migSlots(
  gpu: Pick<Gpu, 'model' | 'memoryMiB' | 'migInstances'>,
  wanted: MigProfile,
  used: number,
  mayCut: boolean,
): readonly MigSlot[] {
  const { profiles } = tableOf(gpu) ?? { profiles: [] };
  const isFree = (start: number): boolean => (used & maskOf(start, wanted.memory)) === 0;
  const existing = gpu.migInstances?.filter(({ profile }) => profile === wanted.profile);
  const slots =
    existing?.map(({ start, uuid }): MigSlot => ({ start, uuid })) ??
    (mayCut ? wanted.starts.map((start): MigSlot => ({ start })) : []);
  return slots
    .filter(({ start }) => isFree(start))
    .map((slot) => ({ slot, worth: worthLeft(profiles, used | maskOf(slot.start, wanted.memory)) }))
    .sort((a, b) => b.worth - a.worth || a.slot.start - b.slot.start)
    .map(({ slot }) => slot);
}

/** Legal places that are left, each weighted by the square of its size: large ones are the scarce ones. */
function worthLeft(profiles: readonly MigProfile[], used: number): number {
  let worth = 0;
  for (const { starts, memory } of profiles) {
    for (const start of starts) if ((used & maskOf(start, memory)) === 0) worth += memory * memory;
  }
  return worth;
}
