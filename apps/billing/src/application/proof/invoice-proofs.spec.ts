import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { canonicalJson, leafHash, rootBeside } from '@solyx/kernel';
import type { InvoiceProof } from '@solyx/contracts';
import type { ChargePosted } from '@solyx/contracts/billing';
import { onOccasion } from '@solyx/eventing';
import { propertyRuns } from '@solyx/testing';
import { SeededHeadSigner } from '../../adapters/proof/seeded-head-signer';
import { keyIdOf } from './key-id';
import { signedTextOf } from '../../domain/proof/tree-head';
import { accountDecider } from '../../domain/account';
import { amountOf } from '../../domain/rating/amount';
import { allocation, iso, ORGANIZATION, share, T0, transfer } from '../../test/fixtures';
import { HOUR, ProofPlane, tokens } from '../../test/proof-plane';

const VERIFIER = path.join(__dirname, '..', '..', '..', '..', '..', 'tools', 'verify-invoice.mjs');
const DAY = 24 * HOUR;

interface Verified {
  readonly proved: boolean;
  readonly faultCount: number;
  readonly faults: readonly { readonly at: string; readonly message: string }[];
  readonly facts: Readonly<Record<string, unknown>>;
}

type Writable<T> = T extends readonly (infer Item)[]
  ? Writable<Item>[]
  : T extends object
    ? { -readonly [Key in keyof T]: Writable<T[Key]> }
    : T;
type Bundle = Writable<InvoiceProof>;
interface EventText {
  type: string;
  data: { [key: string]: unknown };
  metadata: { organizationId: string };
}

const folder = mkdtempSync(path.join(tmpdir(), 'solyx-proofs-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the verifier as a stranger would: another process, that one file. */
function run(text: string, ...options: readonly string[]): { readonly code: number; readonly result: Verified } {
  const file = path.join(folder, 'proof.json');
  writeFileSync(file, text);
  try {
    const output = execFileSync(process.execPath, [VERIFIER, file, '--json', ...options], { encoding: 'utf8' });
    return { code: 0, result: JSON.parse(output) as Verified };
  } catch (error) {
    const { status, stdout } = error as { readonly status: number; readonly stdout: string };
    return { code: status, result: JSON.parse(stdout) as Verified };
  }
}

/** Several proofs in one process. */
const VERIFY_ALL = `
  import { readFileSync } from 'node:fs';
  import { verifyInvoice } from ${JSON.stringify(VERIFIER)};
  const texts = JSON.parse(readFileSync(0, 'utf8'));
  process.stdout.write(JSON.stringify(texts.map((text) => verifyInvoice(text))));
`;

function verifyAll(texts: readonly string[]): readonly Verified[] {
  const options = { input: JSON.stringify(texts), encoding: 'utf8' as const, maxBuffer: 2 ** 24 };
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', VERIFY_ALL], options)) as Verified[];
}

/** Many texts in one process: each is the proof with one byte exchanged. */
const TRY_EDITS = `
  import { readFileSync } from 'node:fs';
  import { isDeepStrictEqual } from 'node:util';
  import { verifyInvoice } from ${JSON.stringify(VERIFIER)};
  const { file, edits } = JSON.parse(readFileSync(0, 'utf8'));
  const bytes = readFileSync(file);
  const original = JSON.parse(bytes.toString());
  const answers = edits.map(({ at, byte }) => {
    const edited = Buffer.from(bytes);
    edited[at] = byte;
    let text;
    try { text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(edited); } catch { return 'unreadable'; }
    const { proved, faults } = verifyInvoice(text);
    if (!proved) return faults.length > 0 && faults.every((one) => one.at && one.message) ? 'named' : 'unnamed';
    return isDeepStrictEqual(JSON.parse(text), original) ? 'the same' : 'MISSED';
  });
  process.stdout.write(JSON.stringify(answers));
`;

function tryEdits(text: string, edits: readonly { readonly at: number; readonly byte: number }[]): readonly string[] {
  const file = path.join(folder, 'edited.json');
  writeFileSync(file, text);
  const input = JSON.stringify({ file, edits });
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', TRY_EDITS], { input, encoding: 'utf8' });
  return JSON.parse(output) as readonly string[];
}

/** What somebody could do who holds the key: everything is hashed and signed anew. */
function signedAnew(bundle: Bundle, signer: SeededHeadSigner): string {
  for (const event of bundle.events) event.hash = leafHash(event.event);
  const hashOf = new Map(
    bundle.events.map(({ event, hash }) => [(JSON.parse(event) as { position: string }).position, hash]),
  );
  for (const { charges } of bundle.evidence) {
    for (const charge of charges) charge.hash = hashOf.get(charge.position) ?? charge.hash;
  }
  const beside = Object.entries(bundle.nodes)
    .sort(([a], [b]) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
    .map(([, hash]) => hash);
  bundle.head.rootHash = rootBeside(bundle.events, beside, bundle.head.size);
  bundle.head.publicKey = signer.publicKey();
  bundle.head.keyId = keyIdOf(signer.publicKey());
  bundle.head.signature = signer.sign(signedTextOf(bundle.head));
  return canonicalJson(bundle);
}

type Change = (bundle: Bundle, edit: (type: string, change: (event: EventText) => void) => void) => void;

function changed(text: string, change: Change, signer = new SeededHeadSigner('spec')): string {
  const bundle = JSON.parse(text) as Bundle;
  const edit = (type: string, alter: (event: EventText) => void): void => {
    const entry = bundle.events.find(({ event }) => event.includes(`"type":"${type}"`));
    if (!entry) throw new Error(`no ${type}`);
    const event = JSON.parse(entry.event) as EventText;
    alter(event);
    entry.event = canonicalJson(event);
  };
  change(bundle, edit);
  return signedAnew(bundle, signer);
}

const CHARGE = 'billing.account.charge-posted';
const lineOf = ({ data }: EventText, index = 0) => (data['lines'] as { [key: string]: unknown }[])[index]!;

describe('The proof of an invoice', () => {
  const plane = new ProofPlane();
  let january = '';
  let february = '';
  beforeAll(async () => {
    await plane.months();
    january = await plane.proofs.proofOf(`${ORGANIZATION}.2026-01`);
    february = await plane.proofs.proofOf(`${ORGANIZATION}.2026-02`);
  });

  it('convinces whoever has the verifier and the key', () => {
    const { code, result } = run(january, '--key', plane.signer.publicKey());
    expect(result.faults).toEqual([]);
    expect(code).toBe(0);
    expect(result.facts).toMatchObject({ invoice: 'INV-000001', organization: ORGANIZATION, period: '2026-01' });
  });

  it('also of a month with what came late for the month before', () => {
    expect(run(february).result.faults).toEqual([]);
    const { invoice } = JSON.parse(february) as InvoiceProof;
    expect(invoice.lines.some(({ correctsPeriod }) => correctsPeriod === '2026-01')).toBe(true);
  });

  it('is the same bytes whenever it is asked for', async () => {
    await plane.used(tokens('more', T0 + 50 * DAY, 2));
    await plane.heads.covering(await plane.log.head());
    expect(await plane.proofs.proofOf(`${ORGANIZATION}.2026-01`)).toBe(january);
  });

  it('holds events of this customer alone', () => {
    for (const { event } of (JSON.parse(january) as InvoiceProof).events) {
      expect((JSON.parse(event) as EventText).metadata.organizationId).toBe(ORGANIZATION);
    }
  });

  it('is refused with another key, and says whose key it was', () => {
    const { code, result } = run(january, '--key', '0'.repeat(64));
    expect(code).toBe(1);
    expect(result.faults).toEqual([expect.objectContaining({ at: 'head.publicKey' })]);
  });

  it('is refused with any byte exchanged, and the fault is named', () => {
    for (const text of [january, february]) {
      const edit = fc.record({
        at: fc.nat(Buffer.byteLength(text) - 1),
        byte: fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('0123456789abcdef"{}[]:, -'))),
      });
      const { numRuns } = propertyRuns(300);
      const edits = fc.sample(edit, numRuns);
      const answers = tryEdits(text, edits);
      expect(answers).toHaveLength(numRuns);
      expect(edits.filter((_, index) => ['MISSED', 'unnamed'].includes(answers[index] ?? ''))).toEqual([]);
      expect(answers.filter((answer) => answer === 'named').length).toBeGreaterThan(numRuns / 2);
    }
  });

  const forgeries: readonly (readonly [string, RegExp, Change])[] = [
    [
      'an amount',
      /lines\[0\]\.amountMicroUsd/,
      (_, edit) => edit(CHARGE, (event) => (lineOf(event)['amountMicroUsd'] = '1')),
    ],
    ['a quantity', /\.allocation\.gpu/, (_, edit) => edit(CHARGE, (event) => (lineOf(event)['quantity'] = '1'))],
    [
      'what was there before',
      /lines\[0\]\.quantityBefore/,
      (_, edit) => edit(CHARGE, (event) => (lineOf(event)['quantityBefore'] = '5')),
    ],
    ['the total of a charge', /totalMicroUsd/, (_, edit) => edit(CHARGE, ({ data }) => (data['totalMicroUsd'] = '1'))],
    [
      'the postings of a charge',
      /postings/,
      (_, edit) => edit(CHARGE, ({ data }) => (data['postings'] as unknown[]).pop()),
    ],
    ['the period of a charge', /\.period/, (_, edit) => edit(CHARGE, ({ data }) => (data['period'] = '2025-12'))],
    [
      'the price of a charge',
      /terms/,
      (_, edit) =>
        edit(CHARGE, (event) => {
          (lineOf(event)['terms'] as { tiers: { rateNumerator: string }[] }).tiers[0]!.rateNumerator = '1';
        }),
    ],
    [
      'the evidence of a charge',
      /eventIds/,
      (_, edit) => edit(CHARGE, (event) => (lineOf(event)['eventIds'] = ['another'])),
    ],
    [
      'what was held',
      /\.allocation\.cpu/,
      (_, edit) =>
        edit('billing.account.usage-opened', ({ data }) => {
          (data['allocation'] as { shares: { cpuMilli: number }[] }).shares[0]!.cpuMilli = 1;
        }),
    ],
    [
      'what was metered',
      /token-output/,
      (_, edit) =>
        edit('billing.meter.usage-recorded', ({ data }) => {
          (data['facts'] as { quantity: string }[])[0]!.quantity = '9';
        }),
    ],
    [
      'how many charges there were',
      /period-closed.*\.charges/,
      (_, edit) => edit('billing.account.period-closed', ({ data }) => (data['charges'] = 3)),
    ],
    [
      'whose event it is',
      /organizationId/,
      (_, edit) => edit(CHARGE, ({ metadata }) => (metadata.organizationId = 'evil')),
    ],
    ['the total of the invoice', /finalised\.totalMicroUsd/, ({ invoice }) => (invoice.finalised.totalMicroUsd = '1')],
    ['the number of the invoice', /finalised\.number/, ({ invoice }) => (invoice.finalised.number = 'INV-7')],
    [
      'a line of the invoice',
      /invoice\.lines\[1\].*amountMicroUsd/,
      ({ invoice }) => (invoice.lines[1]!.amountMicroUsd = '1'),
    ],
    [
      'the invoice and its event alike',
      /finalised\.totalMicroUsd/,
      ({ invoice }, edit) => {
        invoice.finalised.totalMicroUsd = '1';
        edit('billing.invoice.finalised', ({ data }) => (data['totalMicroUsd'] = '1'));
      },
    ],
    [
      'the words of the invoice and of its event alike',
      /contentHash/,
      ({ invoice }, edit) => {
        invoice.drafted.billTo.name = 'Somebody';
        edit('billing.invoice.drafted', ({ data }) => ((data['billTo'] as { name: string }).name = 'Somebody'));
      },
    ],
    [
      'a line and its event alike',
      /linesHash|amountMicroUsd/,
      ({ invoice }, edit) => {
        invoice.lines[0]!.amountMicroUsd = '1';
        edit('billing.invoice.lines-listed', ({ data }) => {
          (data['lines'] as { amountMicroUsd: string }[])[0]!.amountMicroUsd = '1';
        });
      },
    ],
    ['the evidence of a line', /evidence\[0\]/, ({ evidence }) => evidence[0]!.charges.pop()],
    ['a node that is not needed', /nodes\.0-1/, ({ nodes }) => (nodes['0-1'] = '0'.repeat(64))],
    ['a member that nobody knows', /bundle\.note/, (bundle) => Object.assign(bundle, { note: 'trust me' })],
  ];
  let forged: ReadonlyMap<string, Verified> = new Map();
  beforeAll(() => {
    const results = verifyAll(forgeries.map(([, , change]) => changed(january, change)));
    forged = new Map(forgeries.map(([name], index) => [name, results[index]!]));
  });
  it.each(forgeries)('is refused where the holder of the key forged %s', (name, named) => {
    const result = forged.get(name);
    expect(result?.proved).toBe(false);
    expect(result?.faults.map(({ at }) => at).filter((at) => named.test(at))).not.toEqual([]);
  });

  it('is refused where a charge is left out, told twice, or of another invoice', () => {
    const without = JSON.parse(january) as Bundle;
    without.events = without.events.filter(({ event }) => !event.includes(CHARGE)).concat();
    expect(run(canonicalJson(without)).code).toBe(1);
    const other = JSON.parse(february) as Bundle;
    expect(run(canonicalJson({ ...(JSON.parse(january) as Bundle), events: other.events })).code).toBe(1);
    const forged = changed(january, ({ events }) =>
      events.push({ ...events[events.length - 1]!, index: events[0]!.index }),
    );
    expect(run(forged).code).toBe(1);
  });

  it('of nothing at all is refused, with an exit code of its own where the call was wrong', () => {
    const nothing = ['', '{}', 'null', '[]', '{"format":"solyx-invoice-proof/1"}'];
    expect(verifyAll(nothing).map(({ proved }) => proved)).toEqual(nothing.map(() => false));
    expect(run('{}').code).toBe(1);
    const call = (...args: readonly string[]): number => {
      try {
        execFileSync(process.execPath, [VERIFIER, ...args], { stdio: 'ignore' });
        return 0;
      } catch (error) {
        return (error as { readonly status: number }).status;
      }
    };
    expect(call()).toBe(2);
    expect(call(path.join(folder, 'missing'))).toBe(2);
    expect(call('--key', 'short', 'file')).toBe(2);
  });

  it('is not given for an invoice that there is not', async () => {
    await expect(plane.proofs.proofOf('acme.1999-01')).rejects.toMatchObject({ code: 'NotFound' });
  });
});

describe('The proof of a month that was rated again', () => {
  const rerated = async (plane: ProofPlane): Promise<void> => {
    const { state } = await plane.streams.load(accountDecider, ORGANIZATION);
    const charged = await plane.all(CHARGE);
    const lines = charged.flatMap(({ data }) => (data as ChargePosted['data']).lines);
    const [key, before] = [...state.periods['2026-01']!.lines.entries()].find(([, { amount }]) => amount > 0n)!;
    const line = lines.find(({ lineKey, correctsLineKey }) => lineKey === key && correctsLineKey === undefined)!;
    const [tier] = line.terms!.tiers;
    const terms = { ...line.terms!, entryId: 'corrected', tiers: [{ ...tier!, rateNumerator: '1234567' }] };
    const correction = {
      ...{ project: 'default', skuId: line.skuId!, unit: line.unit, terms, quantity: 0n, correctsLineKey: key },
      ...{ quantityBefore: before.quantity, amountBefore: before.amount },
      amount: amountOf(terms, before.quantity) - before.amount,
    };
    const data = {
      ...{ organizationId: ORGANIZATION, period: '2026-01', requestId: 'req_1', lines: [correction] },
      ...{ eventId: 'event-1', position: '1', at: plane.clock.iso() },
    };
    const occasion = onOccasion('billing', `rerate ${String(await plane.log.head())}`, ORGANIZATION);
    const command = { type: 'CorrectPeriod', data } as const;
    expect(await plane.streams.transact(accountDecider, ORGANIZATION, command, occasion)).toMatchObject({
      accepted: true,
    });
  };

  it.each([
    ['while it is open', '2026-01', false],
    ['after it was invoiced', '2026-02', true],
  ])('%s holds', async (_, period, isClosed) => {
    const plane = new ProofPlane();
    await plane.open();
    const commitment = {
      ...({
        commitmentId: 'com_1',
        organizationId: ORGANIZATION,
        project: 'default',
        meter: 'gpu',
        source: 'owned',
      } as const),
      ...{ simulated: false, product: 'H100', unitsPerMs: '250', from: iso(T0 - 5 * HOUR), to: iso(T0 + DAY) },
      terms: {
        ...{ priceBookId: 'c', priceBookVersion: 1, entryId: 'com_1', model: 'flat' as const, unit: 'milli-gpu-ms' },
        ...{ tiers: [{ rateNumerator: '2000000', rateDenominator: '3600000000' }], markupBps: 0, discountBps: 0 },
      },
    };
    const committed = { organizationId: ORGANIZATION, commitment, at: iso(T0 - 6 * HOUR) };
    const occasion = onOccasion('billing', 'commitment', ORGANIZATION);
    await plane.streams.transact(accountDecider, ORGANIZATION, { type: 'AddCommitment', data: committed }, occasion);
    await plane.held('job_1', T0 - 3 * HOUR, T0 - HOUR);
    await plane.used(tokens('r1', T0 - DAY, 12));
    if (isClosed) await plane.closeUntil(T0 + 5 * DAY);
    await rerated(plane);
    if (!isClosed) await plane.used(tokens('r2', T0 - 2 * DAY, 5));
    await plane.held('job_2', T0 + 2 * DAY, T0 + 2 * DAY + HOUR);
    await plane.closeUntil(T0 + 50 * DAY);
    const proof = await plane.proofs.proofOf(`${ORGANIZATION}.${period}`);
    expect(run(proof).result.faults).toEqual([]);
    expect(proof.includes('Rated again, 2026-01')).toBe(true);
    expect(proof.includes('commitment/com_1')).toBe(true);
  });
});

describe('The price of a stranger', () => {
  const tier = fc.record({
    rateNumerator: fc.bigInt({ min: -(10n ** 7n), max: 10n ** 9n }).map(String),
    rateDenominator: fc.bigInt({ min: 1n, max: 10n ** 10n }).map(String),
  });
  const termsArb = fc
    .record({
      model: fc.constantFrom('graduated' as const, 'volume' as const),
      tiers: fc.array(tier, { minLength: 1, maxLength: 4 }),
      steps: fc.array(fc.integer({ min: 1, max: 10 ** 6 }), { minLength: 4, maxLength: 4 }),
      freeQuantity: fc.option(fc.nat(10 ** 6).map(String), { nil: undefined }),
      markupBps: fc.nat(10_000),
      discountBps: fc.nat(10_000),
    })
    .map(({ tiers, steps, freeQuantity, model, ...rest }) => {
      let upTo = 0;
      const stepped = tiers.map((one, index) => {
        upTo += steps[index] ?? 1;
        return index === tiers.length - 1 ? one : { ...one, upTo: String(upTo) };
      });
      const free = freeQuantity === undefined ? {} : { freeQuantity };
      const of = { priceBookId: 'b', priceBookVersion: 1, entryId: 'e', unit: 'token' };
      return { ...of, ...rest, ...free, model: tiers.length === 1 ? ('flat' as const) : model, tiers: stepped };
    });

  it('is the price of the platform, for any terms and quantity', () => {
    const cases = fc.sample(fc.record({ terms: termsArb, quantity: fc.integer({ min: -1_000, max: 10 ** 7 }) }), 2_000);
    const program = `
      import { readFileSync } from 'node:fs';
      import { amountOf } from ${JSON.stringify(VERIFIER)};
      const cases = JSON.parse(readFileSync(0, 'utf8'));
      process.stdout.write(JSON.stringify(cases.map(({ terms, quantity }) => String(amountOf(terms, BigInt(quantity))))));
    `;
    const options = { input: JSON.stringify(cases), encoding: 'utf8' as const, maxBuffer: 2 ** 24 };
    const theirs = JSON.parse(
      execFileSync(process.execPath, ['--input-type=module', '-e', program], options),
    ) as unknown;
    expect(theirs).toEqual(cases.map(({ terms, quantity }) => amountOf(terms, BigInt(quantity)).toString()));
  });
});

describe('The proof of any month', () => {
  const jobs = fc.array(
    fc.record({
      from: fc.integer({ min: -30 * 24, max: 30 * 24 }),
      minutes: fc.integer({ min: 0, max: 4_000 }),
      gpuMilli: fc.constantFrom(250, 1_000, 8_000),
      simulated: fc.boolean(),
      moved: fc.boolean(),
    }),
    { minLength: 1, maxLength: 3 },
  );
  const usage = fc.array(
    fc.record({
      from: fc.integer({ min: -30 * 24, max: 30 * 24 }),
      count: fc.integer({ min: 1, max: 9 }),
      simulated: fc.boolean(),
    }),
    { maxLength: 3 },
  );

  it('holds: what the deciders charge is what the rules for strangers give', async () => {
    await fc.assert(
      fc.asyncProperty(jobs, usage, async (held, used) => {
        const plane = new ProofPlane();
        const proofs: string[] = [];
        await plane.open();
        for (const [index, { from, minutes, gpuMilli, simulated, moved }] of held.entries()) {
          const shares = [share({ gpuMilli, simulated }), share({ nodeId: 'n2', cpuMilli: 3, simulated })];
          const [begin, transfers] = [T0 + from * HOUR, moved ? [transfer()] : []];
          const change = { shares, transfers, organizationId: ORGANIZATION };
          await plane.held(`job_${index}`, begin, begin + minutes * 60_000 + index, {
            ...allocation(),
            ...change,
            allocationId: `alc_job_${index}`,
            workloadId: `job_${index}`,
            grantedAt: iso(begin),
          });
        }
        for (const [index, { from, count, simulated }] of used.entries()) {
          await plane.used(tokens(`u${index}`, T0 + from * HOUR, count, { simulated }));
        }
        await plane.closeUntil(T0 + 70 * DAY);
        for await (const { type, data } of plane.log.readAll({ prefixes: ['billing.invoice'] })) {
          if (type !== 'billing.invoice.finalised') continue;
          const { invoiceId } = data as { readonly invoiceId: string };
          proofs.push(await plane.proofs.proofOf(invoiceId));
        }
        expect(verifyAll(proofs).map(({ faults }) => faults)).toEqual(proofs.map(() => []));
      }),
      propertyRuns(3),
    );
  });
});
