/**
 * `node apps/drm/bench/openb/floor.mjs`: keeps what ours allocates now (seed 42, at 90, 100 and 130 % of load) as the
 * floor below which `floor.test.mjs` lets nobody fall by more than 0.05 point. Run it only when the floor is to rise.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { loadTrace, openbFolder, traceNames } from '../openb-trace.mjs';
import { runSeeds } from './measure.mjs';
import { endSolver, knowledgeOf, ours } from './ours.mjs';

const FILE = new URL('./floor.json', import.meta.url);
const SEED = 42;
export const BINS = [90, 100, 130];

export const floor = () => JSON.parse(readFileSync(FILE, 'utf8'));

/** What ours allocates on one trace: percent at each of the bins. */
export async function standing(name) {
  const trace = loadTrace(name);
  const learnt = await knowledgeOf(trace);
  const { bins } = runSeeds(trace, [SEED], (seed) => ours(trace, seed, learnt));
  return BINS.map((bin) => Number(bins[bin].toFixed(3)));
}

async function main() {
  if (!openbFolder()) return console.log('floor: no traces (SOLYX_TRACES); nothing changed');
  const kept = {};
  for (const name of traceNames()) kept[name] = await standing(name);
  writeFileSync(FILE, `${JSON.stringify(kept, null, 2)}\n`);
  await endSolver();
}

if (process.argv[1] === new URL(import.meta.url).pathname) await main();
