import { eventRegistry } from '@solyx/contracts';
import { DAY, draw, FAR, grant, makeUp, NOW, outageEvent, topUp, wants } from '../test/wallet-fixtures';
import { after, available, decided, drawn, events, refusal, shares, step } from '../test/wallet-play';
import { GRANTS_MAX, OUTAGE_TYPES } from './wallet-credit';
import { drawnBefore, type Grant } from './wallet-state';

describe('Credit', () => {
  it('is given, with both sides of the entry', () => {
    const [event, ...more] = events(after(), grant('g1', 100, { expiresAt: FAR }));
    expect(more).toEqual([]);
    expect(event).toMatchObject({
      type: 'billing.wallet.credit-granted',
      data: {
        grantId: 'g1',
        kind: 'promotion',
        amountMicroUsd: '100',
        expiresAt: FAR,
        postings: [
          { account: 'promotion', amountMicroUsd: '100' },
          { account: 'credit:g1', amountMicroUsd: '-100' },
        ],
      },
    });
  });
  it('is given once', () => {
    const wallet = after(grant('g1', 100));
    expect(events(wallet, grant('g1', 100))).toEqual([]);
    expect(events(step(wallet, draw('c1', [wants(100)])), grant('g1', 100))).toEqual([]);
  });
  it.each([0, -1])('is not given of %i', (amount) => {
    expect(refusal(after(), grant('g1', amount))).toBe('AmountNotPositive');
    expect(refusal(after(), topUp('t1', amount))).toBe('AmountNotPositive');
    expect(refusal(after(), makeUp('s1', amount))).toBe('AmountNotPositive');
  });
  it('does not begin when it is over', () => {
    expect(refusal(after(), grant('g1', 1, { expiresAt: DAY(1) }))).toBe('ExpiryPast');
    expect(refusal(after(), grant('g1', 1, { expiresAt: DAY(1, 1) }))).toBe('accepted');
  });
  it('is of so many kinds at once, and of more once some are spent', () => {
    const all = Array.from({ length: GRANTS_MAX }, (_, index) => grant(`g${index}`, 10));
    const wallet = after(...all);
    expect(decided(wallet, grant('more', 10))).toEqual({
      accepted: false,
      reason: 'CreditsFull',
      details: { limit: GRANTS_MAX },
    });
    expect(refusal(wallet, topUp('more', 10))).toBe('CreditsFull');
    expect(refusal(wallet, grant('back', 10, { kind: 'correction' }))).toBe('accepted');
    expect(refusal(step(wallet, draw('c1', [wants(10)])), grant('more', 10))).toBe('accepted');
  });
});

describe('Money paid in advance', () => {
  it('comes from cash, and the mark below which it is low is a fifth', () => {
    const [event] = events(after(), topUp('t1', 104));
    expect(event).toMatchObject({
      type: 'billing.wallet.topped-up',
      data: {
        lowBelowMicroUsd: '20',
        reference: 'wire t1',
        postings: [
          { account: 'cash', amountMicroUsd: '104' },
          { account: 'credit:t1', amountMicroUsd: '-104' },
        ],
      },
    });
    expect(event?.data).not.toHaveProperty('confirmed');
  });
  it('counts once somebody vouches for it; a rehearsal needs nobody', () => {
    expect(decided(after(), topUp('t1', 100, { confirmed: false }))).toEqual({
      accepted: false,
      reason: 'PaymentUnconfirmed',
      details: { reference: 'wire t1' },
    });
    const [event] = events(after(), topUp('t1', 100, { confirmed: false, simulated: true, lowBelowMicroUsd: '7' }));
    expect(event?.data).toMatchObject({
      lowBelowMicroUsd: '7',
      postings: [
        { account: 'simulated:cash', amountMicroUsd: '100' },
        { account: 'simulated:credit:t1', amountMicroUsd: '-100' },
      ],
    });
  });
  it('counts once, by its request and by the reference of the payment', () => {
    const wallet = after(topUp('t1', 100));
    expect(events(wallet, topUp('t1', 100))).toEqual([]);
    expect(decided(wallet, topUp('t2', 100, { reference: 'wire t1' }))).toEqual({
      accepted: false,
      reason: 'PaymentKnown',
      details: { reference: 'wire t1' },
    });
    expect(available(step(wallet, topUp('t2', 100)))).toBe(200);
  });
  it('of a rehearsal may be called anything, as often as one likes', () => {
    const play = { simulated: true, reference: 'by hand' };
    const wallet = after(topUp('t1', 100, play), topUp('t2', 100, play), topUp('t3', 7, { reference: 'by hand' }));
    expect([available(wallet, true), available(wallet)]).toEqual([200, 7]);
    expect(refusal(wallet, topUp('t4', 7, { reference: 'by hand' }))).toBe('PaymentKnown');
    expect(refusal(wallet, topUp('t4', 7, play))).toBe('accepted');
  });
});

describe('An outage', () => {
  it('is made up for, citing the events that show it', () => {
    const [event] = events(after(), makeUp('s1', 60));
    expect(event).toMatchObject({
      type: 'billing.wallet.sla-credited',
      data: {
        outage: [outageEvent('e1')],
        postings: [
          { account: 'sla-credit', amountMicroUsd: '60' },
          { account: 'credit:s1', amountMicroUsd: '-60' },
        ],
      },
    });
    expect(event?.data).not.toHaveProperty('missing');
  });
  it('is made up for once, whoever asks, and however', () => {
    const wallet = after(makeUp('s1', 60));
    expect(events(wallet, makeUp('s1', 60))).toEqual([]);
    expect(decided(wallet, makeUp('s2', 60, { outage: [outageEvent('e2'), outageEvent('e1')] }))).toEqual({
      accepted: false,
      reason: 'OutageCredited',
      details: { stream: 'drm.node-n1', revision: '3' },
    });
    expect(refusal(wallet, makeUp('s2', 60, { outage: [outageEvent('e2')] }))).toBe('accepted');
  });
  it('needs events, that are there, and that show one', () => {
    expect(decided(after(), makeUp('s1', 60, { outage: [] }))).toMatchObject({ reason: 'OutageUnproven', details: {} });
    expect(decided(after(), makeUp('s1', 60, { missing: [{ stream: 'drm.node-n9', revision: '4' }] }))).toEqual({
      accepted: false,
      reason: 'OutageUnproven',
      details: { stream: 'drm.node-n9', revision: '4' },
    });
    expect(decided(after(), makeUp('s1', 60, { outage: [outageEvent('e1', 'cmo.job.succeeded')] }))).toEqual({
      accepted: false,
      reason: 'OutageUnproven',
      details: { stream: 'drm.node-n1', revision: '3', type: 'cmo.job.succeeded' },
    });
  });
  it('is shown by facts that there are', () => {
    const known = eventRegistry.all().map(({ type }) => type);
    expect(OUTAGE_TYPES.filter((type) => !known.includes(type))).toEqual([]);
    for (const type of OUTAGE_TYPES) {
      expect(refusal(after(), makeUp('s1', 60, { outage: [outageEvent('e1', type)] }))).toBe('accepted');
    }
  });
});

describe('The order in which credits are drawn', () => {
  const credit = (change: Partial<Grant>): Grant => ({
    grantId: 'g',
    kind: 'promotion',
    simulated: false,
    priority: 50,
    categories: [],
    projects: [],
    order: 1,
    ...change,
  });
  it.each([
    ['the lower priority', { priority: 10, expiresAt: FAR, order: 9 }, { priority: 11, expiresAt: NOW }],
    ['what expires sooner', { expiresAt: NOW, order: 9 }, { expiresAt: FAR }],
    ['what expires at all', { expiresAt: FAR, kind: 'top-up' as const }, {}],
    ['what was given before what was paid for', { kind: 'sla' as const, order: 9 }, { kind: 'top-up' as const }],
    ['what was given before what came back', { kind: 'goodwill' as const, order: 9 }, { kind: 'correction' as const }],
    ['the older', { order: 1 }, { order: 2 }],
  ])('begins with %s', (_what, first, second) => {
    expect(drawnBefore(credit(first), credit(second))).toBeLessThan(0);
    expect(drawnBefore(credit(second), credit(first))).toBeGreaterThan(0);
  });
  it('is that of the wallet, however its credits came', () => {
    const wallet = after(
      topUp('paid', 50),
      grant('late', 50, { expiresAt: FAR }),
      grant('soon', 50, { expiresAt: DAY(20) }),
      grant('first', 50, { priority: 1 }),
      makeUp('sla', 50),
    );
    expect(shares(wallet, draw('c1', [wants(230)]))).toEqual([
      ['first', 50],
      ['soon', 50],
      ['late', 50],
      ['sla', 50],
      ['paid', 30],
    ]);
  });
  it('is told to people', () => {
    const wallet = after(grant('g1', 10, { expiresAt: FAR }), topUp('t1', 10));
    expect(drawn(wallet, draw('c1', [wants(15)])).sentence).toBe(
      'promotion g1 (priority 50, expires 2026-01-30), then top-up t1 (priority 100, never expires): lower priority ' +
        'first, then earlier expiry, given before paid, older first.',
    );
    const six = Array.from({ length: 6 }, (_, index) => grant(`g${index}`, 1));
    expect(drawn(after(...six), draw('c1', [wants(6)])).sentence).toContain(
      'g3 (priority 50, never expires), and 2 more:',
    );
    expect(drawn(wallet, draw('c1', [wants(0)])).sentence).toBe('No credit covers it.');
  });
});
