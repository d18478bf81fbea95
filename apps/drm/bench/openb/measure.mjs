/** Runs policies over seeds and keeps what the report and the figures need. */
import { inflate, SIZES } from '../inflation.mjs';
import { baseline } from './baselines.mjs';

export const SEEDS = [42, 43, 44, 45, 46, 47, 48, 49, 50, 51];

export const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
export const deviation = (values) => {
  if (values.length < 2) return 0;
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1));
};

/** CPU seconds of this process so far. */
const cpuSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

/**
 * One policy over seeds: means by bin, values at 130 by seed, admission by size class in percent of those who asked.
 * `make(seed)` gives the policy; making it is not counted as deciding.
 */
export function runSeeds(trace, seeds, make, options = {}) {
  const runs = [];
  let cpu = 0;
  for (const seed of seeds) {
    const arrivals = trace.arrivalsOf(seed);
    const policy = make(seed, arrivals);
    const begun = cpuSeconds();
    runs.push(inflate(trace, arrivals, policy, options));
    cpu += cpuSeconds() - begun;
  }
  const bins = runs[0].allocation.map((_, bin) => mean(runs.map(({ allocation }) => allocation[bin])));
  const sizes = SIZES.map((_, size) => {
    const asked = runs.reduce((sum, run) => sum + run.asked[size], 0);
    return asked === 0 ? undefined : (100 * runs.reduce((sum, run) => sum + run.admitted[size], 0)) / asked;
  });
  return {
    bins,
    at: (bin) => bins[bin],
    finals: runs.map(({ allocation }) => allocation[130]),
    first: mean(runs.map(({ firstRejection }) => firstRejection)),
    sizes,
    watts: options.power ? bins.map((_, bin) => mean(runs.map(({ watts }) => watts[bin]))) : undefined,
    nanos: options.timed ? runs.flatMap(({ nanos }) => [...nanos]) : undefined,
    decisions: runs.reduce((sum, run) => sum + run.decisions, 0),
    cpu,
  };
}

export const runBaseline = (name, trace, seeds, { ties, ...options } = {}) =>
  runSeeds(trace, seeds, (seed) => baseline(name, trace, seed, ties), options);

/** A table of columns of equal width: the first to the left, the others to the right. */
export function table(head, rows) {
  const cells = [head, ...rows].map((row) => row.map((cell) => (cell === undefined ? '' : String(cell))));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  return cells
    .map((row) => row.map((cell, at) => (at === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[at]))).join('  '))
    .join('\n');
}

export const fixed = (value, digits = 2) =>
  value === undefined || Number.isNaN(value) ? '' : value.toFixed(digits).replace('-0.00', '0.00');
export const signed = (value, digits = 2) => (value >= 0 ? `+${fixed(value, digits)}` : fixed(value, digits));
