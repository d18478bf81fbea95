/**
 * What proving costs. Events are those of an account with many jobs, as the deciders record them, hashed as the tree has
 * them. Beside verification: the bare hash of the same bytes. Beside the tree: bare rows of the same size. Beside a
 * line's proof: one question to the same database.
 */
import { hash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { median, percentile, reportBench } from '../../../scripts/lib/bench-report.mjs';
import { verifyInvoice } from '../../../tools/verify-invoice.mjs';

const require = createRequire(import.meta.url);
require('reflect-metadata');
const { Database } = require('@solyx/eventing');
const kernel = require('@solyx/kernel');
const {
  accountDecider,
  DEFAULT_PRICES,
  invoiceDecider,
  leafTextOf,
  listBookOf,
  rateCards,
} = require('../dist/index.js');
const { FileHeadSigner, LogTree, MemoryMerkleStore, SeededHeadSigner, signedTextOf } = require('../dist/index.js');
const { PostgresMerkleStore } = require('../dist/adapters/proof/postgres-merkle.store.js');
const { growTiles } = require('../dist/domain/proof/tiles.js');
const { invoiceProof, lineKeysOf } = require('../dist/domain/proof/invoice-proof.js');
const { LineSheet } = require('../dist/domain/invoicing/invoice-lines.js');
const { keyIdOf } = require('../dist/application/proof/key-id.js');
const { startPostgres } = require('../../../scripts/lib/postgres.cjs');

const JOBS = Number(process.env.BENCH_JOBS ?? 64);
const HOURS = Number(process.env.BENCH_HOURS ?? 160);
const LEAVES = Number(process.env.BENCH_LEAVES ?? 1_000_000);
const BATCH = 4_096;
const ROUNDS = 3;
const PROOFS = 200;
const ORGANIZATION = 'acme';
const T0 = Date.UTC(2026, 0, 2);
const HOUR = 3_600_000;
const iso = (ms) => new Date(ms).toISOString();

/** A log in memory: what a decider records gets a place. */
class Recorder {
  events = [];
  position = 0n;

  record(decider, stream, state, { type, data }) {
    const decision = decider.decide({ type, data }, state.now);
    if (!decision.accepted) throw new Error(`${type}: ${decision.reason} ${JSON.stringify(decision.details)}`);
    for (const event of decision.events) {
      state.now = decider.evolve(state.now, event);
      this.position += BigInt(JSON.stringify(event.data).length);
      this.events.push({
        ...{ id: kernel.deriveId(stream, this.events.length), type: event.type, data: event.data, stream },
        ...{ revision: BigInt((state.revision += 1)), position: this.position, recordedAt: iso(T0) },
        metadata: {
          ...{ version: event.type.endsWith('charge-posted') ? 2 : 1, organizationId: ORGANIZATION },
          ...{ actor: { kind: 'service', id: 'billing', roles: [] }, $correlationId: 'bench', $causationId: 'bench' },
        },
      });
    }
    return decision.events;
  }
}

const share = {
  nodeId: 'n1',
  rank: 0,
  site: 'home',
  source: 'owned',
  provider: 'owned',
  simulated: false,
  executor: 'agent',
};
const capacity = { gpuModel: 'H100', gpuIndexes: [0], gpuMilli: 1_000, cpuMilli: 8_000, memoryMiB: 65_536 };

/** A month of jobs, hour by hour, closed and invoiced. */
function month() {
  const log = new Recorder();
  const stream = `billing.account-${ORGANIZATION}`;
  const account = { now: accountDecider.initial, revision: -1 };
  const list = listBookOf({ version: 1, effectiveFrom: iso(0), entries: DEFAULT_PRICES });
  const cards = rateCards({ assignments: [], books: new Map([['list', [list]]]), general: ['list'], quotes: [] });
  const prices = { cardAt: cards, feeBpsAt: () => 0 };
  const ask = (type, data) => log.record(accountDecider, stream, account, { type, data });
  for (let job = 0; job < JOBS; job += 1) {
    const allocation = {
      ...{ allocationId: `alc_${job}`, workloadId: `job_${job}`, attempt: 1, organizationId: ORGANIZATION },
      ...{
        project: `project-${job % 8}`,
        transfers: [],
        priceMicroUsdPerHour: '2300000',
        grantedAt: iso(T0 + job * 1_000),
      },
      shares: [{ ...share, ...capacity, priceMicroUsdPerHour: '2300000' }],
    };
    ask('OpenUsage', { allocation, eventId: `event-${job}`, position: String(job), at: iso(T0) });
  }
  for (let hour = 1; hour <= HOURS; hour += 1) {
    for (let job = 0; job < JOBS; job += 1) {
      const release = hour === HOURS ? { release: { eventId: `end-${job}`, position: String(job) } } : {};
      const until = iso(T0 + hour * HOUR + (hour === HOURS ? job : 0));
      ask('MeterUsage', { allocationId: `alc_${job}`, until, sliceMs: HOUR, prices, ...release });
    }
  }
  const [closed] = ask('ClosePeriod', {
    organizationId: ORGANIZATION,
    period: '2026-01',
    prices,
    at: iso(T0 + 60 * 24 * HOUR),
  });
  const close = log.events[log.events.length - 1];
  const sheet = new LineSheet(false);
  for (const { type, data } of log.events) if (type.endsWith('charge-posted')) sheet.add(data);
  const invoiceId = `${ORGANIZATION}.2026-01`;
  const invoice = { now: invoiceDecider.initial, revision: -1 };
  const put = (type, data) => log.record(invoiceDecider, `billing.invoice-${invoiceId}`, invoice, { type, data });
  const party = { name: 'Acme', address: [] };
  put('DraftInvoice', {
    ...{
      invoiceId,
      organizationId: ORGANIZATION,
      period: '2026-01',
      zone: 'UTC',
      from: closed.data.from,
      to: closed.data.to,
    },
    ...{
      legalEntityId: 'main',
      simulated: false,
      currency: 'USD',
      billTo: party,
      costCentre: '',
      sourceStream: stream,
    },
    ...{
      sourceRevision: String(close.revision),
      closedBy: close.id,
      chargeCount: sheet.chargeCount,
      lines: sheet.lines(),
    },
    at: iso(T0),
  });
  put('FinaliseInvoice', {
    ...{ number: 'INV-1', sequence: 1, issuer: party, taxes: [], taxStatement: 'none', credits: [] },
    ...{ issuedAt: iso(T0), dueAt: iso(T0), at: iso(T0) },
  });
  return log.events;
}

/** The proof of that month, from a tree that holds nothing else. */
async function proofOf(events, texts) {
  const store = new MemoryMerkleStore();
  const leaves = texts.map((text) => kernel.leafHash(text));
  const before = kernel.EMPTY_FRONTIER;
  const { frontier, tiles } = growTiles(before, leaves);
  const positions = events.map(({ position }) => position);
  await store.append({ frontier, position: positions.at(-1), before, tiles, positions });
  const signer = new SeededHeadSigner('bench');
  const body = {
    logId: 'main',
    size: frontier.size,
    rootHash: kernel.rootOf(frontier),
    position: String(positions.at(-1)),
    at: iso(T0),
  };
  const publicKey = signer.publicKey();
  const head = {
    ...body,
    keyId: keyIdOf(publicKey),
    publicKey,
    signature: signer.sign(signedTextOf(body)),
    consistency: [],
  };
  const kept = texts.map((event, index) => ({ index, hash: leaves[index], event }));
  const own = kept.filter((_, index) => events[index].type !== 'billing.account.opened');
  const ranges = kernel.rangesBeside(
    own.map(({ index }) => index),
    head.size,
  );
  const dataOf = (type) => events.filter((event) => event.type === type).map(({ data }) => data);
  const charges = events.flatMap(({ type, data, position }, index) =>
    type === 'billing.account.charge-posted'
      ? [{ lineKeys: lineKeysOf(data, false), position, hash: leaves[index] }]
      : [],
  );
  return kernel.canonicalJson(
    invoiceProof({
      ...{ drafted: dataOf('billing.invoice.drafted')[0], finalised: dataOf('billing.invoice.finalised')[0] },
      lines: dataOf('billing.invoice.lines-listed').flatMap(({ lines }) => lines),
      ...{ charges, events: own, head, ranges, hashes: await new LogTree(undefined, store).hashesOf(ranges) },
    }),
  );
}

/** Seconds of a core, so that what others do on the machine meanwhile does not count. The best of some rounds. */
const best = (work) => Math.min(...Array.from({ length: ROUNDS }, () => spent(work)));

function spent(work) {
  const begun = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1e6;
}

function verification(texts) {
  const expected = rootOfTexts(texts);
  const bytes = texts.map((text) => Buffer.from(text));
  const verified = best(() => {
    if (rootOfTexts(texts) !== expected) throw new Error('the tree is not what was signed');
  });
  const bare = best(() => {
    for (const one of bytes) hash('sha256', one, 'hex');
  });
  return {
    name: 'proof: events verified against a signed head',
    ...{ value: texts.length / verified, unit: '/s per core', better: 'higher', target: 100_000 },
    peer: { name: 'bare SHA-256 of the same bytes', value: texts.length / bare },
  };
}

function rootOfTexts(texts) {
  let frontier = kernel.EMPTY_FRONTIER;
  for (const text of texts) frontier = kernel.appendLeaf(frontier, kernel.leafHash(text));
  return kernel.rootOf(frontier);
}

function wholeInvoice(text, count) {
  const seconds = best(() => {
    const { proved, faults } = verifyInvoice(text);
    if (!proved) throw new Error(JSON.stringify(faults.slice(0, 3)));
  });
  const parsed = best(() => {
    for (const { event } of JSON.parse(text).events) JSON.parse(event);
  });
  const peer = (value) => ({ name: 'JSON.parse of the same file and events', value });
  return [
    {
      ...{
        name: 'proof: events of a whole invoice verified by the file for strangers',
        value: count / seconds,
        unit: '/s per core',
      },
      ...{ better: 'higher', peer: peer(count / parsed) },
    },
    {
      name: `proof: a whole invoice of ${count} events verified`,
      value: seconds * 1_000,
      unit: 'ms',
      better: 'lower',
      peer: peer(parsed * 1_000),
    },
  ];
}

/** Appends a million leaves as the process does, and then proves single lines out of them. */
async function inPostgres(database, texts) {
  const store = new PostgresMerkleStore(database, 'bench');
  await database.query('CREATE TABLE IF NOT EXISTS bare (place bigint PRIMARY KEY, hash bytea, position bigint)');
  let state = await store.state();
  const textAt = (place) => texts[(place % BATCH) % texts.length];
  const leaves = Array.from({ length: BATCH }, (_, place) => kernel.leafHash(textAt(place)));
  const begun = performance.now();
  for (let at = 0; at < LEAVES; at += BATCH) {
    // Hashing the text is part of it; the same texts again cost the same.
    for (let place = 0; place < leaves.length; place += 1) leaves[place] = kernel.leafHash(textAt(place));
    const positions = leaves.map((_, index) => BigInt((at + index) * 100));
    const before = state.frontier;
    const { frontier, tiles } = growTiles(before, leaves);
    state = { frontier, position: positions.at(-1) };
    await store.append({ ...state, before, tiles, positions });
  }
  const appendSeconds = (performance.now() - begun) / 1_000;
  const bareBegun = performance.now();
  for (let at = 0; at < LEAVES; at += BATCH) {
    await database.query('INSERT INTO bare SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bigint[])', [
      ...[leaves.map((_, index) => at + index), leaves.map((leaf) => Buffer.from(leaf, 'hex'))],
      leaves.map((_, index) => (at + index) * 100),
    ]);
  }
  const bareSeconds = (performance.now() - bareBegun) / 1_000;
  const tree = new LogTree(undefined, store);
  const root = kernel.rootOf(state.frontier);
  const { size } = state.frontier;
  const [proofs, questions] = [[], []];
  for (let round = 0; round < PROOFS; round += 1) {
    const index = Math.floor((round * 7919 * size) / PROOFS) % size;
    let started = performance.now();
    const [leaf] = await tree.leavesAt([BigInt(index * 100)]);
    const proof = await tree.hashesOf(kernel.inclusionPath(leaf, size));
    const content = { hash: kernel.leafHash(textAt(index)), index: leaf };
    if (!kernel.verifyInclusion(content, proof, { size, root })) throw new Error(`leaf ${leaf} is not proved`);
    proofs.push(performance.now() - started);
    started = performance.now();
    await database.query('SELECT 1');
    questions.push(performance.now() - started);
  }
  return [
    {
      ...{ name: 'proof: events hashed and added to the tree in PostgreSQL', value: size / appendSeconds, unit: '/s' },
      ...{ better: 'higher', peer: { name: 'bare rows of hash and position', value: size / bareSeconds } },
    },
    {
      name: `proof: one line proved and checked in a tree of ${size} events, p95`,
      ...{ value: percentile(proofs, 0.95), unit: 'ms', better: 'lower', target: 50 },
      peer: { name: 'one question to the same database', value: median(questions) },
    },
  ];
}

const folder = mkdtempSync(path.join(os.tmpdir(), 'solyx-proof-bench-'));
const postgres = await startPostgres({ dataDir: path.join(folder, 'postgres') });
const database = new Database({ postgresUrl: postgres.url, instance: 'bench' });
try {
  if (new FileHeadSigner(path.join(folder, 'key.pem')).publicKey() === undefined) throw new Error('no key was made');
  const events = month();
  const texts = events.map(leafTextOf);
  const proof = await proofOf(events, texts);
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  console.log(
    `${events.length} events of ${Math.round(bytes / events.length)} bytes, proof of ${(proof.length / 2 ** 20).toFixed(1)} MiB`,
  );
  reportBench('proof', [
    verification(texts),
    ...wholeInvoice(proof, events.length),
    ...(await inPostgres(database, texts)),
  ]);
} finally {
  await database.close();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}
