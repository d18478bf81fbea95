import { parseMicro } from '@solyx/kernel';

/** A value that was understood, or what is wrong with it and what to write instead. */
export type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string; readonly hint: string };

const good = <T>(value: T): Parsed<T> => ({ ok: true, value });
const bad = (problem: string, hint: string): Parsed<never> => ({ ok: false, problem, hint });

const TEXT_SHOWN_MAX = 60;

/** A value as an error message shows it: short, and never a whole document. */
export function show(value: unknown): string {
  if (typeof value === 'string')
    return `"${value.length > TEXT_SHOWN_MAX ? `${value.slice(0, TEXT_SHOWN_MAX)}…` : value}"`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value === null || value === undefined) return 'nothing';
  return Array.isArray(value) ? 'a list' : 'an object';
}

const KIB: Readonly<Record<string, number>> = { KiB: 1, MiB: 1024, GiB: 1024 ** 2, TiB: 1024 ** 3 };
const MEMORY_MIB_MAX = 64 * 1024 * 1024;

/** `64GiB` or `64GiB..` (at least) in MiB, rounded up. Decimal units are refused: GB means two different things. */
export function parseMemoryMiB(value: unknown): Parsed<number> {
  const example = 'Write binary units: 512MiB, 64GiB, 1TiB.';
  if (typeof value !== 'string') return bad(`${show(value)} has no unit`, example);
  const match = /^(\d{1,12})(?:\.(\d{1,3}))?\s*([A-Za-z]{1,4})(\.\.)?$/.exec(value.trim());
  if (!match) return upperBound(value) ?? bad(`${show(value)} is not an amount of memory`, example);
  const [, whole = '0', fraction = '', unit = ''] = match;
  const kib = KIB[unit];
  if (kib === undefined) {
    const binary = /^[KMGT]B?$/i.test(unit) ? `${unit.charAt(0).toUpperCase()}iB` : 'GiB';
    return bad(`the unit ${unit} is not one of KiB, MiB, GiB, TiB`, `Write ${whole}${binary}: units are binary.`);
  }
  const mib = Math.ceil((Number(`${whole}.${fraction === '' ? '0' : fraction}`) * kib) / 1024);
  return mib > MEMORY_MIB_MAX ? bad(`${show(value)} is more than 64 TiB`, 'Ask for less.') : good(mib);
}

function upperBound(text: string): Parsed<never> | undefined {
  const match = /^(.{1,24}?)\.\.(.{1,24})$/.exec(text.trim());
  return match
    ? bad(`${show(text)} has an upper bound`, `Upper bounds are not available yet: write ${match[1] ?? ''}.. instead.`)
    : undefined;
}

const CPU_MILLI_MAX = 1_024_000;

/** Cores: `8`, `0.5`, `8..` (at least). Thousandths of a core. */
export function parseCpuMilli(value: unknown): Parsed<number> {
  const hint = 'Write cores: 8, 0.5 or 8.. (at least 8).';
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string') return bad(`${show(value)} is not a number of cores`, hint);
  const match = /^(\d{1,4})(?:\.(\d{1,3}))?(\.\.)?$/.exec(text.trim());
  if (!match) return upperBound(text) ?? bad(`${show(value)} is not a number of cores`, hint);
  const milli = Number(match[1]) * 1000 + Number((match[2] ?? '').padEnd(3, '0') || '0');
  return milli > CPU_MILLI_MAX ? bad(`${show(value)} cores are more than 1,024`, 'Ask for less.') : good(milli);
}

const MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const DURATION_MS_MAX = 30 * 24 * 3_600_000;

/** `90s`, `10m`, `4h`, `1h30m`, `250ms` in milliseconds; at most 30 days. */
export function parseDurationMs(value: unknown): Parsed<number> {
  const hint = 'Write a duration with its unit: 30s, 10m, 4h, 1h30m.';
  if (typeof value !== 'string') return bad(`${show(value)} has no unit of time`, hint);
  const text = value.trim();
  if (text.length > 32 || !/^(\d{1,9}(\.\d{1,3})?(ms|s|m|h))+$/.test(text)) {
    return bad(`${show(value)} is not a duration`, hint);
  }
  let total = 0;
  for (const [, amount = '0', , unit = 's'] of text.matchAll(/(\d+(\.\d+)?)(ms|s|m|h)/g)) {
    total += Number(amount) * (MS[unit] ?? 0);
  }
  return total > DURATION_MS_MAX
    ? bad(`${show(value)} is more than 30 days`, 'Write 720h or less.')
    : good(Math.round(total));
}

/** A duration in whole seconds, rounded up, at least one. */
export function parseSeconds(value: unknown): Parsed<number> {
  const parsed = parseDurationMs(value);
  if (!parsed.ok) return parsed;
  return parsed.value === 0 ? bad('it is zero', 'Write 1s or more.') : good(Math.ceil(parsed.value / 1000));
}

/** `25.00 USD` in micro-USD. */
export function parseMoneyMicro(value: unknown, per = ''): Parsed<string> {
  const hint = `Write an amount with its currency: "25.00 USD${per}".`;
  if (typeof value !== 'string') return bad(`${show(value)} has no currency`, hint);
  const match = /^(\d{1,12}(?:\.\d{1,12})?)\s*([A-Z]{3})(\/[A-Za-z-]{1,10})?$/.exec(value.trim());
  if (!match) return bad(`${show(value)} is not an amount of money`, hint);
  if (match[2] !== 'USD') return bad(`the currency ${match[2] ?? ''} is not known`, 'Prices are in USD.');
  if ((match[3] ?? '') !== per) return bad(`${show(value)} is not an amount of USD${per}`, hint);
  const micro = parseMicro(match[1] ?? '');
  return micro === undefined ? bad(`${show(value)} is finer than a millionth of a dollar`, hint) : good(String(micro));
}

/** `2.80 USD/gpu-h` in micro-USD per GPU-hour. */
export const parsePriceMicro = (value: unknown): Parsed<string> => parseMoneyMicro(value, '/gpu-h');

/** What is wanted on each node. */
export interface GpuWish {
  readonly gpus: number;
  /** Share of each GPU, in thousandths. */
  readonly gpuMilli: number;
  readonly gpuModel?: string;
  readonly gpuMemoryMiB?: number;
}

const GPUS_PER_NODE_MAX = 16;
const GPU_HINT = 'Write a count (2), model:count (H100:2), share x model (0.25xA100), or memory:count (24GiB..:1).';

/** `2`, `H100`, `H100:2`, `0.25xA100`, `24GiB..:1`, `0.5`. */
export function parseGpu(value: unknown): Parsed<GpuWish> {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || text.length > 64) return bad(`${show(value)} is not a wish for GPUs`, GPU_HINT);
  const trimmed = text.trim();
  if (/^\d{1,3}$/.test(trimmed)) return withCount({ gpus: 0, gpuMilli: 1000 }, trimmed);
  if (/^0?\.\d{1,3}$/.test(trimmed)) return withShare({ gpus: 1, gpuMilli: 1000 }, trimmed);
  const [kind = '', count = '1', ...rest] = trimmed.split(/:(?=\d+$)/);
  if (rest.length > 0) return bad(`${show(value)} is not a wish for GPUs`, GPU_HINT);
  const wish = parseKind(kind);
  return wish.ok ? withCount(wish.value, count) : wish;
}

function parseKind(kind: string): Parsed<GpuWish> {
  const shared = /^(\d{0,3}(?:\.\d{1,6})?)x(.+)$/.exec(kind);
  if (shared) {
    const rest = parseKind(shared[2] ?? '');
    return rest.ok ? withShare(rest.value, shared[1] ?? '') : rest;
  }
  if (/^[A-Za-z][A-Za-z0-9-]{0,31}$/.test(kind)) {
    return good({ gpus: 1, gpuMilli: 1000, gpuModel: kind.toUpperCase() });
  }
  if (/^\d/.test(kind)) {
    const memory = parseMemoryMiB(kind);
    return memory.ok ? good({ gpus: 1, gpuMilli: 1000, gpuMemoryMiB: memory.value }) : memory;
  }
  return bad(`${show(kind)} is neither a GPU model nor an amount of memory`, GPU_HINT);
}

function withShare(wish: GpuWish, text: string): Parsed<GpuWish> {
  const milli = Number(text) * 1000;
  if (!Number.isInteger(milli)) return bad(`the share ${text} is finer than a thousandth`, 'Write 0.25 or 0.125.');
  if (milli < 1 || milli > 1000) {
    return bad(`the share ${text} is not between 0.001 and 1`, 'For several whole GPUs write H100:2.');
  }
  return good({ ...wish, gpuMilli: milli });
}

function withCount(wish: GpuWish, text: string): Parsed<GpuWish> {
  const gpus = Number(text);
  return gpus > GPUS_PER_NODE_MAX
    ? bad(`${gpus} GPUs on one node are more than ${GPUS_PER_NODE_MAX}`, 'Use nodes: for gangs over several machines.')
    : good({ ...wish, gpus });
}

const NODES_MAX = 64;

/** Nodes of a gang, and the fewest with which it may start. */
export interface NodeWish {
  readonly nodes: number;
  readonly nodesMin?: number;
}

/** `4` for exactly four, `2..4` for an elastic gang. */
export function parseNodes(value: unknown): Parsed<NodeWish> {
  const hint = 'Write 4, or 2..4 for a gang that may start with two of them.';
  const text = typeof value === 'number' ? String(value) : value;
  const match = typeof text === 'string' ? /^(\d{1,4})(?:\.\.(\d{1,4}))?$/.exec(text.trim()) : null;
  if (!match) return bad(`${show(value)} is not a number of nodes`, hint);
  const [min, max] = [Number(match[1]), Number(match[2] ?? match[1])];
  if (min < 1 || max > NODES_MAX) return bad(`${show(value)} is not from 1 to ${NODES_MAX} nodes`, hint);
  if (max < min) return bad(`${show(value)} is not a range`, `Write ${max}..${min}.`);
  return good(min === max ? { nodes: max } : { nodes: max, nodesMin: min });
}

const MIG_PROFILE = /^[1-7]g\.\d{1,3}gb$/;

/** A MIG slice as NVIDIA names it: `1g.10gb`. */
export function parseMigProfile(value: unknown): Parsed<string> {
  const text = typeof value === 'string' ? value.trim().toLowerCase() : '';
  if (MIG_PROFILE.test(text)) return good(text);
  return bad(`${show(value)} is not a MIG profile`, 'Write it as `nvidia-smi mig -lgip` lists it: 1g.10gb, 3g.40gb.');
}

const WHEN = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/;

/** An instant with its zone, as ISO 8601 UTC with milliseconds. */
export function parseWhen(value: unknown): Parsed<string> {
  const hint = 'Write an instant with its zone: 2027-01-31T18:00Z.';
  const text = typeof value === 'string' ? value.trim() : '';
  const millis = WHEN.test(text) ? Date.parse(text) : Number.NaN;
  // A time of the caller's, not the clock's.
  return Number.isNaN(millis) ? bad(`${show(value)} is not an instant`, hint) : good(new Date(millis).toISOString());
}
