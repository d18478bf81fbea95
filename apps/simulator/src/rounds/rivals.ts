import type { RoundsPolicy, RoundsView } from './world';
import type { Training } from './training';

/** Gavel (Narayanan et al., OSDI'20) computes shares anew at most this often. */
const RESET_SECONDS = 1_000;
/** Steps of a search for a bound; enough for six digits. */
const BISECTIONS = 60;

/** Share of its time that each job should run, 0..1, in the order of the jobs. */
export type Shares = (view: RoundsView) => readonly number[];

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
const demand = (jobs: readonly Training[], shares: readonly number[]): number =>
  total(jobs.map(({ spec }, place) => spec.gpus * (shares[place] ?? 0)));

/** Raises the shares by one factor, each to 1 at most, until the GPUs are used. */
function filled(view: RoundsView, shares: readonly number[]): readonly number[] {
  const scaled = (factor: number): readonly number[] => shares.map((share) => Math.min(1, share * factor));
  let [low, high] = [1, 1e6];
  if (demand(view.jobs, scaled(high)) <= view.gpus) return scaled(high);
  for (let step = 0; step < BISECTIONS; step += 1) {
    const middle = (low + high) / 2;
    if (demand(view.jobs, scaled(middle)) <= view.gpus) low = middle;
    else high = middle;
  }
  return scaled(low);
}

const secondsLeft = (job: Training): number => job.stepsLeft / job.throughput;

/** Gavel's max-min fairness over GPU time: all get the same GPU share. */
export const maxMinShares: Shares = (view) =>
  filled(
    view,
    view.jobs.map(({ spec }) => Math.min(1, 1 / (spec.gpus * view.jobs.length))),
  );

/** Gandiva-Fair (Chaudhary et al., EuroSys'20): the same share of time for all, whatever their size. */
export const proportionalShares: Shares = ({ jobs, gpus }) => jobs.map(() => Math.min(1, gpus / jobs.length));

/** Open shop scheduling: the shares with which all would end together, as early as may be. */
export const openShopShares: Shares = ({ jobs, gpus }) => {
  const bound = Math.max(...jobs.map(secondsLeft), total(jobs.map((job) => secondsLeft(job) * job.spec.gpus)) / gpus);
  return jobs.map((job) => secondsLeft(job) / bound);
};

/** Most steps per second in sum: the jobs with the most steps per GPU run, the others wait. */
export const throughputShares: Shares = ({ jobs, gpus }) => {
  const order = jobs.map((job, place) => ({ place, gpus: job.spec.gpus, value: job.throughput / job.spec.gpus }));
  order.sort((a, b) => b.value - a.value || a.place - b.place);
  const shares = jobs.map(() => 0);
  let left = gpus;
  for (const { place, gpus: wanted } of order) {
    const share = Math.min(1, left / wanted);
    shares[place] = share;
    left -= share * wanted;
  }
  return shares;
};

/** Themis (Mahajan et al., NSDI'20): the worst expected finish time against a share of one's own is made least. */
export function finishTimeShares(): Shares {
  const isolated = new Map<number, { elapsed: number; left: number; rate: number }>();
  return (view) => {
    const { jobs, gpus, now } = view;
    const share = (job: Training): number => Math.min(1, gpus / jobs.length / job.spec.gpus);
    const alone = jobs.map((job) => {
      const before = isolated.get(job.spec.jobId);
      const elapsed = before ? before.elapsed + (before.left - job.stepsLeft) / before.rate : 0;
      const rate = job.throughput * share(job);
      isolated.set(job.spec.jobId, { elapsed, left: job.stepsLeft, rate });
      return elapsed + job.stepsLeft / rate;
    });
    const sharesFor = (rho: number): readonly number[] =>
      jobs.map((job, place) => {
        const time = rho * (alone[place] ?? 0) - (now - job.spec.arrivedAt);
        return time <= 0 ? Number.POSITIVE_INFINITY : secondsLeft(job) / time;
      });
    const fits = (rho: number): boolean => {
      const wanted = sharesFor(rho);
      return wanted.every((value) => value <= 1) && demand(jobs, wanted) <= gpus;
    };
    let [low, high] = [0, 1e4];
    for (let step = 0; step < BISECTIONS; step += 1) {
      const middle = (low + high) / 2;
      if (fits(middle)) high = middle;
      else low = middle;
    }
    return filled(view, sharesFor(high));
  };
}

/** Gavel's mechanism: in each round those run that got least of the share they should have. */
export function sharedRounds(name: string, shares: Shares): RoundsPolicy {
  let allotted = new Map<number, number>();
  let ran = new Map<number, number>();
  let deficits = new Map<number, number>();
  let resetAt = 0;
  let known = '';
  const reset = (view: RoundsView): void => {
    const elapsed = view.now - resetAt;
    const next = new Map<number, number>();
    for (const { spec } of view.jobs) {
      const owed = (allotted.get(spec.jobId) ?? 0) * elapsed - (ran.get(spec.jobId) ?? 0);
      next.set(spec.jobId, (deficits.get(spec.jobId) ?? 0) + owed);
    }
    deficits = next;
    ran = new Map();
    resetAt = view.now;
    const values = shares(view);
    allotted = new Map(view.jobs.map(({ spec }, place) => [spec.jobId, values[place] ?? 0]));
  };
  return {
    name,
    choose(view) {
      const now = view.jobs.map(({ spec, batch }) => `${spec.jobId}:${batch}`).join();
      const due = resetAt === 0 || view.now - resetAt >= RESET_SECONDS;
      if (due && now !== known) {
        reset(view);
        known = now;
      }
      const half = view.roundSeconds / 2;
      const all = total(view.jobs.map(({ spec }) => half + (ran.get(spec.jobId) ?? 0)));
      const order = view.jobs.map((job, place) => {
        const id = job.spec.jobId;
        const allotment = allotted.get(id) ?? 0;
        const priority = (allotment * all) / (half + (ran.get(id) ?? 0));
        return { job, place, priority, deficit: deficits.get(id) ?? 0, allotment };
      });
      order.sort(
        (a, b) => b.priority - a.priority || b.deficit - a.deficit || b.allotment - a.allotment || a.place - b.place,
      );
      // As published, a job that came since the last reset has no share: it may take room in the order, but does not run.
      const fitting = packed(
        order.map(({ job }) => job),
        view.gpus,
      );
      return fitting.filter(({ spec }) => allotted.has(spec.jobId));
    },
    ran(seconds) {
      for (const [id, value] of seconds) ran.set(id, (ran.get(id) ?? 0) + value);
    },
  };
}

/** The first of the order that fit, one after another. */
export function packed(order: readonly Training[], gpus: number): readonly Training[] {
  let left = gpus;
  const chosen: Training[] = [];
  for (const job of order) {
    if (job.spec.gpus > left) continue;
    left -= job.spec.gpus;
    chosen.push(job);
  }
  return chosen;
}
