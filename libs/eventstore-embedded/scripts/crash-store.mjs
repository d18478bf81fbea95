/**
 * `node libs/eventstore-embedded/scripts/crash-store.mjs [--cycles 1000] [--seed N] [--load-ms 40]`, after a build:
 * kills store and PostgreSQL in a loop under load, then compares the log with what was acknowledged.
 */
import { parseArgs } from 'node:util';
import { crashLoop } from './crash-rig.cjs';

const { values } = parseArgs({
  options: {
    cycles: { type: 'string', default: '1000' },
    seed: { type: 'string' },
    'load-ms': { type: 'string', default: '40' },
    'postgres-every': { type: 'string', default: '8' },
  },
});
const started = Date.now();
const report = await crashLoop({
  cycles: Number(values.cycles),
  loadMs: Number(values['load-ms']),
  postgresKillEvery: Number(values['postgres-every']),
  ...(values.seed === undefined ? {} : { seed: Number(values.seed) }),
  say: (line) => console.error(`${Math.round((Date.now() - started) / 1000)} s: ${line}`),
});
console.log(
  JSON.stringify({ ...report, faults: report.faults.slice(0, 20), faultCount: report.faults.length }, null, 2),
);
process.exit(report.faults.length === 0 ? 0 : 1);
