import fc from 'fast-check';
import { fold } from '@solyx/kernel';
import { AccountOpened, ChargePosted, UsageOpened } from '@solyx/contracts/billing';
import { given, replay } from '@solyx/testing';
import { allocation, allocationArb, billByHand, iso, LIST, ORGANIZATION, share, sum, T0 } from '../test/fixtures';
import { accountDecider, chargeIdOf, jobUsageOf, type AccountCommand, type AccountEvent } from './account';
import { postingsOf } from './postings';
import { rate } from './rate';

const HOUR = 3_600_000;
const RAN_MS = 1_866_649;
const openedData = { organizationId: ORGANIZATION, currency: 'USD', at: iso(T0) } as const;
const usage = (held = allocation()) => ({ allocation: held, eventId: 'granted', position: '10', at: iso(T0) });
const release = (held = allocation(), ms = HOUR) => ({
  allocationId: held.allocationId,
  releasedAt: iso(Date.parse(held.grantedAt) + ms),
  eventId: 'released',
  position: '20',
  priceList: LIST,
});
const openUsage = (held = allocation()) => ({ type: 'OpenUsage', data: usage(held) }) as const;
const postCharge = (held = allocation(), ms = HOUR) => ({ type: 'PostCharge', data: release(held, ms) }) as const;

const chargeOf = (held = allocation(), ms = HOUR): ChargePosted => {
  const { releasedAt } = release(held, ms);
  const rating = rate(
    { allocation: held, releasedAt, eventIds: ['granted', 'released'], positions: ['10', '20'] },
    LIST,
  );
  if (!rating.rated) throw new Error('no price');
  return ChargePosted({
    chargeId: chargeIdOf(held.allocationId),
    organizationId: ORGANIZATION,
    project: held.project,
    resource: { kind: 'job', id: held.workloadId },
    jobId: held.workloadId,
    attempt: held.attempt,
    allocationId: held.allocationId,
    final: true,
    period: releasedAt.slice(0, 7),
    priceListVersion: 1,
    lines: rating.lines,
    postings: postingsOf(rating.lines),
    totalMicroUsd: rating.totalMicroUsd.toString(),
    at: releasedAt,
  });
};

const opened = AccountOpened(openedData);
const past = given(accountDecider);

describe('Account', () => {
  it('is opened once', () => {
    past().when({ type: 'OpenAccount', data: openedData }).then(opened);
    past(opened).when({ type: 'OpenAccount', data: openedData }).thenNothing();
  });
  it('starts a meter once', () => {
    past(opened).when(openUsage()).then(UsageOpened(usage()));
    past(opened, UsageOpened(usage())).when(openUsage()).thenNothing();
  });
  it('charges what was metered, once, with both events as evidence', () => {
    past(opened, UsageOpened(usage())).when(postCharge()).then(chargeOf());
    past(opened, UsageOpened(usage()), chargeOf()).when(postCharge()).thenNothing();
    expect(chargeOf().data.lines[0]).toMatchObject({ eventIds: ['granted', 'released'], positions: ['10', '20'] });
    expect(chargeOf().data.totalMicroUsd).toBe('2300000');
  });
  it('does not start a meter again after the charge', () =>
    past(opened, UsageOpened(usage()), chargeOf()).when(openUsage()).thenNothing());
  it('does not charge again at another time', () =>
    past(opened, UsageOpened(usage()), chargeOf())
      .when(postCharge(allocation(), 9 * HOUR))
      .thenNothing());
  it('is opened by the first usage, where that is heard before the registration', () => {
    past()
      .when(openUsage())
      .then(AccountOpened({ ...opened.data, at: usage().allocation.grantedAt }), UsageOpened(usage()));
    past().when(postCharge()).thenRefused('UsageUnknown');
  });
  it('does not charge what was never metered', () => past(opened).when(postCharge()).thenRefused('UsageUnknown'));
  it('does not charge without a price', () => {
    const shared = allocation({ shares: [share({ source: 'shared' })] });
    past(opened, UsageOpened(usage(shared)))
      .when(postCharge(shared))
      .thenRefused('NoPrice');
  });
  it('knows which meters of a job run', () => {
    const second = allocation({ allocationId: 'alc_2', attempt: 2 });
    const events: AccountEvent[] = [opened, UsageOpened(usage()), chargeOf(), UsageOpened(usage(second))];
    expect(jobUsageOf(fold(accountDecider, events), 'job_1')).toEqual({
      open: 1,
      attempts: [1, 2],
      chargeIds: [chargeIdOf('alc_1')],
    });
    expect(jobUsageOf(fold(accountDecider, events), 'job_2')).toEqual({ open: 0, attempts: [], chargeIds: [] });
  });
});

describe('Postings', () => {
  it('debit the customer and credit each source, rehearsals apart', () => {
    const shares = [
      share(),
      share({ source: 'leased', nodeId: 'n2' }),
      share({ simulated: true, nodeId: 'n3', gpuMilli: 500 }),
    ];
    expect(chargeOf(allocation({ shares })).data.postings).toEqual([
      { account: 'accrued', amountMicroUsd: '4600000' },
      { account: 'revenue:gpu:owned', amountMicroUsd: '-2300000' },
      { account: 'revenue:gpu:leased', amountMicroUsd: '-2300000' },
      { account: 'simulated:accrued', amountMicroUsd: '1150000' },
      { account: 'simulated:revenue:gpu:owned', amountMicroUsd: '-1150000' },
    ]);
  });
  it('are none where nothing is owed', () => expect(chargeOf(allocation(), 0).data.postings).toEqual([]));
});

/** Some allocations, each opened and released, told in any order and any number of times. */
const historyArb = fc
  .tuple(allocationArb('alc_1'), allocationArb('alc_2'), allocationArb('alc_3', 'job_2'))
  .chain((held) => {
    const told = held.flatMap((one) => [openUsage(one), postCharge(one, RAN_MS)]);
    const commands = fc.array(fc.constantFrom<AccountCommand>(...told), { maxLength: 30 });
    return fc.record({ held: fc.constant(held), commands });
  });

describe('The ledger', () => {
  it('sums to zero after every event, rehearsals by themselves', () => {
    fc.assert(
      fc.property(historyArb, ({ commands }) => {
        const { events } = replay(accountDecider, [{ type: 'OpenAccount', data: openedData }, ...commands]);
        const balances = new Map<string, bigint>();
        for (const { type, data } of events) {
          if (type !== 'billing.account.charge-posted') continue;
          for (const { account, amountMicroUsd } of data.postings) {
            balances.set(account, (balances.get(account) ?? 0n) + BigInt(amountMicroUsd));
          }
          const split = [...balances].map(([account, amount]) => [account.startsWith('simulated:'), amount] as const);
          expect(sum(split.filter(([simulated]) => simulated).map(([, amount]) => amount))).toBe(0n);
          expect(sum(split.filter(([simulated]) => !simulated).map(([, amount]) => amount))).toBe(0n);
        }
      }),
    );
  });

  it('holds exactly what a bill by hand says of each allocation that was opened and then released', () => {
    fc.assert(
      fc.property(historyArb, ({ held, commands }) => {
        const { events } = replay(accountDecider, [{ type: 'OpenAccount', data: openedData }, ...commands]);
        const charges = events.flatMap((event) => (event.type === 'billing.account.charge-posted' ? [event.data] : []));
        const owed = held.filter((one) => {
          const at = (type: string) =>
            commands.map((command) => command.type === type && idOf(command) === one.allocationId);
          const begun = at('OpenUsage').indexOf(true);
          return begun >= 0 && at('PostCharge').lastIndexOf(true) > begun;
        });
        expect(charges.map(({ allocationId }) => allocationId).sort()).toEqual(owed.map((one) => one.allocationId));
        for (const one of owed) {
          const end = iso(Date.parse(one.grantedAt) + RAN_MS);
          const charge = charges.find(({ allocationId }) => allocationId === one.allocationId)!;
          expect(BigInt(charge.totalMicroUsd)).toBe(sum(billByHand(one, end)));
          const accrued = charge.postings.filter(({ account }) => account.endsWith('accrued'));
          expect(sum(accrued.map(({ amountMicroUsd }) => BigInt(amountMicroUsd)))).toBe(
            BigInt(charge.totalMicroUsd),
          );
        }
      }),
    );
  });

  it('is the same after its state was kept and read again', () => {
    fc.assert(
      fc.property(historyArb, historyArb, ({ commands }, { commands: later }) => {
        const { state } = replay(accountDecider, [{ type: 'OpenAccount', data: openedData }, ...commands]);
        const codec = accountDecider.snapshot!;
        const again = codec.fromJson(JSON.parse(JSON.stringify(codec.toJson(state))));
        for (const command of [...commands, ...later]) {
          expect(accountDecider.decide(command, again)).toEqual(accountDecider.decide(command, state));
        }
      }),
      { numRuns: 30 },
    );
  });
});

const idOf = (command: AccountCommand): string =>
  command.type === 'OpenUsage'
    ? command.data.allocation.allocationId
    : command.type === 'PostCharge'
      ? command.data.allocationId
      : '';
