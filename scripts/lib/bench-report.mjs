/**
 * How a bench says its figures. Rows: `{ name, value, unit, better: 'higher' | 'lower', target?, peer?: { name, value } }`;
 * the peer is the physical limit or the bare library, measured in the same run.
 *
 * @param {string} name of the bench, for people
 * @param {readonly { name: string, value: number, unit: string, better: 'higher' | 'lower', target?: number, peer?: { name: string, value: number } }[]} rows
 */
export function reportBench(name, rows) {
  for (const row of rows) {
    if (!Number.isFinite(row.value)) throw new Error(`${name}: ${row.name} was not measured`);
    console.log(`BENCH ${JSON.stringify(row)}`);
  }
}

/** Says that a bench could not measure here, and why: neither a failure nor a figure, and never silent. */
export function skipBench(name, why) {
  console.log(`BENCH-SKIPPED ${name}: ${why}`);
}

/** The middle of several measurements. */
export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};

/** The value below which a share of the measurements lie; 0.99 is p99. */
export const percentile = (values, share) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
};
