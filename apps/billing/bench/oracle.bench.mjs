/**
 * Ten thousand random histories of usage, a tenth of the facts told twice, a twentieth late, in any order, some after
 * their month was closed: what billing's meters and accounts charge is compared, line by line and to the last unit, with
 * an oracle that shares no code and no method with it. The figure is how many are equal; the speed of the oracle is
 * the peer, so that nobody takes it for the same work.
 */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const api = require('../dist/index.js');
const { chargeArrivals } = require('./charged.cjs');
const { arrivals, bill, randomCommitted, randomHeld, randomHistory } = require('./oracle.cjs');
const { differenceOfBills } = require('./rated.cjs');

const HISTORIES = Number(process.env.SOLYX_ORACLE_HISTORIES ?? '10000');
const MAKERS = [randomHistory, randomHeld, randomCommitted];

let equal = 0;
let facts = 0;
let told = 0;
const spent = { billing: 0, oracle: 0 };
const timed = (who, work) => {
  const begun = performance.now();
  const result = work();
  spent[who] += performance.now() - begun;
  return result;
};
for (let seed = 1; seed <= HISTORIES; seed += 1) {
  const history = MAKERS[seed % MAKERS.length](seed);
  const arriving = arrivals(seed, history.facts);
  facts += history.facts.length;
  told += arriving.length;
  const ours = timed('billing', () => chargeArrivals(api, history, arriving, seed));
  const theirs = timed('oracle', () => bill(history));
  const difference = differenceOfBills(ours, theirs);
  if (difference === undefined) equal += 1;
  else console.log(`history ${seed}: ${difference}`);
}
console.log(`${HISTORIES} histories, ${facts} facts, told ${told} times`);
const perSecond = (ms) => (HISTORIES * 1_000) / ms;
const figures = [
  {
    name: 'billing: random histories that cost what the independent oracle says, to the last unit',
    value: (equal * 100) / HISTORIES,
    unit: '%',
    atLeast: 100,
  },
  {
    name: 'billing: random histories charged',
    value: perSecond(spent.billing),
    unit: '/s',
    peer: { name: 'worked out by the oracle', value: perSecond(spent.oracle) },
  },
];
for (const figure of figures) console.log(`BENCH ${JSON.stringify(figure)}`);
if (equal !== HISTORIES) process.exitCode = 1;
