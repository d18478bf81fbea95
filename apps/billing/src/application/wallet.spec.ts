import type { Recorded } from '@solyx/kernel';
import type { WalletDrawn, WalletSlaCredited } from '@solyx/contracts/billing';
import { JobFailed, JobQueued, JobRequeued, JobSucceeded } from '@solyx/contracts/cmo';
import { AllocationGranted, AllocationReleased, NodeLost } from '@solyx/contracts/drm';
import {
  BillingProfileRequested,
  BudgetRemovalRequested,
  BudgetRequested,
  CreditRequested,
  OrganizationRegistered,
  SlaCreditRequested,
  TopUpRequested,
} from '@solyx/contracts/gateway';
import { MemoryEventLog } from '@solyx/testing';
import { budgetDecider, holdIdOf } from '../domain/budget';
import { balanceOf, imbalanceOf } from '../domain/ledger';
import { walletDecider } from '../domain/wallet';
import { availableOf, type WalletEvent } from '../domain/wallet-state';
import { allocation, iso, ORGANIZATION, spec, T0 } from '../test/fixtures';
import { Plane } from '../test/plane';
import { balanceView } from './balance.projection';
import { budgetView } from './budget.projection';
import { walletView } from './wallet.projection';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const OPERATOR = ['owner', 'operator'];
const JOURNAL = 'drm.partition-main';
/** An hour of an H100, and so the hold of a job that may run an hour. */
const PER_HOUR = 2_300_000;

let requests = 0;
const asked = () => {
  requests += 1;
  return { requestId: `req_${requests}`, fingerprint: 'f', at: iso(T0) };
};
const credit = (amount: number, change: Partial<CreditRequested['data']> = {}) =>
  CreditRequested({
    ...asked(),
    organizationId: ORGANIZATION,
    kind: 'promotion',
    simulated: false,
    amountMicroUsd: String(amount),
    priority: 50,
    categories: [],
    projects: [],
    note: 'welcome',
    ...change,
  });
const payment = (amount: number, change: Partial<TopUpRequested['data']> = {}) => {
  const request = asked();
  return TopUpRequested({
    ...request,
    organizationId: ORGANIZATION,
    simulated: false,
    amountMicroUsd: String(amount),
    reference: `wire ${request.requestId}`,
    ...change,
  });
};
const queued = (jobId: string, change: Parameters<typeof spec>[0] = {}) =>
  JobQueued({
    jobId,
    requestId: `req_${jobId}`,
    organizationId: ORGANIZATION,
    spec: spec({
      resources: { gpus: 1, gpuMilli: 1_000, cpuMilli: 0, memoryMiB: 0, gpuModel: 'H100' },
      ...change,
    }),
    submittedBy: 'key_1',
    at: iso(T0),
  });

/** Registered, prices published, and paid in advance unless said otherwise. */
async function open(mode: 'prepaid' | 'postpaid' = 'prepaid'): Promise<Plane> {
  const plane = new Plane((clock) => new MemoryEventLog(clock));
  await plane.publishPrices();
  const registered = OrganizationRegistered({ organizationId: ORGANIZATION, name: 'Acme', at: iso(T0) });
  await plane.deliver(await plane.recorded(`gateway.organization-${ORGANIZATION}`, registered));
  if (mode === 'prepaid') await tell(plane, BillingProfileRequested({ ...asked(), mode }), OPERATOR);
  return plane;
}

/** Recorded by the gateway, and heard. */
async function tell(
  plane: Plane,
  request: { readonly type: string; readonly data: { readonly requestId: string } },
  roles: readonly string[] = OPERATOR,
  organizationId = ORGANIZATION,
): Promise<Recorded> {
  const event = await plane.recorded(`gateway.request-${request.data.requestId}`, request, organizationId, roles);
  await plane.deliver(event);
  return event;
}

const queue = async (plane: Plane, jobId: string, change: Parameters<typeof spec>[0] = {}): Promise<Recorded> => {
  const event = await plane.recorded(`cmo.job-${jobId}`, queued(jobId, change));
  await plane.deliver(event);
  return event;
};

/** Granted now and released after `ms`. */
async function run(plane: Plane, jobId: string, ms: number): Promise<void> {
  const allocationId = `alc_${jobId}`;
  const grant = AllocationGranted({
    allocation: allocation({ allocationId, workloadId: jobId }),
    ...{ policy: 'best-fit-1', candidates: [], sentence: 'An owned GPU was free.', at: iso(T0) },
  });
  await plane.deliver(await plane.recorded(JOURNAL, grant, 'platform'));
  const release = AllocationReleased({
    ...{ allocationId, workloadId: jobId, attempt: 1, organizationId: ORGANIZATION },
    ...{ reason: 'Ended', at: iso(T0 + ms) },
  });
  await plane.deliver(await plane.recorded(JOURNAL, release, 'platform'));
}

const succeed = async (plane: Plane, jobId: string): Promise<void> => {
  const event = JobSucceeded({ jobId, attempt: 1, at: iso(T0 + HOUR) });
  await plane.deliver(await plane.recorded(`cmo.job-${jobId}`, event));
};

/** It lost its GPUs and waits for others. */
const requeue = async (plane: Plane, jobId: string, attempt = 2): Promise<Recorded> => {
  const { name, resources, nodes, placement, limits, priority, data } = spec();
  const request = {
    ...{ workloadId: jobId, attempt, organizationId: ORGANIZATION, project: 'default', queuedAt: iso(T0) },
    ...{ name, resources, nodes, placement, limits, priority, data },
  };
  const event = JobRequeued({ jobId, attempt, reason: 'NodeLost', request, at: iso(T0) });
  const recorded = await plane.recorded(`cmo.job-${jobId}`, event);
  await plane.deliver(recorded);
  return recorded;
};

const wallet = async (plane: Plane) => (await plane.streams.load(walletDecider, ORGANIZATION)).state;
const budget = async (plane: Plane) => (await plane.streams.load(budgetDecider, ORGANIZATION)).state;
const available = async (plane: Plane) => Number(availableOf(await wallet(plane), false));
const refusals = async (plane: Plane) =>
  (await plane.all('billing.command.refused')).map(({ data }) => {
    const { command, reason, details } = data as { command: string; reason: string; details: { jobId?: string } };
    return [command, reason, details.jobId];
  });
const facts = async (plane: Plane) =>
  (await plane.events(`billing.wallet-${ORGANIZATION}`)).map(({ type }) => type.replace('billing.wallet.', ''));

describe('Who pays in advance', () => {
  it('has a job held in the wallet and in the budget, drawn as it is charged, and freed', async () => {
    const plane = await open();
    await tell(plane, payment(5_000_000));
    await queue(plane, 'job_1');
    expect(await available(plane)).toBe(5_000_000 - PER_HOUR);
    expect((await budget(plane)).held).toBe(BigInt(PER_HOUR));
    await run(plane, 'job_1', HOUR / 2);
    expect(await available(plane)).toBe(5_000_000 - PER_HOUR);
    await succeed(plane, 'job_1');
    expect(await available(plane)).toBe(5_000_000 - PER_HOUR / 2);
    expect(await budget(plane)).toMatchObject({ held: 0n, spentTotal: BigInt(PER_HOUR / 2) });
    expect(await facts(plane)).toEqual(['topped-up', 'hold-placed', 'drawn', 'hold-voided']);
    const [drawn] = await plane.all('billing.wallet.drawn');
    const [charge] = await plane.all('billing.account.charge-posted');
    expect(drawn?.metadata).toMatchObject({ $causationId: charge?.id, organizationId: ORGANIZATION });
    expect((drawn?.data as WalletDrawn['data']).fromHoldMicroUsd).toBe(String(PER_HOUR / 2));
  });

  it('runs nothing that the wallet does not cover, and the refusal names the job', async () => {
    const plane = await open();
    await tell(plane, payment(PER_HOUR + 1));
    await queue(plane, 'job_1');
    const second = await queue(plane, 'job_2');
    expect(await refusals(plane)).toEqual([['PlaceHold', 'InsufficientCredit', 'job_2']]);
    expect((await budget(plane)).holds.has(holdIdOf('job_2'))).toBe(false);
    // Money that comes later does not undo an answer that was heard.
    await tell(plane, payment(PER_HOUR));
    await plane.deliver(second);
    expect(await available(plane)).toBe(PER_HOUR + 1);
    expect(await refusals(plane)).toHaveLength(1);
  });

  it('keeps nothing aside for what the budget refuses', async () => {
    const plane = await open();
    await tell(plane, payment(9_000_000));
    const limit = { limitMicroUsd: '1000000', period: 'month' as const };
    await tell(plane, BudgetRequested({ ...asked(), ...limit }));
    const event = await queue(plane, 'job_1');
    await plane.deliver(event);
    expect(await refusals(plane)).toEqual([['PlaceHold', 'BudgetExceeded', 'job_1']]);
    expect(await facts(plane)).toEqual(['topped-up', 'hold-placed', 'hold-voided']);
    expect(await available(plane)).toBe(9_000_000);
  });

  it('rehearses with credit for rehearsals alone', async () => {
    const plane = await open();
    const placement = { sources: ['owned' as const], regions: [], simulated: true };
    await tell(plane, payment(9_000_000));
    await queue(plane, 'job_1', { placement });
    expect(await refusals(plane)).toEqual([['PlaceHold', 'InsufficientCredit', 'job_1']]);
    await tell(plane, payment(9_000_000, { simulated: true }), ['owner']);
    await queue(plane, 'job_2', { placement });
    const { ledger } = await wallet(plane);
    expect(balanceOf(ledger, 'simulated:hold').creditsPending).toBe(BigInt(PER_HOUR));
    expect(balanceOf(ledger, 'hold').creditsPending).toBe(0n);
  });

  it('whose job ends before its hold is asked for holds nothing for it later', async () => {
    const plane = await open();
    await tell(plane, payment(9_000_000));
    const event = await plane.recorded('cmo.job-job_1', queued('job_1'));
    const failed = JobFailed({
      jobId: 'job_1',
      attempt: 1,
      exitCode: 1,
      reason: 'Cancelled',
      message: 'no',
      at: iso(T0),
    });
    await plane.deliver(await plane.recorded('cmo.job-job_1', failed), { attempt: 6, redelivered: true });
    await plane.deliver(event);
    expect(await available(plane)).toBe(9_000_000);
    expect((await budget(plane)).held).toBe(0n);
  });

  it('keeps what a run costs beyond its hold, as far as there is credit, and owes the rest', async () => {
    const plane = await open();
    await tell(plane, payment(PER_HOUR + 100));
    await queue(plane, 'job_1');
    await run(plane, 'job_1', HOUR + 10_000);
    const [event] = await plane.all('billing.wallet.drawn');
    const drawn = event?.data as WalletDrawn['data'];
    expect(await available(plane)).toBe(0);
    expect(BigInt(drawn.drawnMicroUsd) + BigInt(drawn.uncoveredMicroUsd)).toBe(BigInt(drawn.totalMicroUsd));
    // Ten seconds of this GPU, less what was free besides the hold.
    expect(await plane.all('billing.wallet.exhausted')).not.toHaveLength(0);
  });
});

describe('Another attempt', () => {
  const held = async (plane: Plane) => (await budget(plane)).holds.get(holdIdOf('job_1'))?.remaining;

  it('is held for as the first was, in the same hold, in the wallet too', async () => {
    const plane = await open();
    await tell(plane, payment(5_000_000));
    await queue(plane, 'job_1');
    await run(plane, 'job_1', HOUR / 2);
    const event = await requeue(plane, 'job_1');
    expect(await held(plane)).toBe(BigInt(PER_HOUR));
    expect(await available(plane)).toBe(5_000_000 - PER_HOUR / 2 - PER_HOUR);
    await plane.deliver(event, { attempt: 2, redelivered: true });
    expect(await held(plane)).toBe(BigInt(PER_HOUR));
    expect(await facts(plane)).toEqual(['topped-up', 'hold-placed', 'drawn', 'hold-raised']);
    await succeed(plane, 'job_1');
    expect([await held(plane), await available(plane)]).toEqual([0n, 5_000_000 - PER_HOUR / 2]);
  });
  it('waits until the first is charged', async () => {
    const plane = await open('postpaid');
    await queue(plane, 'job_1');
    const allocationId = 'alc_job_1';
    const grant = AllocationGranted({
      allocation: allocation({ allocationId, workloadId: 'job_1' }),
      ...{ policy: 'best-fit-1', candidates: [], sentence: 'An owned GPU was free.', at: iso(T0) },
    });
    await plane.deliver(await plane.recorded(JOURNAL, grant, 'platform'));
    await expect(requeue(plane, 'job_1')).rejects.toMatchObject({ code: 'Unavailable' });
  });
  it('is answered while it holds its GPUs already: what was spent before it is said', async () => {
    const plane = await open('postpaid');
    await queue(plane, 'job_1');
    await run(plane, 'job_1', HOUR / 2);
    const second = allocation({ allocationId: 'alc_second', workloadId: 'job_1', attempt: 2 });
    const why = { policy: 'best-fit-1', candidates: [], sentence: 'An owned GPU was free.', at: iso(T0 + HOUR / 2) };
    await plane.deliver(await plane.recorded(JOURNAL, AllocationGranted({ allocation: second, ...why }), 'platform'));
    await requeue(plane, 'job_1');
    const [raised] = await plane.all('billing.budget.hold-raised');
    expect(raised?.data).toMatchObject({
      ...{ attempt: 2, spentMicroUsd: String(PER_HOUR / 2), amountMicroUsd: String(PER_HOUR * 1.5) },
    });
  });
  it('has no more than the budget of the job where that has one', async () => {
    const plane = await open('postpaid');
    await queue(plane, 'job_1', { limits: { maxRuntimeSeconds: 3_600, budgetMicroUsd: '2000000' } });
    await run(plane, 'job_1', HOUR / 2);
    await requeue(plane, 'job_1');
    expect(await held(plane)).toBe(2_000_000n - BigInt(PER_HOUR / 2));
  });
  it('that the budget does not cover is refused in the log, and nothing is taken of others', async () => {
    const plane = await open('postpaid');
    await tell(plane, BudgetRequested({ ...asked(), limitMicroUsd: String(PER_HOUR + 1), period: 'total' }));
    await queue(plane, 'job_1');
    await run(plane, 'job_1', HOUR / 2);
    await requeue(plane, 'job_1');
    expect(await refusals(plane)).toEqual([['RaiseHold', 'BudgetExceeded', 'job_1']]);
    expect(await held(plane)).toBe(BigInt(PER_HOUR / 2));
    const [refused] = await plane.all('billing.command.refused');
    expect(refused?.data).toMatchObject({ details: { attempt: 2, holdSpentMicroUsd: String(PER_HOUR / 2) } });
  });
  it('that the wallet does not cover is refused with what was spent, and is not held in the budget either', async () => {
    const plane = await open();
    await tell(plane, payment(PER_HOUR + 1));
    await queue(plane, 'job_1');
    await run(plane, 'job_1', HOUR / 2);
    await requeue(plane, 'job_1');
    expect(await refusals(plane)).toEqual([['RaiseHold', 'InsufficientCredit', 'job_1']]);
    const [refused] = await plane.all('billing.command.refused');
    expect(refused?.data).toMatchObject({ details: { attempt: 2, holdSpentMicroUsd: String(PER_HOUR / 2) } });
    expect(await held(plane)).toBe(BigInt(PER_HOUR / 2));
  });
});

describe('Who pays later', () => {
  it('needs no credit, and what there is of it is drawn before anything is owed', async () => {
    const plane = await open('postpaid');
    await queue(plane, 'job_0');
    await run(plane, 'job_0', HOUR / 2);
    expect(await facts(plane)).toEqual([]);
    await tell(plane, credit(1_000_000));
    await queue(plane, 'job_1');
    await run(plane, 'job_1', HOUR / 2);
    const [drawn] = await plane.all('billing.wallet.drawn');
    expect(drawn?.data).toMatchObject({ drawnMicroUsd: '1000000', uncoveredMicroUsd: '150000', fromHoldMicroUsd: '0' });
    await succeed(plane, 'job_1');
    expect(await facts(plane)).toEqual(['credit-granted', 'drawn', 'exhausted']);
  });
});

describe('A wallet is filled', () => {
  it('with real money by who may vouch for it, and by nobody else', async () => {
    const plane = await open();
    await tell(plane, payment(100), ['billing']);
    expect(await refusals(plane)).toEqual([['TopUp', 'PaymentUnconfirmed', undefined]]);
    await tell(plane, payment(100));
    expect(await available(plane)).toBe(100);
    await expect(tell(plane, payment(100), ['viewer'])).rejects.toMatchObject({ code: 'PermissionDenied' });
    await expect(tell(plane, payment(100), ['owner'], 'other')).rejects.toMatchObject({ code: 'PermissionDenied' });
    await tell(plane, payment(50), OPERATOR, 'other');
    expect(await available(plane)).toBe(150);
    const events = await plane.events(`billing.wallet-${ORGANIZATION}`);
    expect(new Set(events.map(({ metadata }) => metadata.organizationId))).toEqual(new Set([ORGANIZATION]));
  });
  it('by an operator alone, where nothing is paid', async () => {
    const plane = await open();
    await expect(tell(plane, credit(100), ['owner'])).rejects.toMatchObject({ code: 'PermissionDenied' });
    const sla = { organizationId: ORGANIZATION, simulated: false, amountMicroUsd: '1', outage: [], note: '' };
    const request = SlaCreditRequested({ ...asked(), ...sla });
    await expect(tell(plane, request, ['owner'])).rejects.toMatchObject({ code: 'PermissionDenied' });
    expect(await facts(plane)).toEqual([]);
  });
  it('once, however often it is told', async () => {
    const plane = await open();
    for (const request of [payment(100), credit(10)]) {
      const event = await tell(plane, request);
      await plane.deliver(event);
      await plane.deliver(event, { attempt: 2, redelivered: true });
    }
    expect(await available(plane)).toBe(110);
    expect(await refusals(plane)).toEqual([]);
  });
  it('for an outage, citing events that are in the log, by their positions', async () => {
    const plane = await open();
    const lost = NodeLost({ nodeId: 'n1', lastSeenAt: iso(T0), at: iso(T0) });
    const proof = await plane.recorded('drm.node-n1', lost, 'platform');
    const sla = (revision: string, stream = 'drm.node-n1') =>
      SlaCreditRequested({
        ...asked(),
        organizationId: ORGANIZATION,
        simulated: false,
        amountMicroUsd: '700',
        outage: [{ stream, revision }],
        note: 'Node n1 was lost.',
      });
    await tell(plane, sla('1'));
    await tell(plane, sla('-1'));
    await tell(plane, sla('0', `billing.account-${ORGANIZATION}`));
    await tell(plane, sla('0'));
    await tell(plane, sla('0'));
    expect(await refusals(plane)).toEqual([
      ['CreditOutage', 'OutageUnproven', undefined],
      ['CreditOutage', 'OutageUnproven', undefined],
      ['CreditOutage', 'OutageUnproven', undefined],
      ['CreditOutage', 'OutageCredited', undefined],
    ]);
    const [event] = await plane.all('billing.wallet.sla-credited');
    expect((event?.data as WalletSlaCredited['data']).outage).toEqual([
      {
        stream: 'drm.node-n1',
        revision: '0',
        position: String(proof.position),
        type: 'drm.node.lost',
        eventId: proof.id,
      },
    ]);
    expect(await available(plane)).toBe(700);
  });
});

describe('Time', () => {
  it('ends credits and holds, once, by a tick that looks at few wallets', async () => {
    const plane = await open();
    await tell(plane, credit(1_000, { expiresAt: iso(T0 + DAY) }));
    await tell(plane, payment(9_000_000));
    await queue(plane, 'job_1');
    await plane.tick(2);
    expect(await facts(plane)).toEqual(['credit-granted', 'topped-up', 'hold-placed']);
    plane.clock.advance(DAY);
    await plane.tick(2);
    // All of the credit is set aside for the job, in time: it is not gone.
    expect(await facts(plane)).toEqual(['credit-granted', 'topped-up', 'hold-placed']);
    plane.clock.advance(31 * DAY);
    await plane.tick(3);
    await plane.tick(3);
    expect(await facts(plane)).toEqual([
      'credit-granted',
      'topped-up',
      'hold-placed',
      'hold-expired',
      'credit-expired',
    ]);
    expect(await available(plane)).toBe(9_000_000);
  });
});

describe('A budget of a part', () => {
  it('is set and removed by who may, binds its jobs, and tells its thresholds with the charge', async () => {
    const plane = await open('postpaid');
    const scope = { kind: 'project' as const, id: 'default' };
    const limit = { limitMicroUsd: String(PER_HOUR), period: 'day' as const, thresholds: [40, 100] };
    await tell(plane, BudgetRequested({ ...asked(), ...limit, scope }));
    await queue(plane, 'job_1');
    await queue(plane, 'job_2');
    await queue(plane, 'job_3', { project: 'other' });
    expect(await refusals(plane)).toEqual([['PlaceHold', 'BudgetExceeded', 'job_2']]);
    await run(plane, 'job_1', HOUR / 2);
    const stream = await plane.events(`billing.budget-${ORGANIZATION}`);
    const counted = stream.findIndex(({ type }) => type === 'billing.budget.charge-counted');
    // In the same append as what was counted: nobody waits for the alert.
    expect(stream[counted + 1]).toMatchObject({
      type: 'billing.budget.threshold-reached',
      data: { scope, thresholdPercent: 40, periodKey: '2026-01-31' },
    });
    await expect(tell(plane, BudgetRemovalRequested({ ...asked(), scope }), ['viewer'])).rejects.toMatchObject({
      code: 'PermissionDenied',
    });
    await tell(plane, BudgetRemovalRequested({ ...asked(), at: iso(T0 + DAY), scope }));
    await queue(plane, 'job_4');
    expect(await refusals(plane)).toHaveLength(1);
  });

  it('is cut by the calendar of the account', async () => {
    const plane = await open('postpaid');
    await tell(plane, BillingProfileRequested({ ...asked(), timeZone: 'Asia/Tokyo' }), OPERATOR);
    const limit = { limitMicroUsd: '1000000000', period: 'day' as const };
    await tell(plane, BudgetRequested({ ...asked(), ...limit, thresholds: [1] }));
    const cpu = { gpus: 8, gpuMilli: 1_000, cpuMilli: 0, memoryMiB: 0, gpuModel: 'H100' };
    await queue(plane, 'job_1', { resources: cpu });
    await run(plane, 'job_1', HOUR);
    const { spentByDay } = await budget(plane);
    // It ran at 23:00 UTC on 31 January.
    expect(Object.keys(spentByDay)).toEqual(['2026-02-01']);
  });
});

describe('Views', () => {
  const told = async (): Promise<Plane> => {
    const plane = await open();
    await tell(plane, credit(500_000, { expiresAt: iso(T0 + DAY), categories: ['gpu'] }));
    await tell(plane, payment(9_000_000));
    await tell(plane, payment(700, { simulated: true }));
    for (const jobId of ['job_1', 'job_2']) {
      await queue(plane, jobId);
      await run(plane, jobId, HOUR / 2);
    }
    await succeed(plane, 'job_1');
    await queue(plane, 'job_3');
    plane.clock.advance(2 * DAY);
    await plane.tick(2);
    return plane;
  };

  it('say of a wallet what it knows itself, at every event', async () => {
    const plane = await told();
    let [row, state] = [walletView.initial, walletDecider.initial];
    for (const event of await plane.events(`billing.wallet-${ORGANIZATION}`)) {
      row = walletView.apply(row, event, ORGANIZATION)!;
      state = walletDecider.evolve(state, event as unknown as WalletEvent);
      for (const [simulated, figures] of [[false, row.money] as const, [true, row.rehearsal] as const]) {
        expect(figures.availableMicroUsd).toBe(String(availableOf(state, simulated)));
        const held = balanceOf(state.ledger, simulated ? 'simulated:hold' : 'hold').creditsPending;
        expect(figures.heldMicroUsd).toBe(String(held));
        const marks = simulated ? state.rehearsal : state.money;
        expect([figures.low, figures.exhausted]).toEqual([marks.low, marks.exhausted]);
      }
      expect(row.credits.map(({ grantId }) => grantId).sort()).toEqual(state.grants.map((one) => one.grantId).sort());
    }
    expect(row).toMatchObject({ openHolds: 2, perishable: true });
  });

  it('show balances that are those of the ledger, to the byte, and sum to zero', async () => {
    const plane = await told();
    const { ledger } = await wallet(plane);
    expect(imbalanceOf(ledger)).toEqual({ posted: 0n, pending: 0n });
    const rows = [...(await plane.view(balanceView)).values()];
    for (const field of ['balanceMicroUsd', 'pendingMicroUsd'] as const) {
      for (const simulated of [false, true]) {
        const of = rows.filter((row) => row.simulated === simulated);
        expect(of.reduce((sum, row) => sum + BigInt(row[field]), 0n)).toBe(0n);
      }
    }
    const own = [...ledger.accounts.entries()].filter(([account]) => !account.endsWith('accrued'));
    for (const [account, balance] of own) {
      const shown = rows.find((row) => row.account === account);
      expect([account, shown?.balanceMicroUsd, shown?.pendingMicroUsd]).toEqual([
        account,
        String(balance.debitsPosted - balance.creditsPosted),
        String(balance.debitsPending - balance.creditsPending),
      ]);
    }
  });

  it('show of every part what the budget knows of it', async () => {
    const plane = await told();
    const state = await budget(plane);
    const rows = await plane.view(budgetView);
    expect(rows.get(ORGANIZATION)).toMatchObject({ scope: 'organization', heldMicroUsd: String(state.held) });
    for (const [key, { held, spentTotal, spentByDay }] of state.scopes.entries()) {
      expect(rows.get(`${ORGANIZATION}/${key}`)).toMatchObject({
        ...{ organizationId: ORGANIZATION, scope: key.split(':')[0], scopeId: key.slice(key.indexOf(':') + 1) },
        ...{ heldMicroUsd: String(held), spentMicroUsd: String(spentTotal) },
        spentByDay: Object.fromEntries(Object.entries(spentByDay).map(([day, spent]) => [day, String(spent)])),
      });
    }
    expect([...rows.keys()].sort()).toEqual(
      [ORGANIZATION, ...[...state.scopes.keys()].map((key) => `${ORGANIZATION}/${key}`)].sort(),
    );
  });
});
