import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import fc from 'fast-check';
import { propertyRuns, temporaryFolder } from '@solyx/testing';
import { Webhook } from 'standardwebhooks';
import { publicKeyOf, secretText, Signer } from './sign-message';
import type { SigningKey } from './webhook-secrets';

type Read = (body: string, headers: Record<string, string>, secret: string, now?: number) => unknown;

const PAGE = path.join(__dirname, '..', '..', '..', '..', '..', 'docs', 'webhooks.md');
const NOW = Date.now();
const key = (keyId: string, algorithm: SigningKey['algorithm'], fill: number): SigningKey => ({
  keyId,
  algorithm,
  bytes: Buffer.alloc(32, fill),
});
const headersOf = (keys: readonly SigningKey[], body: string, id = 'evt_1', timestamp = Math.floor(NOW / 1_000)) => ({
  'webhook-id': id,
  'webhook-timestamp': String(timestamp),
  'webhook-signature': new Signer(keys).header({ id, timestamp, body }),
});
const old = key('old', 'v1', 1);
const fresh = key('fresh', 'v1', 2);
const pair = key('pair', 'v1a', 3);

describe('Signatures', () => {
  const folder = temporaryFolder('webhook');
  let read: Read;
  beforeAll(() => {
    const [, code = ''] = /```js\n([^]*?)```/.exec(readFileSync(PAGE, 'utf8')) ?? [];
    const file = path.join(folder, 'read-webhook.cjs');
    writeFileSync(file, code);
    ({ readWebhook: read } = createRequire(file)(file) as { readWebhook: Read });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('of any body are the same as those of the reference library, and accepted by it and by the example of the docs', () => {
    const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(bytes, fc.json(), fc.stringMatching(/^evt_[0-9a-z]{16}$/), (secret, body, id) => {
        const keys = [{ keyId: 'k', algorithm: 'v1' as const, bytes: secret }];
        const headers = headersOf(keys, body, id);
        const text = secretText(secret);
        const library = new Webhook(text);
        expect(headers['webhook-signature']).toBe(library.sign(id, new Date(Math.floor(NOW / 1_000) * 1_000), body));
        expect(library.verify(body, headers)).toEqual(JSON.parse(body));
        expect(read(body, headers, text, NOW)).toEqual(JSON.parse(body));
      }),
      propertyRuns(50),
    );
  });

  it('of several keys are each accepted by who has one of them, and by nobody else', () => {
    const headers = headersOf([fresh, old, pair], '{"a":1}');
    const secrets = [secretText(fresh.bytes), secretText(old.bytes), publicKeyOf(pair.bytes)];
    for (const secret of secrets) expect(read('{"a":1}', headers, secret, NOW)).toEqual({ a: 1 });
    for (const secret of secrets.slice(0, 2)) expect(new Webhook(secret).verify('{"a":1}', headers)).toEqual({ a: 1 });
    for (const other of [secretText(Buffer.alloc(32, 9)), publicKeyOf(Buffer.alloc(32, 9))]) {
      expect(() => read('{"a":1}', headers, other, NOW)).toThrow('no signature');
    }
  });

  it.each([
    ['the body', '{"a":2}', {}],
    ['the id', '{"a":1}', { 'webhook-id': 'evt_2' }],
    ['the time', '{"a":1}', { 'webhook-timestamp': String(Math.floor(NOW / 1_000) + 1) }],
    ['the signature', '{"a":1}', { 'webhook-signature': 'v1,AAAA v1a,AAAA v2,AAAA v1 ,' }],
  ])('do not survive a change of %s', (_what, body, change) => {
    const headers = { ...headersOf([fresh, pair], '{"a":1}'), ...change };
    for (const secret of [secretText(fresh.bytes), publicKeyOf(pair.bytes)]) {
      expect(() => read(body, headers, secret, NOW)).toThrow();
    }
  });

  it('are refused when they are old', () => {
    const headers = headersOf([fresh], '{"a":1}');
    expect(() => read('{"a":1}', headers, secretText(fresh.bytes), NOW + 301_000)).toThrow('too old');
  });

  it('take public keys of 32 bytes', () => {
    expect(publicKeyOf(pair.bytes)).toMatch(/^whpk_[A-Za-z0-9+/]{43}=$/);
    expect(secretText(old.bytes)).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  });
});
