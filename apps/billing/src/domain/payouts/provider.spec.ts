import fc from 'fast-check';
import { ProviderDisputed, ProviderFeeScheduleSet, type ProviderEarned } from '@solyx/contracts/billing';
import { fold } from '@solyx/kernel';
import { given, propertyRuns, replay } from '@solyx/testing';
import { zeroSum } from '../postings';
import { feeOf } from './platform-fee';
import { providerDecider, type ProviderCommand, type ProviderEvent } from './provider';
import { earningIdOf, type Provider } from './provider-state';
import { imbalanceOf, reservedOf } from './purse';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const T0 = Date.UTC(2026, 0, 10);
const iso = (ms: number): string => new Date(ms).toISOString();
const providerId = 'owner';
const earn = (chargeId: string, gross: bigint, at = T0, change: object = {}): ProviderCommand => ({
  type: 'RecordEarning',
  data: {
    providerId,
    kind: 'gpu',
    chargeId,
    organizationId: 'acme',
    simulated: false,
    grossMicroUsd: gross.toString(),
    ...{ agreedNetMicroUsd: '0', agreedGrossMicroUsd: '0' },
    booked: [['revenue:gpu:shared', gross]],
    parts: [],
    usedAt: iso(at),
    disputeWindowMs: 7 * DAY,
    eventId: 'e1',
    position: '1',
    at: iso(at),
    ...change,
  },
});
const verify: ProviderCommand = {
  type: 'VerifyIdentity',
  data: { providerId, checkedBy: 'file', reference: 'r1', at: iso(T0) },
};
const account = (threshold = '25000000'): ProviderCommand => ({
  type: 'SetPayoutAccount',
  data: {
    ...{ providerId, rail: 'file', accountRef: 'a1', schedule: 'manual', at: iso(T0) },
    thresholdMicroUsd: threshold,
  },
});
const allot = (payoutId: string, at: number, amount?: bigint, rails = ['file', 'stripe']): ProviderCommand => ({
  type: 'AllotPayout',
  data: {
    ...{ payoutId, providerId, rails, at: iso(at) },
    ...(amount === undefined ? {} : { amountMicroUsd: amount.toString() }),
  },
});
const settle = (payoutId: string, outcome: 'paid' | 'failed' | 'returned'): ProviderCommand => ({
  type: 'SettlePayout',
  data: { payoutId, providerId, outcome, at: iso(T0) },
});
const dispute = (disputeId: string, chargeId: string, at: number, organizationId = 'acme'): ProviderCommand => ({
  type: 'OpenDispute',
  data: { disputeId, providerId, chargeId, organizationId, reason: 'it did not run', at: iso(at) },
});
const resolve = (disputeId: string, outcome: 'upheld' | 'rejected', refundMicroUsd?: string): ProviderCommand => ({
  type: 'ResolveDispute',
  data: { disputeId, providerId, outcome, at: iso(T0), ...(refundMicroUsd === undefined ? {} : { refundMicroUsd }) },
});
/** What a story leads to; all of it must be accepted. */
function after(...commands: readonly ProviderCommand[]): { state: Provider; events: readonly ProviderEvent[] } {
  const { state, events, refusals } = replay(providerDecider, commands);
  expect(refusals).toEqual([]);
  return { state, events };
}
const last = (events: readonly ProviderEvent[]): unknown => events[events.length - 1]?.data;
const WEEK_LATER = T0 + 7 * DAY;
const refusalAfter = (past: readonly ProviderCommand[], command: ProviderCommand) => {
  const decision = providerDecider.decide(command, after(...past).state);
  return decision.accepted ? 'accepted' : decision.reason;
};

describe('An owner', () => {
  it('earns a charge once, less 3 %, and waits seven days for it', () => {
    const { state, events } = after(earn('c1', 50_000_000n), earn('c1', 50_000_000n), verify, account());
    expect(events[0]?.data).toMatchObject({
      ...{ grossMicroUsd: '50000000', feeBps: 300, feeMicroUsd: '1500000', netMicroUsd: '48500000' },
      reserveUntil: iso(WEEK_LATER),
    });
    expect([state.real.earned, reservedOf(state.real), state.real.available]).toEqual([48_500_000n, 48_500_000n, 0n]);
    expect(refusalAfter([earn('c1', 50_000_000n), verify, account()], allot('p1', WEEK_LATER - 1))).toBe(
      'BelowThreshold',
    );
  });

  it('is paid whole cents after the window, the withdrawal fee as a line of its own', () => {
    const { state, events } = after(earn('c1', 50_001_234n), verify, account(), allot('p1', WEEK_LATER));
    expect(last(events)).toMatchObject({
      withdrawalFeeMicroUsd: '250000',
      netMicroUsd: '48250000',
      grossMicroUsd: '48500000',
    });
    expect([state.real.available, state.real.inPayout]).toEqual([1_197n, 48_500_000n]);
  });

  it('is paid the same payout once, however often it is submitted', () => {
    const past = [earn('c1', 90_000_000n), verify, account(), allot('p1', WEEK_LATER, 30_000_000n)];
    const { state, events } = after(...past, allot('p1', WEEK_LATER, 30_000_000n), allot('p1', WEEK_LATER));
    expect(events.filter(({ type }) => type === 'billing.provider.payout-allotted')).toHaveLength(1);
    expect(state.real.inPayout).toBe(30_000_000n);
  });

  it('is paid nothing before it was checked, without an account, or by a rail that is not there', () => {
    const rich = earn('c1', 90_000_000n);
    expect(refusalAfter([rich, account()], allot('p1', WEEK_LATER))).toBe('IdentityUnverified');
    expect(refusalAfter([rich, verify], allot('p1', WEEK_LATER))).toBe('PayoutAccountMissing');
    const nowhere = allot('p1', WEEK_LATER, undefined, ['stripe']);
    expect(refusalAfter([rich, verify, account()], nowhere)).toBe('RailNotConfigured');
  });

  it('has the money again when a payout fails, and all but the fee when it comes back', () => {
    const past = [earn('c1', 100_000_000n), verify, account(), allot('p1', WEEK_LATER)];
    expect(after(...past, settle('p1', 'failed')).state.real.available).toBe(97_000_000n);
    const { state } = after(...past, settle('p1', 'paid'), settle('p1', 'returned'), settle('p1', 'returned'));
    expect([state.real.available, state.real.paid]).toEqual([96_750_000n, 250_000n]);
    expect(refusalAfter([...past, settle('p1', 'paid')], settle('p1', 'failed'))).toBe('PayoutEnded');
    expect(refusalAfter(past, settle('p1', 'returned'))).toBe('PayoutEnded');
    expect(refusalAfter([], settle('p1', 'paid'))).toBe('PayoutUnknown');
  });

  it('is never paid what was rehearsed', () => {
    const rehearsed = { simulated: true };
    const past = [earn('c1', 90_000_000n, T0, rehearsed), verify, account()];
    const { state, events } = after(...past, { type: 'ReleaseReserve', data: { providerId, at: iso(WEEK_LATER) } });
    expect(state.simulated.available).toBe(87_300_000n);
    expect(refusalAfter(past, allot('p1', WEEK_LATER))).toBe('BelowThreshold');
    const postings = events.flatMap(({ data }) => ('postings' in data ? data.postings : []));
    expect(postings.every(({ account: name }) => name.startsWith('simulated:'))).toBe(true);
  });

  it('may agree another fee between 2 % and 5 %, for what is used from then on', () => {
    const fee = (feeBps: number, effectiveFrom: number): ProviderCommand => ({
      type: 'SetFeeSchedule',
      data: { providerId, feeBps, effectiveFrom: iso(effectiveFrom), at: iso(T0) },
    });
    for (const feeBps of [199, 501, 0, 250.5]) expect(refusalAfter([], fee(feeBps, T0))).toBe('FeeOutOfBounds');
    const { state, events } = after(
      fee(500, T0 + DAY),
      earn('c1', 1_000_000n, T0 + DAY - 1),
      earn('c2', 1_000_000n, T0 + DAY),
      fee(200, T0 - DAY),
    );
    const fees = events.flatMap((event) => ('feeMicroUsd' in event.data ? [event.data.feeMicroUsd] : []));
    expect(fees).toEqual(['30000', '50000']);
    // A word about the past counts from now on.
    expect(state.fees[1]?.effectiveFrom).toBe(iso(T0));
    given(providerDecider)()
      .when(fee(200, T0))
      .then(
        ProviderFeeScheduleSet({
          ...{ providerId, feeBps: 200, withdrawalFeeMicroUsd: '250000' },
          effectiveFrom: iso(T0),
          at: iso(T0),
        }),
      );
  });

  it('earns of its own price where it has one; what the customer pays beyond is the platform’s', () => {
    const { events } = after(
      earn('c1', 1_500_000n, T0, { agreedNetMicroUsd: '970000', agreedGrossMicroUsd: '1500000' }),
    );
    expect(last(events)).toMatchObject({ grossMicroUsd: '1500000', netMicroUsd: '970000', feeMicroUsd: '530000' });
  });

  it('gives back what a correction takes back, at once', () => {
    const past = [earn('c1', 40_000_000n), verify, account(), allot('p1', WEEK_LATER)];
    const { state } = after(...past, earn('c2', -40_000_000n, WEEK_LATER));
    expect([state.real.available, reservedOf(state.real), imbalanceOf(state.real)]).toEqual([-38_800_000n, 0n, 0n]);
  });
});

describe('Without a dispute window', () => {
  it('what is earned may be paid out at once', () => {
    const { state } = after(
      earn('c1', 50_000_000n, T0 + 1, { disputeWindowMs: 0 }),
      verify,
      account(),
      allot('p1', T0 + 1),
    );
    expect([reservedOf(state.real), state.real.inPayout]).toEqual([0n, 48_500_000n]);
    expect(refusalAfter([earn('c1', 50_000_000n, T0, { disputeWindowMs: 0 })], dispute('d1', 'c1', T0))).toBe(
      'DisputeWindowClosed',
    );
  });
});

describe('A dispute', () => {
  const past = [earn('c1', 50_000_000n), earn('c2', 50_000_000n), verify, account('1000000')];

  it('holds what the charge earned until it is decided, past the window too', () => {
    const { state } = after(...past, dispute('d1', 'c1', WEEK_LATER - 1), allot('p1', WEEK_LATER));
    expect([state.real.disputed, state.real.inPayout]).toEqual([48_500_000n, 48_500_000n]);
    const earningId = earningIdOf('c1', providerId, false);
    expect(state.earnings.get(earningId)?.disputeId).toBe('d1');
  });

  it('is opened by who paid, once, within the window, about something that was earned', () => {
    expect(refusalAfter(past, dispute('d1', 'c1', WEEK_LATER))).toBe('DisputeWindowClosed');
    expect(refusalAfter(past, dispute('d1', 'c1', T0, 'rival'))).toBe('EarningUnknown');
    expect(refusalAfter(past, dispute('d1', 'c9', T0))).toBe('EarningUnknown');
    expect(refusalAfter([...past, dispute('d1', 'c1', T0)], dispute('d2', 'c1', T0))).toBe('EarningDisputed');
    expect(
      after(...past, dispute('d1', 'c1', T0), dispute('d1', 'c1', T0)).events.filter(
        ({ type }) => type === ProviderDisputed.type,
      ),
    ).toHaveLength(1);
  });

  it('costs the owner and the platform what each had of it', () => {
    const { state, events } = after(...past, dispute('d1', 'c1', T0), resolve('d1', 'upheld', '10000000'));
    expect(last(events)).toMatchObject({ refundMicroUsd: '10000000', netMicroUsd: '9700000', feeMicroUsd: '300000' });
    expect([state.real.forfeited, state.real.disputed, reservedOf(state.real)]).toEqual([9_700_000n, 0n, 87_300_000n]);
    expect(refusalAfter([...past, dispute('d1', 'c1', T0)], resolve('d1', 'upheld', '50000001'))).toBe(
      'RefundTooLarge',
    );
    expect(refusalAfter(past, resolve('d1', 'upheld'))).toBe('DisputeUnknown');
  });

  it('costs nothing where it is rejected, and stays decided', () => {
    const decided = [...past, dispute('d1', 'c1', T0), resolve('d1', 'rejected')];
    const { state } = after(...decided, resolve('d1', 'rejected'), allot('p1', WEEK_LATER));
    expect(state.real.inPayout).toBe(97_000_000n);
    expect(refusalAfter(decided, resolve('d1', 'upheld'))).toBe('DisputeResolved');
  });
});

describe('Whatever happens', () => {
  const commandAt = (at: number): fc.Arbitrary<ProviderCommand> => {
    const charge = fc.constantFrom('c1', 'c2', 'c3', 'c4', 'c5');
    const payout = fc.constantFrom('p1', 'p2', 'p3');
    const disputeId = fc.constantFrom('d1', 'd2', 'd3');
    return fc.oneof(
      fc
        .tuple(charge, fc.bigInt(1n, 90_000_000n), fc.boolean())
        .map(([id, gross, simulated]) => earn(id, gross, at, { simulated })),
      fc.constant<ProviderCommand>({ type: 'ReleaseReserve', data: { providerId, at: iso(at) } }),
      fc
        .tuple(payout, fc.option(fc.bigInt(0n, 200_000_000n)))
        .map(([id, amount]) => allot(id, at, amount ?? undefined)),
      fc
        .tuple(payout, fc.constantFrom('paid' as const, 'failed' as const, 'returned' as const))
        .map(([id, o]) => settle(id, o)),
      fc.tuple(disputeId, charge).map(([id, c]) => dispute(id, c, at)),
      fc.tuple(disputeId, fc.constantFrom('upheld' as const, 'rejected' as const)).map(([id, o]) => resolve(id, o)),
      fc.integer({ min: 200, max: 500 }).map((feeBps): ProviderCommand => ({
        type: 'SetFeeSchedule',
        data: { providerId, feeBps, effectiveFrom: iso(at), at: iso(at) },
      })),
    );
  };
  const story = fc.array(fc.integer({ min: 0, max: 2 * DAY }), { minLength: 1, maxLength: 40 }).chain((steps) => {
    let at = T0;
    return fc.tuple(...steps.map((step) => commandAt((at += step))));
  });

  it('no more is paid than was earned, less what waits, is held or was lost; and every entry balances', () => {
    fc.assert(
      fc.property(story, (commands) => {
        let state = fold(providerDecider, after(verify, account('1000000')).events);
        for (const command of commands) {
          const decision = providerDecider.decide(command, state);
          if (!decision.accepted) continue;
          state = fold(providerDecider, decision.events, state);
          for (const { data } of decision.events) if ('postings' in data) expect(zeroSum(data.postings)).toBe(true);
          for (const purse of [state.real, state.simulated]) {
            expect(imbalanceOf(purse)).toBe(0n);
            const { disputed, available, inPayout, paid, forfeited, earned } = purse;
            for (const part of [disputed, available, inPayout, paid, forfeited]) expect(part >= 0n).toBe(true);
            expect(inPayout + paid <= earned - reservedOf(purse) - disputed - forfeited).toBe(true);
          }
          expect(state.simulated.inPayout + state.simulated.paid).toBe(0n);
        }
        const json = JSON.parse(JSON.stringify(providerDecider.snapshot?.toJson(state))) as unknown;
        expect(providerDecider.snapshot?.toJson(providerDecider.snapshot.fromJson(json))).toEqual(json);
      }),
      propertyRuns(200),
    );
  });

  it('owner and platform together have what the customer is charged, to the micro-dollar', () => {
    const amounts = fc.array(fc.bigInt(-1_000_000n, 10_000_000_000n), { maxLength: 20 });
    fc.assert(
      fc.property(amounts, fc.integer({ min: 200, max: 500 }), (grosses, feeBps) => {
        const schedule: ProviderCommand = {
          type: 'SetFeeSchedule',
          data: { providerId, feeBps, effectiveFrom: iso(T0), at: iso(T0) },
        };
        const { events } = after(schedule, ...grosses.map((gross, i) => earn(`c${i}`, gross)));
        const earnings = events
          .filter((event): event is ProviderEarned => event.type === 'billing.provider.earned')
          .map(({ data }) => data);
        for (const { grossMicroUsd, feeMicroUsd, netMicroUsd, postings } of earnings) {
          expect(BigInt(feeMicroUsd) + BigInt(netMicroUsd)).toBe(BigInt(grossMicroUsd));
          expect(BigInt(feeMicroUsd)).toBe(feeOf(BigInt(grossMicroUsd), feeBps));
          expect(zeroSum(postings)).toBe(true);
        }
      }),
      propertyRuns(100),
    );
  });
});
