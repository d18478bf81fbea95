import { planRound, remainingMs, ROUND_POLICY, type RoundPolicy } from '@solyx/drm';
import type { RoundsPolicy } from './world';
import type { Training } from './training';

/**
 * What the scheduler is told of a job: `steps` is only its steps and its speed of now; `modes` is also which batch sizes
 * it may go through and how long an epoch of each takes, not when (what Shockwave is told); `profile` is all epochs
 * ahead, which nobody knows in earnest.
 */
export type Knowledge = 'steps' | 'modes' | 'profile';

const ms = (seconds: number): number => Math.max(1, Math.round(seconds * 1_000));
const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

function leftMs(job: Training, knowledge: Knowledge): number {
  const { epochs, batches, epochSeconds } = job.spec;
  if (knowledge === 'steps') return ms(job.stepsLeft / job.throughput);
  if (knowledge === 'profile') return ms(sum(epochSeconds.slice(job.epoch)));
  const modes = new Map<number, { epochMs: number; seen: number }>();
  batches.forEach((batch, epoch) => {
    const mode = modes.get(batch) ?? { epochMs: ms(epochSeconds[epoch] ?? 0), seen: 0 };
    if (epoch <= job.epoch) mode.seen += 1;
    modes.set(batch, mode);
  });
  return remainingMs({ epochs, done: Math.min(job.epoch, epochs), modes: [...modes.values()] });
}

/** Our round scheduler, with what it is told of the jobs. */
export function solyxRounds(knowledge: Knowledge, policy: RoundPolicy = ROUND_POLICY): RoundsPolicy {
  let contentionMilli = 1_000;
  return {
    name: `solyx (${knowledge})`,
    choose(view) {
      const byId = new Map(view.jobs.map((job) => [String(job.spec.jobId).padStart(8, '0'), job]));
      const jobs = [...byId].map(([jobId, job]) => {
        const remaining = leftMs(job, knowledge);
        return {
          jobId,
          gpus: job.spec.gpus,
          arrivedAt: ms(job.spec.arrivedAt),
          remainingMs: remaining,
          aloneMs: ms(job.ranSeconds) + remaining,
          running: view.ranBefore.has(job.spec.jobId),
        };
      });
      const cluster = { gpus: view.gpus, now: ms(view.now), roundMs: ms(view.roundSeconds), contentionMilli };
      const plan = planRound(jobs, cluster, policy);
      contentionMilli = plan.contentionMilli;
      return plan.picks.flatMap(({ jobId }) => byId.get(jobId) ?? []);
    },
  };
}
