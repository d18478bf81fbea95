/**
 * Money: a year of jobs on 56 owned GPUs, on what can be leased at the prices of a snapshot (180 rows, H100), and on a few
 * shared nodes. Demand follows a recorded curve with bursts (seeded). The decision is the product's own currency against
 * "the cheapest offer, owned at price 0"; both begin every job at once, so their waits are boots, evictions and moves.
 * Minimum billing, boot, eviction and egress are not in the snapshot: they are assumed, see `market.ts`. Two of ours: the
 * choice of the place alone, and with work on leased nodes moving to owned ones that come free, which the simulator does
 * and the product does not yet.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { reportBench } from '../../../scripts/lib/bench-report.mjs';
import { bars, saveFigure } from '../../../scripts/lib/svg.mjs';
import { absent, csvRows, traceFile, unzipped } from './traces.mjs';

const require = createRequire(import.meta.url);
const { money } = require('../dist/index.js');

const prices = traceFile('prices', 'gpu_prices_snapshot.csv');
const demand = traceFile('optimizer', 'demand_minute.csv.gz');
if (!prices || !demand) absent('prices/gpu_prices_snapshot.csv or optimizer/demand_minute.csv.gz');

const rows = csvRows(readFileSync(prices, 'utf8'))
  .filter(({ gpu }) => gpu === 'H100-80GB-SXM')
  .map((row) => ({
    provider: row.provider,
    instance: row.instance,
    region: row.region,
    gpus: Number(row.gpu_count),
    cpus: Math.round(Number(row.vcpus)),
    memoryGiB: Math.round(Number(row.mem_gib)),
    usdPerHour: row.usd_per_hour,
    spotUsdPerHour: row.spot_usd_per_hour || undefined,
  }));
const offers = money.offersOf(rows, '2026-01-01T00:00:00.000Z');
const curve = csvRows(unzipped(demand)).map(
  (row) => Number(row.svc_large_gpus) + Number(row.svc_mid_gpus) + Number(row.svc_small_gpus),
);
const usd = (microUsd) => Number(microUsd / 10_000n) / 100;
const SEEDS = [1, 2, 3];

console.log(
  'seed, policy, USD total = owned + energy + leased + shared + egress, mean wait s, evictions, owned GPUs busy %',
);
const savings = [];
let shown;
for (const seed of SEEDS) {
  const jobs = money.yearOf(curve, seed);
  const setting = { offers, ownedNodes: 7, sharedNodes: 3, seed };
  const [base, stays, ours] = [money.cheapestOffer, money.oneCurrency(), money.oneCurrency(true)].map((policy) =>
    money.playYear(jobs, setting, policy),
  );
  for (const one of [base, stays, ours]) {
    const parts = [one.owned, one.energy, one.leased, one.shared, one.egress]
      .map((part) => usd(part).toFixed(0))
      .join(' + ');
    console.log(
      `${seed} ${one.policy}: ${usd(one.total).toFixed(0)} = ${parts}; ${one.meanWait.toFixed(0)} s, ${one.evictions} evictions, ${(one.ownedBusy * 100).toFixed(1)} %, ${one.leases} leases, ${one.jobs} jobs`,
    );
  }
  savings.push({
    stays: 100 - (usd(stays.total) / usd(base.total)) * 100,
    total: 100 - (usd(ours.total) / usd(base.total)) * 100,
    variable: 100 - (usd(ours.total - ours.owned) / usd(base.total - base.owned)) * 100,
    wait: ours.meanWait / base.meanWait,
  });
  shown ??= { base, ours };
}
const mean = (field) => savings.reduce((sum, one) => sum + one[field], 0) / savings.length;
reportBench('placement-money', [
  {
    name: 'cheaper than the cheapest offer, all costs',
    value: mean('total'),
    unit: '%',
    better: 'higher',
    target: 10,
    peer: { name: 'worst of three seeds', value: Math.min(...savings.map(({ total }) => total)) },
  },
  { name: 'cheaper, without what owned GPUs cost standing', value: mean('variable'), unit: '%', better: 'higher' },
  { name: 'cheaper by the choice of the place alone', value: mean('stays'), unit: '%', better: 'higher' },
  {
    name: 'mean wait',
    value: shown.ours.meanWait,
    unit: 's',
    better: 'lower',
    peer: { name: 'cheapest offer', value: shown.base.meanWait },
  },
  {
    name: 'a year, one currency',
    value: usd(shown.ours.total),
    unit: 'USD',
    better: 'lower',
    peer: { name: 'cheapest offer, owned at 0', value: usd(shown.base.total) },
  },
]);

const part = (name, one, ours) => [
  { name: `${name}: leased`, value: usd(one.leased) / 1000, ours },
  { name: `${name}: egress`, value: usd(one.egress) / 1000, ours },
  { name: `${name}: shared`, value: usd(one.shared) / 1000, ours },
  { name: `${name}: owned, energy`, value: usd(one.owned + one.energy) / 1000, ours },
];
saveFigure(
  'money-year',
  bars({
    title: 'A year of bursts: what it costs, by source',
    note: 'simulated; 56 owned H100, a price snapshot, assumed boot, eviction and egress; work moves to owned GPUs that come free',
    unit: 'k USD',
    bars: [...part('cheapest offer', shown.base, false), ...part('one currency', shown.ours, true)],
  }),
);
