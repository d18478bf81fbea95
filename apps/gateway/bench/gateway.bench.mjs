/**
 * What a page of 50 jobs costs the gateway in CPU: key, limits, GraphQL and JSON, without the database, whose page is
 * ready in memory. Beside it a bare Fastify route that answers the same bytes. Server and load are two processes, so
 * that only the server's CPU counts; the best of several rounds is told, because other work on the machine only adds.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { reportBench } from '../../../scripts/lib/bench-report.mjs';

const PAGE = 50;
const ROUNDS = 5;
const REQUESTS = 3_000;
const AT_ONCE = 20;
const QUERY =
  '{ jobs(first: 50) { edges { cursor node { id name project phase attempt priority gpus gpuModel queuedAt position } } pageInfo { hasNextPage endCursor } position } }';

async function serve() {
  const require = createRequire(import.meta.url);
  require('reflect-metadata');
  const { Module } = require('@nestjs/common');
  const { NestFactory } = require('@nestjs/core');
  const { FastifyAdapter } = require('@nestjs/platform-fastify');
  const { Clock, SystemClock, ManualClock } = require('@solyx/kernel');
  const { EventLog, LiveTail, onOccasion, ParkingLot, Streams, Views } = require('@solyx/eventing');
  const { MemoryEventLog, MemoryParkingLot } = require('@solyx/testing');
  const gateway = require('@solyx/gateway');
  const { HmacKeys } = require('../dist/adapters/hmac-keys.js');

  const spec = gateway.parseJobFile({ run: 'python train.py', resources: { gpu: 'H100:2' } }).spec;
  const rows = Array.from({ length: PAGE }, (_one, index) => {
    const row = gateway.newJobRow({
      ...{ id: `job_${index}`, organizationId: 'acme', submittedBy: 'someone', spec, at: new ManualClock().iso() },
    });
    return { key: row.id, cursor: `cursor-${index}`, row: { ...row, position: String(index) } };
  });
  class ReadyViews extends Views {
    list = async () => ({ rows, hasNext: true });
    get = async () => undefined;
    waitFor = async () => true;
    health = async () => [];
  }
  const clock = new SystemClock();
  const log = new MemoryEventLog(clock);
  const streams = new Streams(log);
  const keys = new HmacKeys('ab'.repeat(32));
  const plenty = { perSecond: 1e9, burst: 1e9 };
  const settings = {
    ...{ publicUrl: 'http://bench', version: '0', agentNatsUrl: '', heartbeatSeconds: 2, eventStore: 'memory' },
    ...{ bootstrap: {}, rates: { query: plenty, mutation: plenty, subscription: plenty } },
  };
  const replaced = [
    { provide: gateway.GatewaySettings, useValue: settings },
    { provide: gateway.Keys, useValue: keys },
    { provide: gateway.LogLines, useValue: {} },
    { provide: gateway.ServiceHealth, useValue: {} },
    { provide: gateway.BillingDesk, useValue: {} },
    { provide: gateway.AgentIdentities, useValue: {} },
  ];
  const shared = [
    { provide: Clock, useValue: clock },
    { provide: EventLog, useValue: log },
    { provide: Streams, useValue: streams },
    { provide: LiveTail, useValue: new LiveTail(log) },
    { provide: Views, useValue: new ReadyViews() },
    { provide: ParkingLot, useValue: new MemoryParkingLot() },
  ];
  const tokens = new Set(replaced.map(({ provide }) => provide));
  const own = Reflect.getMetadata('providers', gateway.GatewayModule).filter(({ provide }) => !tokens.has(provide));
  class BenchModule {}
  Module({ providers: [...shared, ...own, ...replaced] })(BenchModule);
  const app = await NestFactory.create(BenchModule, new FastifyAdapter(), { logger: false });
  let payload = {};
  app
    .getHttpAdapter()
    .getInstance()
    .post('/bare', async () => payload);
  await app.listen(0, '127.0.0.1');
  const keyId = keys.idFor('bench');
  const key = keys.fresh('test', keyId);
  const data = {
    keyId,
    organizationId: 'acme',
    name: 'bench',
    hash: keys.hash(key),
    roles: ['owner'],
    createdAt: clock.iso(),
  };
  await streams.transact(gateway.apiKeyDecider, keyId, { type: 'CreateApiKey', data }, onOccasion('bench', keyId));
  process.on('message', (message) => {
    if (message.payload) payload = message.payload;
    process.send({ cpu: process.cpuUsage() });
  });
  process.on('disconnect', () => process.exit(0));
  process.send({ port: app.getHttpServer().address().port, key });
}

async function measure() {
  const child = fork(fileURLToPath(import.meta.url), ['serve'], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const [{ port, key }] = await once(child, 'message');
  const agent = new http.Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const body = JSON.stringify({ query: QUERY });
  const headers = {
    'content-type': 'application/json',
    authorization: `Bearer ${key}`,
    'content-length': Buffer.byteLength(body),
  };

  const post = (path) =>
    new Promise((resolve, reject) => {
      const request = http.request({ port, host: '127.0.0.1', path, method: 'POST', headers, agent }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => (text += chunk));
        response.on('end', () => (response.statusCode === 200 ? resolve(text) : reject(new Error(text.slice(0, 500)))));
      });
      request.on('error', reject);
      request.end(body);
    });
  const cpu = async (message = {}) => {
    child.send(message);
    const [answer] = await once(child, 'message');
    return answer.cpu.user + answer.cpu.system;
  };
  const load = async (path, count) => {
    let left = count;
    const worker = async () => {
      while (left > 0) {
        left -= 1;
        await post(path);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  };

  const answer = JSON.parse(await post('/graphql'));
  if (answer.data?.jobs?.edges?.length !== PAGE)
    throw new Error(`not a page of ${PAGE}: ${JSON.stringify(answer).slice(0, 500)}`);
  await cpu({ payload: answer });
  const best = { '/graphql': Infinity, '/bare': Infinity };
  for (const path of Object.keys(best)) await load(path, REQUESTS);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const path of Object.keys(best)) {
      const before = await cpu();
      await load(path, REQUESTS);
      best[path] = Math.min(best[path], ((await cpu()) - before) / REQUESTS);
    }
  }
  agent.destroy();
  child.disconnect();
  reportBench('gateway', [
    {
      ...{
        name: 'gateway: CPU of a GraphQL list of 50 jobs',
        value: best['/graphql'],
        unit: 'µs',
        better: 'lower',
        target: 350,
      },
      peer: { name: 'bare Fastify, same bytes', value: best['/bare'] },
    },
  ]);
}

await (process.argv[2] === 'serve' ? serve() : measure());
