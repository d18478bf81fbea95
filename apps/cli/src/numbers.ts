import { CliError } from './errors';

/** A whole number within bounds from a flag, or the error that says which flag wants what. */
export function whole(
  flag: string,
  text: string,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new CliError(
    'Usage',
    `${flag} wants a whole number from ${min} to ${max}, not "${text}"`,
    `Write ${flag} ${Math.max(min, 2)}.`,
  );
}

/** Units in which usage is counted, and how many of them are one unit that people think in. */
const READABLE: Readonly<Record<string, { readonly unit: string; readonly size: bigint }>> = {
  'milli-gpu-ms': { unit: 'GPU-s', size: 1_000_000n },
  'milli-core-ms': { unit: 'core-s', size: 1_000_000n },
  'mib-ms': { unit: 'GiB-s', size: 1_024_000n },
  gib: { unit: 'GiB', size: 1n },
};

/** "6.39 GPU-s" for 6390000 milli-gpu-ms: rounded to thousandths for the eye; `--json` has the exact count. */
export function quantity(count: string, unit: string): string {
  const known = READABLE[unit];
  if (!known || !/^\d+$/.test(count)) return `${count} ${unit}`;
  const milli = (BigInt(count) * 1000n + known.size / 2n) / known.size;
  const fraction = String(milli % 1000n)
    .padStart(3, '0')
    .replace(/0+$/, '');
  return `${milli / 1000n}${fraction === '' ? '' : `.${fraction}`} ${known.unit}`;
}
