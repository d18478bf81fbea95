/**
 * How many mutants of the amounts and the postings the specs find: Stryker changes one operator, condition or number
 * after another in a copy of the sources, and each change should make a spec fail. The subset is what every amount and
 * every posting goes through; `npm run mutation` tries all of rating and ledger. Beside it the number that were tried.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const REPORT = path.join(ROOT, '.solyx', 'mutation.json');
const FOUND = ['Killed', 'Timeout', 'RuntimeError'];
const MISSED = ['Survived', 'NoCoverage'];

rmSync(REPORT, { force: true });
const stryker = path.join(ROOT, 'node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js');
spawnSync(process.execPath, [stryker, 'run', 'apps/billing/stryker.config.mjs'], {
  cwd: ROOT,
  env: { ...process.env, MUTATE: 'subset' },
  stdio: ['ignore', 'inherit', 'inherit'],
});
// A score below the threshold ends Stryker with 1, and is a figure all the same.
const { files } = JSON.parse(readFileSync(REPORT, 'utf8'));
const mutants = Object.values(files).flatMap((file) => file.mutants);
const count = (statuses) => mutants.filter(({ status }) => statuses.includes(status)).length;
const tried = count(FOUND) + count(MISSED);
const figure = {
  name: 'billing: mutants of amounts and postings that a spec finds',
  value: (count(FOUND) * 100) / tried,
  unit: '%',
  atLeast: 85,
  peer: { name: 'mutants tried', value: tried },
};
console.log(`BENCH ${JSON.stringify(figure)}`);
