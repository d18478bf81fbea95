import fc from 'fast-check';
import { JobAdmitted, JobEvicted, JobFailed, JobFunded, JobQueued, JobQuotaReserved } from '@solyx/contracts/cmo';
import { JobRequeued, JobStarting } from '@solyx/contracts/cmo';
import { eventRegistry, type Allocation } from '@solyx/contracts';
import { divideHalfEven, fold } from '@solyx/kernel';
import { given, propertyRuns } from '@solyx/testing';
import { allocation, at, jobId, request, spec, T0 } from '../test/job-fixtures';
import { jobDecider, type JobCommand } from './job';
import { currentAttempt, isTerminal, type Job, type JobEvent } from './job-state';
import { STOP_GRACE_SECONDS } from './spending';

/** 3.6 USD per hour: 1,000 micro-USD per second. */
const PRICE = { priceMicroUsdPerHour: '3600000' };
const short = (maxRuntimeSeconds = 100, budgetMicroUsd?: string) =>
  spec({ limits: { maxRuntimeSeconds, ...(budgetMicroUsd === undefined ? {} : { budgetMicroUsd }) } });
const queuedAs = (of = short()) =>
  JobQueued({ jobId, requestId: 'req_1', organizationId: 'acme', submittedBy: 'key_1', spec: of, at: T0 });
const reserved = (holdMicroUsd = '100000') =>
  JobQuotaReserved({ jobId, holdMicroUsd, request: request(1, short()), at: at(1) });
const grant = (attempt: number, second: number) => allocation(attempt, 1, { ...PRICE, grantedAt: at(second) });
const admitted = (attempt: number, second: number) =>
  JobAdmitted({ jobId, attempt, allocation: grant(attempt, second), at: at(second + 1) });
const starting = (attempt: number, second: number, stopAfterSeconds: number) =>
  JobStarting({ jobId, attempt, nodeIds: ['node_0'], stopAfterSeconds, at: at(second) });
/** Attempt 1 had its GPUs for 40 s: 40,000 of 100,000 are spent. */
const evicted = [
  ...[queuedAs(), reserved(), admitted(1, 2), starting(1, 3, 100)],
  JobEvicted({ jobId, attempt: 1, reason: 'Preempted', at: at(42) }),
  JobRequeued({ jobId, attempt: 2, reason: 'Preempted', request: request(2, short()), at: at(42) }),
] as const;
const admit = (attempt: number, second: number): JobCommand => ({
  type: 'AdmitJob',
  data: { jobId, allocation: grant(attempt, second), at: at(second + 1) },
});
const fund = (attempt: number, second: number, more: object): JobCommand => ({
  type: 'FundJob',
  data: { jobId, attempt, at: at(second), ...more },
});
const raised = { holdMicroUsd: '141000', spentMicroUsd: '41000' };
const refused = { refused: 'BudgetExceeded', spentMicroUsd: '41000' };
const told = (second: number, more: object) =>
  JobFunded({ jobId, attempt: 2, holdMicroUsd: '100000', spentMicroUsd: '41000', ...more, at: at(second) });
const past = given(jobDecider);

describe('Another attempt', () => {
  it('does not start before it is known what it may spend', () =>
    past(...evicted)
      .when(admit(2, 43))
      .then(admitted(2, 43)));
  it('starts at once where the hold pays for all of it anyway', () =>
    past(queuedAs(short(20)), ...evicted.slice(1))
      .when(admit(2, 43))
      .then(admitted(2, 43), starting(2, 44, 20)));
  it('may take its maximum runtime once the hold is raised', () => {
    past(...evicted, admitted(2, 43))
      .when(fund(2, 45, raised))
      .then(told(45, { holdMicroUsd: '141000' }), starting(2, 45, 100));
    past(...evicted, told(42, { holdMicroUsd: '141000' }))
      .when(admit(2, 43))
      .then(admitted(2, 43), starting(2, 44, 100));
  });
  it('is bounded by what the hold still pays for where the raise is refused', () => {
    const because = { refused: 'BudgetExceeded' };
    past(...evicted, admitted(2, 43))
      .when(fund(2, 45, refused))
      .then(told(45, because), starting(2, 45, 59 - 2 - STOP_GRACE_SECONDS));
    past(...evicted, told(42, because))
      .when(admit(2, 43))
      .then(admitted(2, 43), starting(2, 44, 59 - 1 - STOP_GRACE_SECONDS));
  });
  it('fails where the rest pays for no second', () =>
    past(...evicted, admitted(2, 43))
      .when(fund(2, 45, { refused: 'InsufficientCredit', spentMicroUsd: '95000' }))
      .then(
        told(45, { refused: 'InsufficientCredit', spentMicroUsd: '95000' }),
        JobFailed({
          ...{ jobId, attempt: 2, reason: 'BudgetExhausted', exitCode: -1, at: at(45) },
          message: 'what is left of the hold pays for no second on this node',
        }),
      ));
  it('starts with what is known where no answer comes, the release of the last one reckoned late', () =>
    past(...evicted, admitted(2, 43))
      .when({ type: 'StartUnfunded', data: { jobId, attempt: 2, at: at(75) } })
      .then(starting(2, 75, 59 - 32 - STOP_GRACE_SECONDS)));
  it('hears no answer twice, none for another attempt, and changes nothing that runs', () => {
    past(...evicted, told(42, raised))
      .when(fund(2, 45, refused))
      .thenNothing();
    past(...evicted)
      .when(fund(3, 45, raised))
      .thenNothing();
    past(...evicted, admitted(2, 43), starting(2, 44, 30))
      .when(fund(2, 45, raised))
      .then(told(45, { holdMicroUsd: '141000' }));
  });
  it('can be cancelled, and lose its GPUs, while it waits', () => {
    const types = (command: JobCommand) => {
      const decision = jobDecider.decide(command, fold(jobDecider, [...evicted, admitted(2, 43)]));
      return decision.accepted ? decision.events.map(({ type }) => type) : decision.reason;
    };
    const data = { jobId, attempt: 2, reason: 'Preempted', noticeSeconds: 30, at: at(44) };
    expect(types({ type: 'CancelJob', data })).toEqual(['cmo.job.cancelled']);
    expect(types({ type: 'LoseAllocation', data })).toEqual(['cmo.job.evicted', 'cmo.job.requeued']);
    expect(types({ type: 'EvictJob', data })).toEqual(['cmo.job.evicted', 'cmo.job.requeued']);
  });
  it('of a job with its own budget waits for nobody: that is never raised', () =>
    past(queuedAs(short(100, '100000')), ...evicted.slice(1))
      .when(admit(2, 43))
      .then(admitted(2, 43), starting(2, 44, 59 - 1 - STOP_GRACE_SECONDS)));
});

/** One attempt as the world has it, seconds and milliseconds. */
interface Try {
  readonly priceMicroUsdPerHour: string;
  readonly queuedSeconds: number;
  readonly admitMs: number;
  readonly runMs: number;
  readonly releaseMs: number;
  readonly answer: 'raise' | 'refuse' | 'none';
  readonly answersFirst: boolean;
}
const tries = fc.array(
  fc.record<Try>({
    priceMicroUsdPerHour: fc.constantFrom('3600000', '1234567', '36000', '1'),
    queuedSeconds: fc.nat({ max: 40 }),
    admitMs: fc.nat({ max: 4_000 }),
    runMs: fc.nat({ max: 150_000 }),
    releaseMs: fc.nat({ max: 9_000 }),
    answer: fc.constantFrom('raise', 'refuse', 'none'),
    answersFirst: fc.boolean(),
  }),
  { minLength: 1, maxLength: 12 },
);
const MAX_SECONDS = 100;
/** What the dearest of them costs for the maximum runtime, the way to the node and the grace. */
const PLACED = 115_000n;

/** A job, its bill and an organization's budget, as each of them goes by itself. */
class Play {
  job: Job = jobDecider.initial;
  held = PLACED;
  billed = 0n;
  unused = 0n;
  refusals = 0;
  bounded = 0;
  private ms = Date.parse(T0);

  constructor(
    private readonly limit: bigint,
    readonly own: boolean,
  ) {
    this.apply([queuedAs(short(MAX_SECONDS, own ? String(PLACED) : undefined)), reserved(String(PLACED))]);
  }

  private now = (): string => new Date(this.ms).toISOString();
  private apply(events: readonly JobEvent[]): void {
    for (const event of events) eventRegistry.validate(event);
    this.job = fold(jobDecider, events, this.job);
  }
  private does(command: JobCommand): void {
    const decision = jobDecider.decide(command, this.job);
    if (decision.accepted) this.apply(decision.events);
  }

  /** Billing's side: all that earlier attempts cost is charged, then the hold is raised as far as the limit lets it. */
  private answers(answer: Try['answer'], spent: bigint): void {
    if (answer === 'none' || this.own || this.job.attempt < 2) return;
    const { attempt } = this.job;
    const wanted = PLACED + spent;
    const fits = answer === 'raise' && wanted <= this.limit;
    if (fits && wanted <= this.held) return;
    if (fits) this.held = wanted;
    else this.refusals += 1;
    const how = fits ? { holdMicroUsd: String(wanted) } : { refused: 'BudgetExceeded' };
    const money = { ...how, spentMicroUsd: String(spent) };
    for (let time = 0; time < 2; time += 1) {
      this.does({ type: 'FundJob', data: { jobId, attempt, ...money, at: this.now() } });
    }
  }

  run(one: Try): void {
    const { attempt } = this.job;
    const spent = this.billed;
    this.ms += one.queuedSeconds * 1_000;
    if (one.answersFirst) this.answers(one.answer, spent);
    const given: Allocation = allocation(attempt, 1, {
      priceMicroUsdPerHour: one.priceMicroUsdPerHour,
      grantedAt: this.now(),
    });
    this.ms += one.admitMs;
    this.does({ type: 'AdmitJob', data: { jobId, allocation: given, at: this.now() } });
    if (!one.answersFirst) this.answers(one.answer, spent);
    this.does({ type: 'StartUnfunded', data: { jobId, attempt, at: this.now() } });
    const seconds = currentAttempt(this.job)?.stopAfterSeconds ?? 0;
    if (seconds > 0) {
      this.bounded += seconds < MAX_SECONDS ? 1 : 0;
      this.ms += Math.min(one.runMs, (seconds + STOP_GRACE_SECONDS) * 1_000);
      this.does({ type: 'LoseAllocation', data: { jobId, attempt, reason: 'Preempted', at: this.now() } });
      // Its end is heard, and its GPUs are released, within the grace: the ways of messages are no part of this.
      this.ms += Math.min(one.releaseMs, Math.max(0, (seconds + STOP_GRACE_SECONDS) * 1_000 - one.runMs));
    }
    const heldMs = BigInt(this.ms - Date.parse(given.grantedAt));
    const cost = divideHalfEven(heldMs * BigInt(given.priceMicroUsdPerHour), 3_600_000n);
    // GPUs that turn out to be too dear for a second are paid for until that was found.
    if (seconds === 0) this.unused += cost;
    else this.billed += cost;
  }
}

describe('A job, whatever is raised, refused, charged and queued again', () => {
  it('spends no more than was set aside for it, and no more than the limit', () => {
    let [refusals, bounded] = [0, 0];
    fc.assert(
      fc.property(tries, fc.bigInt({ min: PLACED, max: 4n * PLACED }), fc.boolean(), (all, limit, own) => {
        const play = new Play(limit, own);
        let rounding = 0n;
        for (const one of all) {
          if (isTerminal(play.job)) break;
          play.run(one);
          // Each charge is rounded by itself.
          rounding += 1n;
          expect(play.billed).toBeLessThanOrEqual(play.held + rounding);
        }
        expect(play.held).toBeLessThanOrEqual(limit);
        expect(play.unused).toBeLessThanOrEqual(4_000n);
        refusals += play.refusals;
        bounded += play.bounded;
      }),
      propertyRuns(400),
    );
    expect(Math.min(refusals, bounded)).toBeGreaterThan(50);
  });
});
