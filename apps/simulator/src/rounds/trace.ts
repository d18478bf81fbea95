import { isModel, MODES, profiledBatches, profiledSteps, stepsPerEpoch, type Mode } from './adaptation';

/** Jobs of one trace at most; a longer file is refused. */
export const JOBS_MAX = 100_000;

/** One job of a trace of training jobs, with what its profile says. */
export interface TrainingSpec {
  readonly jobId: number;
  readonly model: string;
  readonly batch: number;
  readonly steps: number;
  readonly gpus: number;
  readonly mode: Mode;
  /** Seconds since the trace begins. */
  readonly arrivedAt: number;
  readonly epochs: number;
  /** Batch of each epoch by the profile. */
  readonly batches: readonly number[];
  /** Seconds of each epoch by the profile. */
  readonly epochSeconds: readonly number[];
  /** Seconds alone on its GPUs by the profile: the sum of its epochs. */
  readonly aloneSeconds: number;
}

/** Steps per second of `model (batch size n)` on so many GPUs. */
export type Throughputs = (model: string, batch: number, gpus: number) => number | undefined;

export class TraceError extends Error {}

/** The published table: worker type, then `('model (batch size n)', GPUs)`, then `null` for a job that shares no GPU. */
export function readThroughputs(text: string, worker = 'v100'): Throughputs {
  const table = (JSON.parse(text) as Record<string, Record<string, { readonly null?: number }> | undefined>)[worker];
  if (!table) throw new TraceError(`The throughputs do not tell of ${worker}: give a table that does.`);
  return (model, batch, gpus) => {
    const value = table[`('${model} (batch size ${batch})', ${gpus})`]?.null;
    return value !== undefined && value > 0 ? value : undefined;
  };
}

const isMode = (text: string): text is Mode => MODES.some((mode) => mode === text);

function specOf(line: string, jobId: number, throughputs: Throughputs): TrainingSpec {
  const fields = line.split('\t');
  const named = /^(.+) \(batch size (\d+)\)$/.exec(fields[0] ?? '');
  const [steps, gpus, mode, arrivedAt] = [fields[5], fields[6], fields[7], fields[11]];
  const wrong = (what: string): TraceError =>
    new TraceError(`Line ${jobId + 1}: ${what}. Correct the line and run it again.`);
  if (fields.length !== 12 || !named) throw wrong('it is not a job of 12 fields that begins with a model');
  const [model, batch] = [named[1] ?? '', Number(named[2])];
  if (!isModel(model)) throw wrong(`the model ${model} is not known`);
  if (mode === undefined || !isMode(mode)) throw wrong(`the mode ${String(mode)} is none of ${MODES.join(', ')}`);
  const numbers = [Number(steps), Number(gpus), Number(arrivedAt)] as const;
  if (numbers.some((value) => !Number.isFinite(value) || value < 0) || numbers[0] < 1 || numbers[1] < 1) {
    throw wrong('steps, GPUs and arrival must be numbers, steps and GPUs at least 1');
  }
  const epochs = Math.ceil(numbers[0] / stepsPerEpoch(model, batch));
  const batches = profiledBatches(model, mode, { first: batch, epochs, gpus: numbers[1] });
  const epochSeconds = batches.map((size) => {
    const rate = throughputs(model, size, numbers[1]);
    if (rate === undefined) throw wrong(`no throughput is known of ${model} with batch ${size} on ${numbers[1]} GPUs`);
    return profiledSteps(model, size) / rate;
  });
  return {
    jobId,
    model,
    batch,
    steps: numbers[0],
    gpus: numbers[1],
    mode,
    arrivedAt: numbers[2],
    epochs,
    batches,
    epochSeconds,
    aloneSeconds: epochSeconds.reduce((sum, value) => sum + value, 0),
  };
}

/** Reads a trace; throws TraceError that names the first bad line. */
export function readTrainingTrace(text: string, throughputs: Throughputs): readonly TrainingSpec[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length > JOBS_MAX)
    throw new TraceError(`The trace has ${lines.length} jobs: at most ${JOBS_MAX} are read.`);
  return lines.map((line, jobId) => specOf(line, jobId, throughputs));
}
