import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { Controller, Module } from '@nestjs/common';
import { Ctx, EventPattern, MessagePattern, NatsContext, Payload } from '@nestjs/microservices';
import { connect, JSONCodec, type NatsConnection } from 'nats';
import { pino } from 'pino';
import { SolyxError } from '@solyx/kernel';
import { defineContext } from '@solyx/eventing';
import { withNats } from '@solyx/testing';
import { readConfig } from './config';
import { startService, type RunningService } from './run-service';

const heard: unknown[] = [];

@Controller()
class ReportController {
  @EventPattern('agent.*.heartbeat')
  hear(@Payload() data: unknown, @Ctx() context: NatsContext): void {
    heard.push([context.getSubject(), data]);
    if (data === undefined) throw new SolyxError('InvalidArgument', 'not JSON');
  }

  @MessagePattern('agent.*.report')
  async take(@Payload() data: { readonly taskId?: string } | undefined): Promise<unknown> {
    if (!data?.taskId) throw new SolyxError('InvalidArgument', 'taskId is missing', { field: 'taskId' });
    return { recorded: true, taskId: data.taskId };
  }
}

@Module({ controllers: [ReportController] })
class TalkingModule {}

@Module({})
class QuietModule {}

const silent = pino({ level: 'silent' });
const context = defineContext({ context: 'cmo' });
const codec = JSONCodec<Record<string, unknown>>();

describe('a running service', () => {
  const nats = withNats();
  let service: RunningService;
  let client: NatsConnection;
  beforeAll(async () => {
    service = await startService(TalkingModule, context, readConfig('cmo', {}, { SOLYX_NATS_URL: nats.url }), silent);
    client = await connect({ servers: nats.url });
  });
  afterAll(async () => {
    await client.close();
    await service.drain();
  });

  const get = async (route: string): Promise<{ status: number; text: string }> => {
    const response = await fetch(`${service.url}${route}`);
    return { status: response.status, text: await response.text() };
  };
  const ask = async (body: Uint8Array | string): Promise<unknown> =>
    codec.decode((await client.request('agent.n1.report', body, { timeout: 2_000 })).data);

  it('lives, is ready, and shows its metrics', async () => {
    expect(await get('/live')).toEqual({ status: 200, text: '{"live":true}' });
    expect((await get('/ready')).status).toBe(200);
    const { text } = await get('/metrics');
    expect(text).toMatch(/solyx_check_ok\{check="service",service="cmo"\} 1/);
    expect(text).toMatch(/process_resident_memory_bytes \d+/);
  });

  it('answers unknown addresses with our error', async () => {
    const { status, text } = await get('/nowhere');
    expect(status).toBe(404);
    expect(JSON.parse(text)).toMatchObject({ code: 'NotFound', hint: 'Check the address.' });
  });

  it('speaks plain JSON on the bus', async () => {
    expect(await ask(codec.encode({ taskId: 't1' }))).toEqual({ recorded: true, taskId: 't1' });
    client.publish('agent.n7.heartbeat', codec.encode({ sequence: 3 }));
    await ask(codec.encode({ taskId: 'after' }));
    expect(heard).toContainEqual(['agent.n7.heartbeat', { sequence: 3 }]);
  });

  it('answers what a handler threw as our error, and survives what is no JSON', async () => {
    const refusal = { error: { code: 'InvalidArgument', message: 'taskId is missing', details: { field: 'taskId' } } };
    expect(await ask(codec.encode({}))).toMatchObject(refusal);
    expect(await ask('\u0000{')).toMatchObject(refusal);
    expect(await ask('')).toMatchObject(refusal);
    client.publish('agent.n8.heartbeat', 'not json');
    expect(await ask(codec.encode({ taskId: 'still here' }))).toMatchObject({ recorded: true });
    expect(heard).toContainEqual(['agent.n8.heartbeat', undefined]);
  });

  it('is not ready while it drains, and others in the process stay', async () => {
    const other = await startService(QuietModule, context, readConfig('sdn', {}, {}), silent);
    await service.drain();
    expect((await fetch(`${other.url}/ready`)).status).toBe(200);
    await expect(fetch(`${service.url}/live`)).rejects.toThrow();
    await other.drain();
  });
});

describe('a process of services', () => {
  const main = path.join(__dirname, '..', 'dist', 'index.js');
  const program = (body: string): string => `
    const { runService, readConfig } = require(${JSON.stringify(main)});
    class AModule {} class BModule {}
    const run = (name, module) => runService(module, { context: name, listens: [], projections: [] }, readConfig(name, {}, {}));
    ${body}`;
  let child: ChildProcess | undefined;
  afterEach(() => {
    child?.kill('SIGKILL');
  });

  /** Resolves with the exit code and what was logged. */
  const play = async (body: string, ready: number, act: (child: ChildProcess) => void): Promise<[number, string]> => {
    if (!existsSync(main)) throw new Error(`${main} is missing: run \`npm run build\` first`);
    const started = spawn(process.execPath, ['-e', program(body)], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    child = started;
    let logged = '';
    started.stdout?.on('data', (chunk: Buffer) => (logged += chunk.toString()));
    let waiting = ready;
    started.on('message', () => {
      waiting -= 1;
      if (waiting === 0) act(started);
    });
    const [code] = (await once(started, 'exit')) as [number];
    return [code, logged];
  };

  it('hosts two services and ends with 0 on SIGTERM', async () => {
    const [code, logged] = await play(`run('drm', AModule); run('cmo', BModule);`, 2, (it) => it.kill('SIGTERM'));
    expect(code).toBe(0);
    const services = logged
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { service: string }).service);
    expect(new Set(services)).toEqual(new Set(['drm', 'cmo']));
  });

  it('ends when the launcher is gone', async () => {
    expect((await play(`run('drm', AModule);`, 1, (it) => it.disconnect()))[0]).toBe(0);
  });

  it('logs a rejection that nobody noticed, and ends with 1', async () => {
    const body = `run('drm', AModule).then(() => Promise.reject(new Error('lost')));`;
    const [code, logged] = await play(body, 1, () => undefined);
    expect(code).toBe(1);
    expect(logged).toMatch(/"level":"fatal".*lost/);
  });

  it('ends with 1 where a service cannot start', async () => {
    const blocked = `require('node:http').createServer().listen(0, '127.0.0.1', function () {
      const env = { SOLYX_DRM_HTTP_PORT: String(this.address().port) };
      runService(AModule, { context: 'drm', listens: [], projections: [] }, readConfig('drm', {}, env));
    });`;
    const [code, logged] = await play(blocked, 1, () => undefined);
    expect(code).toBe(1);
    expect(logged).toMatch(/EADDRINUSE/);
  });
});
