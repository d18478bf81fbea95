/**
 * A million random postings through the ledger that wallets stand on: how fast, beside bare additions of big integers in
 * a map; whether anything is out of balance at any step; whether a replay ends in the same bytes. Then the two promises
 * of budgets: how soon after a charge its alert is recorded, and how much a job that is ended by its money spends more.
 */
import { createRequire } from 'node:module';
import { percentile, reportBench } from '../../../scripts/lib/bench-report.mjs';

const require = createRequire(import.meta.url);
require('reflect-metadata');
const { book, EMPTY_LEDGER, faultOf, imbalanceOf } = require('../dist/domain/ledger.js');
const { ledgerToJson } = require('../dist/domain/ledger-snapshot.js');
const { budgetDecider } = require('../dist/domain/budget.js');
const { costOf, STOP_GRACE_SECONDS, stopAfterSeconds } = require('../../cmo/dist/domain/spending.js');
const { MemoryEventLog } = require('@solyx/testing');
const { Streams } = require('@solyx/eventing');
const { deriveId, ManualClock, SeededRandom } = require('@solyx/kernel');

const POSTINGS = Number(process.env.BENCH_POSTINGS ?? 1_000_000);
const CHARGES = Number(process.env.BENCH_CHARGES ?? 2_000);
const RUNS = Number(process.env.BENCH_RUNS ?? 100_000);
const GRANTS = 200;
const CHECKED_EVERY = 5_000;
const AT = '2026-01-15T12:00:00.000Z';

const random = new SeededRandom(1);
const since = (begun) => Number(process.hrtime.bigint() - begun) / 1e9;
const posting = (account, amount) => ({ account, amountMicroUsd: String(amount) });

/** Some step of some wallet: money in, set aside, drawn from what was, freed. It may be one that the ledger refuses. */
function stepOf(ledger) {
  const simulated = random.int(8) === 0 ? 'simulated:' : '';
  const grant = `${simulated}credit:g${random.int(GRANTS)}`;
  const amount = BigInt(1 + random.int(5_000));
  const transferId = `${simulated}t${random.int(GRANTS)}`;
  const sequence = ledger.sequence + 1;
  const pending = [posting(grant, amount), posting(`${simulated}hold`, -amount)];
  switch (random.int(5)) {
    case 0:
      return { sequence, op: 'post', postings: [posting(`${simulated}cash`, amount), posting(grant, -amount)] };
    case 1:
      return { sequence, op: 'pend', transferId: `${transferId}-${random.int(1_000)}`, pending, expiresAt: AT };
    case 2: {
      const [id, transfer] = ledger.pending.entries()[Symbol.iterator]().next().value ?? [];
      const [account, held] = [...(transfer?.amounts ?? [])].find(([name]) => name.includes('credit:')) ?? [];
      if (account === undefined) return { sequence, op: 'post', postings: pending };
      const part = held < amount ? held : amount;
      const realm = account.startsWith('simulated:') ? 'simulated:' : '';
      const postings = [posting(account, part), posting(`${realm}accrued`, -part)];
      const release = { transferId: id, pending: [posting(account, part), posting(`${realm}hold`, -part)] };
      return { sequence, op: 'post', postings, release };
    }
    case 3: {
      const [id] = ledger.pending.entries()[Symbol.iterator]().next().value ?? [transferId];
      return { sequence, op: 'void', transferId: id };
    }
    default:
      return { sequence, op: 'post', postings: [posting(grant, amount), posting(`${simulated}accrued`, -amount)] };
  }
}

const postingsIn = (step) =>
  step.op === 'void' ? 0 : step.op === 'pend' ? step.pending.length : step.postings.length + (step.release ? 2 : 0);

/** Imbalances found, and the steps that were booked. */
function play() {
  const steps = [];
  let ledger = EMPTY_LEDGER;
  let postings = 0;
  let imbalances = 0;
  let refused = 0;
  const begun = process.hrtime.bigint();
  while (postings < POSTINGS) {
    const step = stepOf(ledger);
    if (faultOf(ledger, step)) {
      refused += 1;
      continue;
    }
    ledger = book(ledger, step);
    steps.push(step);
    postings += postingsIn(step);
    // Every step is balanced by itself or it was refused; the sum over all accounts is looked at now and then.
    if (steps.length % CHECKED_EVERY === 0) {
      const { posted, pending } = imbalanceOf(ledger);
      if (posted !== 0n || pending !== 0n) imbalances += 1;
    }
  }
  const { posted, pending } = imbalanceOf(ledger);
  if (posted !== 0n || pending !== 0n) imbalances += 1;
  return { ledger, steps, postings, imbalances, refused, seconds: since(begun) };
}

const played = play();
const begunReplay = process.hrtime.bigint();
const again = played.steps.reduce(book, EMPTY_LEDGER);
const replaySeconds = since(begunReplay);
const same = JSON.stringify(ledgerToJson(again)) === JSON.stringify(ledgerToJson(played.ledger));
if (!same) throw new Error('a replay ended in another ledger');

/** The same amounts, added to nothing but a map. */
function bareAdditions() {
  const amounts = played.steps.flatMap((step) =>
    (step.postings ?? step.pending ?? []).map(({ account, amountMicroUsd }) => [account, BigInt(amountMicroUsd)]),
  );
  const begun = process.hrtime.bigint();
  const sums = new Map();
  for (const [account, amount] of amounts) sums.set(account, (sums.get(account) ?? 0n) + amount);
  return amounts.length / since(begun);
}
const bare = bareAdditions();

/** Milliseconds from a charge that crosses a threshold to its alert, through real streams. */
async function alerts() {
  const clock = new ManualClock();
  const streams = new Streams(new MemoryEventLog(clock));
  const actor = { kind: 'service', id: 'bench', roles: [] };
  const of = (occasion) => {
    const commandId = deriveId(occasion);
    return { commandId, organizationId: 'acme', actor, correlationId: commandId, causationId: commandId };
  };
  const transact = (command, occasion) => streams.transact(budgetDecider, 'acme', command, of(occasion));
  const thresholds = [10, 25, 40, 50, 60, 75, 90, 100];
  const limit = { organizationId: 'acme', limitMicroUsd: String(CHARGES), period: 'total', thresholds, at: AT };
  await transact({ type: 'SetBudget', data: limit }, 'limit');
  const times = [];
  for (let index = 0; index < CHARGES; index += 1) {
    const charge = { chargeId: `chg_${index}`, amountMicroUsd: '1', holdId: `hold_${index}` };
    const begun = process.hrtime.bigint();
    const data = { ...charge, organizationId: 'acme', project: 'vision', at: AT };
    const { events } = await transact({ type: 'CountCharge', data }, charge.chargeId);
    if (events.some(({ type }) => type === 'billing.budget.threshold-reached')) times.push(since(begun) * 1_000);
  }
  if (times.length !== thresholds.length) throw new Error(`${times.length} alerts of ${thresholds.length}`);
  return percentile(times, 0.95);
}

/** The most that a job that is ended by its money cost beyond it, in seconds of its own burn. */
function overspend() {
  let most = 0;
  for (let run = 0; run < RUNS; run += 1) {
    const price = 1 + random.int(60_000_000);
    const budget = Math.trunc((price / 3_600) * (STOP_GRACE_SECONDS + 2 + random.int(20_000)));
    const spec = { limits: { budgetMicroUsd: String(budget), maxRuntimeSeconds: 86_400 } };
    const grantedAt = '2026-01-15T12:00:00.000Z';
    const allocation = { priceMicroUsdPerHour: String(price), grantedAt, transfers: [] };
    const begins = Date.parse(grantedAt) + random.int(3) * 1_000;
    const purse = { spec, holdMicroUsd: BigInt(budget), spentMicroUsd: 0n };
    const seconds = stopAfterSeconds(purse, allocation, new Date(begins).toISOString());
    const ended = new Date(begins + (seconds + STOP_GRACE_SECONDS) * 1_000).toISOString();
    const over = Number(costOf(allocation, ended, true)) - budget;
    most = Math.max(most, over / (price / 3_600));
  }
  return most;
}

const p95 = await alerts();
console.log(
  `${played.steps.length} steps with ${played.postings} postings booked, ${played.refused} refused, ` +
    `${[...played.ledger.accounts.keys()].length} accounts, ${played.imbalances} imbalances; replayed to the same bytes`,
);
reportBench('ledger', [
  {
    name: 'ledger: random postings checked and booked',
    value: played.postings / played.seconds,
    unit: '/s',
    atLeast: 20_000,
    peer: { name: 'bare additions of big integers in a map', value: bare },
  },
  { name: 'ledger: postings replayed', value: played.postings / replaySeconds, unit: '/s', atLeast: 100_000 },
  { name: 'ledger: imbalances over all random postings', value: played.imbalances, unit: 'imbalances', atMost: 0 },
  { name: 'budgets: from a charge to its alert, p95', value: p95, unit: 'ms', atMost: 60_000 },
  { name: 'budgets: spent beyond a hard stop at most', value: overspend(), unit: 's of burn', atMost: 10 },
]);
