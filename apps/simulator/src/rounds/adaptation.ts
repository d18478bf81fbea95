/**
 * How training jobs change their batch size while they run, as in Shockwave's workload (Zheng et al., NSDI'23):
 * Accordion (Agarwal et al., MLSys'21) leaves its critical epochs with the largest batch, GNS (McCandlish et al., 2018)
 * doubles it at epochs that were measured once. The tables below are those measured facts.
 */

export type Mode = 'static' | 'accordion' | 'gns';

export const MODES: readonly Mode[] = ['static', 'accordion', 'gns'];

interface Model {
  /** Samples of an epoch. */
  readonly samples: number;
  /** Batch beyond which none was profiled; undefined where the batch never changes. */
  readonly largest?: number;
}

const MODELS: Readonly<Record<string, Model>> = {
  'ResNet-18': { samples: 50_000, largest: 256 },
  'ResNet-50': { samples: 100_000, largest: 128 },
  LM: { samples: 59_675, largest: 80 },
  Recommendation: { samples: 117_907, largest: 8_192 },
  Transformer: { samples: 10_000 },
  CycleGAN: { samples: 6_287 },
  A3C: { samples: 4 },
};

/** Epochs from which the batch is 2, 4, 8, 16 times the first one, by `model/first batch/GPUs`; equal bounds skip a step. */
const GNS_STEPS: Readonly<Record<string, readonly number[]>> = {
  'ResNet-18/16/1': [31, 41, 51, 71],
  'ResNet-18/32/1': [21, 31, 51],
  'ResNet-18/64/1': [11, 31],
  'ResNet-18/128/1': [11],
  'ResNet-18/16/2': [21, 31, 91, 111],
  'ResNet-18/32/2': [11, 21, 41],
  'ResNet-18/64/2': [21, 41],
  'ResNet-18/128/2': [41],
  'ResNet-18/16/4': [11, 21, 81, 91],
  'ResNet-18/32/4': [21, 31, 61],
  'ResNet-18/64/4': [11, 61],
  'ResNet-18/128/4': [11],
  'ResNet-50/64/1': [101],
  'ResNet-50/32/2': [101, 111],
  'ResNet-50/64/2': [81],
  'ResNet-50/32/4': [131, 221],
  'ResNet-50/64/4': [191],
  'LM/5/1': [31, 41, 61, 71],
  'LM/10/1': [11, 21, 41],
  'LM/20/1': [11, 41],
  'LM/40/1': [11],
  'LM/5/2': [31, 51, 61, 71],
  'LM/10/2': [11, 31, 41],
  'LM/20/2': [31, 41],
  'LM/40/2': [11],
  'LM/5/4': [11, 31, 71, 91],
  'LM/10/4': [11, 31, 61],
  'LM/20/4': [11, 61],
  'LM/40/4': [61],
  'Recommendation/512/1': [21, 41, 71, 91],
  'Recommendation/1024/1': [21, 51, 91],
  'Recommendation/2048/1': [21, 41],
  'Recommendation/4096/1': [41],
};

export const isModel = (model: string): boolean => MODELS[model] !== undefined;

const modelOf = (model: string): Model => MODELS[model] ?? { samples: 1 };

/** Steps of one epoch, the last one not full. */
export const stepsPerEpoch = (model: string, batch: number): number => Math.ceil(modelOf(model).samples / batch);

/** Steps of one epoch as the profile counts them: with a fraction. */
export const profiledSteps = (model: string, batch: number): number => modelOf(model).samples / batch;

export const largestBatch = (model: string): number | undefined => modelOf(model).largest;

/** Batch at each epoch under GNS. The last epoch keeps the first batch where the first doubling is over, as published. */
export function gnsBatches(model: string, first: number, epochs: number, gpus: number): readonly number[] {
  const steps = GNS_STEPS[`${model}/${first}/${gpus}`] ?? [];
  const begin = steps[0] ?? epochs;
  const largest = largestBatch(model) ?? first;
  return Array.from({ length: epochs }, (_, epoch) => {
    if (epoch < begin || begin >= epochs) return first;
    const reached = steps.filter((from) => epoch >= from).length;
    const last = epoch + 1 >= epochs && reached > 1;
    return last ? first : Math.min(largest, first * 2 ** reached);
  });
}

/** Whether Accordion counts the epoch as critical: it is trained with the first batch. */
export function isCritical(model: string, first: number, epoch: number): boolean {
  switch (model) {
    case 'LM':
      return epoch < 10;
    case 'Recommendation':
      return epoch < (first <= 1_024 ? 30 : first === 2_048 ? 40 : 10);
    case 'ResNet-50':
      return epoch % 30 < 10;
    case 'ResNet-18':
      return epoch < (first === 256 ? 20 : 10) || (epoch >= 150 && epoch < 160) || (epoch >= 250 && epoch < 260);
    default:
      return true;
  }
}

/** The profile's wider idea of what is critical: the first 30 % of all epochs too, and Recommendation's later ones. */
function isProfiledCritical(model: string, first: number, epoch: number, epochs: number): boolean {
  const late = model === 'Recommendation' && ((epoch >= 60 && epoch < 70) || (epoch >= 80 && epoch < 90));
  return late || epoch <= epochs * 0.3 || isCritical(model, first, epoch);
}

/** Batch of each epoch by which the published fairness knows how long a job takes alone. */
export function profiledBatches(
  model: string,
  mode: Mode,
  { first, epochs, gpus }: { readonly first: number; readonly epochs: number; readonly gpus: number },
): readonly number[] {
  if (mode === 'gns') return gnsBatches(model, first, epochs, gpus);
  const largest = mode === 'static' ? undefined : largestBatch(model);
  return Array.from({ length: epochs }, (_, epoch) =>
    largest === undefined || isProfiledCritical(model, first, epoch, epochs) ? first : largest,
  );
}
