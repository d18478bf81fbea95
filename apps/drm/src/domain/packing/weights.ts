import type { ProtectionWeights } from './protection';

/**
 * How much each opinion counts, in thousandths; a feature of one GPU at weight 1000 is a score of 1,000,000 micro-GPU.
 * One set for jobs that share a GPU, one for whole GPUs, one for CPU only.
 */
export interface KindWeights {
  /** What the mix can use of the node, after less before. */
  readonly room: number;
  /** Value of the GPU's remainder by the slice prices, lost. */
  readonly slice: number;
  /** GPUs that CPU no longer suffices for, gained. */
  readonly stranded: number;
  /** CPU that no set of jobs adds up to, gained, in the GPUs that it could carry; by how scarce CPU is. */
  readonly wasted: number;
  /** Cores per GPU that are left, of 60. */
  readonly coresPerGpu: number;
  /** GPUs left on the node, of 8. */
  readonly gpusLeft: number;
  /** Cores left on the node, of 128. */
  readonly coresLeft: number;
  /** What is left of the GPU. */
  readonly remainder: number;
  /** A whole GPU is opened. */
  readonly opens: number;
  /** An empty node is opened. */
  readonly breaks: number;
  /** GPUs of places that are kept whole for large jobs, lost. */
  readonly protects: number;
  /** GPUs taken, by how scarce their model is. */
  readonly scarce: number;
  /** Watts more, in kilowatts. */
  readonly power: number;
}

export interface Weights {
  readonly share: KindWeights;
  readonly whole: KindWeights;
  readonly cpuOnly: KindWeights;
  readonly protection: ProtectionWeights;
  /** The mix is weighted by frequency × volume^(tenths / 10). */
  readonly volumeTenths: number;
  /** A GPU is stranded with fewer milli-cores than this many thousandths of what jobs ask for with it, ... */
  readonly cores: number;
  /** ... or than so many, where no job is known. */
  readonly coreMilliPerGpu: number;
}

const NONE: KindWeights = {
  room: 0,
  slice: 0,
  stranded: 0,
  wasted: 0,
  coresPerGpu: 0,
  gpusLeft: 0,
  coresLeft: 0,
  remainder: 0,
  opens: 0,
  breaks: 0,
  protects: 0,
  scarce: 0,
  power: 0,
};

/** The weights of `shadow-price/1`. Another number is another policy. */
export const SHADOW_PRICE: Weights = {
  share: {
    ...NONE,
    room: 784,
    slice: 15_406,
    stranded: 1356,
    gpusLeft: -46,
    coresLeft: 160,
    remainder: -515,
    opens: -110,
    breaks: -145,
    scarce: -722,
    wasted: -5000,
    protects: -500,
  },
  whole: {
    ...NONE,
    room: 794,
    stranded: 179,
    coresPerGpu: -996,
    gpusLeft: 133,
    coresLeft: -89,
    breaks: -29,
    scarce: -722,
    wasted: -5000,
    protects: -500,
  },
  cpuOnly: { ...NONE, room: 960, stranded: 330, coresPerGpu: 406, gpusLeft: -1, coresLeft: -162, wasted: -5000 },
  protection: { demand: 1031, deviations: 1448 },
  volumeTenths: 2,
  cores: 965,
  coreMilliPerGpu: 10_500,
};

/** From so many thousandths of the GPUs held on, what a kilowatt weighs. A full fleet has no choice, so no price. */
const POWER_PRICES: readonly (readonly [number, number])[] = [
  [800, 0],
  [300, 8_000],
  [0, 22_000],
];

/** What a kilowatt weighs when so many thousandths of the GPUs are held. */
export const powerPriceAt = (heldThousandths: number): number =>
  POWER_PRICES.find(([from]) => heldThousandths >= from)?.[1] ?? 0;

/** The same weights, with a price for watts. */
export function withPower(weights: Weights, price: number): Weights {
  const priced = (kind: KindWeights): KindWeights => ({ ...kind, power: 0 - price });
  return {
    ...weights,
    share: priced(weights.share),
    whole: priced(weights.whole),
    cpuOnly: priced(weights.cpuOnly),
  };
}
