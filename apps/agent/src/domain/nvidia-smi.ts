import type { Gpu } from '@solyx/contracts';
import type { GpuSample } from '@solyx/contracts/agent';

/** What is asked of `nvidia-smi --query-gpu=… --format=csv,noheader,nounits`; the parsers below know this order. */
export const GPU_FACTS_QUERY = 'index,name,memory.total,uuid,driver_version';
export const GPU_SAMPLE_QUERY = 'index,uuid,utilization.gpu,memory.used,memory.total,temperature.gpu,power.draw';

const GPUS_MAX = 16;

const rowsOf = (csv: string): readonly (readonly string[])[] =>
  csv
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .slice(0, GPUS_MAX)
    .map((line) => line.split(',').map((cell) => cell.trim()));

/** `[N/A]`, `[Not Supported]` and the like are no numbers. */
const numberOf = (cell: string | undefined): number | undefined => {
  const value = cell === undefined || cell === '' ? Number.NaN : Number(cell);
  return Number.isFinite(value) ? value : undefined;
};
const wholeOf = (cell: string | undefined): number | undefined => {
  const value = numberOf(cell);
  return value === undefined ? undefined : Math.round(value);
};

/** `NVIDIA A100-SXM4-80GB` is an A100, `NVIDIA GeForce RTX 4090` an RTX4090, `NVIDIA RTX 6000 Ada Generation` an RTX6000Ada. */
export function shortModel(name: string): string {
  const words = name
    .replace(/\b(NVIDIA|Tesla|GeForce|Quadro|Graphics|Generation)\b/g, ' ')
    .trim()
    .split(/\s+/);
  const [first = '', second = '', third = ''] = words;
  const joined = /^(RTX|GTX|TITAN)$/i.test(first)
    ? `${/^A\d/.test(second) ? '' : first}${second}${/^(Ti|Ada|SUPER)$/i.test(third) ? third : ''}`
    : (first.split('-')[0] ?? '');
  return joined.replace(/[^\w-]/g, '').slice(0, 128) || 'GPU';
}

export function parseGpuFacts(csv: string): { readonly gpus: readonly Gpu[]; readonly driver?: string } {
  const rows = rowsOf(csv);
  const gpus = rows.flatMap(([index, name, memory, uuid]) => {
    const number = wholeOf(index);
    if (number === undefined || name === undefined) return [];
    const known = uuid !== undefined && uuid.startsWith('GPU-') ? { uuid } : {};
    return [{ index: number, model: shortModel(name), memoryMiB: wholeOf(memory) ?? 0, ...known }];
  });
  const driver = rows[0]?.[4];
  return driver === undefined || driver.startsWith('[') ? { gpus } : { gpus, driver };
}

export const parseGpuSamples = (csv: string): readonly GpuSample[] =>
  rowsOf(csv).flatMap(([index, uuid, utilization, used, total, temperature, power]) => {
    const number = wholeOf(index);
    if (number === undefined) return [];
    const utilizationPercent = wholeOf(utilization);
    const temperatureC = wholeOf(temperature);
    const powerW = numberOf(power);
    return [
      {
        index: number,
        ...(uuid !== undefined && uuid.startsWith('GPU-') ? { uuid } : {}),
        ...(utilizationPercent === undefined ? {} : { utilizationPercent }),
        memoryUsedMiB: wholeOf(used) ?? 0,
        memoryTotalMiB: wholeOf(total) ?? 0,
        ...(temperatureC === undefined ? {} : { temperatureC }),
        ...(powerW === undefined ? {} : { powerW }),
      },
    ];
  });
