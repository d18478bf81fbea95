/**
 * How much simulated plane one core gets through: small planes under trouble, and many jobs at once. One thread without
 * input or output, so its CPU time is what a machine with nothing else to do takes.
 */
import { createRequire } from 'node:module';
import { reportBench } from '../../../scripts/lib/bench-report.mjs';

const { runScenario, scenarioOf, crowdOf } = createRequire(import.meta.url)('../dist/index.js');

const SEEDS = 24;
const JOBS = 1_000;

async function measure(scenarios) {
  const before = process.cpuUsage();
  let events = 0;
  let virtualMs = 0;
  for (const scenario of scenarios) {
    const result = await runScenario(scenario);
    if (result.violation) throw new Error(`seed ${result.seed}: ${result.violation.invariant}`);
    events += result.events;
    virtualMs += result.virtualMs;
  }
  const { user, system } = process.cpuUsage(before);
  const seconds = (user + system) / 1e6;
  return { seconds, events, faster: virtualMs / 1000 / seconds };
}

await measure([scenarioOf(0), scenarioOf(7)]);
const small = await measure(Array.from({ length: SEEDS }, (_, seed) => scenarioOf(seed)));
const crowd = await measure([crowdOf(1, JOBS)]);

const higher = (name, value, unit, target) => ({ name, value, unit, better: 'higher', ...(target ? { target } : {}) });
reportBench('simulator', [
  higher('simulator: small planes', SEEDS / small.seconds, 'seeds per CPU second', 1.5),
  higher('simulator: events of small planes', small.events / small.seconds, 'events per CPU second'),
  higher('simulator: virtual time', small.faster, '× real time'),
  { name: 'simulator: 1,000 jobs at once', value: crowd.seconds, unit: 'CPU seconds', better: 'lower', target: 60 },
  higher('simulator: events of 1,000 jobs', crowd.events / crowd.seconds, 'events per CPU second'),
]);
