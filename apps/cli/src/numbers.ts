import { formatMicro } from '@solyx/kernel';
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
  byte: { unit: 'GiB', size: 1_073_741_824n },
};

/** In what each meter's price is said, and how many counted units that is. */
const PRICED: Readonly<Record<string, { readonly per: string; readonly units: bigint }>> = {
  gpu: { per: 'GPU-h', units: 3_600_000_000n },
  cpu: { per: 'core-h', units: 3_600_000_000n },
  memory: { per: 'GiB-h', units: 3_686_400_000n },
  storage: { per: 'GiB-month', units: 3_686_400_000n * 730n },
  egress: { per: 'GiB', units: 1_073_741_824n },
  'token-input': { per: 'M tokens', units: 1_000_000n },
  'token-output': { per: 'M tokens', units: 1_000_000n },
  'token-cached': { per: 'M tokens', units: 1_000_000n },
  impression: { per: '1,000 impressions', units: 1_000n },
  click: { per: 'click', units: 1n },
};

/** "$2.30/GPU-h" for an exact fraction of micro-USD per counted unit; rounded down to a micro-USD for the eye. */
export function priceOf(
  meter: string,
  tier: { readonly rateNumerator: string; readonly rateDenominator: string },
): string {
  const { per, units } = PRICED[meter] ?? { per: 'unit', units: 1n };
  const denominator = BigInt(tier.rateDenominator);
  const micro = denominator === 0n ? 0n : (BigInt(tier.rateNumerator) * units) / denominator;
  return `$${formatMicro(micro, true)}/${per}`;
}

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
