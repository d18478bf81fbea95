/**
 * How many allocations a second can be rated, beside the bare arithmetic that each rating needs: one multiplication and
 * one division of big integers per line.
 */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { DEFAULT_PRICES, rate } = require('../dist/index.js');

const SECONDS = 1;
const BATCH = 500;
const HOUR = 3_600_000;
const T0 = Date.UTC(2026, 0, 1);
const iso = (ms) => new Date(ms).toISOString();

const list = { version: 1, effectiveFrom: iso(0), entries: DEFAULT_PRICES };
const share = (rank) => ({
  nodeId: `node-${rank}`,
  rank,
  site: 'home',
  source: rank % 2 === 0 ? 'owned' : 'leased',
  provider: 'owned',
  simulated: true,
  executor: 'simulated',
  gpuModel: 'H100',
  gpuIndexes: [0, 1],
  gpuMilli: 1_750,
  cpuMilli: 8_000,
  memoryMiB: 65_536,
  priceMicroUsdPerHour: '0',
});
const usages = Array.from({ length: BATCH }, (_, index) => ({
  allocation: {
    allocationId: `alc_${index}`,
    workloadId: `job_${index}`,
    attempt: 1,
    organizationId: 'acme',
    project: 'default',
    shares: [share(0), share(1)],
    transfers: [],
    priceMicroUsdPerHour: '0',
    grantedAt: iso(T0 + index),
  },
  releasedAt: iso(T0 + HOUR + index * 977),
  eventIds: ['granted', 'released'],
  positions: ['1', '2'],
}));
const LINES = 6;

/** Calls `work` for about a second and returns how often a second it could. */
function perSecond(work, callsEach) {
  work();
  const begun = process.hrtime.bigint();
  let calls = 0;
  let spent = 0;
  while (spent < SECONDS * 1e9) {
    work();
    calls += callsEach;
    spent = Number(process.hrtime.bigint() - begun);
  }
  return (calls * 1e9) / spent;
}

let sink = 0n;
const ratings = perSecond(() => {
  for (const usage of usages) sink += rate(usage, list).totalMicroUsd;
}, BATCH);

const quantities = Array.from({ length: BATCH * LINES }, (_, index) => BigInt(1_750 * (HOUR + index * 976)));
const bare = perSecond(() => {
  for (const quantity of quantities) sink += (quantity * 2_300_000n) / 3_600_000_000n;
}, BATCH);

if (sink <= 0n) throw new Error('nothing was rated');
const figure = {
  name: 'billing: ratings of an allocation with 6 lines',
  value: ratings,
  unit: '/s',
  atLeast: 10_000,
  peer: { name: '6 bare multiplications and divisions', value: bare },
};
console.log(`BENCH ${JSON.stringify(figure)}`);
