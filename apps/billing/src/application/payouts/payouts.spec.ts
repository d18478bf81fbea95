import type { ChargeLine } from '@solyx/contracts';
import {
  BillingCommandRefused,
  ChargePosted,
  PayoutCreated,
  PayoutFailed,
  PayoutPaid,
  ProviderEarned,
  ProviderPayoutAllotted,
  WalletCreditGranted,
} from '@solyx/contracts/billing';
import {
  DisputeRequested,
  DisputeResolutionRequested,
  IdentityVerificationRequested,
  PayoutAccountRequested,
  PayoutRequested,
  ProviderFeeRequested,
} from '@solyx/contracts/gateway';
import { providerDecider } from '../../domain/payouts/provider';
import { postingsOf, zeroSum } from '../../domain/postings';
import { OwnersPlane } from '../../test/owners';
import { earningView } from './earning.projection';
import { payoutView } from './payout.projection';
import { providerView } from './provider.projection';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const T0 = Date.UTC(2026, 0, 10);
const iso = (ms: number): string => new Date(ms).toISOString();
const OWNER = 'owner';
const CUSTOMER = 'acme';

const line = (amount: bigint, change: Partial<ChargeLine> = {}): ChargeLine => ({
  ...{ kind: 'gpu', description: 'GPU', source: 'shared', simulated: false, nodeId: 'n1', gpuModel: 'H100' },
  ...{
    quantity: '1',
    unit: 'milli-gpu-ms',
    from: iso(T0),
    to: iso(T0 + HOUR),
    rateNumerator: '1',
    rateDenominator: '1',
  },
  ...{ amountMicroUsd: amount.toString(), eventIds: [], positions: [], providerId: OWNER },
  ...change,
});
const charge = (chargeId: string, ...lines: readonly ChargeLine[]) =>
  ChargePosted({
    ...{ chargeId, organizationId: CUSTOMER, project: 'default', resource: { kind: 'job', id: 'job_1' } },
    ...{ period: '2026-01', lines, postings: postingsOf(lines), at: iso(T0) },
    totalMicroUsd: lines.reduce((sum, one) => sum + BigInt(one.amountMicroUsd), 0n).toString(),
  });
const request = (requestId: string) => ({ requestId, fingerprint: 'f', at: iso(T0) });

let plane: OwnersPlane;
beforeEach(() => {
  plane = new OwnersPlane(T0);
});

const charged = (...events: readonly ReturnType<typeof charge>[]) =>
  events.reduce(async (before, event) => {
    await before;
    await plane.recorded(`billing.account-${CUSTOMER}`, event, CUSTOMER);
  }, Promise.resolve());
async function ready(schedule: 'manual' | 'day' = 'manual'): Promise<void> {
  const account = { ...request('r1'), rail: 'file' as const, accountRef: 'a1', schedule };
  await plane.recorded('gateway.request-r1', PayoutAccountRequested(account), OWNER);
  await plane.recorded(
    'gateway.request-r2',
    IdentityVerificationRequested({ ...request('r2'), documentRef: 'd1' }),
    OWNER,
  );
  await plane.hear();
}
async function ask(requestId: string, amountMicroUsd?: string): Promise<void> {
  const wish = { ...request(requestId), ...(amountMicroUsd === undefined ? {} : { amountMicroUsd }) };
  await plane.recorded(`gateway.request-${requestId}`, PayoutRequested(wish), OWNER);
  await plane.hear();
}
const row = async () => (await plane.views.get(providerView, OWNER))!;
const payouts = async () =>
  (await plane.views.list(payoutView, { organizationId: OWNER, first: 50 })).rows.map((r) => r.row);
const refusals = async () =>
  (await plane.all<BillingCommandRefused>(BillingCommandRefused.type)).map(({ reason }) => reason);

describe('An owner of shared GPUs', () => {
  it('sees what a charge earned as soon as it is posted, and is paid it after the window', async () => {
    await ready();
    await charged(
      charge('c1', line(60_000_000n), line(40_000_000n, { nodeId: 'n2', providerAmountMicroUsd: '38800000' })),
    );
    await plane.hear();
    expect(await row()).toMatchObject({
      grossMicroUsd: '100000000',
      feeMicroUsd: '3000000',
      reservedMicroUsd: '97000000',
    });
    await ask('early');
    expect(await refusals()).toEqual(['BelowThreshold']);
    await plane.pass(8 * DAY);
    expect(await row()).toMatchObject({ reservedMicroUsd: '0', availableMicroUsd: '97000000' });
    await ask('r9');
    expect(await payouts()).toMatchObject([
      { phase: 'Submitted', netMicroUsd: '96750000', reference: expect.stringContaining('ref-po_') },
    ]);
    plane.rail.status = { status: 'paid' };
    await plane.pass(HOUR);
    expect(await payouts()).toMatchObject([{ phase: 'Paid' }]);
    expect(await row()).toMatchObject({ availableMicroUsd: '0', inPayoutMicroUsd: '0', paidMicroUsd: '97000000' });
  });

  it('books everything so that nothing is left over, from the charge to the bank', async () => {
    await ready();
    await charged(charge('c1', line(60_000_001n), line(40_000_000n, { providerAmountMicroUsd: '38800000' })));
    await plane.hear();
    await plane.pass(8 * DAY);
    await ask('r9');
    plane.rail.status = { status: 'paid' };
    await plane.pass(HOUR);
    const balances = new Map<string, bigint>();
    for await (const { data } of plane.log.readAll()) {
      const { postings = [] } = data as { postings?: ChargePosted['data']['postings'] };
      expect(zeroSum(postings)).toBe(true);
      for (const { account, amountMicroUsd } of postings) {
        balances.set(account, (balances.get(account) ?? 0n) + BigInt(amountMicroUsd));
      }
    }
    const { feeMicroUsd, availableMicroUsd } = await row();
    const expected = {
      accrued: 100_000_001n,
      'platform-fee': -(BigInt(feeMicroUsd) + 250_000n),
      [`provider-payable:${OWNER}`]: -BigInt(availableMicroUsd),
      cash: -96_750_000n,
    };
    expect(Object.fromEntries([...balances].filter(([, amount]) => amount !== 0n))).toEqual(
      Object.fromEntries(Object.entries(expected).filter(([, amount]) => amount !== 0n)),
    );
  });

  it('earns a charge once, however often it is heard', async () => {
    await charged(charge('c1', line(10_000_000n), line(5_000_000n, { simulated: true })));
    await plane.hear();
    for await (const event of plane.log.readAll()) {
      for (let again = 0; again < 3; again += 1) await plane.deliver(event, 2);
    }
    expect(await plane.all(ProviderEarned.type)).toHaveLength(2);
    expect(await row()).toMatchObject({ netMicroUsd: '9700000', simulatedNetMicroUsd: '4850000' });
  });

  it('is paid once when the same payout is submitted twice, and by two processes at once', async () => {
    await ready();
    await charged(charge('c1', line(100_000_000n)));
    await plane.hear();
    await plane.pass(8 * DAY);
    await plane.recorded('gateway.request-r9', PayoutRequested(request('r9')), OWNER);
    const other = new OwnersPlane(T0 + 8 * DAY, plane.log);
    Object.assign(other.rail, { payments: plane.rail.payments });
    await Promise.all([plane.hear(), other.hear()]);
    await Promise.all([plane.hear(), other.hear()]);
    expect(await plane.all(ProviderPayoutAllotted.type)).toHaveLength(1);
    expect(await plane.all(PayoutCreated.type)).toHaveLength(1);
    expect([...plane.rail.payments.values()]).toMatchObject([{ netMicroUsd: '96750000' }]);
    await ask('r10');
    expect(await refusals()).toEqual(['BelowThreshold']);
  });

  it('is paid although the answer of the rail was lost, once', async () => {
    await ready();
    await charged(charge('c1', line(100_000_000n)));
    await plane.hear();
    await plane.pass(8 * DAY);
    plane.rail.losesAnswers = 2;
    await ask('r9');
    await plane.pass(HOUR);
    expect(plane.rail.submissions).toBeGreaterThan(1);
    expect([plane.rail.payments.size, (await payouts())[0]?.phase]).toEqual([1, 'Submitted']);
  });

  it('has the money again when the bank refuses it, and can ask again', async () => {
    await ready();
    await charged(charge('c1', line(100_000_000n)));
    await plane.hear();
    await plane.pass(8 * DAY);
    await ask('r9');
    plane.rail.status = { status: 'failed', reason: 'closed account' };
    await plane.pass(HOUR);
    expect(await plane.all(PayoutFailed.type)).toMatchObject([{ reason: 'closed account' }]);
    expect(await row()).toMatchObject({ availableMicroUsd: '97000000', inPayoutMicroUsd: '0', paidMicroUsd: '0' });
    plane.rail.status = { status: 'paid' };
    await ask('r10');
    await plane.pass(HOUR);
    plane.rail.status = { status: 'returned', reason: 'unknown name' };
    await plane.pass(HOUR);
    expect(await plane.all(PayoutPaid.type)).toHaveLength(1);
    expect(await row()).toMatchObject({ availableMicroUsd: '96750000', paidMicroUsd: '250000' });
  });

  it('is paid by itself each day where that is wanted, once a day', async () => {
    await ready('day');
    await charged(charge('c1', line(100_000_000n)));
    await plane.hear();
    for (let tick = 0; tick < 40; tick += 1) await plane.pass(6 * HOUR);
    expect(await payouts()).toMatchObject([{ netMicroUsd: '96750000' }]);
    expect(await refusals()).toEqual([]);
  });

  it('waits for the check, however long it takes', async () => {
    plane.identities.answer = { outcome: 'pending' };
    await ready();
    await charged(charge('c1', line(100_000_000n)));
    await plane.hear();
    await plane.pass(8 * DAY);
    await ask('r9');
    expect(await refusals()).toEqual(['IdentityUnverified']);
    plane.identities.answer = { outcome: 'verified', reference: 'case 7' };
    await plane.pass(HOUR);
    expect(await row()).toMatchObject({ identity: 'Verified' });
    await ask('r10');
    expect(await payouts()).toHaveLength(1);
  });

  it('is followed although the rail does not answer for another', async () => {
    await ready();
    await charged(charge('c1', line(100_000_000n)));
    await plane.hear();
    await plane.pass(8 * DAY);
    await ask('r9', '30000000');
    await ask('r10', '30000000');
    plane.rail.status = { status: 'paid' };
    plane.rail.failsFor = (await payouts())[0]!.payoutId;
    await expect(plane.pass(HOUR)).rejects.toMatchObject({ code: 'Unavailable' });
    await plane.hear();
    expect((await payouts()).map(({ phase }) => phase).sort()).toEqual(['Paid', 'Submitted']);
  });

  it('has a fee of its own only by an operator, and only between 2 % and 5 %', async () => {
    const fee = (requestId: string, feeBps: number, roles: readonly string[]) =>
      plane.recorded(
        `gateway.request-${requestId}`,
        ProviderFeeRequested({ ...request(requestId), providerId: OWNER, feeBps, effectiveFrom: iso(T0) }),
        'platform',
        roles,
      );
    await fee('f1', 200, ['operator']);
    await fee('f2', 100, ['operator']);
    await plane.hear();
    expect(await row()).toMatchObject({ feeBps: 200 });
    expect(await refusals()).toEqual(['FeeOutOfBounds']);
    await fee('f3', 300, ['owner']);
    await expect(plane.hear()).rejects.toMatchObject({ code: 'PermissionDenied' });
  });
});

describe('A customer who disputes', () => {
  const dispute = (requestId: string, chargeId: string, by = CUSTOMER) =>
    plane.recorded(
      `gateway.request-${requestId}`,
      DisputeRequested({ ...request(requestId), chargeId, reason: 'it did not run' }),
      by,
    );

  it('has the owner wait until an operator has decided', async () => {
    await ready();
    await charged(charge('c1', line(100_000_000n)), charge('c2', line(50_000_000n)));
    await plane.hear();
    await dispute('d1', 'c1');
    await plane.hear();
    const [earning] = (await plane.views.list(earningView, { where: { dispute: 'Open' }, first: 10 })).rows;
    expect(earning?.row).toMatchObject({
      chargeId: 'c1',
      providerId: OWNER,
      disputeId: expect.stringContaining('dsp_'),
    });
    await plane.pass(8 * DAY);
    expect(await row()).toMatchObject({ disputedMicroUsd: '97000000', availableMicroUsd: '48500000' });
    const decision = {
      ...request('d2'),
      providerId: OWNER,
      disputeId: earning!.row.disputeId,
      outcome: 'upheld' as const,
    };
    await plane.recorded('gateway.request-d2', DisputeResolutionRequested(decision), 'platform', ['operator']);
    await plane.hear();
    expect(await row()).toMatchObject({ disputedMicroUsd: '0', forfeitedMicroUsd: '97000000', reservedMicroUsd: '0' });
    const { state } = await plane.streams.load(providerDecider, OWNER);
    expect(state.real.forfeited).toBe(97_000_000n);
    const credits = await plane.all<WalletCreditGranted>(WalletCreditGranted.type);
    expect(credits).toMatchObject([{ organizationId: CUSTOMER, kind: 'correction', amountMicroUsd: '100000000' }]);
  });

  it('is told where nobody earned by the charge, or it is another’s', async () => {
    await charged(charge('c1', line(100_000_000n)));
    await plane.hear();
    await dispute('d1', 'c1', 'rival');
    await dispute('d2', 'unknown');
    for (let round = 0; round < 4; round += 1) await plane.hear();
    for await (const event of plane.log.readAll()) await plane.deliver(event, 4);
    expect(await refusals()).toEqual(['EarningUnknown', 'EarningUnknown']);
    const told: string[] = [];
    for await (const event of plane.log.readAll()) {
      if (event.type === BillingCommandRefused.type) told.push(event.metadata.organizationId);
    }
    expect(told).toEqual(['rival', CUSTOMER]);
  });
});
