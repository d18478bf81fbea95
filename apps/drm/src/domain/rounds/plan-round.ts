/** One job that wants GPUs in the next round. Times are whole milliseconds. */
export interface RoundJob {
  readonly jobId: string;
  /** All of them or none. */
  readonly gpus: number;
  readonly arrivedAt: number;
  /** What it still needs on its GPUs, as far as anyone knows. */
  readonly remainingMs: number;
  /** What it would need on its GPUs in all, had it them to itself. */
  readonly aloneMs: number;
  /** It ran in the round before: to go on costs no restart. */
  readonly running: boolean;
}

export interface RoundCluster {
  readonly gpus: number;
  readonly now: number;
  readonly roundMs: number;
  /** Most jobs per 1,000 GPUs at once so far, at least 1,000: what a fair share was at its smallest. From the plan before. */
  readonly contentionMilli: number;
}

/** What the policy weighs, per mille unless it says otherwise. */
export interface RoundPolicy {
  /** A job is critical that needs at least so much of the time that all the work takes at best. */
  readonly critical: number;
  /** Part of its fair finish time that a job should need. */
  readonly fairness: number;
  /** Whole rounds before its last moment at which a job becomes urgent. */
  readonly guardRounds: number;
  /** What a running job's work counts: below 1,000 it is rather left running. */
  readonly stay: number;
}

export const ROUND_POLICY: RoundPolicy = { critical: 900, fairness: 850, guardRounds: 5, stay: 800 };

/**
 * Why a job runs: it decides when all is done; it would else finish later than with a fair share of its own; or little
 * work is left to it.
 */
export type RoundReason = 'Critical' | 'Urgent' | 'Short';

export interface RoundPick {
  readonly jobId: string;
  readonly reason: RoundReason;
}

export interface RoundPlan {
  readonly picks: readonly RoundPick[];
  /** To be handed in with the next round. */
  readonly contentionMilli: number;
}

/** Jobs that one round looks at; those that came later wait unseen. */
export const ROUND_JOBS_MAX = 100_000;

interface Ranked extends RoundPick {
  readonly gpus: number;
  readonly tier: number;
  readonly key: number;
}

/** Time that all the work takes at best: that of its longest job, or its sum over all GPUs. */
const leastMs = (jobs: readonly RoundJob[], gpus: number): number => {
  const volume = jobs.reduce((sum, job) => sum + job.remainingMs * job.gpus, 0);
  return Math.max(Math.ceil(volume / gpus), ...jobs.map(({ remainingMs }) => remainingMs));
};

/**
 * Which jobs of many run in the next round (deterministic; ties by id). Three wants meet: those on which the end of all
 * the work hangs always run, longest first, so that the GPUs are not left to a few at the end; a job that nears the last
 * moment at which it can still end as early as with a fair share of its own comes next, least slack first, which no job
 * can starve through (finish-time fairness: Themis, NSDI'20; Shockwave, NSDI'23); the others run by least work
 * left, which makes the average wait short (Smith, 1956), and those that run already are rather left running, as a
 * restart costs. In that order each gang gets its GPUs if they are there.
 */
export function planRound(jobs: readonly RoundJob[], cluster: RoundCluster, policy = ROUND_POLICY): RoundPlan {
  const seen = jobs.slice(0, ROUND_JOBS_MAX).filter(({ gpus }) => gpus <= cluster.gpus);
  const contentionMilli = Math.max(1_000, cluster.contentionMilli, Math.ceil((jobs.length * 1_000) / cluster.gpus));
  const least = leastMs(seen, cluster.gpus);
  const guard = policy.guardRounds * cluster.roundMs;
  const rank = (job: RoundJob): Ranked => {
    const { jobId, gpus, remainingMs } = job;
    if (remainingMs * 1_000 >= least * policy.critical) {
      return { jobId, gpus, reason: 'Critical', tier: 0, key: -remainingMs };
    }
    const fairMs = Math.floor((job.aloneMs * contentionMilli * policy.fairness) / 1_000_000);
    const slack = job.arrivedAt + fairMs - cluster.now - remainingMs;
    if (slack < guard) return { jobId, gpus, reason: 'Urgent', tier: 1, key: slack };
    const work = remainingMs * gpus;
    return {
      jobId,
      gpus,
      reason: 'Short',
      tier: 2,
      key: job.running ? Math.floor((work * policy.stay) / 1_000) : work,
    };
  };
  const order = seen
    .map(rank)
    .sort((a, b) => a.tier - b.tier || a.key - b.key || (a.jobId < b.jobId ? -1 : a.jobId > b.jobId ? 1 : 0));
  return { picks: fitting(order, cluster.gpus), contentionMilli };
}

function fitting(order: readonly Ranked[], gpus: number): readonly RoundPick[] {
  const picks: RoundPick[] = [];
  let left = gpus;
  for (const { jobId, reason, gpus: wanted } of order) {
    if (left === 0) break;
    if (wanted > left) continue;
    left -= wanted;
    picks.push({ jobId, reason });
  }
  return picks;
}
