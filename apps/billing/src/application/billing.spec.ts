import fc from 'fast-check';
import type { Recorded } from '@solyx/kernel';
import type { ChargePosted, HoldPlaced } from '@solyx/contracts/billing';
import { JobCancelled, JobFailed, JobQueued, JobSucceeded } from '@solyx/contracts/cmo';
import { AllocationGranted, AllocationReleased } from '@solyx/contracts/drm';
import { BudgetRequested, OrganizationRegistered } from '@solyx/contracts/gateway';
import { MemoryEventLog, propertyRuns } from '@solyx/testing';
import { accountDecider } from '../domain/account';
import { amountOf } from '../domain/rating/amount';
import { budgetDecider } from '../domain/budget';
import { allocation, billByHand, ENTRIES, iso, ORGANIZATION, share, spec, sum, T0, transfer } from '../test/fixtures';
import { Plane } from '../test/plane';
import { balanceView } from './balance.projection';
import { budgetView } from './budget.projection';
import { chargeView } from './charge.projection';

const HOUR = 3_600_000;
const newPlane = (): Plane => new Plane((clock) => new MemoryEventLog(clock));

const registered = OrganizationRegistered({ organizationId: ORGANIZATION, name: 'Acme', at: iso(T0) });
const budgetOf = (limit: number) =>
  BudgetRequested({
    requestId: 'req_1',
    fingerprint: 'f',
    limitMicroUsd: limit.toString(),
    period: 'month',
    at: iso(T0),
  });
const queued = (jobId: string) =>
  JobQueued({
    jobId,
    requestId: `req_${jobId}`,
    organizationId: ORGANIZATION,
    spec: spec({ resources: { gpus: 1, gpuMilli: 1_000, cpuMilli: 0, memoryMiB: 0, gpuModel: 'H100' } }),
    submittedBy: 'key_1',
    at: iso(T0),
  });
const granted = (jobId: string, attempt = 1, change: Parameters<typeof allocation>[0] = {}) =>
  AllocationGranted({
    allocation: allocation({ allocationId: `alc_${jobId}_${attempt}`, workloadId: jobId, attempt, ...change }),
    policy: 'best-fit-1',
    candidates: [],
    sentence: 'An owned GPU was free.',
    at: iso(T0),
  });
const released = (jobId: string, ms: number, attempt = 1) =>
  AllocationReleased({
    allocationId: `alc_${jobId}_${attempt}`,
    workloadId: jobId,
    attempt,
    organizationId: ORGANIZATION,
    reason: 'Ended',
    at: iso(T0 + ms),
  });
const succeeded = (jobId: string, attempt = 1) => JobSucceeded({ jobId, attempt, at: iso(T0 + HOUR) });

const JOURNAL = 'drm.partition-main';

/** Registered, prices published, a budget set: jobs may come. */
async function openForBusiness(limit?: number): Promise<Plane> {
  const plane = newPlane();
  await plane.publishPrices();
  await plane.deliver(await plane.recorded(`gateway.organization-${ORGANIZATION}`, registered));
  if (limit !== undefined) await plane.deliver(await plane.recorded('gateway.request-req_1', budgetOf(limit)));
  return plane;
}

const budgetNow = async (plane: Plane) => (await plane.streams.load(budgetDecider, ORGANIZATION)).state;
const chargesOf = async (plane: Plane) =>
  (await plane.all('billing.account.charge-posted')).map(({ data }) => data as ChargePosted['data']);

describe('A job on the bill', () => {
  it('is held, metered, charged with its events, and freed', async () => {
    const plane = await openForBusiness(3_000_000);
    await plane.deliver(await plane.recorded('cmo.job-job_1', queued('job_1')));
    expect((await budgetNow(plane)).held).toBe(2_300_000n);
    const grant = await plane.recorded(JOURNAL, granted('job_1'), 'platform');
    await plane.deliver(grant);
    const release = await plane.recorded(JOURNAL, released('job_1', HOUR / 2), 'platform');
    await plane.deliver(release);
    await plane.deliver(await plane.recorded('cmo.job-job_1', succeeded('job_1')));

    const [charge] = await chargesOf(plane);
    expect(charge).toMatchObject({
      totalMicroUsd: '1150000',
      jobId: 'job_1',
      priceListVersion: 1,
      at: release.data && iso(T0 + HOUR / 2),
    });
    expect(charge?.lines[0]).toMatchObject({
      eventIds: [grant.id, release.id],
      positions: [grant.position.toString(), release.position.toString()],
    });
    expect(await budgetNow(plane)).toMatchObject({ held: 0n, spentTotal: 1_150_000n });
    const [opened] = await plane.all('billing.account.usage-opened');
    expect(opened?.metadata).toMatchObject({ organizationId: ORGANIZATION, $causationId: grant.id });
    const [posted] = await plane.all('billing.account.charge-posted');
    expect(posted?.metadata).toMatchObject({
      organizationId: ORGANIZATION,
      $causationId: release.id,
      $correlationId: 'request',
    });
  });

  it('is refused beyond the budget, with the job in the refusal, and stays refused', async () => {
    const plane = await openForBusiness(1_000_000);
    const event = await plane.recorded('cmo.job-job_1', queued('job_1'));
    await plane.deliver(event);
    await plane.deliver(await plane.recorded('gateway.request-req_1', budgetOf(9_000_000)));
    await plane.deliver(event);
    const refusals = await plane.all('billing.command.refused');
    expect(refusals.map(({ data }) => data)).toEqual([
      expect.objectContaining({
        command: 'PlaceHold',
        reason: 'BudgetExceeded',
        details: expect.objectContaining({ jobId: 'job_1' }),
      }),
    ]);
    expect((await budgetNow(plane)).held).toBe(0n);
  });

  it('is told to wait while there are no prices', async () => {
    const plane = newPlane();
    const event = await plane.recorded('cmo.job-job_1', queued('job_1'));
    await expect(plane.deliver(event)).rejects.toMatchObject({ code: 'Unavailable' });
    await plane.publishPrices();
    await plane.deliver(event);
    expect((await budgetNow(plane)).held).toBe(2_300_000n);
  });

  it('keeps its hold until its charge is counted, but not for ever', async () => {
    const plane = await openForBusiness();
    await plane.deliver(await plane.recorded('cmo.job-job_1', queued('job_1')));
    const end = await plane.recorded('cmo.job-job_1', succeeded('job_1'));
    await expect(plane.deliver(end)).rejects.toMatchObject({ code: 'Unavailable' });
    await plane.deliver(await plane.recorded(JOURNAL, granted('job_1'), 'platform'));
    await expect(plane.deliver(end)).rejects.toMatchObject({ code: 'Unavailable' });
    expect((await budgetNow(plane)).held).toBe(2_300_000n);
    await plane.deliver(end, { attempt: 6, redelivered: true });
    expect((await budgetNow(plane)).held).toBe(0n);
    await plane.deliver(await plane.recorded(JOURNAL, released('job_1', HOUR), 'platform'));
    expect(await budgetNow(plane)).toMatchObject({ held: 0n, spentTotal: 2_300_000n });
  });

  it('is freed at once when it never had a GPU', async () => {
    const plane = await openForBusiness();
    for (const [jobId, end] of [
      ['job_1', JobCancelled({ jobId: 'job_1', attempt: 1, reason: 'no longer wanted', at: iso(T0) })],
      ['job_2', JobFailed({ jobId: 'job_2', attempt: 1, reason: 'NeverFits', message: '', exitCode: -1, at: iso(T0) })],
    ] as const) {
      await plane.deliver(await plane.recorded(`cmo.job-${jobId}`, queued(jobId)));
      await plane.deliver(await plane.recorded(`cmo.job-${jobId}`, end));
    }
    expect((await budgetNow(plane)).held).toBe(0n);
  });

  it('is charged at the prices under which it was placed', async () => {
    const plane = await openForBusiness();
    await plane.deliver(await plane.recorded(JOURNAL, granted('job_1'), 'platform'));
    plane.clock.advance(HOUR / 2);
    await plane.publishPrices(ENTRIES.map((entry) => ({ ...entry, microUsdPerUnit: '9000000' })));
    const later = { grantedAt: iso(T0 + HOUR / 2) };
    await plane.deliver(await plane.recorded(JOURNAL, granted('job_2', 1, later), 'platform'));
    await plane.deliver(await plane.recorded(JOURNAL, released('job_1', HOUR), 'platform'));
    await plane.deliver(await plane.recorded(JOURNAL, released('job_2', HOUR), 'platform'));
    expect(await chargesOf(plane)).toEqual([
      expect.objectContaining({ priceListVersion: 1, totalMicroUsd: '2300000' }),
      expect.objectContaining({ priceListVersion: 2, totalMicroUsd: '4500000' }),
    ]);
  });

  it('is not repriced by a restart with the same configuration', async () => {
    const plane = await openForBusiness();
    await plane.publishPrices();
    expect(await plane.all('billing.priceList.published')).toHaveLength(1);
  });

  it('moves its data once for each attempt that moved it', async () => {
    const plane = await openForBusiness();
    for (const attempt of [1, 2]) {
      const change = { transfers: [transfer()], shares: [share({ gpuMilli: 0, gpuModel: '' })] };
      await plane.deliver(await plane.recorded(JOURNAL, granted('job_1', attempt, change), 'platform'));
      const end = await plane.recorded(JOURNAL, released('job_1', HOUR, attempt), 'platform');
      await plane.deliver(end);
      await plane.deliver(end);
    }
    expect((await chargesOf(plane)).map(({ totalMicroUsd }) => totalMicroUsd)).toEqual(['270000', '270000']);
  });

  it('is counted although the service died between the charge and its count', async () => {
    const plane = await openForBusiness();
    await plane.deliver(await plane.recorded(JOURNAL, granted('job_1'), 'platform'));
    const release = await plane.recorded(JOURNAL, released('job_1', HOUR), 'platform');
    const append = plane.log.append.bind(plane.log);
    plane.log.append = (stream, events, expected) =>
      stream.startsWith('billing.budget') ? Promise.reject(new Error('killed')) : append(stream, events, expected);
    await plane.deliver(release);
    expect((await budgetNow(plane)).spentTotal).toBe(0n);
    plane.log.append = append;
    // Posted, not yet counted: the hold is not freed in between.
    const end = await plane.recorded('cmo.job-job_1', succeeded('job_1'));
    await expect(plane.deliver(end)).rejects.toMatchObject({ code: 'Unavailable' });
    await plane.hearOwn();
    await plane.deliver(release, { attempt: 2, redelivered: true });
    expect(await chargesOf(plane)).toHaveLength(1);
    expect((await budgetNow(plane)).spentTotal).toBe(2_300_000n);
  });

  it('may not be limited by who lacks the right', async () => {
    const plane = await openForBusiness();
    const event = await plane.recorded('gateway.request-req_1', budgetOf(1));
    const viewer: Recorded = {
      ...event,
      metadata: { ...event.metadata, actor: { kind: 'key', id: 'k', roles: ['viewer'] } },
    };
    await expect(plane.deliver(viewer)).rejects.toMatchObject({ code: 'PermissionDenied' });
  });
});

/** Three jobs: one simple, one evicted and run again, one cancelled before it was placed. */
const story: readonly (readonly [string, Parameters<Plane['recorded']>[1]])[] = [
  [`gateway.organization-${ORGANIZATION}`, registered],
  ['cmo.job-job_1', queued('job_1')],
  ['cmo.job-job_2', queued('job_2')],
  ['cmo.job-job_3', queued('job_3')],
  [JOURNAL, granted('job_1', 1, { shares: [share({ cpuMilli: 333, memoryMiB: 77 })] })],
  [JOURNAL, granted('job_2', 1, { shares: [share({ source: 'leased', simulated: true })], transfers: [transfer()] })],
  [JOURNAL, released('job_2', 1_234_567, 1)],
  ['cmo.job-job_3', JobCancelled({ jobId: 'job_3', attempt: 1, reason: 'no', at: iso(T0) })],
  [JOURNAL, granted('job_2', 2, { grantedAt: iso(T0 + 2_000_000) })],
  [JOURNAL, released('job_2', 4_000_001, 2)],
  ['cmo.job-job_2', succeeded('job_2', 2)],
  [
    'cmo.job-job_1',
    JobFailed({ jobId: 'job_1', attempt: 1, reason: 'ExitedNonZero', message: '', exitCode: 1, at: iso(T0) }),
  ],
  [JOURNAL, released('job_1', 2_222_222)],
];

describe('The bill', () => {
  it('is the same whatever comes late, twice, or the wrong way around', async () => {
    const order = fc.tuple(
      fc.shuffledSubarray(
        story.map((_, index) => index),
        { minLength: story.length },
      ),
      fc.array(fc.nat({ max: story.length - 1 }), { maxLength: 12 }),
    );
    await fc.assert(
      fc.asyncProperty(order, async ([first, repeats]) => {
        const plane = newPlane();
        const events: Recorded[] = [];
        for (const [stream, event] of story) events.push(await plane.recorded(stream, event));
        await plane.publishPrices();
        await plane.deliverAll([...first, ...repeats].map((index) => events[index]!));

        const charges = await chargesOf(plane);
        const byHand = [
          [granted('job_1', 1, { shares: [share({ cpuMilli: 333, memoryMiB: 77 })] }), 2_222_222],
          [
            granted('job_2', 1, { shares: [share({ source: 'leased', simulated: true })], transfers: [transfer()] }),
            1_234_567,
          ],
          [granted('job_2', 2, { grantedAt: iso(T0 + 2_000_000) }), 4_000_001],
        ] as const;
        let total = 0n;
        for (const [{ data }, ms] of byHand) {
          const { allocationId } = data.allocation;
          const own = charges.filter((one) => one.allocationId === allocationId);
          const billed = sum(own.map(({ totalMicroUsd }) => BigInt(totalMicroUsd)));
          // Lines are rounded once a month, not once a job: half a unit for each line of a charge at the most.
          const most = own.reduce((lines, charge) => lines + charge.lines.length, 0);
          expect(Math.abs(Number(billed - sum(billByHand(data.allocation, iso(T0 + ms)))))).toBeLessThanOrEqual(most);
          const proof = events.filter(
            (event) => event.stream === JOURNAL && JSON.stringify(event.data).includes(`"${allocationId}"`),
          );
          expect(own.filter(({ final }) => final)).toHaveLength(1);
          expect(own.find(({ final }) => final)?.lines[0]?.eventIds).toEqual(proof.map(({ id }) => id));
          total += billed;
        }
        for (const line of charges.flatMap(({ lines }) => lines)) {
          const alike = charges.flatMap(({ lines }) => lines).filter(({ lineKey }) => lineKey === line.lineKey);
          const quantity = sum(alike.map((one) => BigInt(one.quantity)));
          expect(sum(alike.map(({ amountMicroUsd }) => BigInt(amountMicroUsd)))).toBe(amountOf(line.terms!, quantity));
        }
        expect(await budgetNow(plane)).toMatchObject({ held: 0n, spentTotal: total });
        const { state } = await plane.streams.load(accountDecider, ORGANIZATION);
        expect([...state.usages.entries()].every(([, { phase }]) => phase === 'Charged')).toBe(true);
        expect((await plane.all('billing.command.refused')).length).toBe(0);
      }),
      propertyRuns(30),
    );
  });
});

describe('Views', () => {
  const told = async (): Promise<Plane> => {
    const plane = await openForBusiness(90_000_000);
    const events: Recorded[] = [];
    for (const [stream, event] of story) events.push(await plane.recorded(stream, event));
    await plane.deliverAll(events);
    return plane;
  };

  it('show each charge, and whether it is a rehearsal', async () => {
    const plane = await told();
    const rows = [...(await plane.view(chargeView)).values()];
    expect(rows.map(({ jobId, attempt, simulated }) => ({ jobId, attempt, simulated }))).toEqual(
      expect.arrayContaining([
        { jobId: 'job_1', attempt: 1, simulated: false },
        { jobId: 'job_2', attempt: 1, simulated: true },
        { jobId: 'job_2', attempt: 2, simulated: false },
      ]),
    );
    const charges = await chargesOf(plane);
    expect(rows.map(({ totalMicroUsd }) => totalMicroUsd)).toEqual(charges.map(({ totalMicroUsd }) => totalMicroUsd));
    expect(rows.map(({ lines }) => lines)).toEqual(charges.map(({ lines }) => lines));
  });

  it('show balances that sum to zero, rehearsals apart', async () => {
    const rows = [...(await (await told()).view(balanceView)).values()];
    const total = (simulated: boolean) =>
      sum(rows.filter((row) => row.simulated === simulated).map(({ balanceMicroUsd }) => BigInt(balanceMicroUsd)));
    expect([total(false), total(true)]).toEqual([0n, 0n]);
    expect(rows.map(({ account }) => account).sort()).toEqual([
      'accrued',
      'revenue:cpu:owned',
      'revenue:gpu:owned',
      'revenue:memory:owned',
      'simulated:accrued',
      'simulated:revenue:egress:leased',
      'simulated:revenue:gpu:leased',
    ]);
    expect(rows.find(({ account }) => account === 'accrued')?.balanceMicroUsd).not.toMatch(/^-|^0$/);
  });

  it('show of a budget what the budget itself knows, at every event', async () => {
    const plane = await told();
    let row = budgetView.initial;
    let state = budgetDecider.initial;
    for (const event of await plane.events(`billing.budget-${ORGANIZATION}`)) {
      row = budgetView.apply(row, event, ORGANIZATION) ?? row;
      state = budgetDecider.evolve(state, event as unknown as HoldPlaced);
      expect(row).toMatchObject({
        organizationId: ORGANIZATION,
        limitMicroUsd: '90000000',
        period: 'month',
        heldMicroUsd: state.held.toString(),
        spentMicroUsd: state.spentTotal.toString(),
        spentByMonth: Object.fromEntries(
          Object.entries(state.spentByMonth).map(([month, spent]) => [month, `${spent}`]),
        ),
      });
    }
    expect(Object.keys(row.spentByMonth)).toEqual(['2026-01', '2026-02']);
  });
});
