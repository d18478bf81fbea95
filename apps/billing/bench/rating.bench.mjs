/**
 * How many usage facts a second one core rates: the quantity is read, its prices are those in force when it began, and
 * its amount is what its line costs more by it. Beside it the bare arithmetic that each needs at the least: reading the
 * same quantity, one multiplication and one division of big integers. With list prices, and with tiers, free units,
 * discounts and qualities. That a fact counts once is the business of the append that claims its id, and not in here.
 */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { DEFAULT_PRICES, listBookOf, nextTotal, NOTHING, rateCards, rateUsage } = require('../dist/index.js');

const FACTS = 200_000;
const ROUNDS = 5;
const T0 = Date.UTC(2026, 0, 1);
const iso = (ms) => new Date(ms).toISOString();

const list = listBookOf({ version: 1, effectiveFrom: iso(0), entries: DEFAULT_PRICES });
const rates = (numerator, upTo) => ({
  ...(upTo === undefined ? {} : { upTo }),
  rateNumerator: String(numerator),
  rateDenominator: '3600000000',
});
const contract = (version) => ({
  version,
  book: {
    priceBookId: 'acme',
    name: 'Acme',
    currency: 'USD',
    effectiveFrom: iso(T0 + version * 5 * 86_400_000),
    entries: ['H100', '*'].map((product) => ({
      entryId: `gpu-${product}`,
      meter: 'gpu',
      pricing: 'contract',
      source: 'owned',
      simulated: false,
      product,
      model: 'graduated',
      tiers: [rates(2_100_000, '36000000000000'), rates(1_900_000, '360000000000000'), rates(1_700_000)],
      freeQuantity: '3600000000',
      discountBps: 250,
      markups: { low: 2_000, standard: 0, high: 7_000, ultra: 10_000 },
    })),
    bulkDiscounts: [],
  },
});
const history = (assignments) => ({
  assignments,
  books: new Map([
    ['list', [list]],
    ['acme', [contract(1), contract(2)]],
  ]),
  general: ['default', 'list'],
  quotes: [],
});

const METERS = ['gpu', 'gpu', 'cpu', 'memory', 'token-input', 'token-output', 'storage'];
const facts = Array.from({ length: FACTS }, (_, index) => ({
  usageId: `usage-${index}`,
  meter: METERS[index % METERS.length],
  quantity: String(1_750 * (60_000 + (index % 977))),
  project: `project-${index % 4}`,
  source: index % 3 === 0 ? 'leased' : 'owned',
  simulated: false,
  product: index % 2 === 0 ? 'H100' : 'L4',
  pricing: 'on-demand',
  quality: index % 5 === 0 ? 'high' : 'standard',
  resourceId: 'job',
  from: iso(T0 + (index % 720) * 3_600_000),
}));

/** Everything from the fact to the total of its line. */
function rateAll(cardAt) {
  const lines = new Map();
  let sum = 0n;
  for (const fact of facts) {
    const { meter, project, source, simulated, product, pricing, quality, resourceId, from } = fact;
    const quantity = BigInt(fact.quantity);
    const usage = { meter, quantity, project, source, simulated, product, pricing, quality, resourceId, from };
    const { terms } = rateUsage(usage, cardAt(from)).usage;
    let ofTerms = lines.get(terms);
    if (!ofTerms) lines.set(terms, (ofTerms = new Map()));
    const next = nextTotal(terms, ofTerms.get(project) ?? NOTHING, quantity);
    ofTerms.set(project, next);
    sum += next.added;
  }
  return sum;
}

/** Per second of a core: what others do on the machine meanwhile does not count. The best of some rounds. */
function perSecond(work) {
  let best = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const begun = process.cpuUsage();
    if (work() <= 0n) throw new Error('nothing was rated');
    const { user, system } = process.cpuUsage(begun);
    best = Math.max(best, (FACTS * 1e6) / (user + system));
  }
  return best;
}

const bare = perSecond(() => {
  let sum = 0n;
  for (const { quantity } of facts) sum += (BigInt(quantity) * 2_300_000n) / 3_600_000_000n;
  return sum;
});
const peer = { name: 'bare multiplication and division of the same quantities', value: bare };
const rows = [
  ['billing: usage facts rated, list prices', rateCards(history([]))],
  [
    'billing: usage facts rated, a contract with tiers and free units',
    rateCards(history([{ priceBookId: 'acme', effectiveFrom: iso(0) }])),
  ],
];
for (const [name, cardAt] of rows) {
  const figure = { name, value: perSecond(() => rateAll(cardAt)), unit: '/s per core', atLeast: 1_000_000, peer };
  console.log(`BENCH ${JSON.stringify(figure)}`);
}
