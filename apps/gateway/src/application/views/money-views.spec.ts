import fc from 'fast-check';
import { PLATFORM_ORGANIZATION, type Recorded } from '@solyx/kernel';
import type { Projection } from '@solyx/eventing';
import { golden } from '../../test/money-plane';
import { todayOf, toBudget } from '../money/spending';
import { ManualClock } from '@solyx/kernel';
import { gatewayBudgetScope, gatewayProfile, gatewayUsage, type BudgetScopeRow } from './account.projections';
import { gatewayMargin } from './asset.projections';
import { gatewayInvoice } from './invoice.projections';
import { gatewayProvider } from './provider.projections';
import { gatewayCredit, gatewayWallet } from './wallet.projections';
import { gatewayWebhook } from './webhook.projections';

type Data = Readonly<Record<string, unknown>>;
let position = 0n;

const recorded = (type: string, changes: Data, version = 1): Recorded => {
  position += 1n;
  const { data } = golden(type, changes, version);
  const metadata = {
    ...{ version, organizationId: PLATFORM_ORGANIZATION, $correlationId: 'c', $causationId: 'c' },
    actor: { kind: 'service' as const, id: 'billing', roles: [] },
  };
  const recordedAt = '2026-01-01T00:00:00.000Z';
  return { id: String(position), type, data, stream: 's', revision: position, position, recordedAt, metadata };
};

/** Rows of a view after some events, by key. */
function fold<Row>(view: Projection<Row>, events: readonly Recorded[]): ReadonlyMap<string, Row> {
  const rows = new Map<string, Row>();
  for (const event of events) {
    for (const key of view.keys(event)) {
      const row = view.apply(rows.get(key) ?? view.initial, event, key);
      if (row === undefined) rows.delete(key);
      else rows.set(key, row);
    }
  }
  return rows;
}

const one = <Row>(view: Projection<Row>, events: readonly Recorded[]): Row => {
  const [row] = fold(view, events).values();
  if (row === undefined) throw new Error(`${view.name} has no row`);
  return row;
};

describe('A wallet', () => {
  const organizationId = 'acme';
  const topUp = (amountMicroUsd: string, simulated = false) =>
    recorded('billing.wallet.topped-up', { organizationId, grantId: `g${amountMicroUsd}`, amountMicroUsd, simulated });
  const held = (type: string, amountMicroUsd: string) =>
    recorded(`billing.wallet.${type}`, { organizationId, amountMicroUsd, simulated: false });
  const drawn = (grantId: string, amountMicroUsd: string, account = 'credit:g') =>
    recorded('billing.wallet.drawn', {
      ...{ organizationId, drawnMicroUsd: amountMicroUsd, fromHoldMicroUsd: '0', totalMicroUsd: amountMicroUsd },
      parts: [{ grantId, kind: 'top-up', amountMicroUsd }],
      postings: [{ account, amountMicroUsd }],
    });

  it('is what was put in less what was drawn, rehearsals apart', () => {
    const events = [
      ...[topUp('100'), topUp('70', true), held('hold-placed', '30'), drawn('g100', '25')],
      ...[drawn('g70', '9', 'simulated:credit:g'), held('hold-voided', '30')],
    ];
    expect(one(gatewayWallet, events)).toMatchObject({
      real: { balanceMicroUsd: '75', heldMicroUsd: '0', drawnMicroUsd: '25' },
      simulated: { balanceMicroUsd: '61', drawnMicroUsd: '9' },
    });
    const credits = fold(gatewayCredit, events);
    expect([credits.get('g100')?.remainingMicroUsd, credits.get('g70')?.remainingMicroUsd]).toEqual(['75', '61']);
  });

  it('always has the sum of its credits', () => {
    const step = fc.oneof(
      fc.integer({ min: 1, max: 1_000 }).map((amount) => ['in', amount] as const),
      fc.integer({ min: 1, max: 1_000 }).map((amount) => ['out', amount] as const),
    );
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 20 }), (steps) => {
        const events = steps.map(([way, amount]) =>
          way === 'in' ? topUp(String(amount)) : drawn('g1', String(amount)),
        );
        const seen = [topUp('1'), ...events];
        const [wallet] = fold(gatewayWallet, seen).values();
        const expected = steps.reduce((sum, [way, amount]) => sum + (way === 'in' ? amount : -amount), 1);
        expect(wallet?.real.balanceMicroUsd).toBe(String(expected));
      }),
      { numRuns: 50 },
    );
  });
});

describe('An owner', () => {
  const providerId = 'acme';
  const told = (fact: string, changes: Data) =>
    recorded(`billing.provider.${fact}`, { providerId, simulated: false, ...changes });
  const earned = told('earned', { earningId: 'e1', grossMicroUsd: '100', feeMicroUsd: '3', netMicroUsd: '97' });
  const released = told('reserve-released', { amountMicroUsd: '97' });
  const allotted = told('payout-allotted', { payoutId: 'p1', grossMicroUsd: '97', netMicroUsd: '90' });
  const settled = (outcome: string, backMicroUsd: string) =>
    told('payout-settled', { payoutId: 'p1', outcome, backMicroUsd });

  it.each([
    ['is on its way', [], { inTransitMicroUsd: '90', paidOutMicroUsd: '0' }, '0'],
    ['was paid', [settled('paid', '0')], { inTransitMicroUsd: '0', paidOutMicroUsd: '90' }, '0'],
    ['failed', [settled('failed', '97')], { inTransitMicroUsd: '0', paidOutMicroUsd: '0' }, '97'],
    [
      'came back',
      [settled('paid', '0'), settled('returned', '90')],
      { inTransitMicroUsd: '0', paidOutMicroUsd: '0' },
      '90',
    ],
  ])('has what is theirs where a payout %s', (_name, events, expected, available) => {
    const row = one(gatewayProvider, [earned, released, allotted, ...events]);
    expect(row).toMatchObject(expected);
    expect(row.real).toMatchObject({ earnedMicroUsd: '97', reservedMicroUsd: '0', availableMicroUsd: available });
  });
});

describe('A budget', () => {
  const set = (changes: Data) =>
    recorded('billing.budget.set', { organizationId: 'acme', period: 'month', limitMicroUsd: '100', ...changes });
  const counted = (at: string, changes: Data = {}) =>
    recorded('billing.budget.charge-counted', {
      ...{ organizationId: 'acme', amountMicroUsd: '10', team: 'ml', project: 'vision', keyId: 'k', jobId: 'j', at },
      ...changes,
    });
  const zone = 'Europe/Berlin';
  const scope = { kind: 'project', id: 'vision' };

  it('counts by the calendar of the account', () => {
    const clock = new ManualClock(Date.parse('2026-03-01T12:00:00.000Z'));
    // In Berlin it is March already.
    const events = [set({ scope, zone }), counted('2026-02-28T22:30:00.000Z'), counted('2026-02-28T23:30:00.000Z')];
    const row = fold(gatewayBudgetScope, events).get('acme/project/vision') as BudgetScopeRow;
    expect(row).toMatchObject({ day: '2026-03-01', spentInAll: '20', spentInMonth: '10' });
    expect(toBudget(row, todayOf(row, undefined, clock))).toMatchObject({ spentMicroUsd: '10', limitMicroUsd: '100' });
    clock.advance(40 * 86_400_000);
    expect(toBudget(row, todayOf(row, undefined, clock)).spentMicroUsd).toBe('0');
    expect(toBudget(row, todayOf(row, { position: '7' }, clock)).spentMicroUsd).toBe('10');
  });

  it('has no row for a job that nobody limited', () => {
    const keys = [...fold(gatewayBudgetScope, [counted('2026-01-01T00:00:00.000Z')]).keys()];
    expect(keys.sort()).toEqual(['acme/key/k', 'acme/organization/acme', 'acme/project/vision', 'acme/team/ml']);
  });
});

describe('An invoice', () => {
  const invoiceId = 'acme.2026-01';
  const told = (fact: string, changes: Data) =>
    recorded(`billing.invoice.${fact}`, { invoiceId, organizationId: 'acme', simulated: false, ...changes });
  const drafted = told('drafted', { subtotalMicroUsd: '50' });
  const issued = (totalMicroUsd: string) => told('finalised', { totalMicroUsd, number: 'INV-1' });

  it.each([
    ['drafted', [drafted], { phase: 'Draft', number: null, totalMicroUsd: '50' }],
    ['issued', [drafted, issued('50')], { phase: 'Finalised', outstandingMicroUsd: '50' }],
    ['issued with nothing to pay', [drafted, issued('0')], { phase: 'Paid' }],
    [
      'paid in part',
      [drafted, issued('50'), told('paid', { outstandingMicroUsd: '20' })],
      { phase: 'Finalised', outstandingMicroUsd: '20' },
    ],
    ['paid', [drafted, issued('50'), told('paid', { outstandingMicroUsd: '0' })], { phase: 'Paid' }],
    ['void', [drafted, issued('50'), told('voided', {})], { phase: 'Void', outstandingMicroUsd: '0' }],
  ])('is %s', (_name, events, expected) => expect(one(gatewayInvoice, events)).toMatchObject(expected));
});

describe('A charge', () => {
  const charge = (chargeId: string, amountMicroUsd: string, source: string) => {
    const { lines } = golden('billing.account.charge-posted', {}, 2).data as { lines: readonly Data[] };
    const line = { ...lines[0], source, simulated: false, lineKey: `k-${source}`, quantity: '5', amountMicroUsd };
    const providerAmountMicroUsd = source === 'shared' ? '97' : '0';
    const lineOf = { ...line, providerAmountMicroUsd };
    const changes = { chargeId, organizationId: 'acme', period: '2026-01', lines: [lineOf] };
    return recorded('billing.account.charge-posted', changes, 2);
  };
  const events = [charge('c1', '40', 'owned'), charge('c2', '2', 'owned'), charge('c3', '100', 'shared')];

  it('adds up to usage by line, and to what the platform earns with it', () => {
    const usage = [...fold(gatewayUsage, events).values()];
    expect(usage.map(({ quantity, amountMicroUsd, charges }) => [quantity, amountMicroUsd, charges])).toEqual([
      ['10', '42', 2],
      ['5', '100', 1],
    ]);
    const margin = fold(gatewayMargin, events);
    expect(margin.get('2026-01/owned')?.revenueMicroUsd).toBe('42');
    expect(margin.get('2026-01/shared')?.revenueMicroUsd).toBe('3');
  });
});

describe('An endpoint', () => {
  const told = (fact: string, changes: Data = {}) =>
    recorded(`billing.webhook.${fact}`, { endpointId: 'w1', organizationId: 'acme', ...changes });
  const key = (keyId: string) => ({ keyId, algorithm: 'v1' });

  it('has its newest key first, and the one before until its time is over', () => {
    const previous = { previousKeyId: 'a', previousUntil: '2026-02-01T00:00:00.000Z' };
    const rotated = told('key-rotated', { key: key('b'), ...previous });
    const { keys } = one(gatewayWebhook, [told('created', { key: key('a') }), rotated]);
    expect(keys.map(({ keyId, until }) => [keyId, until])).toEqual([
      ['b', null],
      ['a', previous.previousUntil],
    ]);
    expect([...fold(gatewayWebhook, [told('created', { key: key('a') }), told('deleted')]).keys()]).toEqual([]);
  });
});

describe('A profile', () => {
  it('says which month is closed, whatever order they close in', () => {
    const closed = (period: string) => recorded('billing.account.period-closed', { organizationId: 'acme', period });
    expect(one(gatewayProfile, [closed('2026-02'), closed('2026-01')]).closedPeriod).toBe('2026-02');
  });
});
