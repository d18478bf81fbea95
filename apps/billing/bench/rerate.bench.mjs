/**
 * A period with a million usage facts under another price book, end to end: from the request, through what was charged
 * (read back from the embedded event store, over the wire, validated), to the recorded answer. Facts are charged in the
 * batches in which they are reported, so the charges are fewer than the facts: their number is told. Beside it the bare
 * reading of the same stream. And in memory alone: a million lines that are all apart.
 */
import { createRequire } from 'node:module';
import { randomUUID } from 'node:crypto';

const require = createRequire(import.meta.url);
require('reflect-metadata');
const { Logger } = require('@nestjs/common');
const { fold, SystemClock } = require('@solyx/kernel');
const { RerateRequested } = require('@solyx/contracts/gateway');
const eventing = require('@solyx/eventing');
const testing = require('@solyx/testing');
const billing = require('../dist/index.js');

Logger.overrideLogger(false);
const FACTS = 1_000_000;
const FACTS_PER_EVENT = 160;
const EVENTS_PER_APPEND = 16;
const PERIOD = '2026-01';
const T0 = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;
const ORGANIZATION = 'acme';
const iso = (ms) => new Date(ms).toISOString();
const seconds = (begun) => (performance.now() - begun) / 1_000;
const report = (figure) => console.log(`BENCH ${JSON.stringify(figure)}`);

const metadata = {
  version: 1,
  organizationId: ORGANIZATION,
  actor: { kind: 'service', id: 'billing', roles: [] },
  $correlationId: 'bench',
  $causationId: 'bench',
};
const list = { version: 1, effectiveFrom: iso(0), entries: billing.DEFAULT_PRICES };
const prices = {
  cardAt: billing.rateCards({
    assignments: [],
    books: new Map([['list', [billing.listBookOf(list)]]]),
    general: ['list'],
    quotes: [],
  }),
  feeBpsAt: () => 300,
};

const METERS = [
  ['gpu', 'milli-gpu-ms'],
  ['token-input', 'token'],
  ['token-output', 'token'],
];
/** A batch is what one deployment used, as its meter reports it. */
const factOf = (index) => {
  const batch = Math.floor(index / FACTS_PER_EVENT);
  const [meter, unit] = METERS[index % METERS.length];
  const from = iso(T0 + (index % 700) * HOUR);
  return {
    ...{ usageId: `u${index}`, resource: { kind: 'deployment', id: `dep-${batch % 40}` }, meter, unit },
    ...{ quantity: String(1 + (index % 99_991)), from, to: from, source: 'owned', simulated: false },
    ...{ model: ['H100', 'L4'][index % 2], pricing: 'on-demand', quality: index % 5 === 0 ? 'high' : 'standard' },
    project: `project-${batch % 8}`,
  };
};

/** Charges the facts as they are reported, and stores what the account decides. */
async function charge(log) {
  const { accountDecider } = billing;
  let account = accountDecider.initial;
  let waiting = [];
  let charges = 0;
  let revision = 0;
  const flush = async () => {
    const events = waiting.map((event) => ({
      ...event,
      id: randomUUID(),
      metadata: { ...metadata, version: event.type === 'billing.account.charge-posted' ? 2 : 1 },
    }));
    await log.append(`billing.account-${ORGANIZATION}`, events, 'any');
    waiting = [];
  };
  for (let index = 0; index < FACTS; index += FACTS_PER_EVENT) {
    const count = Math.min(FACTS_PER_EVENT, FACTS - index);
    const facts = Array.from({ length: count }, (_, offset) => factOf(index + offset));
    const recorded = { meterId: 'm', organizationId: ORGANIZATION, day: '20260101', facts, eventId: 'e', at: iso(T0) };
    const stream = 'billing.meter-acme.m.20260101';
    const data = { stream, revision, recorded, eventId: 'e', position: '1', prices };
    const decision = accountDecider.decide({ type: 'RateUsage', data }, account);
    if (!decision.accepted) throw new Error(JSON.stringify(decision));
    account = fold(accountDecider, decision.events, account);
    waiting.push(...decision.events);
    charges += decision.events.filter(({ type }) => type === 'billing.account.charge-posted').length;
    revision += 1;
    if (waiting.length >= EVENTS_PER_APPEND) await flush();
  }
  if (waiting.length > 0) await flush();
  return charges;
}

const context = () => ({
  ...{ commandId: randomUUID(), organizationId: ORGANIZATION, actor: metadata.actor },
  ...{ correlationId: 'bench', causationId: 'bench' },
});

async function publish(streams) {
  const at = iso(T0);
  const priceList = { ...list, priceListId: 'main', currency: 'USD', at };
  delete priceList.version;
  const listed = { type: 'PublishPriceList', data: priceList };
  await streams.transact(billing.priceListDecider, 'main', listed, context());
  const { book } = billing.listBookOf(list);
  const entries = book.entries.map((entry) => ({ ...entry, discountBps: 750 }));
  const priceBook = { ...book, priceBookId: 'next', entries };
  const published = { type: 'PublishPriceBook', data: { priceBook, at } };
  await streams.transact(billing.priceBookDecider, 'next', published, context());
}

async function bareRead(log) {
  const begun = performance.now();
  let events = 0;
  const reading = log.readStream(`billing.account-${ORGANIZATION}`, { direction: 'backwards', raw: true });
  for await (const event of reading) if (event.data) events += 1;
  return { took: seconds(begun), events };
}

async function endToEnd(log) {
  const charges = await charge(log);
  await publish(new eventing.Streams(log));
  const streams = new eventing.Streams(log);
  const cards = new billing.RateCards(streams);
  const handler = new billing.ReratePeriodHandler(streams, cards, new billing.PostedLines(streams), new SystemClock());
  const asked = { requestId: 'req_1', fingerprint: 'f', accountId: ORGANIZATION, period: PERIOD, priceBookId: 'next' };
  const request = { ...RerateRequested({ ...asked, at: iso(T0) }), id: randomUUID(), metadata };
  const begun = performance.now();
  await handler.answer(request, { attempt: 1, redelivered: false });
  const took = seconds(begun);
  let answer;
  for await (const event of log.readStream('billing.rerate-req_1')) answer = event.data;
  if (answer?.charges !== charges) throw new Error(`${charges} charges were posted: ${JSON.stringify(answer)}`);
  if (BigInt(answer.reratedMicroUsd) >= BigInt(answer.postedMicroUsd)) throw new Error('the discount is missing');
  const bare = await bareRead(log);
  report({
    name: `billing: 1,000,000 usage facts (${charges} charges) re-rated, from the request to the recorded answer`,
    value: took,
    unit: 's',
    atMost: 10,
    peer: { name: 'the same stream read from the store, nothing else', value: bare.took },
  });
}

function inMemory() {
  const rerating = new billing.Rerating(prices.cardAt);
  const card = prices.cardAt(iso(T0));
  const lines = Array.from({ length: FACTS }, (_, index) => {
    const { meter, quantity, from, model, source, simulated, pricing, quality, project, unit } = factOf(index);
    const usage = {
      meter,
      quantity: BigInt(quantity),
      project,
      source,
      simulated,
      product: model,
      pricing,
      quality,
      from,
    };
    const { skuId, terms } = billing.rateUsage(usage, card).usage;
    return {
      project,
      skuId,
      lineKey: `${skuId}`,
      terms,
      unit,
      quantity: usage.quantity,
      amount: 1n,
      resourceId: 'r',
      pricedAt: from,
    };
  });
  const begun = performance.now();
  for (const line of lines) rerating.add(line);
  const { rerated } = rerating.result();
  if (rerated.length === 0) throw new Error('nothing was rated');
  report({ name: 'billing: 1,000,000 charge lines re-rated in memory', value: seconds(begun), unit: 's', atMost: 10 });
}

inMemory();
const postgres = await testing.launchPostgres();
const store = await testing.launchEventStore(postgres.url);
const log = new eventing.EventStoreLog(store.url);
try {
  await endToEnd(log);
} finally {
  await log.close();
  await store.stop();
  await postgres.stop();
}
