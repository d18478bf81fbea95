import fc from 'fast-check';
import { fold } from '@solyx/kernel';
import { propertyRuns, replay } from '@solyx/testing';
import {
  DAY,
  draw,
  expire,
  free,
  grant,
  hold,
  makeUp,
  outageEvent,
  raise,
  topUp,
  wants,
} from '../test/wallet-fixtures';
import { imbalanceOf } from './ledger';
import { ledgerToJson } from './ledger-snapshot';
import { zeroSum } from './postings';
import { walletDecider, type WalletCommand } from './wallet';
import { walletSnapshot } from './wallet-snapshot';
import { accountOf, availableOf, drawnBefore, freeOf, type Wallet, type WalletEvent } from './wallet-state';

const day = fc.integer({ min: 1, max: 28 }).map((of) => DAY(of));
const amount = fc.integer({ min: 1, max: 200 });
const grantId = fc.constantFrom('g1', 'g2', 'g3', 'g4', 'g5');
const holdId = fc.constantFrom('h1', 'h2', 'h3', 'h4');
const chargeId = fc.constantFrom('c1', 'c2', 'c3', 'c4', 'c5', 'c6');
const simulated = fc.constantFrom(false, false, true);
const wanted = fc.array(
  fc.record({
    kind: fc.constantFrom('gpu' as const, 'token' as const, 'adjustment' as const),
    simulated,
    amount: fc.bigInt({ min: -50n, max: 150n }),
  }),
  { minLength: 1, maxLength: 3 },
);

const command: fc.Arbitrary<WalletCommand> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .tuple(grantId, amount, day, simulated, fc.nat({ max: 3 }))
      .map(([id, of, at, play, priority]) => grant(id, of, { at, priority, simulated: play, expiresAt: DAY(29) })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(grantId, amount, day, day)
      .map(([id, of, at, until]) => grant(id, of, { at, expiresAt: until, categories: ['gpu'] })),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(grantId, amount, day, simulated)
      .map(([id, of, at, play]) => topUp(`t${id}`, of, { at, simulated: play })),
  },
  fc.tuple(grantId, amount, day).map(([id, of, at]) => makeUp(`s${id}`, of, { at, outage: [outageEvent(id)] })),
  {
    weight: 4,
    arbitrary: fc
      .tuple(holdId, amount, day, simulated)
      .map(([id, of, at, play]) => hold(id, of, { at, simulated: play, expiresAt: DAY(25) })),
  },
  fc.tuple(holdId, amount, day).map(([id, of, at]) => raise(id, of, at)),
  { weight: 2, arbitrary: holdId.map((id) => free(id)) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(chargeId, wanted, holdId, fc.boolean(), day)
      .map(([id, of, held, prepaid, at]) => draw(id, of, { holdId: held, prepaid, at, postedAt: DAY(28) })),
  },
  day.map((at) => expire(at)),
);
const commands = fc.array(command, { minLength: 10, maxLength: 40 });

/** What must hold of every wallet, whatever happened; the first fault, or undefined. */
function faultIn(wallet: Wallet): string | undefined {
  const { posted, pending } = imbalanceOf(wallet.ledger);
  if (posted !== 0n || pending !== 0n) return `imbalance of ${posted} posted, ${pending} pending`;
  const below = wallet.grants.find((one) => freeOf(wallet, one) < 0n);
  if (below) return `${below.grantId} is below zero`;
  const order = wallet.grants.every((one, index) => index === 0 || drawnBefore(wallet.grants[index - 1]!, one) < 0);
  return order ? undefined : 'the order of credits is lost';
}

describe('A wallet, whatever is asked of it', () => {
  it('is balanced after every fact, spends nothing that is not there, and keeps its order', () => {
    let facts = 0;
    fc.assert(
      fc.property(commands, (asked) => {
        let wallet = walletDecider.initial;
        for (const one of asked) {
          const decision = walletDecider.decide(one, wallet);
          if (!decision.accepted) {
            if ((decision.reason as string) === 'LedgerBroken') throw new Error(JSON.stringify(decision.details));
            continue;
          }
          for (const event of decision.events) {
            const { postings = [], pending = [] } = event.data as { postings?: []; pending?: [] };
            if (!zeroSum(postings) || !zeroSum(pending)) throw new Error(`${event.type} does not sum to zero`);
            wallet = walletDecider.evolve(wallet, event);
            const fault = faultIn(wallet);
            if (fault !== undefined) throw new Error(`${fault} after ${event.type}`);
            facts += 1;
          }
        }
      }),
      propertyRuns(120),
    );
    expect(facts).toBeGreaterThan(1_000);
  });

  it('leaks no hold: once all work has ended, or time has, everything is available again', () => {
    fc.assert(
      fc.property(commands, fc.boolean(), (asked, byTime) => {
        const { state } = replay(walletDecider, asked);
        const ends = byTime ? [expire(DAY(26))] : ['h1', 'h2', 'h3', 'h4'].map((id) => free(id));
        const after = fold(
          walletDecider,
          ends.reduce<readonly WalletEvent[]>((all, one) => {
            const decision = walletDecider.decide(one, fold(walletDecider, all, state));
            return decision.accepted ? [...all, ...decision.events] : all;
          }, []),
          state,
        );
        const pending = [...after.ledger.accounts.values()].filter(
          (one) => one.debitsPending + one.creditsPending !== 0n,
        );
        expect(pending).toEqual([]);
        const left = after.grants.reduce((sum, one) => sum + freeOf(after, one), 0n);
        expect(availableOf(after, false) + availableOf(after, true)).toBe(left);
      }),
      propertyRuns(80),
    );
  });

  it('draws from no credit while an earlier one that pays for the same could have been drawn', () => {
    fc.assert(
      fc.property(commands, amount, (asked, of) => {
        const { state } = replay(walletDecider, asked);
        const decision = walletDecider.decide(draw('last', [wants(of)], { at: DAY(28), postedAt: DAY(28) }), state);
        if (!decision.accepted) throw new Error(decision.reason);
        const after = fold(walletDecider, decision.events, state);
        const usable = state.grants.filter(
          (one) => !one.simulated && (one.expiresAt === undefined || one.expiresAt > DAY(28)),
        );
        const taken = usable.map((one) => freeOf(state, one) - freeOf(after, one));
        // All that was drawn is a prefix: whole credits, then a part of one, then nothing.
        const last = taken.findLastIndex((part) => part > 0n);
        for (const [index, one] of usable.entries()) if (index < last) expect(freeOf(after, one)).toBe(0n);
        const total = usable.reduce((sum, one) => sum + freeOf(state, one), 0n);
        const drawn = taken.reduce((sum, part) => sum + part, 0n);
        if (state.since !== undefined) expect(drawn).toBe(total < BigInt(of) ? total : BigInt(of));
      }),
      propertyRuns(120),
    );
  });

  it('is the same when it is told everything twice, or was kept and read in between', () => {
    fc.assert(
      fc.property(commands, commands, (before, after) => {
        const once = replay(walletDecider, [...before, ...after]);
        const first = replay(walletDecider, before);
        const text = JSON.stringify(walletSnapshot.toJson(first.state));
        const read = walletSnapshot.fromJson(JSON.parse(text));
        expect(JSON.stringify(walletSnapshot.toJson(read))).toBe(text);
        const events = once.events.slice(first.events.length);
        expect(walletSnapshot.toJson(fold(walletDecider, events, read))).toEqual(walletSnapshot.toJson(once.state));
      }),
      propertyRuns(60),
    );
  });

  it('answers every repeat of what it accepted with nothing', () => {
    fc.assert(
      fc.property(commands, (asked) => {
        let wallet = walletDecider.initial;
        for (const one of asked) {
          const decision = walletDecider.decide(one, wallet);
          if (!decision.accepted) continue;
          wallet = fold(walletDecider, decision.events, wallet);
          // What an expired hold freed of an expired credit goes with the next call: that one is new.
          if (one.type === 'ExpireDue' || wallet.since === undefined) continue;
          expect(walletDecider.decide(one, wallet)).toEqual({ accepted: true, events: [] });
        }
      }),
      propertyRuns(80),
    );
  });

  it('expires in as many calls as it likes: the ledger is the same', () => {
    fc.assert(
      fc.property(commands, fc.uniqueArray(day, { minLength: 1, maxLength: 5 }), (asked, days) => {
        const { state } = replay(walletDecider, asked);
        const ends = [...days].sort();
        const until = ends.at(-1)!;
        const run = (at: readonly string[]): Wallet =>
          at.reduce((wallet, one) => {
            const decision = walletDecider.decide(expire(one), wallet);
            return decision.accepted ? fold(walletDecider, decision.events, wallet) : wallet;
          }, state);
        const accounts = (wallet: Wallet) => ledgerToJson(wallet.ledger).accounts;
        expect(accounts(run([...ends, until]))).toEqual(accounts(run([until, until])));
        expect(run([...ends, until, until]).grants.map(accountOf)).toEqual(run([until, until]).grants.map(accountOf));
      }),
      propertyRuns(80),
    );
  });
});
