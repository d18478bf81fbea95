import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Webhook } from 'standardwebhooks';
import { startPlane, until, type Ended, type Plane } from '../../scripts/lib/plane.cjs';

/** A month of an owner's money: real services, real files, a real receiver, from usage to the bank. */
jest.setTimeout(600_000);

const HOUR_MS = 3_600_000;
const GPU_HOUR = 3_600_000_000n;
/** The calendar month before this one: it is over, so that it may be invoiced now. */
const now = new Date();
const month = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1));
const period = month.toISOString().slice(0, 7);
const at = (hour: number): string => new Date(month.getTime() + 9 * 24 * HOUR_MS + hour * HOUR_MS).toISOString();

const fact = (usageId: string, hour: number, changes: Readonly<Record<string, unknown>> = {}) => ({
  ...{ usageId, resource: { kind: 'deployment', id: 'chat' }, meter: 'gpu', unit: 'milli-gpu-ms', model: 'H100' },
  ...{ quantity: String(GPU_HOUR), from: at(hour), to: at(hour + 1), source: 'owned', simulated: false },
  ...{ pricing: 'on-demand', quality: 'standard', project: 'vision' },
  ...changes,
});
/** Three GPU-hours of our own, forty of an owner who shares, and a million tokens. */
const FACTS = [
  ...[fact('gpu-1', 0), fact('gpu-2', 1), fact('gpu-3', 2)],
  fact('shared-1', 3, { source: 'shared', providerId: 'demo', quantity: String(40n * GPU_HOUR) }),
  fact('tokens-1', 4, {
    ...{ meter: 'token-output', unit: 'token', quantity: '1000000', model: 'llama' },
    resource: { kind: 'endpoint', id: 'chat' },
  }),
];

interface Hook {
  readonly id: string;
  readonly secret: string;
}
interface Heard {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}
interface Payout {
  readonly id: string;
  readonly phase: string;
}
interface Invoice {
  readonly id: string;
  readonly phase: string;
  readonly number: string;
  readonly totalMicroUsd: string;
  readonly outstandingMicroUsd: string;
  readonly lines: readonly { readonly amountMicroUsd: string; readonly quantity: string }[];
}

const bankAccounts = {
  debtor: { name: 'Solyx', iban: 'GB82WEST12345698765432' },
  creditors: { 'owner-1': { name: 'An Owner', iban: 'DE89370400440532013000', bic: 'COBADEFFXXX' } },
};
const identities = [{ organizationId: 'demo', documentRef: 'passport-1', verified: true, note: 'seen in person' }];

describe('A month of money', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'solyx-money-'));
  const dataDir = path.join(folder, 'data');
  const file = (name: string): string => path.join(folder, name);
  const heard: Heard[] = [];
  let receiver: Server;
  let plane: Plane;
  let hook: Hook;
  let invoice: Invoice;

  beforeAll(async () => {
    mkdirSync(path.join(dataDir, 'payouts'), { recursive: true });
    writeFileSync(path.join(dataDir, 'payouts', 'accounts.json'), JSON.stringify(bankAccounts));
    writeFileSync(file('identities.json'), JSON.stringify(identities));
    writeFileSync(file('usage.json'), JSON.stringify(FACTS));
    receiver = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        heard.push({ headers: request.headers, body: Buffer.concat(parts).toString('utf8') });
        response.end('thanks');
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    plane = await startPlane({
      dataDir,
      env: {
        SOLYX_BILLING_WEBHOOK_LOCAL: 'true',
        SOLYX_BILLING_IDENTITY_FILE: file('identities.json'),
        SOLYX_BILLING_DISPUTE_WINDOW_DAYS: '0',
        SOLYX_BILLING_TREE_HEAD_EVERY_SECONDS: '1',
      },
    });
  });
  afterAll(async () => {
    await plane.stop();
    await new Promise((resolve) => {
      receiver.close(resolve);
      receiver.closeAllConnections();
    });
    rmSync(folder, { recursive: true, force: true });
  });

  /** A command until it ends as it should: on a slow machine an answer may come after the gateway has stopped waiting. */
  const ends = async (code: number, words: readonly string[], key: string): Promise<Ended> => {
    const once = ['--idempotency-key', key, ...words];
    const wanted = async (): Promise<Ended | false> => {
      const ended = await plane.solyx(once);
      return ended.code === code && ended;
    };
    return until(wanted, `${words.join(' ')} ends with ${code}`);
  };
  const types = (): readonly string[] => heard.map(({ body }) => (JSON.parse(body) as { type: string }).type);
  const invoices = async (): Promise<readonly Invoice[]> =>
    (await plane.json<{ rows: Invoice[] }>(['invoice', 'list', '--period', period])).rows;
  const payouts = async (): Promise<readonly Payout[]> =>
    (await plane.json<{ rows: Payout[] }>(['payout', 'list'])).rows;
  const charged = async (): Promise<string> =>
    (await plane.json<{ totalMicroUsd: string }>(['bill', '--period', period])).totalMicroUsd;
  const verify = (name: string): Promise<Ended> => plane.solyx(['invoice', 'verify', file(name)]);

  it('begins with an address for its events, a limit, and terms', async () => {
    const { port } = receiver.address() as AddressInfo;
    const address = `http://127.0.0.1:${port}/hook`;
    const kinds = ['invoice.*', 'payout.*', 'budget.*', 'webhook.*'].flatMap((type) => ['--type', type]);
    const made = await ends(0, ['webhook', 'create', address, ...kinds, '--json'], 'hook');
    hook = JSON.parse(made.out) as Hook;
    expect(hook.secret).toMatch(/^whsec_/);
    // Shown once: no list and no event has it.
    expect((await plane.solyx(['webhook', 'list', '--json'])).out).not.toContain(hook.secret.slice(6));
    expect((await plane.solyx(['events', 'tail', '--no-follow', '--json'])).out).not.toContain(hook.secret.slice(6));
    const limit = ['budget', 'set', '50.00', '--period', 'total', '--scope', 'project/vision'];
    expect((await plane.solyx(limit)).code).toBe(0);
    expect((await plane.solyx(['account', 'set', '--grace', '0'])).code).toBe(0);
    expect((await plane.solyx(['run', '--', 'true'])).err).toMatch(/charge \$0\.\d+/);
  });

  it('counts usage that was measured elsewhere once, however often it is told', async () => {
    expect((await plane.solyx(['usage', 'report', file('usage.json')])).code).toBe(0);
    // 3 × 2.30 + 40 × 1.61 + 1.50 × 1.4 for the quality, by the list.
    await until(async () => (await charged()) === '73400000', 'all of it is charged');
    expect((await plane.solyx(['usage', 'report', file('usage.json'), '--idempotency-key', 'again'])).code).toBe(0);
    expect(await charged()).toBe('73400000');
    writeFileSync(file('other.json'), JSON.stringify([{ ...FACTS[0], quantity: '1' }]));
    const refused = await ends(3, ['usage', 'report', file('other.json')], 'other');
    expect(refused.err).toContain('UsageConflict');
    expect((await plane.solyx(['usage', '--period', 'last'])).out).toMatch(/shared +144000 GPU-s +\$64\.40/);
  });

  it('sends the owner who shared a payout, once, by a file for the bank', async () => {
    interface Earnings {
      readonly identity: string;
      readonly real: { readonly earnedMicroUsd: string };
    }
    expect((await plane.solyx(['payout', 'account', 'owner-1'])).code).toBe(0);
    expect((await plane.solyx(['payout', 'identity', 'passport-1'])).code).toBe(0);
    const isKnown = async (): Promise<boolean> => {
      const { identity, real } = await plane.json<Earnings>(['earnings']);
      // 64.40 less 3 %.
      return identity === 'Verified' && real.earnedMicroUsd === '62468000';
    };
    await until(isKnown, 'the owner is known, and what was earned');
    for (let time = 0; time < 2; time += 1) await ends(0, ['payout', 'request'], 'payout');
    const bank = path.join(dataDir, 'payouts');
    await until(() => readdirSync(bank).some((name) => name.endsWith('.xml')), 'the bank has the file');
    const [payout, ...more] = await payouts();
    expect(more).toEqual([]);
    expect(readdirSync(bank).filter((name) => name.endsWith('.xml'))).toEqual([`${payout?.id ?? ''}.xml`]);
    writeFileSync(path.join(bank, `${payout?.id ?? ''}.status`), 'paid\n');
  });

  it('is told that its budget is spent', async () => {
    const budget = async (): Promise<string> => (await plane.solyx(['budget', '--scope', 'project/vision'])).out;
    await until(async () => /project\/vision +\$50\.00 per total +\$73\.40 +100 %/.test(await budget()), 'it is told');
    await until(() => types().includes('budget.threshold_reached'), 'and heard');
  });

  it('is invoiced when the month and its grace are over', async () => {
    const [found] = (await until(
      async () => {
        const all = await invoices();
        return all.some(({ phase }) => phase === 'Finalised') && all;
      },
      'the invoice is issued',
      120_000,
    )) as readonly [Invoice];
    invoice = await plane.json<Invoice>(['invoice', 'show', found.id]);
    expect(invoice).toMatchObject({ number: 'INV-000001', totalMicroUsd: '73400000', outstandingMicroUsd: '73400000' });
    const sum = invoice.lines.reduce((total, { amountMicroUsd }) => total + BigInt(amountMicroUsd), 0n);
    expect([invoice.lines.length, sum]).toEqual([3, 73_400_000n]);
  });

  it('has it as files, the same bytes each time', async () => {
    for (const [format, begins] of [
      ['pdf', '%PDF-'],
      ['json', '{'],
      ['csv', ''],
      ['proof', '{'],
    ] as const) {
      const out = file(`invoice.${format}`);
      const words = ['invoice', 'download', invoice.id, '--format', format];
      expect((await plane.solyx([...words, '--out', out])).code).toBe(0);
      expect(readFileSync(out, 'latin1').startsWith(begins)).toBe(true);
    }
    const again = ['invoice', 'download', invoice.id, '--out', file('again.pdf')];
    expect((await plane.solyx(again)).code).toBe(0);
    expect(readFileSync(file('again.pdf')).equals(readFileSync(file('invoice.pdf')))).toBe(true);
    expect(readFileSync(file('invoice.csv'), 'utf8')).toContain('64.4');
    const focus = ['export', 'focus', '--period', 'last', '--out'];
    expect((await plane.solyx([...focus, file('focus.csv')])).code).toBe(0);
    expect(readFileSync(file('focus.csv'), 'utf8').split('\n')[0]).toContain('BilledCost');
    expect((await plane.solyx([...focus, file('focus.parquet'), '--format', 'parquet'])).code).toBe(0);
    expect(readFileSync(file('focus.parquet')).subarray(0, 4).toString()).toBe('PAR1');
    const chargeback = await plane.solyx(['export', 'chargeback', '--period', 'last', '--by', 'project', '--out', '-']);
    expect(chargeback).toMatchObject({ code: 0, out: expect.stringContaining('vision,73.4') as string });
    expect((await plane.solyx(['invoice', 'download', 'demo.1999-01'])).code).toBe(1);
    const { url, apiKey } = plane.credentials();
    const address = `${url}/v1/documents/invoice/${invoice.id}?format=json`;
    const first = await fetch(address, { headers: { authorization: `Bearer ${apiKey}` } });
    const headers = { authorization: `Bearer ${apiKey}`, 'if-none-match': first.headers.get('etag') ?? '' };
    expect([first.status, (await fetch(address, { headers })).status, (await fetch(address)).status]).toEqual([
      ...[200, 304, 401],
    ]);
  });

  it('proves every line offline, and finds one changed byte', async () => {
    const proved = await verify('invoice.proof');
    expect(proved).toMatchObject({ code: 0, out: expect.stringContaining('PROVED') as string });
    const key = (await plane.json<{ publicKey: string }>(['proof'])).publicKey;
    const pinned = ['invoice', 'verify', file('invoice.proof'), '--key', key];
    // Without a gateway and without a key of the API.
    expect((await plane.solyx(pinned, { env: { SOLYX_URL: '', SOLYX_API_KEY: '' } })).code).toBe(0);
    const text = readFileSync(file('invoice.proof'), 'utf8');
    for (const [sought, instead] of [
      ['64400000', '64400001'],
      ['144000000000', '144000000001'],
    ] as const) {
      expect(text).toContain(sought);
      writeFileSync(file('forged.proof'), text.replace(sought, instead));
      const forged = await verify('forged.proof');
      expect(forged).toMatchObject({ code: 1, out: expect.stringContaining('NOT PROVED') as string });
    }
  });

  it('is paid from the wallet, once', async () => {
    expect((await plane.solyx(['wallet', 'top-up', '100.00', '--reference', 'bank 1'])).code).toBe(0);
    const pay = ['invoice', 'pay', invoice.id, '--idempotency-key', 'pay'];
    for (const words of [pay, pay]) expect((await plane.solyx(words)).code).toBe(0);
    await until(async () => (await invoices())[0]?.phase === 'Paid', 'it is paid');
    await until(async () => /^\$26\.60 available/.test((await plane.solyx(['wallet'])).out), 'the wallet shows it');
    await ends(3, ['invoice', 'pay', invoice.id], 'pay-twice');
  });

  it('sees that the bank has paid the owner', async () => {
    await until(async () => (await payouts())[0]?.phase === 'Paid', 'the bank has paid', 180_000, 1_000);
  });

  it('hears of all that, signed', async () => {
    expect((await plane.solyx(['webhook', 'test', hook.id])).code).toBe(0);
    const wanted = ['invoice.finalized', 'invoice.paid', 'payout.paid', 'webhook.test'];
    await until(() => wanted.every((type) => types().includes(type)), 'every event has arrived');
    const own = new Webhook(hook.secret);
    const other = new Webhook(`whsec_${Buffer.alloc(32, 7).toString('base64')}`);
    for (const { headers, body } of heard) {
      const signed = headers as Record<string, string>;
      expect(own.verify(body, signed)).toEqual(JSON.parse(body));
      expect(() => other.verify(body, signed)).toThrow();
      expect(() => own.verify(body.replace('"', "'"), signed)).toThrow();
    }
    const log = async (): Promise<string> => (await plane.solyx(['webhook', 'deliveries', hook.id])).out;
    await until(async () => /invoice\.paid +delivered/.test(await log()), 'the log says so too');
  });

  it('has books that are right, and prices that can be tried without posting', async () => {
    const asked = await ends(0, ['what-if', '--period', period, '--book', 'default', '--json'], 'what-if');
    const tried = JSON.parse(asked.out) as { postedMicroUsd: string; reratedMicroUsd: string };
    expect(tried).toMatchObject({ postedMicroUsd: '73400000', reratedMicroUsd: '73400000' });
    expect(await charged()).toBe('73400000');
    const today = new Date().toISOString().slice(0, 10);
    const isCounted = async (): Promise<boolean> =>
      /The books are right\./.test((await ends(0, ['reconcile', today], 'books')).out);
    await until(isCounted, 'the day is counted, and right');
    expect((await plane.solyx(['margin', '--period', period])).out).toMatch(/shared +\$1\.932 /);
  });

  it('lets nobody do more than their role', async () => {
    const { createApiKey } = await plane.request<{ createApiKey: { key: string } }>(
      'mutation { createApiKey(name: "viewer", roles: ["viewer"], idempotencyKey: "v") { ... on NewApiKey { key } } }',
    );
    const as = { env: { SOLYX_API_KEY: createApiKey.key } };
    expect((await plane.solyx(['invoice', 'list'], as)).code).toBe(0);
    for (const words of [['payout', 'request'], ['margin'], ['webhook'], ['wallet', 'grant', '5.00']]) {
      expect(await plane.solyx(words, as)).toMatchObject({
        code: 4,
        err: expect.stringContaining('PermissionDenied') as string,
      });
    }
  });
});
