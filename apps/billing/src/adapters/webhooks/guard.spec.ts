import { rmSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { temporaryFolder } from '@solyx/testing';
import { LOCAL_POLICY, PUBLIC_POLICY, urlFault, type UrlPolicy } from '../../domain/webhooks/url-policy';
import { Receiver } from '../../test/webhooks/receiver';
import { guardedConnector, type Resolve } from './guarded-connector';
import { UndiciWebhookTransport } from './undici-webhook-transport';

/** As strict as in production about addresses; lenient about scheme and port, so that the server could be reached. */
const STRICT: UrlPolicy = { protocols: ['http:', 'https:'], ports: [], allowPrivate: false };
const POST = { headers: { 'content-type': 'application/json' }, body: '{}' };

/** Hosts that are this machine, or lead into a network that nobody outside reaches, in whatever form. */
const HOSTS = [
  ...['127.0.0.1', '127.1', '127.0.1', '127.255.255.254', '2130706433', '0x7f000001', '0x7f.1', '0x7f.0.0.1'],
  ...['0177.0.0.1', '017700000001', '127.0.0.1.', '0.0.0.0', '0', '127。0。0。1', '１２７.０.０.１', '%31%32%37.0.0.1'],
  ...['[::1]', '[::]', '[0:0:0:0:0:0:0:1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[0:0:0:0:0:ffff:7f00:1]'],
  ...['[::127.0.0.1]', '[64:ff9b::127.0.0.1]', '[64:ff9b::7f00:1]', '[64:ff9b:1::7f00:1]', '[2002:7f00:1::]'],
  ...['[2001:0:7f00:1::]', '[fe80::1]', '[fc00::1]', '[fd12:3456:789a::1]', '[ff02::1]', '[2001:db8::1]'],
  ...['[fec0::1]', '[100::1]', '[5f00::1]', '[::ffff:0:7f00:1]', '[2001:10::1]', '[3fff::1]', '[4000::1]'],
  ...['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.0.1', '169.254.169.254', '169.254.170.2', '100.64.0.1'],
  ...['100.100.100.200', '192.0.0.1', '192.0.2.1', '198.18.0.1', '198.51.100.1', '203.0.113.1', '224.0.0.1'],
  ...['240.0.0.1', '255.255.255.255', '[fd00:ec2::254]', '[::ffff:169.254.169.254]', '[::ffff:10.0.0.1]'],
  ...['localhost', 'LOCALHOST', 'localhost.', 'sub.localhost', 'metadata.google.internal', 'printer.local', 'router'],
];

/** What a name of the public internet may be made to say. */
const ANSWERS: readonly (readonly [string, readonly string[]])[] = [
  ['this machine', ['127.0.0.1']],
  ['this machine over IPv6', ['::1']],
  ['an IPv4 address in IPv6', ['::ffff:127.0.0.1']],
  ['a public address and this machine', ['93.184.216.34', '127.0.0.1']],
  ['this machine and a public address', ['127.0.0.1', '93.184.216.34']],
  ['the metadata of a cloud', ['169.254.169.254']],
  ['a private network', ['192.168.1.1']],
  ['carrier-grade NAT', ['100.64.0.1']],
  ['a translator', ['64:ff9b::7f00:1']],
  ['no address', []],
  ['what is none', ['localhost']],
];

let server: Receiver;
beforeAll(async () => {
  server = await Receiver.listen('::').catch(() => Receiver.listen('0.0.0.0'));
});
afterAll(() => server.close());

async function sendTo(url: string, resolve: Resolve): Promise<{ error?: string; status?: number }> {
  const transport = new UndiciWebhookTransport({ policy: STRICT, resolve, answerWithinMs: 15_000 });
  try {
    return await transport.post({ url, ...POST }, new AbortController().signal);
  } finally {
    await transport.onApplicationShutdown();
  }
}

const never: Resolve = async () => ['127.0.0.1'];

describe('The guard', () => {
  it('stands before a server that can be reached', async () => {
    const status = await new Promise((resolve) => {
      request({ host: '127.0.0.1', port: server.port, method: 'POST' }, (answer) => resolve(answer.statusCode)).end(
        '{}',
      );
    });
    expect([status, server.connections]).toEqual([204, 1]);
    server.connections = 0;
    server.received.length = 0;
  });

  it(`knows at least forty ways`, () => expect(HOSTS.length + ANSWERS.length).toBeGreaterThanOrEqual(40));

  it.each(HOSTS)('lets nothing through to %s', async (host) => {
    const url = `http://${host}:${server.port}/`;
    const outcome = await sendTo(url, never);
    expect(outcome.status).toBeUndefined();
    expect(outcome.error).toMatch(/refused|public internet|no address|request failed/);
    expect(urlFault(url, STRICT) ?? urlFault(url, PUBLIC_POLICY)).toBeDefined();
    expect([server.connections, server.received.length]).toEqual([0, 0]);
  });

  it.each(ANSWERS)('lets nothing through where a name says %s', async (_what, addresses) => {
    const outcome = await sendTo(`http://hooks.example.org:${server.port}/`, async () => addresses);
    expect(outcome).toMatchObject({ error: expect.any(String) });
    expect([server.connections, server.received.length]).toEqual([0, 0]);
  });

  it('asks for the name once, so that a name that changes its answer finds no second look', async () => {
    let asked = 0;
    const rebinding: Resolve = async () => [asked++ === 0 ? '127.0.0.1' : '93.184.216.34'];
    const outcome = await sendTo(`http://rebind.example.org:${server.port}/`, rebinding);
    expect([asked, server.connections]).toEqual([1, 0]);
    expect(outcome.error).toContain('public internet');
  });

  it('follows no redirect', async () => {
    const outside = await Receiver.listen();
    outside.answer = () => ({ status: 302, headers: { location: `http://127.0.0.1:${server.port}/` } });
    const transport = new UndiciWebhookTransport({ policy: LOCAL_POLICY });
    const outcome = await transport.post({ url: outside.url(), ...POST }, new AbortController().signal);
    expect(outcome).toMatchObject({ status: 302 });
    expect([outside.received.length, server.connections]).toEqual([1, 0]);
    await transport.onApplicationShutdown();
    await outside.close();
  });

  it.each([
    ['http://example.org/', 'https:'],
    ['ftp://example.org/', 'https:'],
    ['file:///etc/passwd', 'https:'],
    ['gopher://example.org/', 'https:'],
    ['https://user@example.org/', 'user name'],
    ['https://user:secret@example.org/', 'user name'],
    ['https://example.org@127.0.0.1/', 'user name'],
    ['https://example.org:22/', 'port'],
    ['https://example.org:6379/', 'port'],
    ['https://example.org:80/', 'port'],
    ['https://example/', 'public internet'],
    ['https://', 'no address'],
    ['//example.org', 'no address'],
  ])('refuses %s before it connects: %s', (url, why) => expect(urlFault(url, PUBLIC_POLICY)).toContain(why));

  it.each([
    'https://example.org/',
    'https://example.org:8443/x?y=z',
    'https://93.184.216.34/',
    'https://[2606:4700::1]/',
  ])('takes %s', (url) => expect(urlFault(url, PUBLIC_POLICY)).toBeUndefined());

  it('gives up on a name that is not resolved', async () => {
    const hanging: Resolve = () => new Promise(() => undefined);
    expect(await sendTo('https://hooks.example.org/', hanging)).toMatchObject({
      error: expect.stringMatching(/in time/),
    });
  });

  it('cuts off a socket that did not reach a public address, whatever was checked before', async () => {
    const folder = temporaryFolder('guard');
    const path = join(folder, 'socket');
    const local = createServer();
    await new Promise<void>((done) => local.listen(path, done));
    // The socket goes elsewhere than to the address that was checked, as a translator on the way might have it.
    const connect = guardedConnector(STRICT, async () => ['93.184.216.34'], { socketPath: path });
    const options = { hostname: 'hooks.example.org', host: 'hooks.example.org', protocol: 'http:', port: '80' };
    const error = await new Promise((done) => connect(options, (...[refused]) => done(refused)));
    expect(String(error)).toContain('the connection reached an address that is not on the public internet');
    await new Promise<void>((done) => local.close(() => done()));
    rmSync(folder, { recursive: true });
  });
});
