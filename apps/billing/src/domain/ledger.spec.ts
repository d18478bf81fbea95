import fc from 'fast-check';
import { propertyRuns } from '@solyx/testing';
import { creditAccount } from './chart-of-accounts';
import {
  availableIn,
  balanceOf,
  book,
  EMPTY_LEDGER,
  faultOf,
  imbalanceOf,
  pendingOf,
  type Ledger,
  type Movement,
} from './ledger';
import { ledgerFromJson, ledgerToJson } from './ledger-snapshot';
import { postingsFrom, type Entry } from './postings';

const UNTIL = '2026-02-01T00:00:00.000Z';
const G1 = creditAccount('g1', false);
const G2 = creditAccount('g2', false);

type Step = Movement extends infer M ? (M extends Movement ? Omit<M, 'sequence'> : never) : never;
const next = (ledger: Ledger, step: Step): Movement => ({ ...step, sequence: ledger.sequence + 1 });
const fault = (ledger: Ledger, step: Step) => faultOf(ledger, next(ledger, step));

/** Books steps that must all be in order. */
const after = (...steps: readonly Step[]): Ledger =>
  steps.reduce((ledger, step) => {
    expect(fault(ledger, step)).toBeUndefined();
    return book(ledger, next(ledger, step));
  }, EMPTY_LEDGER);

const post = (...entries: readonly Entry[]): Step => ({ op: 'post', postings: postingsFrom(entries) });
const pend = (transferId: string, ...entries: readonly Entry[]): Step => ({
  op: 'pend',
  transferId,
  pending: postingsFrom(entries),
  expiresAt: UNTIL,
});
const end = (transferId: string): Step => ({ op: 'void', transferId });
const take = (transferId: string, amount: bigint, more = 0n): Step => ({
  op: 'post',
  postings: postingsFrom([
    [G1, amount + more],
    ['accrued', -amount - more],
  ]),
  release: {
    transferId,
    pending: postingsFrom([
      [G1, amount],
      ['hold', -amount],
    ]),
  },
});

const paid = (amount: bigint, account = G1): Step => post(['cash', amount], [account, -amount]);
const hold = (transferId: string, amount: bigint): Step => pend(transferId, [G1, amount], ['hold', -amount]);

describe('The ledger', () => {
  it('moves amounts from account to account', () => {
    const ledger = after(paid(100n), post([G1, 30n], ['accrued', -30n]));
    expect(balanceOf(ledger, G1)).toEqual({
      debitsPosted: 30n,
      creditsPosted: 100n,
      debitsPending: 0n,
      creditsPending: 0n,
    });
    expect(availableIn(ledger, G1)).toBe(70n);
    expect(balanceOf(ledger, 'cash').debitsPosted).toBe(100n);
    expect(balanceOf(ledger, 'accrued').creditsPosted).toBe(30n);
    expect(balanceOf(ledger, 'tax-payable')).toEqual(balanceOf(EMPTY_LEDGER, 'cash'));
    expect(ledger.sequence).toBe(2);
  });

  it('sets amounts aside, so that they are not available twice', () => {
    const ledger = after(paid(100n), hold('t1', 60n));
    expect(availableIn(ledger, G1)).toBe(40n);
    expect(balanceOf(ledger, G1).debitsPending).toBe(60n);
    expect(balanceOf(ledger, 'hold').creditsPending).toBe(60n);
    expect(pendingOf(ledger, 't1', G1)).toBe(60n);
    expect(pendingOf(ledger, 't1', 'hold')).toBe(-60n);
    expect(pendingOf(ledger, 't2', G1)).toBe(0n);
    expect(fault(ledger, hold('t2', 41n))).toBe('LimitReached');
    expect(fault(ledger, hold('t2', 40n))).toBeUndefined();
    expect(fault(ledger, post([G1, 41n], ['accrued', -41n]))).toBe('LimitReached');
  });

  it('sets more aside in the same transfer', () => {
    const ledger = after(paid(100n), hold('t1', 60n), hold('t1', 40n));
    expect(pendingOf(ledger, 't1', G1)).toBe(100n);
    expect(availableIn(ledger, G1)).toBe(0n);
  });

  it('sets aside on one side of an account, in one transfer', () => {
    const ledger = after(paid(100n), hold('t1', 60n));
    expect(fault(ledger, hold('t1', -1n))).toBe('SideChanged');
    expect(fault(ledger, hold('t1', 0n))).toBeUndefined();
    expect(fault(after(paid(100n), hold('t1', -5n)), hold('t1', 1n))).toBe('SideChanged');
    const twice = [
      { account: G1, amountMicroUsd: '90' },
      { account: G1, amountMicroUsd: '-80' },
      { account: 'hold', amountMicroUsd: '-10' },
    ];
    const merged = after(paid(100n), { op: 'pend', transferId: 't1', pending: twice, expiresAt: UNTIL });
    expect(balanceOf(merged, G1)).toMatchObject({ debitsPending: 10n, creditsPending: 0n });
    expect(balanceOf(book(merged, next(merged, end('t1'))), G1).debitsPending).toBe(0n);
  });

  it('posts what was set aside, in parts, and more from what is free', () => {
    const ledger = after(paid(100n), hold('t1', 60n), take('t1', 25n), take('t1', 10n, 40n));
    expect(pendingOf(ledger, 't1', G1)).toBe(25n);
    expect(balanceOf(ledger, G1)).toEqual({
      debitsPosted: 75n,
      creditsPosted: 100n,
      debitsPending: 25n,
      creditsPending: 0n,
    });
    expect(balanceOf(ledger, 'hold')).toMatchObject({ creditsPending: 25n, creditsPosted: 0n });
    expect(availableIn(ledger, G1)).toBe(0n);
  });

  it('frees what is left, once', () => {
    const ledger = after(paid(100n), hold('t1', 60n), take('t1', 25n), end('t1'));
    expect(availableIn(ledger, G1)).toBe(75n);
    expect(balanceOf(ledger, 'hold').creditsPending).toBe(0n);
    expect(ledger.pending.has('t1')).toBe(false);
    expect(fault(ledger, end('t1'))).toBe('TransferEnded');
    expect(fault(ledger, take('t1', 1n))).toBe('TransferEnded');
    expect(fault(ledger, hold('t1', 1n))).toBe('TransferEnded');
  });

  it('frees a transfer of which all was posted', () => {
    const ledger = after(paid(10n), hold('t1', 10n), take('t1', 10n));
    expect(ledger.pending.get('t1')?.amounts.size).toBe(0);
    expect(fault(ledger, end('t1'))).toBeUndefined();
  });

  it('posts no more of a transfer than it sets aside, and on no other side', () => {
    const ledger = after(paid(100n), hold('t1', 60n));
    expect(fault(ledger, take('t1', 61n))).toBe('PendingExceeded');
    expect(fault(ledger, take('t1', -1n))).toBe('PendingExceeded');
    expect(fault(ledger, take('t1', 60n))).toBeUndefined();
    const wrong = {
      transferId: 't1',
      pending: postingsFrom([
        [G2, 1n],
        ['hold', -1n],
      ]),
    };
    expect(fault(ledger, { op: 'post', postings: [], release: wrong })).toBe('PendingExceeded');
    expect(fault(ledger, take('t2', 1n))).toBe('TransferUnknown');
    expect(fault(ledger, end('t2'))).toBe('TransferUnknown');
  });

  it('moves nothing that does not sum to zero, pending or posted', () => {
    const ledger = after(paid(100n), hold('t1', 60n));
    expect(fault(ledger, post(['cash', 1n]))).toBe('Unbalanced');
    expect(fault(ledger, post(['cash', 1n], ['simulated:accrued', -1n]))).toBe('Unbalanced');
    expect(fault(ledger, pend('t2', [G1, 1n]))).toBe('Unbalanced');
    const release = { transferId: 't1', pending: postingsFrom([[G1, 1n]]) };
    expect(fault(ledger, { op: 'post', postings: [], release })).toBe('Unbalanced');
  });

  it('knows only the accounts of the chart', () => {
    expect(fault(EMPTY_LEDGER, post(['cash', 1n], ['pocket', -1n]))).toBe('AccountUnknown');
    expect(fault(EMPTY_LEDGER, pend('t1', ['cash', 1n], ['pocket', -1n]))).toBe('AccountUnknown');
  });

  it('is overdrawn where the chart sets no limit, for customers owe', () =>
    expect(fault(EMPTY_LEDGER, post(['accrued', 5n], ['revenue:gpu:owned', -5n]))).toBeUndefined());

  it('books each step once, in its turn: what comes again, or too early, changes nothing', () => {
    const ledger = after(paid(100n));
    for (const sequence of [0, 1, 3]) {
      const step: Movement = { ...paid(1n), sequence };
      expect(faultOf(ledger, step)).toBe('OutOfSequence');
      expect(book(ledger, step)).toBe(ledger);
    }
    expect(book(ledger, next(ledger, paid(1n))).sequence).toBe(2);
  });

  it('is the same text for the same content, and is read from it', () => {
    const ledger = after(paid(100n), paid(5n, G2), hold('t2', 10n), hold('t1', 60n), take('t1', 25n), end('t2'));
    const other = after(paid(5n, G2), paid(100n), hold('t1', 60n), hold('t2', 10n), take('t1', 25n), end('t2'));
    const text = JSON.stringify(ledgerToJson(ledger));
    expect(JSON.stringify(ledgerToJson(other))).toBe(text);
    const read = ledgerFromJson(JSON.parse(text));
    expect(JSON.stringify(ledgerToJson(read))).toBe(text);
    expect(pendingOf(read, 't1', G1)).toBe(35n);
    expect(fault(read, hold('t2', 1n))).toBe('TransferEnded');
    expect(fault(read, hold('t1', 40n))).toBeUndefined();
    expect(fault(read, hold('t1', 41n))).toBe('LimitReached');
  });
});

/** Steps over few accounts and transfers, most of them sensible, some not. */
const account = fc.constantFrom(G1, G2, 'simulated:credit:g3');
const amount = fc.bigInt({ min: -20n, max: 120n });
const transfer = fc.constantFrom('t1', 't2', 't3');
const realm = (name: string, other: string): string => (name.startsWith('simulated:') ? `simulated:${other}` : other);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(account, amount).map(([to, some]) => post([realm(to, 'cash'), some], [to, -some])),
  fc.tuple(account, amount).map(([from, some]) => post([from, some], [realm(from, 'accrued'), -some])),
  fc.tuple(transfer, account, amount).map(([id, from, some]) => pend(id, [from, some], [realm(from, 'hold'), -some])),
  fc.tuple(transfer, account, amount, amount).map(([transferId, from, some, more]): Step => ({
    op: 'post',
    postings: postingsFrom([
      [from, some + more],
      [realm(from, 'accrued'), -some - more],
    ]),
    release: {
      transferId,
      pending: postingsFrom([
        [from, some],
        [realm(from, 'hold'), -some],
      ]),
    },
  })),
  transfer.map(end),
  fc.tuple(account, amount).map(([from, some]) => post([from, some], ['cash', 1n - some])),
);

const funded: readonly Step[] = [
  paid(200n),
  paid(200n, G2),
  post(['simulated:cash', 200n], ['simulated:credit:g3', -200n]),
];
const steps = fc.array(step, { minLength: 10, maxLength: 40 }).map((more) => [...funded, ...more]);

describe('Whatever is booked', () => {
  it('sums to zero at every step, and nothing spends or sets aside what is not there', () => {
    let booked = 0;
    fc.assert(
      fc.property(steps, (told) => {
        let ledger = EMPTY_LEDGER;
        for (const one of told) {
          const movement = next(ledger, one);
          if (faultOf(ledger, movement)) continue;
          ledger = book(ledger, movement);
          booked += 1;
          const { posted, pending } = imbalanceOf(ledger);
          if (posted !== 0n || pending !== 0n) throw new Error(`${posted} and ${pending} after ${movement.op}`);
          const below = [G1, G2, 'simulated:credit:g3'].find((name) => availableIn(ledger, name) < 0n);
          if (below !== undefined) throw new Error(`${below} is below zero after ${movement.op}`);
        }
      }),
      propertyRuns(100),
    );
    expect(booked).toBeGreaterThan(1_000);
  });

  it('leaves nothing pending once every transfer is over', () => {
    fc.assert(
      fc.property(steps, (told) => {
        let ledger = EMPTY_LEDGER;
        for (const one of [...told, end('t1'), end('t2'), end('t3')]) {
          const movement = next(ledger, one);
          if (!faultOf(ledger, movement)) ledger = book(ledger, movement);
        }
        const stuck = [...ledger.accounts.entries()].filter(([, one]) => one.debitsPending + one.creditsPending !== 0n);
        expect(stuck).toEqual([]);
        expect([...ledger.pending.keys()]).toEqual([]);
      }),
      propertyRuns(100),
    );
  });

  it('is the same however it is told: with repeats, and from what was kept in between', () => {
    fc.assert(
      fc.property(steps, fc.nat(), (all, cut) => {
        let ledger = EMPTY_LEDGER;
        const told: Movement[] = [];
        for (const one of all) {
          const movement = next(ledger, one);
          if (faultOf(ledger, movement)) continue;
          ledger = book(ledger, movement);
          told.push(movement);
        }
        const middle = told.length === 0 ? 0 : cut % told.length;
        const before = told.slice(0, middle).reduce(book, EMPTY_LEDGER);
        const kept = ledgerFromJson(JSON.parse(JSON.stringify(ledgerToJson(before))));
        const again = told.flatMap((one) => [one, one]).reduce(book, kept);
        expect(ledgerToJson(again)).toEqual(ledgerToJson(ledger));
      }),
      propertyRuns(100),
    );
  });
});
