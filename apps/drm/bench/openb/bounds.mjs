/**
 * `node apps/drm/bench/openb/bounds.mjs [trace …]`: computes the in-order bound of each trace and published seed, about
 * 1.5 s each, and keeps it in `bounds.json`, so that the bench need not.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { loadTrace, openbFolder, traceNames } from '../openb-trace.mjs';
import { allocationOf, inOrderBound } from './lp-bound.mjs';

const FILE = new URL('./bounds.json', import.meta.url);
export const SEEDS = [42, 43, 44, 45, 46, 47, 48, 49, 50, 51];
const BINS = [90, 100, 110, 120, 130];

/** By trace, then seed: [allocation at 90, 100, 110, 120, 130 %, load at the first rejection]. */
export function knownBounds() {
  try {
    return JSON.parse(readFileSync(FILE, 'utf8'));
  } catch {
    return {};
  }
}

/** One bound, computed now. */
export async function boundOf(trace, seed) {
  const arrivals = trace.arrivalsOf(seed);
  const { admitted } = await inOrderBound(trace, arrivals);
  const { allocation, firstRejection } = allocationOf(trace, arrivals, admitted);
  return [...BINS.map((bin) => allocation[bin]), firstRejection].map((value) => Number(value.toFixed(4)));
}

/** Mean over seeds at a percent of offered load, from what is kept; undefined where a seed is not. */
export function meanBound(bounds, trace, seeds, bin) {
  const rows = seeds.map((seed) => bounds[trace]?.[seed]);
  if (rows.some((row) => row === undefined)) return undefined;
  return rows.reduce((sum, row) => sum + row[BINS.indexOf(bin)], 0) / rows.length;
}

async function main(names) {
  if (!openbFolder()) return console.log('bounds: no traces (SOLYX_TRACES); nothing computed');
  const bounds = knownBounds();
  for (const name of names.length > 0 ? names : traceNames()) {
    const trace = loadTrace(name);
    bounds[name] = {};
    for (const seed of SEEDS) bounds[name][seed] = await boundOf(trace, seed);
    console.log(`${name}: ${meanBound(bounds, name, SEEDS, 130).toFixed(2)} % at 130`);
  }
  const sorted = Object.fromEntries(Object.entries(bounds).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(FILE, `${JSON.stringify(sorted, null, 1)}\n`);
}

if (process.argv[1] === new URL(import.meta.url).pathname) await main(process.argv.slice(2));
