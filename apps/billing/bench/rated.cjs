/** Rates a history of the oracle with billing's own functions, as they arrive. `api`: the sources or the built package. */
'use strict';

const { monthAt } = require('./oracle.cjs');

/** The oracle's books as billing knows them. */
function cardsOf(api, { books, assignments, general }) {
  const known = books.map(({ id, versions }) => [
    id,
    versions.map(({ version, effectiveFrom, entries }) => ({
      version,
      book: { priceBookId: id, name: id, currency: 'USD', effectiveFrom, entries, bulkDiscounts: [] },
    })),
  ]);
  return api.rateCards({ assignments, books: new Map(known), general, quotes: [] });
}

/** Amounts by `month|project|sku|price`, added up fact by fact; each identity counts once. */
function rateArrivals(api, history, arriving) {
  const cardAt = cardsOf(api, history);
  const seen = new Set();
  const totals = new Map();
  let posted = 0n;
  let timelines = new Map();
  const charge = (key, terms, quantity) => {
    const { added, ...after } = api.nextTotal(terms, totals.get(key) ?? api.NOTHING, quantity);
    totals.set(key, after);
    posted += added;
  };
  for (const fact of arriving) {
    if (seen.has(fact.id)) continue;
    seen.add(fact.id);
    const month = monthAt(Date.parse(fact.from), history.zone);
    const usage = { ...fact, quantity: BigInt(fact.quantity), resourceId: 'r' };
    const split = api.coverUsage(history.commitments, timelines, usage);
    timelines = split.timelines;
    for (const { commitment, quantity } of split.covered) {
      charge(`${month}|commitment|${commitment.commitmentId}`, commitment.terms, quantity);
    }
    const rating = api.rateUsage({ ...usage, quantity: split.rest }, cardAt(fact.from));
    if (!rating.rated) throw new Error(JSON.stringify(rating.missing));
    const { skuId, terms, quantity } = rating.usage;
    const price = `${terms.priceBookId}/${terms.priceBookVersion}/${terms.entryId}`;
    charge(`${month}|${fact.project}|${skuId}|${price}`, terms, quantity);
  }
  const lines = new Map([...totals].filter(([, { quantity }]) => quantity !== 0n));
  return { lines, posted };
}

/** Where both bills differ, in words; undefined where they are the same to the last unit. */
function differenceOfBills(ours, theirs) {
  for (const key of new Set([...ours.lines.keys(), ...theirs.lines.keys()])) {
    const [mine, right] = [ours.lines.get(key), theirs.lines.get(key)];
    if (mine?.amount !== right?.amount || mine?.quantity !== right?.quantity) {
      return `${key}: ${mine?.quantity} for ${mine?.amount}, not ${right?.quantity} for ${right?.amount}`;
    }
  }
  return ours.posted === theirs.total ? undefined : `${ours.posted} in all, not ${theirs.total}`;
}

module.exports = { cardsOf, differenceOfBills, rateArrivals };
