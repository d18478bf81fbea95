/**
 * A run of payouts: 10,000 owners earned, each is paid once. Every payout is asked for twice at the same time, by two
 * processes' worth of billing over one log, and given to the file rail by both. Decisions are made over the log in memory,
 * so the limit is the disk: each payment is a file of its own, flushed, linked and its folder flushed. Beside it as many
 * bare files, written and flushed the same way.
 */
import { mkdir, mkdtemp, open, link, readdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { reportBench } from '../../../scripts/lib/bench-report.mjs';

const require = createRequire(import.meta.url);
require('reflect-metadata');
const { Streams } = require('@solyx/eventing');
const { deriveId, derivePrefixedId, ManualClock } = require('@solyx/kernel');
const { MemoryEventLog } = require('@solyx/testing');
const { FilePayoutRail, payoutDecider, providerDecider } = require('../dist/index.js');

const OWNERS = Number(process.env.SOLYX_BENCH_OWNERS ?? '10000');
const AT_ONCE = 64;
const BARE_FILES = Math.min(OWNERS, 2_000);
const T0 = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;
const iso = (ms) => new Date(ms).toISOString();
const PAID_AT = iso(T0 + 8 * DAY_MS);
const actor = { kind: 'service', id: 'bench', roles: [] };

const contextOf = (key, organizationId) => {
  const commandId = deriveId(key);
  return { commandId, organizationId, actor, correlationId: commandId, causationId: commandId };
};

/** All of it, so many at a time. */
async function each(count, work) {
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < count; index = next++) await work(index);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function earn(streams, index) {
  const providerId = `owner${index}`;
  const say = (type, data) =>
    streams.transact(providerDecider, providerId, { type, data }, contextOf(`${providerId}/${type}`, providerId));
  const gross = BigInt(30_000_000 + (index % 1_000) * 12_345);
  const at = iso(T0);
  await say('RecordEarning', {
    ...{ providerId, kind: 'gpu', chargeId: `chg${index}`, organizationId: 'acme', simulated: false, parts: [] },
    ...{ grossMicroUsd: gross.toString(), agreedNetMicroUsd: '0', agreedGrossMicroUsd: '0' },
    ...{
      booked: [['revenue:gpu:shared', gross]],
      usedAt: at,
      disputeWindowMs: 7 * DAY_MS,
      eventId: 'e',
      position: '1',
      at,
    },
  });
  await say('VerifyIdentity', { providerId, checkedBy: 'bench', reference: 'r', at });
  const terms = { rail: 'file', accountRef: 'account', thresholdMicroUsd: '25000000', schedule: 'manual' };
  await say('SetPayoutAccount', { providerId, ...terms, at });
}

/** What the service does from the request to the rail, by one of two processes. */
async function pay({ streams, rail, name }, index) {
  const providerId = `owner${index}`;
  const payoutId = derivePrefixedId('po', providerId, 'january');
  const context = (step) => contextOf(`${name}/${payoutId}/${step}`, providerId);
  const wish = { payoutId, providerId, rails: ['file'], at: PAID_AT };
  const allotted = await streams.transact(
    providerDecider,
    providerId,
    { type: 'AllotPayout', data: wish },
    context('allot'),
  );
  if (!allotted.accepted) throw new Error(`${payoutId}: ${allotted.reason}`);
  const { gross, net } = allotted.state.payouts.get(payoutId);
  const fee = (BigInt(gross) - BigInt(net)).toString();
  const amounts = { grossMicroUsd: gross, withdrawalFeeMicroUsd: fee, netMicroUsd: net };
  const created = { payoutId, providerId, rail: 'file', accountRef: 'account', ...amounts, at: PAID_AT };
  await streams.transact(payoutDecider, payoutId, { type: 'CreatePayout', data: created }, context('create'));
  const payment = { payoutId, providerId, accountRef: 'account', netMicroUsd: net, createdAt: PAID_AT };
  const { reference } = await rail.submit(payment);
  const data = { payoutId, reference, at: PAID_AT };
  await streams.transact(payoutDecider, payoutId, { type: 'MarkSubmitted', data }, context('submit'));
}

async function bareFiles(folder) {
  const text = 'x'.repeat(1_400);
  await mkdir(folder, { recursive: true });
  const begun = performance.now();
  await each(BARE_FILES, async (index) => {
    const beside = path.join(folder, `.${index}`);
    const file = await open(beside, 'wx');
    await file.writeFile(text);
    await file.sync();
    await file.close();
    await link(beside, path.join(folder, `${index}.xml`));
    const holder = await open(folder, 'r');
    await holder.sync();
    await holder.close();
    await rm(beside);
  });
  return (BARE_FILES * 1_000) / (performance.now() - begun);
}

const folder = await mkdtemp(path.join(tmpdir(), 'solyx-payout-bench-'));
try {
  const bank = path.join(folder, 'bank');
  await mkdir(bank);
  const iban = 'DE89370400440532013000';
  const accounts = { debtor: { name: 'Solyx', iban }, creditors: { account: { name: 'Owner', iban } } };
  await writeFile(path.join(bank, 'accounts.json'), JSON.stringify(accounts));
  const log = new MemoryEventLog(new ManualClock(T0));
  const processes = ['one', 'two'].map((name) => ({ name, streams: new Streams(log), rail: new FilePayoutRail(bank) }));
  await each(OWNERS, (index) => earn(processes[0].streams, index));

  const begun = performance.now();
  await each(OWNERS, (index) => Promise.all(processes.map((process) => pay(process, index))));
  const perSecond = (OWNERS * 1_000) / (performance.now() - begun);

  const facts = new Map();
  for await (const { type, data } of log.readAll()) {
    const key = `${type} ${data.payoutId ?? ''}`;
    if (data.payoutId !== undefined) facts.set(key, (facts.get(key) ?? 0) + 1);
  }
  const twice = [...facts.values()].filter((count) => count !== 1).length;
  const files = (await readdir(bank)).filter((name) => name.endsWith('.xml')).length;
  const bare = await bareFiles(path.join(folder, 'bare'));
  reportBench('payout', [
    {
      name: `payouts to ${OWNERS} owners, each submitted twice`,
      value: perSecond,
      unit: '/s',
      better: 'higher',
      peer: { name: 'bare files, flushed as durably', value: bare },
    },
    {
      name: 'payouts: paid twice, or not at all',
      value: twice + Math.abs(files - OWNERS),
      unit: 'payouts',
      better: 'lower',
      target: 0,
    },
  ]);
} finally {
  await rm(folder, { recursive: true, force: true });
}
