import { deriveId, fold, ManualClock, SeededRandom, SolyxError } from '@solyx/kernel';
import type { BudgetScope } from '@solyx/contracts';
import { Streams, type CommandContext } from '@solyx/eventing';
import { MemoryEventLog } from '@solyx/testing';
import {
  budgetDecider,
  holdIdOf,
  spendingOf,
  spentWithin,
  type BudgetCommand,
  type BudgetEvent,
} from '../domain/budget';
import { limitOf, scopeKeyOf } from '../domain/budget-state';
import { walletDecider, type WalletCommand } from '../domain/wallet';
import { availableOf } from '../domain/wallet-state';
import { ORGANIZATION } from '../test/fixtures';
import { grant, hold, raise, topUp } from '../test/wallet-fixtures';

const REQUESTS = 64;
/** As many services decide at once as there are caches; each knows only what it read. */
const SERVICES = 4;
const TRIES_MAX = 500;
const AT = '2026-01-15T12:00:00.000Z';

const SCOPES: readonly BudgetScope[] = [
  { kind: 'organization', id: ORGANIZATION },
  { kind: 'project', id: 'vision' },
  { kind: 'project', id: 'nlp' },
  { kind: 'key', id: 'key_1' },
];
const LIMITS = [4_000, 2_500, 1_800, 2_900];

const services = (): readonly Streams[] => {
  const log = new MemoryEventLog(new ManualClock());
  return Array.from({ length: SERVICES }, () => new Streams(log));
};

const contextOf = (occasion: string): CommandContext => {
  const commandId = deriveId(occasion);
  const actor = { kind: 'service', id: 'billing', roles: [] } as const;
  return { commandId, organizationId: ORGANIZATION, actor, correlationId: commandId, causationId: commandId };
};

/** Tried again while others move the stream, as a delivery is. */
async function persistently<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof SolyxError) || error.code !== 'Conflict' || attempt >= TRIES_MAX) throw error;
    }
  }
}

const onBudget = async (streams: Streams, command: BudgetCommand, occasion: string): Promise<boolean> =>
  (await persistently(() => streams.transact(budgetDecider, ORGANIZATION, command, contextOf(occasion)))).accepted;
const onWallet = async (streams: Streams, command: WalletCommand, occasion: string): Promise<boolean> =>
  (await persistently(() => streams.transact(walletDecider, ORGANIZATION, command, contextOf(occasion)))).accepted;

async function budgets(streams: Streams): Promise<void> {
  for (const [index, scope] of SCOPES.entries()) {
    const data = {
      ...{ organizationId: ORGANIZATION, limitMicroUsd: String(LIMITS[index]), period: 'month' as const, at: AT },
      ...(scope.kind === 'organization' ? {} : { scope }),
    };
    await onBudget(streams, { type: 'SetBudget', data }, `budget ${index}`);
  }
}

/** One request: it holds, falls back to something dearer in the same hold, is charged what it held at most, and ends. */
async function request(streams: Streams, index: number, random: SeededRandom): Promise<'refused' | 'held' | 'raised'> {
  const jobId = `job_${index}`;
  const of = { holdId: holdIdOf(jobId), organizationId: ORGANIZATION, jobId, at: AT };
  const first = 20 + random.int(120);
  const dearer = first + 20 + random.int(200);
  const part = { project: index % 2 === 0 ? 'vision' : 'nlp', ...(index % 3 === 0 ? { keyId: 'key_1' } : {}) };
  const place = { type: 'PlaceHold', data: { ...of, ...part, amountMicroUsd: String(first) } } as const;
  if (!(await onBudget(streams, place, `place ${index}`))) return 'refused';
  const more = { type: 'RaiseHold', data: { ...of, amountMicroUsd: String(dearer) } } as const;
  const raised = await onBudget(streams, more, `raise ${index}`);
  const spent = String(Math.trunc((raised ? dearer : first) * random.next()));
  const count = { ...of, chargeId: `chg_${index}`, amountMicroUsd: spent };
  await onBudget(streams, { type: 'CountCharge', data: count }, `count ${index}`);
  if (index % 4 === 0) await onBudget(streams, { type: 'ReleaseHold', data: of }, `free ${index}`);
  return raised ? 'raised' : 'held';
}

/** Which limits are passed after each event of the budget; the worst that a reader could ever have seen. */
async function overshoots(streams: Streams): Promise<readonly string[]> {
  const found: string[] = [];
  let budget = budgetDecider.initial;
  for await (const event of streams.log.readStream(`${budgetDecider.name}-${ORGANIZATION}`)) {
    budget = fold(budgetDecider, [event as unknown as BudgetEvent], budget);
    for (const scope of SCOPES) {
      const limit = limitOf(budget, scopeKeyOf(scope));
      const spending = spendingOf(budget, scope);
      const used = limit ? spentWithin(spending, limit, AT, 'UTC') + spending.held : 0n;
      if (limit && used > limit.limitMicroUsd) found.push(`${scopeKeyOf(scope)} at ${used} after ${event.type}`);
    }
  }
  return found;
}

describe(`${REQUESTS} requests at once, with fall-backs`, () => {
  it.each([1, 2])('overshoot no budget, of no scope, at no instant (seed %i)', async (seed) => {
    const all = services();
    await budgets(all[0]!);
    const outcomes = await Promise.all(
      Array.from({ length: REQUESTS }, (_, index) =>
        request(all[index % SERVICES]!, index, new SeededRandom(seed * 1_000 + index)),
      ),
    );
    expect(await overshoots(all[0]!)).toEqual([]);
    // The limits bind: some were refused, some could not be raised, and some were.
    expect(new Set(outcomes)).toEqual(new Set(['refused', 'held', 'raised']));
  });

  it('spend no credit twice', async () => {
    const all = services();
    await onWallet(all[0]!, grant('g1', 1_500), 'grant');
    await onWallet(all[0]!, topUp('t1', 2_500), 'top-up');
    const random = new SeededRandom(7);
    const wishes = Array.from({ length: REQUESTS }, () => 20 + random.int(120));
    const placed = await Promise.all(
      wishes.map(async (amount, index) => {
        const streams = all[index % SERVICES]!;
        if (!(await onWallet(streams, hold(`h${index}`, amount), `hold ${index}`))) return 0;
        return (await onWallet(streams, raise(`h${index}`, amount + 50), `raise ${index}`)) ? amount + 50 : amount;
      }),
    );
    const { state } = await all[0]!.load(walletDecider, ORGANIZATION);
    const held = placed.reduce((sum, amount) => sum + amount, 0);
    expect(availableOf(state, false)).toBe(BigInt(4_000 - held));
    expect(held).toBeLessThanOrEqual(4_000);
    expect(placed).toContain(0);
  });
});
