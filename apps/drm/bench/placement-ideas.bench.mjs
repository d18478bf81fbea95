/**
 * One figure for each idea of the scheduler (docs/scheduling.md), drawn from what it decides: small scenes played by the
 * real thing, prices by its own functions. The rows say what each scene must show.
 */
import { createRequire } from 'node:module';
import { reportBench } from '../../../scripts/lib/bench-report.mjs';
import { endSolver, slicePricesOf } from './openb/ours.mjs';
import { packing } from './packing-policy.mjs';
import { play, sceneNode, sceneQueue, sceneReservation } from './scene.mjs';
import { gantt, lines, saveFigure } from './svg.mjs';

const require = createRequire(import.meta.url);
const { offerCost, ownedCost } = require('../dist/domain/currency.js');
const { HALF_LIFE_MS, leftAfter } = require('../dist/domain/queues/usage.js');

const node = { name: 'node', gpus: 8 };
const rows = [];
const row = (name, value, unit, target) => rows.push({ name, value, unit, better: 'lower', target });
/** Lines of at most so many letters. */
const wrapped = (text, most) => {
  const found = [''];
  for (const word of text.split(' ')) {
    if (found[0].length + word.length >= most) found.unshift('');
    found[0] += found[0] === '' ? word : ` ${word}`;
  }
  return found.reverse();
};
/** Draws a scene with its arrivals. */
function draw(file, figure, { segments }, jobs) {
  const arrivals = jobs.filter(({ silent }) => !silent).map(({ name, label, at }) => ({ name: label ?? name, at }));
  saveFigure(file, gantt({ nodes: [node], segments, arrivals, ...figure }));
}

/** What is left of a GPU is worth what it can still hold. */
async function slices() {
  const part = (gpuMilli, count) => new Array(count).fill({ gpus: 1, gpuMilli, cpuMilli: 4_000, memoryMiB: 8_192 });
  const jobs = [
    part(810, 13),
    part(470, 12),
    part(650, 4),
    part(320, 8),
    part(230, 5),
    part(160, 2),
    part(110, 2),
  ].flat();
  const prices = await slicePricesOf(jobs);
  const residual = packing.residualValues(prices);
  const points = Array.from({ length: 101 }, (_, step) => [step * 10, residual[step * 10] / 1e6]);
  saveFigure(
    'idea-slice-prices',
    lines({
      title: 'What is left of a GPU is worth what it can still hold',
      subtitle: 'dual prices of the pattern program for a mix of 810, 650, 470, 320, 230, 160 and 110 thousandths',
      x: {
        from: 0,
        to: 1000,
        ticks: [0, 110, 230, 320, 470, 650, 810, 1000],
        label: 'thousandths of the GPU that are left',
      },
      y: { from: 0, to: 1, ticks: [0, 0.25, 0.5, 0.75, 1], label: 'worth, in GPUs' },
      series: [
        { name: 'by shadow prices', color: 0, strong: true, points },
        { name: 'in proportion', color: 4, dashed: true, points: [[0, 0], [1000, 1]] }, // prettier-ignore
      ],
    }),
  );
  row('idea, slices: worth of 190 thousandths, which nothing large fits in', residual[190] / 1e6, 'GPUs', 0.19);
}

/** Owned, leased and shared in one currency: what an hour of work on one GPU costs us, by how long it runs. */
function currency() {
  const gpuHour = 2_000_000n;
  const purchase = {
    purchaseMicroUsd: '240000000000',
    purchasedAt: '2026-01-01T00:00:00.000Z',
    lifetimeMonths: 48,
    method: 'straight-line',
    idleWatts: 1_500,
    maxWatts: 7_000,
    energyMicroUsdPerKwh: '150000',
  };
  const offer = {
    gpusPerNode: 1,
    cpuMilli: 16_000,
    memoryMiB: 131_072,
    priceMicroUsdPerHour: '1900000',
    minimumSeconds: 3_600,
    bootSeconds: 300,
    evictionPerMilleHour: 50,
  };
  const load = (minutes) => ({
    gpuMilli: 1_000,
    cpuMilli: 16_000,
    memoryMiB: 131_072,
    runtimeSeconds: Math.round(minutes * 60),
    egressMicroUsd: 0n,
  });
  const usd = ({ microUsdPerHour }) => Number(microUsdPerHour) / 1e6;
  const minutes = [15, 20, 25, 30, 40, 50, 60, 75, 90, 120, 180, 240, 360, 480];
  const owned = (microGpu) => minutes.map((at) => [at, usd(ownedCost(purchase, 8, load(at), { microGpu, gpuHour }))]);
  const leased = minutes.map((at) => [at, usd(offerCost(offer, load(at), gpuHour))]);
  saveFigure(
    'idea-one-currency',
    lines({
      title: 'One currency: what an hour of work on one GPU costs us',
      subtitle:
        'leased at 1.90 USD an hour, one hour at least, 5 minutes to boot, 5 % an hour to be evicted (invented prices)',
      x: { from: 15, to: 480, ticks: [15, 30, 60, 120, 240, 480], label: 'minutes that the work runs', log: true },
      y: { from: 0, to: 9, ticks: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], label: 'USD per hour of work' },
      series: [
        { name: 'leased', color: 1, strong: true, points: leased },
        { name: 'owned, all wanted', color: 0, strong: true, points: owned(1_000_000) },
        { name: 'owned, one idle', color: 3, points: owned(0) },
      ],
    }),
  );
  row('idea, one currency: owned and idle, per hour of work', owned(0)[0][1] / leased[0][1], 'of leased', 0.5);
}

/** Use is forgotten: half of it in a day. */
function fairShare() {
  const steps = 288;
  const points = Array.from({ length: 73 }, (_, hour) => [hour, (100 * leftAfter(hour * 12)) / leftAfter(0)]);
  saveFigure(
    'idea-fair-share',
    lines({
      title: 'Fair share remembers, and forgets',
      subtitle: 'what counts of 100 GPU-hours against a queue, by how long ago they were; half is forgotten in a day',
      x: { from: 0, to: 72, ticks: [0, 12, 24, 36, 48, 60, 72], label: 'hours since' },
      y: { from: 0, to: 100, ticks: [0, 25, 50, 75, 100], label: 'GPU-hours that count' },
      series: [{ name: 'remembered', color: 0, strong: true, points }],
    }),
  );
  row(
    'idea, fair share: left after one half-life',
    Math.abs(leftAfter(steps) / leftAfter(0) - 0.5),
    'off a half',
    0.001,
  );
  row('idea, fair share: half-life', HALF_LIFE_MS / 3_600_000, 'h', 24);
}

/** Short work slips in before the head of the queue, and never delays it. */
function backfill() {
  const jobs = [
    { name: 'A', gpus: 6, minutes: 60, at: 0 },
    { name: 'B', gpus: 8, minutes: 60, at: 2 },
    { name: 'C', gpus: 2, minutes: 50, at: 6 },
    { name: 'D', gpus: 2, minutes: 100, at: 10 },
  ];
  const scene = play([sceneNode('node')], jobs, 240);
  draw(
    'idea-backfill',
    {
      title: 'Backfill: C fits before B can start, D does not',
      subtitle: 'B wants all eight GPUs and is planned for the end of A; only what is over by then goes first',
      until: 240,
      ticks: [0, 60, 120, 180, 240],
      colorOf: (name) => ({ A: 4, B: 0, C: 3, D: 1 })[name],
    },
    scene,
    jobs,
  );
  row('idea, backfill: the head waits beyond what was planned', scene.starts.get('B') - 60, 'min', 1);
}

/** Urgent work asks others to leave, with notice; they keep their place. */
function preemption() {
  const jobs = [
    { name: 'batch-1', gpus: 4, minutes: 150, at: 0, more: { priority: 10 } },
    { name: 'batch-2', gpus: 4, minutes: 90, at: 12, more: { priority: 10 } },
    { name: 'urgent', gpus: 4, minutes: 60, at: 45, more: { priority: 90 } },
  ];
  const scene = play([sceneNode('node')], jobs, 240);
  draw(
    'idea-preemption',
    {
      title: 'Preemption: the younger batch job leaves, and comes back in its place',
      subtitle: 'who loses the least work is asked, with 30 s of notice; its room is kept for the urgent job',
      until: 240,
      ticks: [0, 60, 120, 180, 240],
      colorOf: (name) => ({ urgent: 1, 'batch-1': 4, 'batch-2': 2 })[name],
      notes: scene.sentences
        .filter(({ sentence }) => sentence.startsWith('It is asked'))
        .flatMap(({ name, sentence }) => wrapped(`${name}: ${sentence}`, 108)),
    },
    scene,
    jobs,
  );
  row('idea, preemption: the urgent job waits', scene.starts.get('urgent') - 45, 'min', 2);
}

/** A queue lends what it does not use, and takes it back when it wants it. */
function borrowing() {
  const many = (queue, count, at, minutes) =>
    Array.from({ length: count }, (_, place) => ({
      name: `${queue}-${place + 1}`,
      gpus: 1,
      minutes,
      at: at + 2 * place,
      silent: place > 0,
      label: queue,
      more: { request: { queue } },
    }));
  const jobs = [...many('vision', 8, 0, 150), ...many('speech', 4, 60, 90)];
  const scene = play([sceneNode('node'), sceneQueue('vision', 4), sceneQueue('speech', 4)], jobs, 240);
  draw(
    'idea-borrowing',
    {
      title: 'Quota: what is lent is owed',
      subtitle:
        'two queues of four GPUs each in one cohort; vision borrows what speech leaves idle, until speech wants it',
      until: 240,
      ticks: [0, 60, 120, 180, 240],
      colorOf: (name) => (name.startsWith('vision') ? 2 : 3),
    },
    scene,
    jobs,
  );
  const late = Math.max(...[1, 2, 3, 4].map((place) => scene.starts.get(`speech-${place}`) - 60));
  row('idea, quota: the last of the lender waits for what it lent', late, 'min', 10);
}

/** Room is kept for its owner, and used by others until then. */
function reservation() {
  const jobs = [
    { name: 'A', gpus: 4, minutes: 60, at: 0 },
    { name: 'B', gpus: 4, minutes: 80, at: 2 },
    { name: 'C', gpus: 4, minutes: 60, at: 8 },
    { name: 'D', gpus: 2, minutes: 25, at: 14 },
    { name: 'demo', gpus: 8, minutes: 55, at: 92, more: { request: { organizationId: 'lab' } } },
  ];
  const kept = [90, 150];
  const scene = play([sceneNode('node'), sceneReservation('demo', 8, kept, { organizationId: 'lab' })], jobs, 240);
  draw(
    'idea-reservation',
    {
      title: 'Reservation: the room is free when its owner comes',
      subtitle: 'eight GPUs are kept for the lab from minute 90 to 150; work that would still run then waits',
      until: 240,
      ticks: [0, 30, 60, 90, 120, 150, 180, 240],
      colorOf: (name) => ({ demo: 3, A: 4, B: 2, C: 0, D: 1 })[name],
      kept: [{ nodeId: 'node', from: kept[0], to: kept[1], name: 'kept' }],
    },
    scene,
    jobs,
  );
  row('idea, reservation: its owner waits', scene.starts.get('demo') - 92, 'min', 1);
}

await slices();
currency();
fairShare();
backfill();
preemption();
borrowing();
reservation();
await endSolver();
reportBench('placement-ideas', rows);
