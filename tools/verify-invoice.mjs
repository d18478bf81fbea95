#!/usr/bin/env node
/**
 * Checks the proof of an invoice of Solyx without Solyx: needs this file, Node.js 20.12 or newer, and nothing else.
 *
 *   node verify-invoice.mjs FILE [--key HEX] [--json]
 *
 * Exit code 0: proved. 1: not proved, with each fault named. 2: the file could not be read, or the call was wrong.
 * The rules are those of docs/proof.md; this file shares no code with the platform that made the invoice.
 */
import { createHash, createPublicKey, hash as digest, verify as verifySignature } from 'node:crypto';
import { readFileSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FORMAT = 'solyx-invoice-proof/1';
const FAULTS_MAX = 100;
const HASH = /^[0-9a-f]{64}$/;
const CHARGE = 'billing.account.charge-posted';
const OPENED = 'billing.account.usage-opened';
const CLOSED = 'billing.account.period-closed';
const METERED = 'billing.meter.usage-recorded';
const LISTED = 'billing.invoice.lines-listed';
const DRAFTED = 'billing.invoice.drafted';
const FINALISED = 'billing.invoice.finalised';
const BASE32 = '0123456789abcdefghjkmnpqrstvwxyz';
const SPKI_ED25519 = '302a300506032b6570032100';

/** Faults found so far; bounded, so that a file of faults is told and not printed. */
class Faults {
  list = [];
  count = 0;

  add(at, message) {
    this.count += 1;
    if (this.list.length < FAULTS_MAX) this.list.push({ at, message });
  }

  /** Names the field in which two values differ; both as text. */
  same(at, found, expected) {
    if (found !== expected) this.add(at, `says ${show(found)}, but the events give ${show(expected)}`);
  }

  require(condition, at, message) {
    if (!condition) this.add(at, message);
    return Boolean(condition);
  }
}

const show = (value) => (value === undefined ? 'nothing' : JSON.stringify(value)).slice(0, 120);
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** RFC 8785 for what is in JSON that was parsed: sorted members, no spaces. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort((a, b) => (a < b ? -1 : 1));
  return `{${members.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(',')}}`;
}

/** Whether two values that were parsed would be the same canonical JSON. */
function equal(a, b) {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const keys = Object.keys(a);
  if (Array.isArray(a) !== Array.isArray(b) || keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key]));
}

const sha3 = (value) => createHash('sha3-256').update(canonical(value)).digest('hex');

/** RFC 9162: a leaf is hashed behind a byte 0, … */
function leafHash(text) {
  const bytes = Buffer.allocUnsafe(Buffer.byteLength(text) + 1);
  bytes[0] = 0;
  bytes.write(text, 1);
  return digest('sha256', bytes, 'hex');
}

/** … two nodes behind a byte 1. */
function nodeHash(left, right) {
  const bytes = Buffer.allocUnsafe(65);
  bytes[0] = 1;
  bytes.write(left, 1, 'hex');
  bytes.write(right, 33, 'hex');
  return digest('sha256', bytes, 'hex');
}

/** Rounds a fraction to the nearest integer; ties go to the even one. The denominator is above 0. */
function halfEven(numerator, denominator) {
  let floor = numerator / denominator;
  let rest = numerator % denominator;
  if (rest < 0n) {
    floor -= 1n;
    rest += denominator;
  }
  if (rest * 2n > denominator || (rest * 2n === denominator && floor % 2n !== 0n)) floor += 1n;
  return floor;
}

/** Micro-USD of a whole quantity: free units, tiers, markup for quality, discount; one exact fraction, rounded once. */
export function amountOf(terms, quantity) {
  const billable = quantity - BigInt(terms.freeQuantity ?? '0');
  if (billable <= 0n) return 0n;
  let [numerator, denominator] = [0n, 1n];
  let from = 0n;
  let reached = false;
  for (const tier of terms.tiers) {
    const upTo = tier.upTo === undefined ? undefined : BigInt(tier.upTo);
    const last = upTo === undefined || billable <= upTo;
    const inTier = terms.model === 'graduated' ? (last ? billable : upTo) - from : last ? billable : 0n;
    const [n, d] = [BigInt(tier.rateNumerator), BigInt(tier.rateDenominator)];
    [numerator, denominator] = [numerator * d + inTier * n * denominator, denominator * d];
    if (upTo !== undefined) from = upTo;
    if (last) {
      reached = true;
      break;
    }
  }
  if (!reached) return 0n;
  const factor = (10_000n + BigInt(terms.markupBps)) * (10_000n - BigInt(terms.discountBps));
  return halfEven(numerator * factor, denominator * 100_000_000n);
}

/** What a line without a key of its own has in common with others (version 1 of charges). */
function simpleKey(charge, line) {
  const { kind, source, simulated, gpuModel, unit, rateNumerator, rateDenominator } = line;
  const rate = [unit, rateNumerator, rateDenominator];
  return derivedKey([charge.period, charge.project, kind, source, String(simulated), gpuModel, ...rate]);
}

function derivedKey(parts) {
  const bytes = createHash('sha256')
    .update(['line', ...parts].join('\u0000'))
    .digest();
  return `line_${[...bytes.subarray(0, 16)].map((byte) => BASE32[byte & 31]).join('')}`;
}

/** Under which key a line goes on counting. A correction under other terms takes over from the line that it corrects. */
function countingKey(charge, line) {
  const { lineKey, correctsLineKey, skuId, terms } = line;
  if (correctsLineKey === undefined || skuId === undefined) return correctsLineKey ?? lineKey;
  const usedIn = charge.correctsPeriod ?? charge.period;
  return derivedKey([charge.organizationId, usedIn, charge.project, skuId, sha3(terms)]);
}

const sum = (amounts) => amounts.reduce((total, amount) => total + BigInt(amount), 0n);

/** Exactly these members, each of its kind: what is not looked at cannot be left unproved. */
function hasShape(value, shape, at, faults) {
  if (!faults.require(isObject(value), at, 'is missing')) return false;
  const before = faults.count;
  for (const key of Object.keys(value)) {
    if (!Object.hasOwn(shape, key)) faults.add(`${at}.${key}`, 'does not belong here');
  }
  for (const [key, isRight] of Object.entries(shape)) {
    if (!isRight(value[key])) faults.add(`${at}.${key}`, `is ${show(value[key])}, which is not of the right form`);
  }
  return faults.count === before;
}

const isText = (value) => typeof value === 'string';
const isHash = (value) => isText(value) && HASH.test(value);
const isIndex = (value) => Number.isSafeInteger(value) && value >= 0;
const isPosition = (value) => isText(value) && /^\d{1,20}$/.test(value);

const BUNDLE = {
  format: (value) => value === FORMAT,
  invoice: isObject,
  evidence: Array.isArray,
  events: Array.isArray,
  nodes: isObject,
  head: isObject,
};
const HEAD = {
  logId: isText,
  size: (value) => isIndex(value) && value > 0,
  rootHash: isHash,
  position: isPosition,
  keyId: (value) => isText(value) && /^[0-9a-f]{16}$/.test(value),
  publicKey: isHash,
  signature: (value) => isText(value) && /^[0-9a-f]{128}$/.test(value),
  at: isText,
};
const EVENT = { index: isIndex, hash: isHash, event: isText };
const INVOICE = { drafted: isObject, lines: Array.isArray, finalised: isObject };
const EVIDENCE = { lineKey: isText, charges: Array.isArray };
const REFERENCE = { position: isPosition, hash: isHash };

/** Reads the events: each must hash to what the bundle says of it. */
function readEvents(bundle, faults) {
  const events = [];
  let [index, position] = [-1, -1n];
  for (const [at, entry] of bundle.events.entries()) {
    const where = `events[${at}]`;
    if (!hasShape(entry, EVENT, where, faults)) continue;
    let parsed;
    try {
      parsed = JSON.parse(entry.event);
    } catch {
      parsed = undefined;
    }
    const name =
      parsed?.stream === undefined ? where : `${where} (${parsed.type} at ${parsed.stream}@${parsed.revision})`;
    faults.require(
      leafHash(entry.event) === entry.hash,
      `${name}.hash`,
      'is not the hash of the event: one of the two was changed',
    );
    faults.require(entry.index > index, `${name}.index`, 'does not come after the one before');
    index = entry.index;
    if (!faults.require(isObject(parsed?.data) && isObject(parsed.metadata), name, 'cannot be read')) continue;
    faults.require(isPosition(parsed.position) && BigInt(parsed.position) > position, `${name}.position`, 'goes back');
    position = isPosition(parsed.position) ? BigInt(parsed.position) : position;
    events.push({ ...parsed, name, hash: entry.hash, index: entry.index, used: false });
  }
  return events;
}

/** The root that the events and the nodes beside them give; every node must be needed, none may be missing. */
function rootFrom(bundle, faults) {
  const leaves = new Map(bundle.events.map((entry) => [entry?.index, entry?.hash]));
  const indexes = [...leaves.keys()];
  const used = new Set();
  const root = (from, to, first, last) => {
    if (first === last) {
      const key = `${from}-${to}`;
      used.add(key);
      const node = bundle.nodes[key];
      if (isHash(node)) return node;
      faults.add(`nodes.${key}`, 'is missing, or not a hash');
      return '0'.repeat(64);
    }
    if (to - from === 1) return leaves.get(from) ?? '0'.repeat(64);
    let half = 1;
    while (half * 2 < to - from) half *= 2;
    let split = first;
    while (split < last && indexes[split] < from + half) split += 1;
    return nodeHash(root(from, from + half, first, split), root(from + half, to, split, last));
  };
  const found = root(0, bundle.head.size, 0, indexes.length);
  for (const key of Object.keys(bundle.nodes)) faults.require(used.has(key), `nodes.${key}`, 'is not needed');
  return found;
}

function checkHead(bundle, key, faults) {
  const { head, events } = bundle;
  const last = events[events.length - 1]?.index ?? -1;
  if (faults.require(last < head.size, 'head.size', 'is smaller than the place of the last event')) {
    const root = rootFrom(bundle, faults);
    faults.require(
      root === head.rootHash,
      'head.rootHash',
      'is not what the events and nodes give: an index, a hash of an event, a node, or the size was changed',
    );
  }
  const text =
    `solyx/${head.logId}\n${head.size}\n${Buffer.from(head.rootHash, 'hex').toString('base64')}\n` +
    `position ${head.position}\nsigned ${head.at}\n`;
  const raw = Buffer.from(head.publicKey, 'hex');
  faults.same('head.keyId', head.keyId, digest('sha256', raw, 'hex').slice(0, 16));
  if (key !== undefined)
    faults.require(key === head.publicKey, 'head.publicKey', `is not the key that was given, ${key}`);
  let valid = false;
  try {
    const spki = Buffer.concat([Buffer.from(SPKI_ED25519, 'hex'), raw]);
    const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' });
    valid = verifySignature(null, Buffer.from(text), publicKey, Buffer.from(head.signature, 'hex'));
  } catch {
    valid = false;
  }
  faults.require(valid, 'head.signature', 'is not that of this head by this key: a field of the head was changed');
}

/** Takes the events of a type out of the bundle. Only what belongs to the invoice may be in it. */
function take(events, type, stream) {
  const found = events.filter((event) => event.type === type && (stream === undefined || event.stream === stream));
  for (const event of found) event.used = true;
  return found.sort((a, b) => Number(a.revision) - Number(b.revision));
}

/** Every member of what the bundle shows must be what the event says. */
function sameObject(at, shown, recorded, faults) {
  for (const key of new Set([...Object.keys(shown), ...Object.keys(recorded)])) {
    if (equal(shown[key], recorded[key])) continue;
    const [found, expected] = [shown[key], recorded[key]].map((value) => value && canonical(value));
    faults.add(`${at}.${key}`, `is ${show(found)}, but the event says ${show(expected)}`);
  }
}

/** What the invoice's own events say, compared with what the bundle shows. */
function checkDocument(invoice, events, faults) {
  const stream = `billing.invoice-${invoice.drafted.invoiceId}`;
  const [drafted, ...redrafted] = take(events, DRAFTED, stream);
  const [finalised, ...again] = take(events, FINALISED, stream);
  const parts = take(events, LISTED, stream);
  if (!faults.require(drafted && finalised, 'invoice', `has no events ${DRAFTED} and ${FINALISED} in ${stream}`))
    return false;
  faults.require(redrafted.length + again.length === 0, 'invoice', 'was drafted or finalised more than once');
  sameObject('invoice.drafted', invoice.drafted, drafted.data, faults);
  sameObject('invoice.finalised', invoice.finalised, finalised.data, faults);
  faults.same('invoice.drafted.parts', drafted.data.parts, parts.length);
  const lines = parts.flatMap((part) => part.data.lines);
  faults.same('invoice.lines.length', invoice.lines.length, lines.length);
  for (const [index, line] of lines.entries()) {
    const at = `invoice.lines[${index}] (${line.lineKey})`;
    if (isObject(invoice.lines[index])) sameObject(at, invoice.lines[index], line, faults);
    else faults.add(at, 'is missing');
  }
  return true;
}

/** Totals, taxes, credits, postings and hashes of the document. */
function checkTotals({ drafted, lines, finalised }, faults) {
  const subtotal = sum(lines.map((line) => line.amountMicroUsd));
  const tax = sum(finalised.taxes.map((line) => line.amountMicroUsd));
  const credit = sum(finalised.credits.map((line) => line.amountMicroUsd));
  faults.same('invoice.drafted.lineCount', drafted.lineCount, lines.length);
  faults.same('invoice.drafted.subtotalMicroUsd', drafted.subtotalMicroUsd, String(subtotal));
  faults.same(
    'invoice.drafted.listMicroUsd',
    drafted.listMicroUsd,
    String(sum(lines.map((line) => line.listAmountMicroUsd))),
  );
  faults.same('invoice.drafted.linesHash', drafted.linesHash, sha3(lines));
  for (const key of ['invoiceId', 'organizationId', 'period', 'legalEntityId', 'simulated', 'subtotalMicroUsd']) {
    faults.same(`invoice.finalised.${key}`, finalised[key], drafted[key]);
  }
  faults.same('invoice.finalised.taxMicroUsd', finalised.taxMicroUsd, String(tax));
  faults.same('invoice.finalised.creditMicroUsd', finalised.creditMicroUsd, String(credit));
  faults.same('invoice.finalised.totalMicroUsd', finalised.totalMicroUsd, String(subtotal + tax - credit));
  faults.same('invoice.finalised.contentHash', finalised.contentHash, sha3(contentOf(drafted, lines, finalised)));
  faults.same('invoice.finalised.postings', String(sum(finalised.postings.map((one) => one.amountMicroUsd))), '0');
  const id = `${drafted.organizationId}.${drafted.period}${drafted.simulated ? '.simulated' : ''}`;
  faults.same('invoice.drafted.invoiceId', drafted.invoiceId, id);
}

/** All that the document says: what the hash on its last page is of. */
const contentOf = (drafted, lines, finalised) => ({
  form: 'solyx.invoice/1',
  ...pick(drafted, ['invoiceId', 'simulated', 'currency', 'organizationId', 'billTo', 'costCentre', 'linesHash']),
  ...pick(finalised, ['number', 'legalEntityId', 'issuer', 'issuedAt', 'dueAt', 'taxes', 'taxStatement', 'credits']),
  ...pick(finalised, ['subtotalMicroUsd', 'taxMicroUsd', 'creditMicroUsd', 'totalMicroUsd']),
  period: { id: drafted.period, zone: drafted.zone, from: drafted.from, to: drafted.to },
  lines,
  source: {
    stream: drafted.sourceStream,
    revision: drafted.sourceRevision,
    closedBy: drafted.closedBy,
    charges: drafted.chargeCount,
  },
});

const pick = (value, keys) => Object.fromEntries(keys.map((key) => [key, value[key]]));

/** The charges of the period, each with what version 1 left out, and the event that closed it. */
function chargesOf({ drafted }, events, faults) {
  const charges = take(events, CHARGE, drafted.sourceStream).map((event) => {
    const { data, metadata } = event;
    return metadata.version === 1
      ? { event, ...data, resource: { kind: 'job', id: data.jobId }, period: String(data.at).slice(0, 7), first: true }
      : { event, ...data, first: false };
  });
  const [closed, ...more] = take(events, CLOSED, drafted.sourceStream);
  if (!faults.require(closed && more.length === 0, 'events', `need one ${CLOSED}, that of ${drafted.period}`))
    return charges;
  const { data } = closed;
  faults.same('invoice.drafted.closedBy', drafted.closedBy, closed.id);
  faults.same('invoice.drafted.sourceRevision', drafted.sourceRevision, closed.revision);
  faults.same('invoice.drafted.zone', drafted.zone, data.timeZone);
  for (const key of ['period', 'from', 'to']) faults.same(`invoice.drafted.${key}`, drafted[key], data[key]);
  const lines = charges.flatMap((charge) => charge.lines);
  const totalOf = (simulated) =>
    sum(lines.filter((line) => line.simulated === simulated).map((line) => line.amountMicroUsd));
  faults.same(`${closed.name}.charges`, data.charges, charges.length);
  faults.same(`${closed.name}.totalMicroUsd`, data.totalMicroUsd, String(totalOf(false)));
  faults.same(`${closed.name}.simulatedMicroUsd`, data.simulatedMicroUsd, String(totalOf(true)));
  const ids = new Set(charges.map((charge) => charge.chargeId));
  faults.require(ids.size === charges.length, 'events', 'hold a charge twice');
  for (const { event, period } of charges) {
    faults.same(`${event.name}.period`, period, drafted.period);
    faults.require(BigInt(event.revision) < BigInt(closed.revision), event.name, 'came after the period was closed');
  }
  return charges;
}

const NOTHING = { quantity: 0n, amount: 0n };

/** Each line of a charge costs what its terms say: of all there is then, less what was charged before. */
function checkCharge(charge, totals, faults) {
  const { event, lines, correctsPeriod } = charge;
  for (const [index, line] of lines.entries()) {
    const at = `${event.name}.lines[${index}]`;
    const [quantity, amount] = [BigInt(line.quantity), BigInt(line.amountMicroUsd)];
    if (line.terms === undefined) {
      const exact = halfEven(quantity * BigInt(line.rateNumerator), BigInt(line.rateDenominator));
      faults.same(`${at}.amountMicroUsd`, line.amountMicroUsd, String(exact));
      continue;
    }
    const month = `${correctsPeriod ?? ''} `;
    const from = `${month}${line.correctsLineKey ?? line.lineKey}`;
    const stated = { quantity: BigInt(line.quantityBefore ?? '0'), amount: BigInt(line.amountBefore ?? '0') };
    // What an earlier month had is on its own invoice: there the first correction begins.
    const known = totals.get(from) ?? (correctsPeriod === undefined ? NOTHING : stated);
    faults.same(`${at}.quantityBefore`, String(stated.quantity), String(known.quantity));
    faults.same(`${at}.amountBefore`, String(stated.amount), String(known.amount));
    const all = { quantity: stated.quantity + quantity, amount: amountOf(line.terms, stated.quantity + quantity) };
    faults.same(`${at}.amountMicroUsd`, String(amount), String(all.amount - stated.amount));
    totals.delete(from);
    totals.set(`${month}${countingKey(charge, line)}`, all);
  }
  faults.same(
    `${event.name}.totalMicroUsd`,
    charge.totalMicroUsd,
    String(sum(lines.map((line) => line.amountMicroUsd))),
  );
  faults.same(`${event.name}.postings`, String(sum(charge.postings.map((one) => one.amountMicroUsd))), '0');
}

/** Adds the charges up to lines, and compares them with those of the invoice. */
function checkLines({ drafted, lines }, evidence, charges, faults) {
  const sums = new Map();
  for (const charge of charges) {
    for (const line of charge.lines) {
      if (line.simulated !== drafted.simulated) continue;
      const own = line.lineKey ?? simpleKey(charge, line);
      const key = charge.correctsPeriod === undefined ? own : `${own}~${charge.correctsPeriod}`;
      const known = sums.get(key);
      if (known) known.push({ charge, line });
      else sums.set(key, [{ charge, line }]);
    }
  }
  const counted = new Set([...sums.values()].flatMap((members) => members.map(({ charge }) => charge.chargeId)));
  faults.same('invoice.drafted.chargeCount', drafted.chargeCount, counted.size);
  faults.same('evidence.length', evidence.length, lines.length);
  for (const [index, line] of lines.entries()) {
    const at = `invoice.lines[${index}] (${line.lineKey})`;
    const members = sums.get(line.lineKey) ?? [];
    sums.delete(line.lineKey);
    if (faults.require(members.length > 0, at, 'rests on no charge')) checkLine(line, members, at, faults);
    checkEvidence(line, evidence[index], { members, at: `evidence[${index}]` }, faults);
  }
  for (const key of sums.keys()) faults.add('invoice.lines', `leave out the charges of line ${key}`);
}

function checkLine(line, members, at, faults) {
  const of = (field) => String(sum(members.map((member) => member.line[field])));
  const quantity = of('quantity');
  faults.same(`${at}.quantity`, line.quantity, quantity);
  faults.same(`${at}.amountMicroUsd`, line.amountMicroUsd, of('amountMicroUsd'));
  const list = sum(members.map((member) => member.line.listAmountMicroUsd ?? member.line.amountMicroUsd));
  faults.same(`${at}.listAmountMicroUsd`, line.listAmountMicroUsd, String(list));
  faults.same(`${at}.charges`, line.charges, members.length);
  faults.same(`${at}.from`, line.from, members.map((member) => member.line.from).sort()[0]);
  faults.same(
    `${at}.to`,
    line.to,
    members
      .map((member) => member.line.to)
      .sort()
      .at(-1),
  );
  for (const { charge, line: part } of members) {
    faults.same(`${at}.project`, line.project, charge.project);
    faults.same(`${at}.correctsPeriod`, line.correctsPeriod, charge.correctsPeriod);
    faults.same(`${at}.unit`, line.unit, part.unit);
    if (!equal(line.terms, part.terms)) faults.add(`${at}.terms`, `are not those of ${charge.event.name}`);
  }
  // The whole line at once: the steps of the charges have added no rounding of their own.
  if (line.terms !== undefined && members.every((member) => member.line.correctsLineKey === undefined)) {
    faults.same(`${at}.amountMicroUsd`, line.amountMicroUsd, String(amountOf(line.terms, BigInt(quantity))));
  }
}

function checkEvidence(line, entry, { members, at }, faults) {
  if (!hasShape(entry, EVIDENCE, at, faults)) return;
  faults.same(`${at}.lineKey`, entry.lineKey, line.lineKey);
  const expected = [...new Set(members.map(({ charge }) => charge.event))].sort((a, b) => a.index - b.index);
  faults.same(`${at}.charges.length`, entry.charges.length, expected.length);
  for (const [index, { position, hash }] of expected.entries()) {
    const reference = entry.charges[index];
    if (!hasShape(reference, REFERENCE, `${at}.charges[${index}]`, faults)) continue;
    faults.same(`${at}.charges[${index}].position`, reference.position, position);
    faults.same(`${at}.charges[${index}].hash`, reference.hash, hash);
  }
}

/** What a line was metered by. Of what a commitment covers, the SKU names the commitment, and the kind the meter. */
const meterOf = ({ skuId = 'commitment/', kind }) =>
  skuId.startsWith('commitment/') ? kind : skuId.replace(/^simulated:/, '').split('/')[0];

const addTo = (totals, key, amount) => totals.set(key, (totals.get(key) ?? 0n) + amount);

function compareTotals(at, charged, used, faults) {
  for (const meter of new Set([...charged.keys(), ...used.keys()])) {
    const [found, expected] = [charged.get(meter) ?? 0n, used.get(meter) ?? 0n];
    faults.require(found === expected, `${at}.${meter}`, `${found} was charged, but ${expected} was used`);
  }
}

/** The month of an instant by the calendar of the account's time zone. */
function monthIn(zone) {
  const format = new Intl.DateTimeFormat('en', {
    timeZone: zone,
    calendar: 'iso8601',
    year: 'numeric',
    month: '2-digit',
  });
  return (at) => {
    const parts = Object.fromEntries(format.formatToParts(new Date(at)).map(({ type, value }) => [type, value]));
    return `${parts.year.padStart(4, '0')}-${parts.month}`;
  };
}

/** What the charges of each meter event add up to must be what it recorded: nothing twice, nothing made up. */
function checkMeters({ drafted }, charges, events, faults) {
  const month = monthIn(drafted.zone);
  const recorded = new Map(take(events, METERED).map((event) => [`${event.stream}@${event.revision}`, event]));
  const groups = new Map();
  for (const charge of charges.filter(({ meter }) => meter !== undefined)) {
    const { meter, resource, project, period, correctsPeriod } = charge;
    const source = `${meter.stream}@${meter.revision}`;
    const key = [source, resource.kind, resource.id, project, correctsPeriod ?? period].join('\u0000');
    const group = groups.get(key) ?? { source, charge, charged: new Map() };
    groups.set(key, group);
    for (const line of charge.lines) addTo(group.charged, meterOf(line), BigInt(line.quantity));
  }
  for (const { source, charge, charged } of groups.values()) {
    const event = recorded.get(source);
    if (!faults.require(event, charge.event.name, `rests on ${source}, which is not in the bundle`)) continue;
    const usedIn = charge.correctsPeriod ?? charge.period;
    const used = new Map();
    for (const fact of event.data.facts) {
      const same = fact.resource.kind === charge.resource.kind && fact.resource.id === charge.resource.id;
      if (!same || fact.project !== charge.project || month(fact.from) !== usedIn) continue;
      addTo(used, fact.meter, BigInt(fact.quantity));
    }
    compareTotals(`${charge.event.name} from ${source}`, charged, used, faults);
  }
  return new Set([...groups.values()].map(({ source }) => source));
}

/** What the charges of each allocation add up to must be what it held, to the millisecond, in this period. */
function checkAllocations({ drafted }, charges, events, faults) {
  const opened = new Map(
    take(events, OPENED, drafted.sourceStream).map((event) => [event.data.allocation.allocationId, event]),
  );
  const groups = new Map();
  for (const charge of charges.filter(({ allocationId }) => allocationId !== undefined)) {
    const event = opened.get(charge.allocationId);
    if (!faults.require(event, charge.event.name, `is for ${charge.allocationId}, whose opening is not in the bundle`))
      continue;
    for (const [index, line] of charge.lines.entries()) {
      const cites = line.eventIds.includes(event.data.eventId) && line.positions.includes(event.data.position);
      faults.require(
        cites,
        `${charge.event.name}.lines[${index}].eventIds`,
        `do not name the grant of ${charge.allocationId}`,
      );
    }
    if (charge.correctsPeriod !== undefined) continue;
    const group = groups.get(charge.allocationId) ?? { charge, event, charged: new Map(), last: charge };
    groups.set(charge.allocationId, group);
    group.last = charge;
    for (const line of charge.lines) addTo(group.charged, meterOf(line), BigInt(line.quantity));
  }
  for (const { charge, event, charged, last } of groups.values()) {
    const { allocation } = event.data;
    const { grantedAt } = allocation;
    const isWhole = grantedAt >= drafted.from || charge.first;
    const from = Date.parse(isWhole ? grantedAt : drafted.from);
    const ms = BigInt(Math.max(0, Date.parse(last.at) - from));
    const used = new Map();
    for (const share of allocation.shares) {
      addTo(used, 'gpu', BigInt(share.gpuMilli) * ms);
      addTo(used, 'cpu', BigInt(share.cpuMilli) * ms);
      addTo(used, 'memory', BigInt(share.memoryMiB) * ms);
    }
    const unit = charge.first ? 1n : 1_024n ** 3n;
    const moved = isWhole ? allocation.transfers.reduce((all, { sizeGiB }) => all + BigInt(sizeGiB) * unit, 0n) : 0n;
    addTo(used, 'egress', moved);
    compareTotals(`${event.name}.allocation`, charged, used, faults);
  }
  return opened;
}

function checkContent(bundle, events, faults) {
  const { invoice, evidence } = bundle;
  const tenant = invoice.drafted.organizationId;
  for (const event of events)
    faults.same(`${event.name}.metadata.organizationId`, event.metadata.organizationId, tenant);
  if (!checkDocument(invoice, events, faults)) return;
  const charges = chargesOf(invoice, events, faults);
  const totals = new Map();
  for (const charge of charges) checkCharge(charge, totals, faults);
  checkLines(invoice, evidence, charges, faults);
  checkTotals(invoice, faults);
  const meters = checkMeters(invoice, charges, events, faults);
  const opened = checkAllocations(invoice, charges, events, faults);
  const allocations = new Set(charges.map(({ allocationId }) => allocationId));
  for (const [id, event] of opened) faults.require(allocations.has(id), event.name, 'no charge rests on it');
  for (const event of events.filter(({ type }) => type === METERED)) {
    faults.require(meters.has(`${event.stream}@${event.revision}`), event.name, 'no charge rests on it');
  }
  for (const event of events.filter(({ used }) => !used)) faults.add(event.name, 'does not belong to this invoice');
}

/**
 * Checks the text of a proof. `key`: the public key that heads must be signed with, 64 hex digits; without it any key is
 * taken that fits, and the answer says which. Answers `{ proved, faults, faultCount, facts }`; throws for nothing.
 */
export function verifyInvoice(text, { key } = {}) {
  const faults = new Faults();
  const facts = {};
  try {
    check(text, key, faults, facts);
  } catch (error) {
    faults.add('bundle', `is not what it should be: ${error instanceof Error ? error.message : String(error)}`);
  }
  return { proved: faults.count === 0, faults: faults.list, faultCount: faults.count, facts };
}

function check(text, key, faults, facts) {
  let bundle;
  try {
    bundle = JSON.parse(text);
  } catch (error) {
    faults.add('bundle', `is not JSON: ${error instanceof Error ? error.message : String(error)}`);
    return;
  }
  if (!hasShape(bundle, BUNDLE, 'bundle', faults)) return;
  const sound = [hasShape(bundle.head, HEAD, 'head', faults), hasShape(bundle.invoice, INVOICE, 'invoice', faults)];
  const events = readEvents(bundle, faults);
  if (sound[0] && bundle.events.every((entry) => isIndex(entry?.index) && isHash(entry.hash)))
    checkHead(bundle, key, faults);
  const { invoice, head } = bundle;
  Object.assign(facts, { events: events.length, size: head.size, signedAt: head.at, publicKey: head.publicKey });
  if (!sound[1]) return;
  const { drafted, finalised, lines } = invoice;
  Object.assign(facts, { invoice: finalised.number, organization: drafted.organizationId, period: drafted.period });
  Object.assign(facts, { simulated: drafted.simulated, lines: lines.length, totalMicroUsd: finalised.totalMicroUsd });
  checkContent(bundle, events, faults);
}

const usd = (micro) => {
  const digits = String(micro).replace('-', '').padStart(7, '0');
  return `${String(micro).startsWith('-') ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)} USD`;
};

/** The answer for people. */
export function describeResult({ proved, faults, faultCount, facts }, pinned) {
  const lines = [];
  if (facts.invoice !== undefined) {
    const rehearsal = facts.simulated ? ' SIMULATED, not money.' : '';
    lines.push(
      `Invoice ${facts.invoice} of ${facts.organization}, ${facts.period}: ${usd(facts.totalMicroUsd)}.${rehearsal}`,
    );
    lines.push(
      `${facts.lines} lines, ${facts.events} events, signed ${facts.signedAt} over ${facts.size} events of the log.`,
    );
  }
  if (proved) {
    lines.push('PROVED: every amount follows from the events, and every event is in the signed log.');
    if (!pinned)
      lines.push(`Compare the key with the one that the platform publishes, or give it with --key: ${facts.publicKey}`);
  } else {
    lines.push(`NOT PROVED: ${faultCount} ${faultCount === 1 ? 'fault' : 'faults'}.`);
    for (const { at, message } of faults) lines.push(`  ${at} ${message}`);
    if (faultCount > faults.length) lines.push(`  and ${faultCount - faults.length} more`);
  }
  return lines.join('\n');
}

function readArguments(args) {
  const options = { files: [], key: undefined, json: false, wrong: undefined };
  for (let index = 0; index < args.length; index += 1) {
    const argument = args[index];
    if (argument === '--json') options.json = true;
    else if (argument === '--key') {
      index += 1;
      options.key = String(args[index]).toLowerCase();
      if (!HASH.test(options.key)) options.wrong = '--key needs 64 hexadecimal digits';
    } else if (argument.startsWith('-')) options.wrong = `${argument} is no option`;
    else options.files.push(argument);
  }
  if (options.files.length !== 1) options.wrong ??= 'give one file';
  return options;
}

/** Runs as a command would: reads the file, prints the answer with `print`, gives the exit code. */
export function runVerify(args, print = console.log) {
  const { files, key, json, wrong } = readArguments(args);
  if (wrong !== undefined) {
    print(`${wrong}\nusage: verify-invoice.mjs FILE [--key HEX] [--json]`);
    return 2;
  }
  let text;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(files[0]));
  } catch (error) {
    print(`${files[0]} cannot be read as UTF-8: ${error instanceof Error ? error.message : String(error)}`);
    return 2;
  }
  const result = verifyInvoice(text, { key });
  print(json ? JSON.stringify(result, undefined, 2) : describeResult(result, key !== undefined));
  return result.proved ? 0 : 1;
}

const isMain = () => {
  try {
    return realpathSync(process.argv[1] ?? '') === fileURLToPath(import.meta.url);
  } catch {
    return false;
  }
};

if (isMain()) process.exitCode = runVerify(process.argv.slice(2));
