import { parseArgs } from 'node:util';

export interface Arguments {
  readonly seeds: number;
  readonly from: number;
  /** One seed only, told in detail. */
  readonly seed: number | undefined;
  /** So many jobs at once, instead of the small plane. */
  readonly jobs: number | undefined;
  readonly verbose: boolean;
}

const NUMBER_MAX = 10_000_000;

export const USAGE = `node apps/simulator/dist/main.js [--seeds 200] [--from 0] [--seed N] [--jobs 1000] [--verbose]

  --seeds N    runs N seeds, one after another
  --from N     the first of them
  --seed N     runs this one only
  --jobs N     N jobs at once on the simulated fleet, instead of a small plane with all kinds of trouble
  --verbose    tells of each seed, and of the last events of a failed one

Also: whatif (plays a journal or a trace under two policies), export (writes a journal for it).`;

function whole(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > NUMBER_MAX) throw new RangeError(`--${name} is not a whole number: ${text}`);
  return value;
}

/** Throws RangeError or TypeError that says what is wrong. */
export function readArguments(words: readonly string[]): Arguments {
  const text = { type: 'string' } as const;
  const options = { seeds: text, from: text, seed: text, jobs: text, verbose: { type: 'boolean' } } as const;
  const { values } = parseArgs({ args: [...words], options });
  const jobs = whole('jobs', values.jobs);
  return {
    seeds: whole('seeds', values.seeds) ?? (jobs === undefined ? 200 : 1),
    from: whole('from', values.from) ?? 0,
    seed: whole('seed', values.seed),
    jobs,
    verbose: values.verbose ?? false,
  };
}
