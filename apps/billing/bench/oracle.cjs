/**
 * What a history of usage costs, worked out the slow way, to be compared with what billing charges. It shares no code
 * and no method with it: fractions are never rounded but once at the end, prices are searched from one end to the other
 * for every fact, months are read off a calendar, commitments are filled stretch by stretch between all instants at
 * which anything changes, and nothing depends on the order of the facts because they are looked at all at once.
 */
'use strict';

const UNIT_OF = {
  gpu: 'ms',
  cpu: 'ms',
  memory: 'ms',
  storage: 'ms',
};

/** A fraction of big integers. */
const frac = (n, d = 1n) => ({ n: BigInt(n), d: BigInt(d) });
const add = (a, b) => frac(a.n * b.d + b.n * a.d, a.d * b.d);
const mul = (a, b) => frac(a.n * b.n, a.d * b.d);

/** To the nearest whole number, a half to the even one, by trying the neighbours. */
function nearest({ n, d }) {
  let below = n / d;
  while (below * d > n) below -= 1n;
  while ((below + 1n) * d <= n) below += 1n;
  const down = n - below * d;
  const up = (below + 1n) * d - n;
  if (down < up) return below;
  if (up < down) return below + 1n;
  return below % 2n === 0n ? below : below + 1n;
}

/** The exact price of a whole quantity: stretch after stretch of the tiers. */
function exactPrice(entry, quality, quantity) {
  let rest = BigInt(quantity) - BigInt(entry.freeQuantity ?? 0);
  if (rest <= 0n) return frac(0);
  let sum = frac(0);
  if (entry.model === 'volume') {
    const tier = entry.tiers.find(({ upTo }) => upTo === undefined || rest <= BigInt(upTo));
    sum = mul(frac(rest), frac(tier.rateNumerator, tier.rateDenominator));
  } else {
    let begun = 0n;
    for (const { upTo, rateNumerator, rateDenominator } of entry.tiers) {
      const width = upTo === undefined ? rest : BigInt(upTo) - begun;
      const taken = width < rest ? width : rest;
      sum = add(sum, mul(frac(taken), frac(rateNumerator, rateDenominator)));
      rest -= taken;
      begun += width;
    }
  }
  const markup = entry.markups?.[quality] ?? 0;
  const discount = entry.discountBps ?? 0;
  return mul(mul(sum, frac(10_000 + markup, 10_000)), frac(10_000 - discount, 10_000));
}

/** `2026-01`: the month in which the clocks of a zone stand at an instant. */
const calendars = new Map();
function monthAt(ms, zone) {
  let calendar = calendars.get(zone);
  if (!calendar) {
    calendar = new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit' });
    calendars.set(zone, calendar);
  }
  const parts = Object.fromEntries(calendar.formatToParts(ms).map(({ type, value }) => [type, value]));
  return `${parts.year}-${parts.month}`;
}

/** The instant within (from, to] at which the month changes, found by halving. */
function changeOfMonth(from, to, zone) {
  const month = monthAt(from, zone);
  let [low, high] = [from, to];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (monthAt(middle, zone) === month) low = middle;
    else high = middle;
  }
  return high;
}

/** [from, to) in pieces, each of one month. */
function byMonth(from, to, zone) {
  const pieces = [];
  let begun = from;
  while (begun < to) {
    const end = monthAt(to - 1, zone) === monthAt(begun, zone) ? to : changeOfMonth(begun, to - 1, zone);
    pieces.push({ month: monthAt(begun, zone), from: begun, to: end });
    begun = end;
  }
  return pieces;
}

const versionFor = (book, at, elseFirst) => {
  let found = elseFirst ? book.versions[0] : undefined;
  for (const version of book.versions) if (Date.parse(version.effectiveFrom) <= at) found = version;
  return found;
};

const ORDER = {
  'on-demand': ['contract', 'on-demand'],
  contract: ['contract', 'on-demand'],
  spot: ['spot', 'contract', 'on-demand'],
  dynamic: ['dynamic', 'contract', 'on-demand'],
  reserved: ['reserved', 'contract', 'on-demand'],
};

/** The versions in force for a fact: of the book that is assigned, then of the general ones. */
function versionsFor(history, at) {
  let assigned;
  for (const one of history.assignments) if (Date.parse(one.effectiveFrom) <= at) assigned = one.priceBookId;
  const own = history.books.filter(({ id }) => id === assigned).map((book) => [book, versionFor(book, at, false)]);
  const others = history.general
    .filter((id) => id !== assigned)
    .flatMap((id) => history.books.filter((book) => book.id === id))
    .map((book) => [book, versionFor(book, at, true)]);
  return [...own, ...others].filter(([, version]) => version !== undefined);
}

const fits = (entry, fact, pricing, product) =>
  entry.pricing === pricing &&
  entry.product === product &&
  ['meter', 'source', 'simulated'].every((key) => entry[key] === fact[key]);

/** The entry that prices a fact: every entry of every book is looked at, from the most fitting to the least. */
function entryFor(history, fact, at) {
  const versions = versionsFor(history, at);
  const wanted = ORDER[fact.pricing].flatMap((pricing) =>
    versions.flatMap(([book, version]) => [fact.product, '*'].map((product) => ({ pricing, product, book, version }))),
  );
  for (const { pricing, product, book, version } of wanted) {
    const entry = version.entries.find((one) => fits(one, fact, pricing, product));
    if (entry) return { book, version, entry };
  }
  throw new Error(`no price for ${JSON.stringify(fact)}`);
}

const isCommitted = (commitment, fact) =>
  UNIT_OF[fact.meter] === 'ms' &&
  fact.pricing !== 'spot' &&
  ['project', 'meter', 'source', 'simulated', 'product', 'quality'].every((key) => commitment[key] === fact[key]);

const sumOf = (pieces) => pieces.reduce((sum, { units }) => sum + units, 0n);

/** What commitments pay for of what runs in [start, end): each takes what it can of what the older ones left. */
function takenIn({ start, end, running, mine }, covered) {
  let demand = sumOf(running);
  for (const commitment of mine) {
    if (Date.parse(commitment.from) > start || start >= Date.parse(commitment.to)) continue;
    const taken = demand < BigInt(commitment.unitsPerMs) ? demand : BigInt(commitment.unitsPerMs);
    demand -= taken;
    const key = `${commitment.commitmentId}|${running[0].month}`;
    if (taken > 0n) covered.set(key, (covered.get(key) ?? 0n) + taken * BigInt(end - start));
  }
  return (sumOf(running) - demand) * BigInt(end - start);
}

/** Every instant at which anything begins or ends, ascending. */
function instantsOf(pieces, commitments) {
  const spans = [...pieces, ...commitments.map(({ from, to }) => ({ from: Date.parse(from), to: Date.parse(to) }))];
  return [...new Set(spans.flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b);
}

/**
 * How much of each fact commitments pay for: between any two instants at which a fact or a commitment begins or ends,
 * demand is added up and compared with what was committed. Answers per commitment and month, and what is left per price.
 */
function commit(history, pieces) {
  const covered = new Map();
  const left = [];
  const ordered = [...history.commitments].sort((a, b) =>
    `${a.from} ${a.commitmentId}` < `${b.from} ${b.commitmentId}` ? -1 : 1,
  );
  const groups = new Map();
  for (const piece of pieces) {
    const key = `${groupKey(piece)}|${piece.fact.pricing === 'spot'}`;
    groups.set(key, [...(groups.get(key) ?? []), piece]);
  }
  for (const group of groups.values()) {
    const mine = ordered.filter((commitment) => isCommitted(commitment, group[0].fact));
    const cuts = mine.length === 0 ? [] : instantsOf(group, mine);
    for (const [index, start] of cuts.slice(0, -1).entries()) {
      const running = group.filter(({ from, to }) => from <= start && start < to);
      // Whose demand was covered is a matter of order; how much was covered of one price is not.
      if (running.length > 0)
        left.push({ running, taken: takenIn({ start, end: cuts[index + 1], running, mine }, covered) });
    }
  }
  return { covered, left };
}

const groupKey = ({ fact, month }) =>
  [fact.project, fact.meter, fact.source, fact.simulated, fact.product, fact.quality, month].join('|');

/**
 * The bill of a history: amounts by `month|project|sku|price`. All facts are told once; `facts` is in any order.
 * `held: true` says that a fact was held over time and is cut where months change; others are in the month they began.
 */
function bill(history) {
  const pieces = history.facts.flatMap((fact) => {
    const [from, to] = [Date.parse(fact.from), Date.parse(fact.to)];
    const pricedAt = Date.parse(fact.pricedAt ?? fact.from);
    if (!fact.held) {
      const quantity = BigInt(fact.quantity);
      const units = to > from ? quantity / BigInt(to - from) : 0n;
      return [{ fact, pricedAt, month: monthAt(from, history.zone), from, to, quantity, units }];
    }
    return byMonth(from, to, history.zone).map((piece) => ({
      ...{ fact, pricedAt, units: BigInt(fact.units) },
      ...piece,
      quantity: BigInt(fact.units) * BigInt(piece.to - piece.from),
    }));
  });
  const { covered, left } = commit(history, pieces);
  const groups = new Map();
  for (const piece of pieces) {
    const { fact, month, pricedAt, quantity } = piece;
    const { book, version, entry } = entryFor(history, fact, pricedAt);
    const sku = `${fact.simulated ? 'simulated:' : ''}${fact.meter}/${fact.source}/${fact.product}/${entry.pricing}/${fact.quality}`;
    const key = `${month}|${fact.project}|${sku}|${book.id}/${version.version}/${entry.entryId}`;
    const group = groups.get(key) ?? { quantity: 0n, entry, quality: fact.quality };
    groups.set(key, { ...group, quantity: group.quantity + quantity });
    piece.key = key;
  }
  for (const { running, taken } of left) {
    const { key } = running[0];
    if (running.some((piece) => piece.key !== key)) throw new Error('a commitment covers usage of several prices');
    const group = groups.get(key);
    groups.set(key, { ...group, quantity: group.quantity - taken });
  }
  const lines = new Map();
  for (const [key, { quantity, entry, quality }] of groups) {
    if (quantity !== 0n) lines.set(key, { quantity, amount: nearest(exactPrice(entry, quality, quantity)) });
  }
  for (const [key, quantity] of covered) {
    const [commitmentId, month] = key.split('|');
    const { terms } = history.commitments.find((commitment) => commitment.commitmentId === commitmentId);
    const amount = nearest(exactPrice(terms, 'none', quantity));
    lines.set(`${month}|commitment|${commitmentId}`, { quantity, amount });
  }
  let total = 0n;
  for (const { amount } of lines.values()) total += amount;
  return { lines, total };
}

/** A small generator of numbers (xorshift32), so that a history is known by its seed. */
function dice(seed) {
  let state = (seed ^ 0x9e3779b9) >>> 0 || 1;
  return (bound) => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % bound;
  };
}

const DAY = 86_400_000;
const iso = (ms) => new Date(ms).toISOString();
const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Pacific/Auckland', 'America/Sao_Paulo'];
const METERS = ['gpu', 'cpu', 'token-input', 'token-output', 'egress', 'storage', 'impression'];

function randomTiers(roll, model) {
  const rate = () => ({ rateNumerator: String(roll(9_000_000)), rateDenominator: String(1 + roll(3_600_000)) });
  if (model === 'flat') return [rate()];
  const tiers = [];
  let upTo = 0n;
  for (let count = 1 + roll(3); count > 0; count -= 1) {
    upTo += BigInt(1 + roll(2_000_000_000));
    tiers.push({ upTo: upTo.toString(), ...rate() });
  }
  return [...tiers, rate()];
}

function randomEntry(roll, meter, pricing, product) {
  const model = ['flat', 'graduated', 'volume'][roll(3)];
  return {
    ...{ entryId: `${meter}-${pricing}-${product}`, meter, pricing, source: 'owned', simulated: false, product, model },
    tiers: randomTiers(roll, model),
    ...(roll(3) === 0 ? { freeQuantity: String(roll(50_000_000)) } : {}),
    ...(roll(4) === 0 ? { discountBps: roll(3_000) } : {}),
    ...(roll(2) === 0 ? { markups: { low: 2_000, standard: roll(5_000), high: 7_000, ultra: 10_000 } } : {}),
  };
}

function randomBook(roll, id, starts, pricing) {
  const versions = starts.map((start, index) => ({
    version: index + 1,
    effectiveFrom: iso(start),
    entries: METERS.flatMap((meter) => [
      randomEntry(roll, meter, pricing, '*'),
      ...(roll(2) === 0 ? [randomEntry(roll, meter, pricing, 'H100')] : []),
    ]),
  }));
  return { id, versions };
}

/** A history of about two months: facts, the books that price them, and what was committed to. */
function randomHistory(seed, factsMax = 24) {
  const roll = dice(seed);
  for (let warm = 0; warm < 8; warm += 1) roll(2);
  const begin = Date.UTC(2026, roll(12), 1) - 20 * DAY;
  const books = [
    randomBook(roll, 'list', [begin - DAY], 'on-demand'),
    randomBook(roll, 'contract-a', [begin + roll(30) * DAY, begin + 30 * DAY + roll(20) * DAY], 'contract'),
  ];
  const assignments = roll(2) === 0 ? [] : [{ priceBookId: 'contract-a', effectiveFrom: iso(begin + roll(40) * DAY) }];
  const facts = Array.from({ length: 1 + roll(factsMax) }, (_, index) => {
    const meter = METERS[roll(METERS.length)];
    const from = begin + roll(60 * DAY);
    const overTime = UNIT_OF[meter] === 'ms';
    const to = overTime ? from + 1 + roll(7_200_000) : from + roll(2) * 1_000;
    const quantity = overTime ? BigInt(to - from) * BigInt(roll(9_000)) + BigInt(roll(50)) : BigInt(roll(80_000_000));
    return {
      ...{ id: `f${index}`, meter, from: iso(from), to: iso(to), quantity: quantity.toString() },
      ...{ project: ['alpha', 'beta'][roll(2)], source: 'owned', simulated: false },
      ...{
        product: ['H100', 'L4'][roll(2)],
        pricing: 'on-demand',
        quality: ['low', 'standard', 'high', 'ultra'][roll(4)],
      },
    };
  });
  const zone = ZONES[roll(ZONES.length)];
  return { zone, books, assignments, general: ['list'], commitments: [], facts, closes: monthAt(begin, zone) };
}

/** The same with GPUs that were held: told by a grant and a release, not by facts, and cut where months change. */
function randomHeld(seed, factsMax = 16) {
  const history = randomHistory(seed, factsMax);
  const roll = dice(seed ^ 0x7f4a7c15);
  for (let warm = 0; warm < 8; warm += 1) roll(2);
  const held = history.facts.slice(0, 1 + roll(6)).map(({ id, from, project, product }) => ({
    ...{ id: `h${id}`, held: true, meter: 'gpu', units: String(1 + roll(8_000)), from, pricedAt: from },
    ...{ to: iso(Date.parse(from) + 1 + roll(2 * DAY)), project, product },
    ...{ source: 'owned', simulated: false, pricing: 'on-demand', quality: 'standard' },
  }));
  return { ...history, facts: [...history.facts, ...held] };
}

/** A history of one month in which part of the GPUs is committed to: much runs at once, and prices do not change. */
function randomCommitted(seed, factsMax = 24) {
  const roll = dice(seed ^ 0x2545f491);
  for (let warm = 0; warm < 8; warm += 1) roll(2);
  const begin = Date.UTC(2026, roll(12), 2);
  const what = {
    project: 'alpha',
    meter: 'gpu',
    source: 'owned',
    simulated: false,
    product: 'H100',
    quality: 'standard',
  };
  const commitments = Array.from({ length: 1 + roll(3) }, (_, index) => ({
    ...{
      ...what,
      commitmentId: `c${roll(1_000)}-${index}`,
      organizationId: 'acme',
      unitsPerMs: String(1 + roll(6_000)),
    },
    ...{ from: iso(begin + roll(2 * DAY)), to: iso(begin + 2 * DAY + roll(2 * DAY)) },
    terms: {
      ...{ priceBookId: 'contract-a', priceBookVersion: 1, entryId: 'c', model: 'flat', unit: 'milli-gpu-ms' },
      ...{ tiers: randomTiers(roll, 'flat'), markupBps: 0, discountBps: 0 },
    },
  }));
  const facts = Array.from({ length: 1 + roll(factsMax) }, (_, index) => {
    const from = begin + roll(3 * DAY);
    const to = from + 1 + roll(DAY);
    const quantity = BigInt(to - from) * BigInt(roll(4_000)) + BigInt(roll(40));
    return {
      ...{ ...what, id: `f${index}`, from: iso(from), to: iso(to), quantity: quantity.toString() },
      ...(roll(5) === 0 ? { project: 'beta' } : {}),
      ...{ pricing: roll(6) === 0 ? 'spot' : 'on-demand' },
    };
  });
  const books = [randomBook(roll, 'list', [begin - DAY], 'on-demand')];
  return { zone: 'UTC', books, assignments: [], general: ['list'], commitments, facts };
}

/** As they arrive: in any order, some late at the very end, a tenth of them twice. */
function arrivals(seed, facts) {
  const roll = dice(seed ^ 0x5bd1e995);
  const shuffled = [...facts];
  for (let index = shuffled.length - 1; index > 0; index -= 1) {
    const other = roll(index + 1);
    [shuffled[index], shuffled[other]] = [shuffled[other], shuffled[index]];
  }
  const late = shuffled.filter(() => roll(20) === 0);
  const intime = shuffled.filter((fact) => !late.includes(fact));
  const twice = shuffled.filter(() => roll(10) === 0);
  for (const fact of twice) intime.splice(roll(intime.length + 1), 0, fact);
  return [...intime, ...late];
}

module.exports = {
  arrivals,
  bill,
  dice,
  exactPrice,
  frac,
  monthAt,
  nearest,
  randomCommitted,
  randomHeld,
  randomHistory,
};
