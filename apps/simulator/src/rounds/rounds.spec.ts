import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { gnsBatches, profiledBatches } from './adaptation';
import { proportionalShares, sharedRounds } from './rivals';
import { solyxRounds } from './solyx';
import { readThroughputs, readTrainingTrace, TraceError } from './trace';
import { playRounds, type RoundsPolicy } from './world';

const TABLE = JSON.stringify({
  v100: {
    "('LM (batch size 10)', 1)": { null: 10 },
    "('LM (batch size 20)', 1)": { null: 10 },
    "('LM (batch size 40)', 1)": { null: 10 },
    "('LM (batch size 80)', 1)": { null: 10 },
    "('LM (batch size 10)', 2)": { null: 20 },
  },
});
const throughputs = readThroughputs(TABLE);

const line = (steps: number, gpus: number, mode: string, arrivedAt: number): string =>
  ['LM (batch size 10)', 'run', 'dir', '--steps', 1, steps, gpus, mode, 1, -1, 0, arrivedAt].join('\t');

const SETTING = { gpus: 2, roundSeconds: 120, restartSeconds: 20 };

/** Those that came first, as long as they fit. */
const first: RoundsPolicy = {
  name: 'first come',
  choose: ({ jobs, gpus }) => {
    let left = gpus;
    return jobs.filter(({ spec }) => (left -= spec.gpus) >= 0);
  },
};

describe('playRounds', () => {
  it('runs one job alone for as long as its steps take', () => {
    const specs = readTrainingTrace(line(6_000, 1, 'static', 0), throughputs);
    const result = playRounds(specs, throughputs, SETTING, first);
    expect(result).toMatchObject({ makespan: 600, averageCompletion: 600, rounds: 5 });
    expect(result.jobs).toHaveLength(1);
  });

  it('takes the restart from a job that did not run in the round before', () => {
    const trace = [line(6_000, 2, 'static', 0), line(3_000, 1, 'static', 100)].join('\n');
    const [specs, done] = [readTrainingTrace(trace, throughputs), playRounds];
    const { jobs } = done(specs, throughputs, SETTING, first);
    expect(jobs.map(({ completion, restarts }) => [completion, restarts])).toEqual([
      [300, 0],
      [300 + 120 + 120 + 80 - 100, 0],
    ]);
  });

  it('trains with a larger batch once the critical epochs are over', () => {
    const steps = 20 * Math.ceil(59_675 / 10);
    const plain = readTrainingTrace(line(steps, 1, 'static', 0), throughputs);
    const adaptive = readTrainingTrace(line(steps, 1, 'accordion', 0), throughputs);
    const [slow, fast] = [plain, adaptive].map((specs) => playRounds(specs, throughputs, SETTING, first).makespan);
    expect(fast).toBeLessThan((slow ?? 0) * 0.65);
  });

  it('refuses a policy that gives away more than there is', () => {
    const specs = readTrainingTrace([line(10, 2, 'static', 0), line(10, 2, 'static', 0)].join('\n'), throughputs);
    const greedy: RoundsPolicy = { name: 'greedy', choose: ({ jobs }) => jobs };
    expect(() => playRounds(specs, throughputs, SETTING, greedy)).toThrow('greedy chose 4 GPUs of 2.');
  });

  it('under our policy a short job need not wait for a long one', () => {
    const trace = [line(60_000, 2, 'static', 0), line(60_000, 2, 'static', 0), line(600, 1, 'static', 10)].join('\n');
    const { jobs } = playRounds(readTrainingTrace(trace, throughputs), throughputs, SETTING, solyxRounds('modes'));
    expect(jobs[2]?.completion).toBeLessThan(2_000);
    expect(jobs[2]?.fairness).toBeLessThan(30);
  });
});

describe('a trace', () => {
  it.each([
    ['too few fields', 'LM (batch size 10)\tx', 'Line 2: it is not a job of 12 fields'],
    ['a model nobody knows', line(1, 1, 'static', 0).replace('LM', 'GPT'), 'Line 2: the model GPT is not known'],
    ['a mode nobody knows', line(1, 1, 'often', 0), 'Line 2: the mode often is none of'],
    ['no steps', line(0, 1, 'static', 0), 'Line 2: steps, GPUs and arrival must be numbers'],
    ['GPUs without a profile', line(1, 4, 'static', 0), 'Line 2: no throughput is known'],
  ])('with %s is refused by the number of its line', (_, bad, message) => {
    const text = [line(1, 1, 'static', 0), bad].join('\n');
    expect(() => readTrainingTrace(text, throughputs)).toThrow(TraceError);
    expect(() => readTrainingTrace(text, throughputs)).toThrow(message);
  });
});

describe('batch sizes', () => {
  it('double under GNS where it was measured, up to the largest', () => {
    expect(gnsBatches('LM', 40, 13, 1)).toEqual([...Array<number>(11).fill(40), 80, 80]);
    expect(gnsBatches('Transformer', 16, 3, 1)).toEqual([16, 16, 16]);
  });

  it('are largest under Accordion but for the first third', () => {
    expect(profiledBatches('LM', 'accordion', { first: 10, epochs: 40, gpus: 1 }).indexOf(80)).toBe(13);
  });
});

const FOLDER = path.join(process.env.SOLYX_TRACES ?? path.join(__dirname, '../../../../../shared/data'), 'shockwave');
const TRACE = process.env.SOLYX_SHOCKWAVE_TRACE;

// The trace lies in an archive: the bench reads it. Here only the throughputs are read, and a trace that is named.
const published = existsSync(FOLDER) && TRACE !== undefined ? it : it.skip;

published('Gandiva-Fair ends when the published simulator says', () => {
  const table = gunzipSync(readFileSync(path.join(FOLDER, 'tacc_throughputs.json.gz'))).toString('utf8');
  const known = readThroughputs(table);
  const specs = readTrainingTrace(readFileSync(TRACE ?? '', 'utf8'), known);
  const result = playRounds(specs, known, { ...SETTING, gpus: 32 }, sharedRounds('gandiva', proportionalShares));
  expect(result.makespan).toBeCloseTo(32_367.4, 1);
  expect(result.worstFairness).toBeCloseTo(1.854, 3);
});
