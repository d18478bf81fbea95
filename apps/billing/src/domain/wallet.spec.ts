import { ORGANIZATION } from '../test/fixtures';
import { DAY, draw, expire, FAR, free, grant, hold, NOW, raise, topUp, wants } from '../test/wallet-fixtures';
import { after, available, decided, drawn, events, refusal, shares, step, types } from '../test/wallet-play';
import { balanceOf } from './ledger';
import { booked, EXPIRED_AT_ONCE_MAX } from './wallet';
import { GRANTS_MAX } from './wallet-credit';
import { CREDITS_AT_ONCE_MAX } from './wallet-draw';
import { accountOf, freeOf } from './wallet-state';

describe('A charge', () => {
  it('draws what is there, and leaves the rest for the invoice', () => {
    const event = drawn(after(grant('g1', 100)), draw('c1', [wants(130)], { holdId: 'none' }));
    expect(event).toMatchObject({
      chargeId: 'c1',
      holdId: 'none',
      period: '2026-01',
      totalMicroUsd: '130',
      drawnMicroUsd: '100',
      fromHoldMicroUsd: '0',
      uncoveredMicroUsd: '30',
      parts: [{ grantId: 'g1', kind: 'promotion', amountMicroUsd: '100' }],
      pending: [],
      postings: [
        { account: 'credit:g1', amountMicroUsd: '100' },
        { account: 'accrued', amountMicroUsd: '-100' },
      ],
    });
  });
  it('draws once, whether anything covered it or not', () => {
    const wallet = after(grant('g1', 100), draw('c1', [wants(130)]), draw('c2', [wants(5)]));
    expect(available(wallet)).toBe(0);
    const more = step(wallet, grant('g2', 100));
    expect(events(more, draw('c1', [wants(130)]))).toEqual([]);
    expect(events(more, draw('c2', [wants(5)]))).toEqual([]);
    expect(shares(more, draw('c3', [wants(5)]))).toEqual([['g2', 5]]);
  });
  it('that was posted before there was a wallet is none of its business', () => {
    expect(events(after(), draw('c1', [wants(5)]))).toEqual([]);
    const wallet = after(grant('g1', 100, { at: NOW }), grant('g2', 1, { at: FAR }));
    expect(events(wallet, draw('c1', [wants(5)], { postedAt: DAY(9) }))).toEqual([]);
    expect(shares(wallet, draw('c1', [wants(5)], { postedAt: NOW }))).toEqual([['g1', 5]]);
  });
  it('draws only what pays for it', () => {
    const wallet = after(
      grant('tokens', 50, { categories: ['token'], priority: 1 }),
      grant('nlp', 50, { projects: ['nlp'], priority: 2 }),
      grant('any', 50, { priority: 3 }),
    );
    expect(shares(wallet, draw('c1', [wants(20), wants(30, 'token')]))).toEqual([
      ['tokens', 30],
      ['any', 20],
    ]);
    expect(shares(wallet, draw('c1', [wants(60)], { project: 'nlp' }))).toEqual([
      ['nlp', 50],
      ['any', 10],
    ]);
    expect(shares(wallet, draw('c1', [wants(60, 'egress')]))).toEqual([['any', 50]]);
  });
  it('of one category lessens what another asks, where it is below zero', () => {
    const wallet = after(grant('gpus', 100, { categories: ['gpu'] }), grant('any', 100));
    expect(shares(wallet, draw('c1', [wants(50), wants(-20, 'adjustment')]))).toEqual([['gpus', 30]]);
    expect(shares(wallet, draw('c1', [wants(50), wants(40, 'cpu'), wants(-60, 'adjustment')]))).toEqual([['gpus', 30]]);
  });
  it('draws money for money, and rehearsals for rehearsals', () => {
    const wallet = after(grant('real', 100), grant('play', 100, { simulated: true }));
    const event = drawn(wallet, draw('c1', [wants(10), wants(40, 'gpu', true), wants(-90, 'adjustment', true)]));
    expect(event).toMatchObject({ totalMicroUsd: '-40', drawnMicroUsd: '10', uncoveredMicroUsd: '0' });
    const both = drawn(wallet, draw('c1', [wants(10), wants(140, 'gpu', true)]));
    expect(both).toMatchObject({ totalMicroUsd: '150', drawnMicroUsd: '110', uncoveredMicroUsd: '40' });
    expect(both.postings).toEqual([
      { account: 'credit:real', amountMicroUsd: '10' },
      { account: 'accrued', amountMicroUsd: '-10' },
      { account: 'simulated:credit:play', amountMicroUsd: '100' },
      { account: 'simulated:accrued', amountMicroUsd: '-100' },
    ]);
  });
  it('draws nothing that has expired', () => {
    const wallet = after(grant('g1', 100, { expiresAt: NOW, priority: 1 }), grant('g2', 100));
    expect(shares(wallet, draw('c1', [wants(10)]))).toEqual([['g2', 10]]);
    expect(shares(wallet, draw('c1', [wants(10)], { at: DAY(9) }))).toEqual([['g1', 10]]);
  });
  it('in favour of who pays in advance comes back as credit, once', () => {
    const wallet = after(topUp('t1', 100), draw('c1', [wants(70)]));
    const back = draw('c2', [wants(-30)], { prepaid: true });
    expect(events(wallet, back)).toMatchObject([
      {
        type: 'billing.wallet.credit-granted',
        data: {
          kind: 'correction',
          amountMicroUsd: '30',
          priority: 100,
          postings: [
            { account: 'accrued', amountMicroUsd: '30' },
            { account: expect.stringMatching(/^credit:crd_/) as string, amountMicroUsd: '-30' },
          ],
        },
      },
      { type: 'billing.wallet.drawn', data: { chargeId: 'c2', drawnMicroUsd: '0', uncoveredMicroUsd: '0', parts: [] } },
    ]);
    expect(available(step(wallet, back))).toBe(60);
    expect(events(step(wallet, back), back)).toEqual([]);
    expect(types(wallet, draw('c2', [wants(-30)]))).toEqual(['drawn']);
  });
  it('draws of so many credits at once', () => {
    const many = Array.from({ length: GRANTS_MAX }, (_, index) => grant(`g${index}`, 1));
    const event = drawn(after(...many), draw('c1', [wants(100)]));
    expect(event.parts).toHaveLength(CREDITS_AT_ONCE_MAX);
    expect(event.uncoveredMicroUsd).toBe(String(100 - CREDITS_AT_ONCE_MAX));
  });
});

describe('A hold', () => {
  it('sets credits aside, in the order in which they are drawn', () => {
    const wallet = after(topUp('t1', 100), grant('g1', 40));
    expect(events(wallet, hold('h1', 70))).toMatchObject([
      {
        type: 'billing.wallet.hold-placed',
        data: {
          amountMicroUsd: '70',
          expiresAt: FAR,
          parts: [
            { grantId: 'g1', kind: 'promotion', amountMicroUsd: '40' },
            { grantId: 't1', kind: 'top-up', amountMicroUsd: '30' },
          ],
          pending: [
            { account: 'credit:g1', amountMicroUsd: '40' },
            { account: 'hold', amountMicroUsd: '-70' },
            { account: 'credit:t1', amountMicroUsd: '30' },
          ],
        },
      },
    ]);
    expect(available(step(wallet, hold('h1', 70)))).toBe(70);
  });
  it('is refused where not all of it is there, and says what is', () => {
    const wallet = after(topUp('t1', 100), hold('h0', 31));
    expect(decided(wallet, hold('h1', 70))).toEqual({
      accepted: false,
      reason: 'InsufficientCredit',
      details: { jobId: 'job of h1', wantedMicroUsd: '70', availableMicroUsd: '69' },
    });
    expect(refusal(wallet, hold('h1', 69))).toBe('accepted');
    expect(refusal(wallet, hold('h1', -1))).toBe('InsufficientCredit');
    const { amountMicroUsd: _none, ...unpriced } = hold('h1', 1).data;
    expect(decided(wallet, { type: 'PlaceHold', data: unpriced })).toEqual({
      accepted: false,
      reason: 'NoPrice',
      details: { jobId: 'job of h1' },
    });
  });
  it('is placed once, also after its end', () => {
    const wallet = after(topUp('t1', 100), hold('h1', 70));
    expect(events(wallet, hold('h1', 10))).toEqual([]);
    expect(events(step(wallet, free('h1')), hold('h1', 70))).toEqual([]);
  });
  it('takes nothing that is for some categories or other projects, that has expired, or is of the other side', () => {
    const wallet = after(
      grant('tokens', 10, { categories: ['token'] }),
      grant('nlp', 10, { projects: ['nlp'] }),
      grant('over', 10, { expiresAt: NOW }),
      grant('play', 10, { simulated: true }),
      grant('vision', 10, { projects: ['vision', 'nlp'] }),
    );
    expect(refusal(wallet, hold('h1', 11))).toBe('InsufficientCredit');
    expect(refusal(wallet, hold('h1', 10))).toBe('accepted');
    expect(refusal(wallet, hold('h1', 20, { project: 'nlp' }))).toBe('accepted');
    expect(refusal(wallet, hold('h1', 10, { simulated: true }))).toBe('accepted');
    expect(refusal(wallet, hold('h1', 20, { at: DAY(9) }))).toBe('accepted');
  });
  it('is drawn before what is free, credit by credit, and keeps the rest', () => {
    const wallet = after(topUp('t1', 100), hold('h1', 70));
    const event = drawn(wallet, draw('c1', [wants(50)], { holdId: 'h1' }));
    expect(event).toMatchObject({
      fromHoldMicroUsd: '50',
      pending: [
        { account: 'credit:t1', amountMicroUsd: '-50' },
        { account: 'hold', amountMicroUsd: '50' },
      ],
    });
    const next = step(wallet, draw('c1', [wants(50)], { holdId: 'h1' }));
    expect(available(next)).toBe(30);
    expect(drawn(next, draw('c2', [wants(45)], { holdId: 'h1' }))).toMatchObject({
      fromHoldMicroUsd: '20',
      drawnMicroUsd: '45',
      uncoveredMicroUsd: '0',
    });
    expect(drawn(next, draw('c2', [wants(45)]))).toMatchObject({ fromHoldMicroUsd: '0', drawnMicroUsd: '30' });
  });
  it('frees what it still has, once', () => {
    const wallet = after(topUp('t1', 100), hold('h1', 70), draw('c1', [wants(50)], { holdId: 'h1' }));
    expect(events(wallet, free('h1'))).toMatchObject([
      {
        type: 'billing.wallet.hold-voided',
        data: {
          amountMicroUsd: '20',
          pending: [
            { account: 'credit:t1', amountMicroUsd: '-20' },
            { account: 'hold', amountMicroUsd: '20' },
          ],
        },
      },
    ]);
    const next = step(wallet, free('h1'));
    expect(available(next)).toBe(50);
    expect(events(next, free('h1'))).toEqual([]);
  });
  it('that ended before it was asked for is never placed', () => {
    const wallet = after(topUp('t1', 100), free('h1', true));
    expect(wallet.holds.get('h1')).toMatchObject({ over: true, simulated: true });
    expect(events(wallet, hold('h1', 70))).toEqual([]);
    expect(events(wallet, free('h1'))).toEqual([]);
  });
  it('is raised by what a dearer attempt needs more, in the same hold', () => {
    const wallet = after(topUp('t1', 100), hold('h1', 30), draw('c1', [wants(20)], { holdId: 'h1' }));
    expect(events(wallet, raise('h1', 80))).toMatchObject([
      {
        type: 'billing.wallet.hold-raised',
        data: { amountMicroUsd: '80', byMicroUsd: '50', simulated: false },
      },
    ]);
    expect(available(step(wallet, raise('h1', 80)))).toBe(20);
    expect(events(step(wallet, raise('h1', 80)), raise('h1', 80))).toEqual([]);
    expect(events(wallet, raise('h1', 30))).toEqual([]);
    expect(events(wallet, raise('h1', 29))).toEqual([]);
    expect(decided(wallet, raise('h1', 101))).toEqual({
      accepted: false,
      reason: 'InsufficientCredit',
      details: { jobId: 'job of h1', wantedMicroUsd: '71', availableMicroUsd: '70' },
    });
    expect(refusal(wallet, raise('h2', 1))).toBe('HoldUnknown');
    expect(refusal(step(wallet, free('h1')), raise('h1', 80))).toBe('HoldUnknown');
  });
  it('frees what was raised too', () => {
    const wallet = after(topUp('t1', 100), hold('h1', 30), raise('h1', 80), free('h1'));
    expect(available(wallet)).toBe(100);
  });
});

describe('What expires', () => {
  it('is gone, as breakage, once', () => {
    const wallet = after(grant('g1', 100, { expiresAt: NOW }), draw('c1', [wants(30)], { at: DAY(2) }));
    expect(events(wallet, expire(DAY(9)))).toEqual([]);
    expect(events(wallet, expire(NOW))).toMatchObject([
      {
        type: 'billing.wallet.credit-expired',
        data: {
          grantId: 'g1',
          amountMicroUsd: '70',
          postings: [
            { account: 'credit:g1', amountMicroUsd: '70' },
            { account: 'breakage', amountMicroUsd: '-70' },
          ],
        },
      },
      { type: 'billing.wallet.exhausted' },
    ]);
    const next = step(wallet, expire(NOW));
    expect(next.grants).toEqual([]);
    expect(events(next, expire(FAR))).toEqual([]);
  });
  it('is no credit without an end', () => expect(events(after(topUp('t1', 100)), expire(FAR))).toEqual([]));
  it('leaves what was set aside in time to the work that it is for, and the rest of it expires after', () => {
    const wallet = after(
      grant('g1', 100, { expiresAt: NOW }),
      hold('h1', 60, { at: DAY(2) }),
      expire(NOW),
      draw('c1', [wants(50)], { holdId: 'h1' }),
    );
    expect(wallet.grants.map(({ grantId }) => grantId)).toEqual(['g1']);
    expect(available(wallet)).toBe(0);
    const freed = step(wallet, free('h1'));
    expect(refusal(freed, hold('h2', 1))).toBe('InsufficientCredit');
    expect(types(freed, expire(NOW))).toEqual(['credit-expired', 'exhausted']);
    expect(balanceOf(step(freed, expire(NOW)).ledger, 'breakage').creditsPosted).toBe(50n);
  });
  it('is a hold too, whatever became of its work', () => {
    const wallet = after(topUp('t1', 100), hold('h1', 60, { expiresAt: DAY(12) }), hold('h2', 30));
    expect(events(wallet, expire(DAY(11)))).toEqual([]);
    expect(events(wallet, expire(DAY(12)))).toMatchObject([
      {
        type: 'billing.wallet.hold-expired',
        data: { holdId: 'h1', jobId: 'job of h1', amountMicroUsd: '60', simulated: false },
      },
    ]);
    const next = step(wallet, expire(DAY(12)));
    expect(available(next)).toBe(70);
    expect(events(next, expire(DAY(12)))).toEqual([]);
    expect(events(next, free('h1'))).toEqual([]);
    expect(drawn(next, draw('c1', [wants(80)], { holdId: 'h1' }))).toMatchObject({
      fromHoldMicroUsd: '0',
      drawnMicroUsd: '70',
    });
  });
  it('is so much at once, and the rest with the next call', () => {
    const holds = Array.from({ length: EXPIRED_AT_ONCE_MAX + 5 }, (_, index) =>
      hold(`h${index}`, 1, { expiresAt: DAY(12) }),
    );
    const wallet = after(topUp('t1', 1_000), ...holds);
    const first = step(wallet, expire(FAR));
    expect(events(wallet, expire(FAR))).toHaveLength(EXPIRED_AT_ONCE_MAX);
    expect(events(first, expire(FAR))).toHaveLength(5);
    expect(available(step(first, expire(FAR)))).toBe(1_000);
  });
  it('keeps the time of a hold that was raised', () => {
    const wallet = after(topUp('t1', 100), hold('h1', 10, { expiresAt: DAY(12) }), raise('h1', 20));
    expect(wallet.ledger.pending.get('h1')?.expiresAt).toBe(DAY(12));
  });
});

describe('People are told', () => {
  const low = { type: 'billing.wallet.low', data: { availableMicroUsd: '19', lowBelowMicroUsd: '20' } };
  it('when it is low, once, and again after it was not', () => {
    const wallet = after(topUp('t1', 100));
    expect(types(wallet, draw('c1', [wants(80)]))).toEqual(['drawn']);
    expect(events(wallet, draw('c1', [wants(81)])).at(-1)).toMatchObject(low);
    const told = step(wallet, draw('c1', [wants(81)]));
    expect(types(told, draw('c2', [wants(1)]))).toEqual(['drawn']);
    const filled = step(told, grant('g1', 50));
    expect(types(filled, draw('c2', [wants(60)]))).toEqual(['drawn', 'low']);
    const lower = step(told, draw('c2', [wants(9)]));
    expect(types(step(lower, grant('g1', 5)), draw('c3', [wants(1)]))).toEqual(['drawn']);
  });
  it('when it is empty, once, and again after it was not', () => {
    const wallet = after(grant('g1', 100));
    expect(types(wallet, draw('c1', [wants(99)]))).toEqual(['drawn']);
    expect(types(wallet, draw('c1', [wants(100)]))).toEqual(['drawn', 'exhausted']);
    const told = step(wallet, draw('c1', [wants(100)]));
    expect(types(told, draw('c2', [wants(100)]))).toEqual(['drawn']);
    expect(types(step(told, grant('g2', 5)), draw('c2', [wants(5)]))).toEqual(['drawn', 'exhausted']);
  });
  it('also when all of it is set aside', () => {
    const wallet = after(topUp('t1', 100));
    expect(types(wallet, hold('h1', 100))).toEqual(['hold-placed', 'low', 'exhausted']);
    expect(types(after(topUp('t1', 100), hold('h1', 100), free('h1')), hold('h2', 100))).toEqual([
      'hold-placed',
      'low',
      'exhausted',
    ]);
  });
  it('of rehearsals apart from money', () => {
    const wallet = after(topUp('t1', 100), topUp('t2', 100, { simulated: true }));
    expect(events(wallet, hold('h1', 100, { simulated: true })).slice(1)).toMatchObject([
      { type: 'billing.wallet.low', data: { simulated: true, availableMicroUsd: '0' } },
      { type: 'billing.wallet.exhausted', data: { simulated: true } },
    ]);
  });
  it('nothing of a side that was never used', () =>
    expect(types(after(), grant('g1', 10))).toEqual(['credit-granted']));
});

describe('A wallet', () => {
  it('takes no decision that its ledger cannot book', () => {
    const wallet = after(grant('g1', 100));
    const [event] = events(wallet, draw('c1', [wants(60)]));
    const twice = { accepted: true, events: [event!, event!] } as const;
    expect(booked(wallet, twice, ORGANIZATION, NOW)).toEqual({
      accepted: false,
      reason: 'LedgerBroken',
      details: { fault: 'LimitReached', event: 'billing.wallet.drawn' },
    });
  });
  it('forgets credits of which nothing is left, and no others', () => {
    const wallet = after(grant('g1', 10), grant('g2', 10), draw('c1', [wants(15)]));
    expect(wallet.grants.map((one) => [one.grantId, Number(freeOf(wallet, one)), accountOf(one)])).toEqual([
      ['g2', 5, 'credit:g2'],
    ]);
  });
});
