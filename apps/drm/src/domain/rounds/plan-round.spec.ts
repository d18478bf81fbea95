import fc from 'fast-check';
import { planRound, type RoundCluster, type RoundJob } from './plan-round';
import { remainingMs } from './remaining';

const MINUTE = 60_000;
const CLUSTER: RoundCluster = { gpus: 8, now: 0, roundMs: 2 * MINUTE, contentionMilli: 1_000 };

const job = (jobId: string, some: Partial<RoundJob> = {}): RoundJob => ({
  jobId,
  gpus: 1,
  arrivedAt: 0,
  remainingMs: 10 * MINUTE,
  aloneMs: 10 * MINUTE,
  running: false,
  ...some,
});

const jobs = fc
  .uniqueArray(
    fc.record({
      jobId: fc.integer({ min: 0, max: 999 }).map((id) => `job-${id}`),
      gpus: fc.constantFrom(1, 2, 4, 8, 16),
      arrivedAt: fc.integer({ min: 0, max: 100 * MINUTE }),
      remainingMs: fc.integer({ min: 1, max: 1_000 * MINUTE }),
      aloneMs: fc.integer({ min: 1, max: 1_000 * MINUTE }),
      running: fc.boolean(),
    }),
    { selector: ({ jobId }) => jobId, maxLength: 40 },
  )
  .chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })));

describe('planRound', () => {
  it('runs those first on which the end of all the work hangs', () => {
    const long = job('long', { gpus: 8, remainingMs: 100 * MINUTE, aloneMs: 100 * MINUTE });
    const { picks } = planRound([job('short'), long], CLUSTER);
    expect(picks).toEqual([{ jobId: 'long', reason: 'Critical' }]);
  });

  it('then those that would end later than with a share of their own', () => {
    const late = job('late', { remainingMs: 9 * MINUTE, arrivedAt: 0 });
    const long = job('long', { gpus: 7, remainingMs: 100 * MINUTE, aloneMs: 100 * MINUTE });
    const { picks } = planRound([job('new', { arrivedAt: 60 * MINUTE, remainingMs: MINUTE }), long, late], {
      ...CLUSTER,
      now: 60 * MINUTE,
    });
    expect(picks).toEqual([
      { jobId: 'long', reason: 'Critical' },
      { jobId: 'late', reason: 'Urgent' },
    ]);
  });

  it('then those with the least work left, and rather those that run', () => {
    const roomy = { ...CLUSTER, gpus: 2, contentionMilli: 50_000 };
    const long = job('long', { remainingMs: 1_000 * MINUTE, aloneMs: 1_000 * MINUTE });
    const short = job('short', { remainingMs: 9 * MINUTE });
    const running = job('running', { running: true });
    const { picks } = planRound([long, short, running], roomy);
    expect(picks).toEqual([
      { jobId: 'long', reason: 'Critical' },
      { jobId: 'running', reason: 'Short' },
    ]);
  });

  it('remembers how many wanted the GPUs at once', () => {
    const crowd = Array.from({ length: 20 }, (_, place) => job(`job-${place}`));
    expect(planRound(crowd, CLUSTER).contentionMilli).toBe(2_500);
    expect(planRound([], { ...CLUSTER, contentionMilli: 2_500 })).toEqual({ picks: [], contentionMilli: 2_500 });
  });

  it('never gives more GPUs than there are, leaves none idle that a job could use, and does not mind the order', () => {
    fc.assert(
      fc.property(jobs, ([list, shuffled]) => {
        const { picks } = planRound(list, CLUSTER);
        const picked = new Set(picks.map(({ jobId }) => jobId));
        const used = list.filter(({ jobId }) => picked.has(jobId)).reduce((sum, { gpus }) => sum + gpus, 0);
        expect(used).toBeLessThanOrEqual(CLUSTER.gpus);
        const idle = CLUSTER.gpus - used;
        expect(list.filter(({ jobId, gpus }) => !picked.has(jobId) && gpus <= idle)).toEqual([]);
        expect(planRound(shuffled, CLUSTER).picks).toEqual(picks);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('remainingMs', () => {
  it('is the time of the epochs that are left where the job never changes', () => {
    expect(remainingMs({ epochs: 10, done: 4, modes: [{ epochMs: 1_000, seen: 5 }] })).toBe(6_000);
  });

  it('expects every mode as often where nothing was seen', () => {
    const modes = [
      { epochMs: 1_000, seen: 0 },
      { epochMs: 3_000, seen: 0 },
    ];
    expect(remainingMs({ epochs: 10, done: 0, modes })).toBe(20_000);
  });

  it('expects the slow mode to be over where much of it was seen', () => {
    const modes = [
      { epochMs: 3_000, seen: 8 },
      { epochMs: 1_000, seen: 0 },
    ];
    const left = remainingMs({ epochs: 10, done: 8, modes });
    expect(left).toBe(2_000);
  });

  it('is never nothing', () => {
    expect(remainingMs({ epochs: 3, done: 3, modes: [{ epochMs: 9, seen: 3 }] })).toBe(1);
    expect(remainingMs({ epochs: 3, done: 1, modes: [] })).toBe(1);
  });
});
