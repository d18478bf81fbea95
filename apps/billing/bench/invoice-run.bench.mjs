/**
 * The run of a month: an invoice for each of 10,000 accounts, drafted from its charges, numbered without a gap, and
 * issued, through the embedded store over a durable PostgreSQL, each in a process of its own. The process that issues is
 * killed (SIGKILL) midway and started again. Beside it how many numbers a second one stream takes with nothing else to
 * do: the numbers of a legal entity come one after another.
 */
import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
require('reflect-metadata');
const { Logger } = require('@nestjs/common');
const eventing = require('@solyx/eventing');
const testing = require('@solyx/testing');
const { NumberAssigned } = require('@solyx/contracts/billing');
const { monthOf } = require('./months.cjs');

Logger.overrideLogger(false);
const INVOICES = Number(process.env.SOLYX_BENCH_INVOICES ?? '10000');
const CHARGES = 6;
const LINES = 2;
const SEEDED_AT_ONCE = 32;
const MINUTES_MAX = 10;
const BARE_NUMBERS = 300;

const WORKER = path.join(path.dirname(fileURLToPath(import.meta.url)), 'invoice-run.worker.cjs');
const report = (figure) => console.log(`BENCH ${JSON.stringify(figure)}`);

const stored = (event, organizationId) => ({
  ...event,
  id: randomUUID(),
  metadata: {
    ...{ version: event.type === 'billing.account.charge-posted' ? 2 : 1, organizationId },
    ...{ actor: { kind: 'service', id: 'billing', roles: [] }, $correlationId: 'bench', $causationId: 'bench' },
  },
});

async function seed(log) {
  const running = new Set();
  for (let index = 0; index < INVOICES; index += 1) {
    const organizationId = `org${index}`;
    const events = monthOf(organizationId, CHARGES, LINES).map((event) => stored(event, organizationId));
    const work = log
      .append(`billing.account-${organizationId}`, events, 'no_stream')
      .finally(() => running.delete(work));
    running.add(work);
    if (running.size >= SEEDED_AT_ONCE) await Promise.race(running);
  }
  await Promise.all(running);
}

async function bareNumbers(log) {
  const begun = performance.now();
  for (let sequence = 1; sequence <= BARE_NUMBERS; sequence += 1) {
    const numbered = NumberAssigned({
      ...{ legalEntityId: 'bare', organizationId: 'org', document: 'invoice', documentId: `d${sequence}` },
      ...{ number: `BARE-${sequence}`, sequence, at: '2026-02-04T00:00:00.000Z' },
    });
    await log.append(
      'billing.bare-numbers',
      [stored(numbered, 'org')],
      sequence === 1 ? 'no_stream' : BigInt(sequence - 2),
    );
  }
  return (BARE_NUMBERS * 1_000) / (performance.now() - begun);
}

/**
 * Runs the worker on what was not handled yet: until it has handled so many, then it is killed; or to its end. Answers
 * whether it came to its end.
 */
function issue(url, handled, until) {
  const child = fork(WORKER, { env: { ...process.env, STORE_URL: url } });
  child.send([...handled]);
  return new Promise((resolve, reject) => {
    let finished = false;
    child.on('message', (message) => {
      finished ||= message.finished === true;
      if (message.handled !== undefined) handled.add(message.handled);
      if (until !== undefined && handled.size >= until) child.kill('SIGKILL');
    });
    child.on('exit', (code, signal) => {
      if (finished || (signal === 'SIGKILL' && until !== undefined)) resolve(finished);
      else reject(new Error(`the worker ended with ${code ?? signal}`));
    });
  });
}

/** What is in the log in the end: each invoice once, numbers from 1 without a gap, each on one invoice. */
async function counted(log) {
  const invoices = new Map();
  const numbers = [];
  let duplicates = 0;
  for await (const { type, data } of log.readAll({ prefixes: ['billing.invoice-', 'billing.legalEntity-'] })) {
    if (type === 'billing.legalEntity.number-assigned') numbers.push(data.sequence);
    if (type !== 'billing.invoice.finalised') continue;
    if (invoices.has(data.invoiceId)) duplicates += 1;
    invoices.set(data.invoiceId, data.sequence);
  }
  const sequences = new Set(invoices.values());
  duplicates += invoices.size - sequences.size;
  const gaps = Array.from({ length: invoices.size }, (_, index) => index + 1).filter((n) => !sequences.has(n)).length;
  return { invoices: invoices.size, duplicates, gaps: gaps + Math.abs(numbers.length - invoices.size) };
}

const postgres = await testing.launchPostgres({ durable: true });
const store = await testing.launchEventStore(postgres.url);
const log = new eventing.EventStoreLog(store.url);
try {
  const bare = await bareNumbers(log);
  await seed(log);
  const begun = performance.now();
  const handled = new Set();
  const finished = await issue(store.url, handled, Math.floor(INVOICES * 0.4));
  if (finished) throw new Error('the first process ended before it was killed');
  await issue(store.url, handled, undefined);
  const seconds = (performance.now() - begun) / 1_000;
  const { invoices, duplicates, gaps } = await counted(log);
  if (invoices !== INVOICES) throw new Error(`${invoices} of ${INVOICES} invoices were issued`);
  report({
    name: `${INVOICES} invoices issued, killed midway`,
    value: seconds,
    unit: 's',
    atMost: (MINUTES_MAX * 60 * INVOICES) / 10_000,
    peer: { name: 'as many bare appends to one stream, one after another', value: INVOICES / bare },
  });
  report({ name: 'invoices issued, with the kill', value: invoices / seconds, unit: '1/s' });
  report({ name: 'invoices or numbers given twice', value: duplicates, unit: '', atMost: 0 });
  report({ name: 'gaps in the numbers', value: gaps, unit: '', atMost: 0 });
} finally {
  await log.close();
  await store.stop();
  await postgres.stop();
}
