/**
 * Jobs over time: Shockwave's set-up (NSDI'23) of 32 V100, 120 jobs that change their batch size, rounds of 120 s. First
 * three of the seven published policies are played, which shows how far this simulator is from the published one; then
 * ours, told no more than Shockwave was. The larger traces check that nothing was fitted to the small one.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { gunzipSync } from 'node:zlib';
import { reportBench } from '../../../scripts/lib/bench-report.mjs';
import { dots, saveFigure } from '../../../scripts/lib/svg.mjs';
import { absent, csvRows, traceFile, untar, unzipped } from './traces.mjs';

const require = createRequire(import.meta.url);
const rounds = require('../dist/rounds/index.js');

const archive = traceFile('shockwave', 'traces.tar.gz');
if (!archive) absent('shockwave/traces.tar.gz');
const files = untar(gunzipSync(readFileSync(archive)));
const throughputs = rounds.readThroughputs(unzipped(traceFile('shockwave', 'tacc_throughputs.json.gz')));
const published = new Map(
  csvRows(readFileSync(traceFile('shockwave', 'published_tacc_32gpus.csv'), 'utf8'))
    .filter(({ set, mode }) => set === 'tacc_32gpus' && mode === 'simulation')
    .map((row) => [row.policy, row]),
);
const NAMES = {
  gandiva_fair: 'Gandiva-Fair',
  max_min_fairness: 'Gavel',
  min_total_duration: 'OSSP',
  finish_time_fairness: 'Themis',
  max_sum_throughput_perf: 'most throughput',
  allox: 'AlloX',
  shockwave: 'Shockwave',
};

const traceOf = (jobs) => {
  const name = [...files.keys()].find((file) => file.split('/').pop().startsWith(`${jobs}_0.2_5_100_`));
  return rounds.readTrainingTrace(files.get(name).toString('utf8'), throughputs);
};
const play = (jobs, gpus, policy) =>
  rounds.playRounds(traceOf(jobs), throughputs, { gpus, roundSeconds: 120, restartSeconds: 20 }, policy);

const show = (name, { makespan, averageCompletion, worstFairness, unfair, utilization }) =>
  console.log(
    [
      name.padEnd(30),
      makespan.toFixed(0).padStart(7),
      averageCompletion.toFixed(0).padStart(7),
      worstFairness.toFixed(3).padStart(7),
      unfair.toFixed(1).padStart(6),
      utilization.toFixed(3).padStart(7),
    ].join(' '),
  );

console.log('policy, makespan s, average completion s, worst finish-time fairness, unfair (> 1.05) %, utilization');
for (const [policy, row] of published) {
  if (NAMES[policy] === undefined) continue;
  show(`${NAMES[policy]} (published)`, {
    makespan: Number(row.makespan_s),
    averageCompletion: Number(row.avg_jct_s),
    worstFairness: Number(row.worst_ftf),
    unfair: Number(row.unfair_pct_ftf_gt_1_05 ?? row['unfair_pct_ftf_gt_1.05']),
    utilization: Number(row.cluster_util),
  });
}

const again = {
  gandiva_fair: rounds.proportionalShares,
  max_min_fairness: rounds.maxMinShares,
  min_total_duration: rounds.openShopShares,
  finish_time_fairness: rounds.finishTimeShares(),
  max_sum_throughput_perf: rounds.throughputShares,
};
const off = new Map();
for (const [policy, shares] of Object.entries(again)) {
  const result = play(120, 32, rounds.sharedRounds(policy, shares));
  show(`${NAMES[policy]} (played here)`, result);
  off.set(policy, Math.abs(result.makespan / Number(published.get(policy).makespan_s) - 1) * 100);
}

const ours = Object.fromEntries(
  ['modes', 'steps', 'profile'].map((knowledge) => [knowledge, play(120, 32, rounds.solyxRounds(knowledge))]),
);
for (const [knowledge, result] of Object.entries(ours)) show(`Solyx (told of ${knowledge})`, result);
const larger = [
  [220, 64],
  [460, 128],
  [900, 256],
].map(([jobs, gpus]) => {
  const result = play(jobs, gpus, rounds.solyxRounds('modes'));
  show(`Solyx (${jobs} jobs, ${gpus} GPUs)`, result);
  return { jobs, gpus, result };
});

const { makespan, averageCompletion, worstFairness, unfair, utilization } = ours.modes;
const peer = (field) => ({ name: 'Shockwave, published', value: Number(published.get('shockwave')[field]) });
reportBench('placement-shockwave', [
  {
    name: 'makespan, 120 jobs on 32 V100',
    value: makespan,
    unit: 's',
    better: 'lower',
    target: 24_200,
    peer: peer('makespan_s'),
  },
  {
    name: 'average completion',
    value: averageCompletion,
    unit: 's',
    better: 'lower',
    target: 9_700,
    peer: peer('avg_jct_s'),
  },
  {
    name: 'worst finish-time fairness',
    value: worstFairness,
    unit: 'ratio',
    better: 'lower',
    target: 1.6,
    peer: peer('worst_ftf'),
  },
  {
    name: 'unfair jobs (> 1.05)',
    value: unfair,
    unit: '%',
    better: 'lower',
    target: 5,
    peer: peer('unfair_pct_ftf_gt_1.05'),
  },
  {
    name: 'GPUs at work',
    value: utilization * 100,
    unit: '%',
    better: 'higher',
    peer: { name: 'Shockwave, published', value: Number(published.get('shockwave').cluster_util) * 100 },
  },
  { name: 'makespan, told of steps only', value: ours.steps.makespan, unit: 's', better: 'lower', target: 24_200 },
  {
    name: 'average completion, told of steps only',
    value: ours.steps.averageCompletion,
    unit: 's',
    better: 'lower',
    target: 9_700,
  },
  {
    name: 'worst fairness, told of steps only',
    value: ours.steps.worstFairness,
    unit: 'ratio',
    better: 'lower',
    target: 1.6,
  },
  {
    name: 'Gandiva-Fair: makespan off the published',
    value: off.get('gandiva_fair'),
    unit: '%',
    better: 'lower',
    target: 0.1,
  },
  {
    name: 'Gavel: makespan off the published',
    value: off.get('max_min_fairness'),
    unit: '%',
    better: 'lower',
    target: 1,
  },
  {
    name: 'open shop: makespan off the published',
    value: off.get('min_total_duration'),
    unit: '%',
    better: 'lower',
    target: 3,
  },
  ...larger.map(({ jobs, gpus, result }) => ({
    name: `worst fairness, ${jobs} jobs on ${gpus} GPUs`,
    value: result.worstFairness,
    unit: 'ratio',
    better: 'lower',
    target: 1.6,
  })),
]);

saveFigure(
  'jobs-over-time',
  dots({
    title: 'Training jobs over time: earlier for all, and fair',
    note: '120 jobs, 32 V100, simulated rounds of 120 s; left and low is better. Grey: published (Shockwave, NSDI’23)',
    x: 'average completion, s',
    y: 'worst finish-time fairness',
    points: [
      ...[...published]
        .filter(([policy]) => NAMES[policy])
        .map(([policy, row]) => [NAMES[policy], Number(row.avg_jct_s), Number(row.worst_ftf)]),
      ['Solyx', averageCompletion, worstFairness, true],
    ],
  }),
);
