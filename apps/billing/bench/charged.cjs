/**
 * Charges a history of the oracle with billing's own deciders, as they arrive: meters claim the facts, the account charges
 * them, allocations are read and released, and a period may close before the late ones come. Everything is told twice.
 * `api`: the sources or the built package.
 */
'use strict';

const { dice } = require('./oracle.cjs');
const { cardsOf } = require('./rated.cjs');

const ORGANIZATION = 'acme';
const FAR = '2099-01-01T00:00:00.000Z';
const HOUR = 3_600_000;
const iso = (ms) => new Date(ms).toISOString();

/** One account and its meters, as their streams would leave them. */
class Books {
  constructor(api, history) {
    this.api = api;
    this.account = api.accountDecider.initial;
    this.meters = new Map();
    this.charges = [];
    this.prices = { cardAt: cardsOf(api, history), feeBpsAt: () => 300 };
    const common = { organizationId: ORGANIZATION, at: iso(0) };
    this.decide('OpenAccount', { ...common, currency: 'USD' });
    this.decide('SetProfile', { ...common, timeZone: history.zone });
    for (const assignment of history.assignments) this.decide('AssignPriceBook', { ...common, ...assignment });
    for (const commitment of history.commitments) this.decide('AddCommitment', { ...common, commitment });
  }

  decide(type, data) {
    const { accountDecider } = this.api;
    const decision = accountDecider.decide({ type, data }, this.account);
    if (!decision.accepted) throw new Error(`${type}: ${decision.reason} ${JSON.stringify(decision.details)}`);
    for (const event of decision.events) {
      this.account = accountDecider.evolve(this.account, event);
      if (event.type === 'billing.account.charge-posted') this.charges.push(event.data);
    }
  }

  /** As the handler does: each day's stream claims the facts, then what it recorded is charged in order. */
  report(facts) {
    const days = new Map();
    for (const fact of facts) days.set(fact.from.slice(0, 10), [...(days.get(fact.from.slice(0, 10)) ?? []), fact]);
    for (const [day, ofDay] of days) this.reportDay(day, ofDay);
  }

  reportDay(day, facts) {
    const { meterDecider } = this.api;
    const id = `${ORGANIZATION}.m.${day.replaceAll('-', '')}`;
    const meter = this.meters.get(id) ?? { state: meterDecider.initial, recorded: [] };
    const data = { organizationId: ORGANIZATION, meterId: 'm', eventId: 'e', at: FAR, facts: facts.map(asUsageFact) };
    const decision = meterDecider.decide({ type: 'RecordUsage', data }, meter.state);
    if (!decision.accepted) throw new Error(`RecordUsage: ${decision.reason}`);
    meter.state = decision.events.reduce((state, event) => meterDecider.evolve(state, event), meter.state);
    meter.recorded.push(...decision.events);
    this.meters.set(id, meter);
    for (const [revision, event] of meter.recorded.entries()) {
      const stream = `billing.meter-${id}`;
      const common = { stream, revision, eventId: 'e', position: '1', prices: this.prices };
      this.decide('RateUsage', { ...common, recorded: event.data });
    }
  }

  /** Granted, read now and then (also too far), released: any of it twice. */
  hold(fact, roll) {
    const allocation = asAllocation(fact);
    const [from, to] = [Date.parse(fact.from), Date.parse(fact.to)];
    const opened = { allocation, eventId: 'granted', position: '1', at: fact.from };
    this.decide('OpenUsage', opened);
    const reads = Array.from({ length: roll(3) }, () => from + roll(Math.round((to - from) * 1.5)));
    for (const until of reads) this.read(allocation, iso(until));
    this.decide('OpenUsage', opened);
    this.read(allocation, fact.to, { eventId: 'released', position: '2' });
    this.read(allocation, fact.to, { eventId: 'released', position: '2' });
  }

  read({ allocationId }, until, release) {
    for (let round = 0; round < 1_000; round += 1) {
      const before = this.account;
      const common = { allocationId, until, sliceMs: HOUR, prices: this.prices };
      this.decide('MeterUsage', { ...common, ...(release ? { release } : {}) });
      if (this.account === before) return;
    }
  }
}

const UNITS = {
  ...{ gpu: 'milli-gpu-ms', cpu: 'milli-core-ms', storage: 'mib-ms', egress: 'byte' },
  ...{ 'token-input': 'token', 'token-output': 'token', impression: 'impression' },
};

const asUsageFact = ({ id, meter, quantity, from, to, source, simulated, product, pricing, quality, project }) => ({
  ...{ usageId: id, resource: { kind: 'deployment', id: 'dep' }, meter, quantity, unit: UNITS[meter], from, to },
  ...{ source, simulated, model: product, pricing, quality, project },
});

const asAllocation = ({ id, project, from, source, product, units }) => ({
  ...{ allocationId: `alc_${id}`, workloadId: `job_${id}`, attempt: 1, organizationId: ORGANIZATION, project },
  ...{ transfers: [], priceMicroUsdPerHour: '0', grantedAt: from },
  shares: [
    {
      ...{ nodeId: 'n1', rank: 0, site: 'home', source, provider: source, simulated: false, executor: 'agent' },
      ...{
        gpuModel: product,
        gpuIndexes: [0],
        gpuMilli: Number(units),
        cpuMilli: 0,
        memoryMiB: 0,
        priceMicroUsdPerHour: '0',
      },
    },
  ],
});

/** The line of the oracle that a charge's line belongs to; undefined for what only the close of a period tells. */
function keyOf(charge, line) {
  const month = charge.correctsPeriod ?? charge.period;
  if (line.skuId.endsWith('/unused')) return undefined;
  if (line.skuId.startsWith('commitment/')) return `${month}|${line.skuId.replace('/', '|')}`;
  const { priceBookId, priceBookVersion, entryId } = line.terms;
  return `${month}|${charge.project}|${line.skuId}|${priceBookId}/${priceBookVersion}/${entryId}`;
}

/** What was charged, line by line of the oracle. */
function linesOf(charges) {
  const lines = new Map();
  let posted = 0n;
  for (const charge of charges) {
    for (const line of charge.lines) {
      const key = keyOf(charge, line);
      if (key === undefined) continue;
      const { quantity, amount } = lines.get(key) ?? { quantity: 0n, amount: 0n };
      const own = BigInt(line.amountMicroUsd);
      lines.set(key, { quantity: quantity + BigInt(line.quantity), amount: amount + own });
      posted += own;
    }
  }
  return { lines: new Map([...lines].filter(([, { quantity }]) => quantity !== 0n)), posted };
}

/** Every charge's postings sum to nothing, and its lines to its total. */
function isBalanced({ lines, postings, totalMicroUsd }) {
  const sum = (all) => all.reduce((total, { amountMicroUsd }) => total + BigInt(amountMicroUsd), 0n);
  return sum(postings) === 0n && sum(lines) === BigInt(totalMicroUsd);
}

/** The account after all has arrived, in batches; the first month may close before the last tenth of it. */
function chargeArrivals(api, history, arriving, seed) {
  const roll = dice(seed ^ 0x1b873593);
  const books = new Books(api, history);
  const late = Math.floor(arriving.length * 0.9);
  const closing = roll(2) === 0 && history.closes !== undefined;
  for (let index = 0; index < arriving.length;) {
    if (closing && index >= late && books.account.closedThrough === '') {
      books.decide('ClosePeriod', {
        organizationId: ORGANIZATION,
        period: history.closes,
        prices: books.prices,
        at: FAR,
      });
    }
    const batch = batchAt(arriving, index, 1 + roll(6));
    const [first] = batch;
    if (first.held) books.hold(first, roll);
    else books.report(batch);
    if (!first.held && roll(8) === 0) books.report(batch);
    index += batch.length;
  }
  const wrong = books.charges.find((charge) => !isBalanced(charge));
  if (wrong) throw new Error(`${wrong.chargeId} is not balanced`);
  return linesOf(books.charges);
}

/** Facts that arrive together; an allocation comes alone. */
function batchAt(arriving, index, size) {
  if (arriving[index].held) return [arriving[index]];
  const batch = arriving.slice(index, index + size);
  const held = batch.findIndex((fact) => fact.held);
  return held < 0 ? batch : batch.slice(0, held);
}

module.exports = { chargeArrivals };
