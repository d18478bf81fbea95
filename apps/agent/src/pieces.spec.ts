import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createUser, fromPublic } from 'nkeys.js';
import { renewalText } from '@solyx/contracts/agent';
import { TaskAssigned } from '@solyx/contracts/cmo';
import { EndedTasks } from './adapters/ended-tasks';
import { writeDurably } from './adapters/files';
import { startHealthServer } from './adapters/health-server';
import { Identity } from './adapters/identity';
import { Lock } from './adapters/lock';
import { LogShipper } from './adapters/log-shipper';
import { Logger } from './adapters/logger';
import { isAlive } from './adapters/processes';
import { ResourceLimits } from './adapters/resource-limits';
import { BEGUN_BY_ANOTHER, startShim } from './adapters/shim';
import { TaskFolder } from './adapters/task-folder';
import { readAgentConfig } from './config';
import type { Bus } from './tasks/bus';
import { ReportSender } from './tasks/report-sender';
import { Supervisor } from './tasks/supervisor';
import { checkpointPath } from './tasks/task-environment';

let root: string;
beforeAll(() => {
  root = mkdtempSync(path.join(tmpdir(), 'solyx-agent-pieces-'));
});
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

const assigned = (taskId: string, command: readonly string[]): TaskAssigned['data'] => ({
  ...{ taskId, jobId: 'job_1', organizationId: 'acme', attempt: 1, rank: 0, ranks: 1, nodeId: 'node_1' },
  ...{ executor: 'agent', command, env: {}, gpuIndexes: [], cpuMilli: 0, memoryMiB: 0, stopAfterSeconds: 60 },
  at: '2026-01-01T00:00:00.000Z',
});

/** A bus in memory: keeps what is stored, and answers each request with `answer`. */
class MemoryBus implements Bus {
  readonly stored = new Map<string, unknown>();
  readonly requests: unknown[] = [];
  answers: unknown[] = [];
  fails = 0;
  async request(_: string, body: unknown): Promise<unknown> {
    this.requests.push(body);
    return this.answers.shift() ?? { recorded: true };
  }
  publish(): void {}
  async store(_: string, body: unknown, id: string): Promise<void> {
    if (this.fails > 0) {
      this.fails -= 1;
      throw new Error('no confirmation');
    }
    this.stored.set(id, body);
  }
  texts(): readonly string[] {
    return [...this.stored.values()].map((line) => (line as { text: string }).text);
  }
}

describe('Shim', () => {
  const begin = (folder: TaskFolder, command: readonly string[]) =>
    startShim(folder, { command, workdir: root, env: { PATH: process.env['PATH'] ?? '' }, join: '', prefix: [] });

  it('begins a task once, however many begin it at once', async () => {
    const folder = TaskFolder.create(root, 'task_race');
    const marks = path.join(root, 'race');
    const shims = Array.from({ length: 8 }, () => begin(folder, ['sh', '-c', `echo ran >> ${marks}`]));
    const codes = await Promise.all(shims.map(async (shim) => (await once(shim, 'exit'))[0] as number));
    expect(readFileSync(marks, 'utf8')).toBe('ran\n');
    expect(codes.filter((code) => code === BEGUN_BY_ANOTHER)).toHaveLength(7);
    expect(folder.exitCode()).toBe(0);
  });

  it('writes down who it is, and how the command ended', async () => {
    const folder = TaskFolder.create(root, 'task_shim');
    const shim = begin(folder, ['sh', '-c', 'echo out; echo err >&2; kill -KILL $$']);
    await once(shim, 'exit');
    expect(folder.shim()?.pid).toBe(shim.pid);
    expect(folder.exitCode()).toBe(137);
    expect(readFileSync(folder.output('stdout'), 'utf8')).toBe('out\n');
    expect(readFileSync(folder.output('stderr'), 'utf8')).toBe('err\n');
    expect(isAlive(folder.shim()!)).toBe(false);
  });

  it('outlives the signals that its command gets', async () => {
    const folder = TaskFolder.create(root, 'task_term');
    const shim = begin(folder, ['sh', '-c', "trap 'exit 3' TERM; echo up; while :; do sleep 0.02; done"]);
    while (readFileSync(folder.output('stdout'), 'utf8') !== 'up\n') await new Promise(setImmediate);
    process.kill(-shim.pid!, 'SIGTERM');
    await once(shim, 'exit');
    expect(folder.exitCode()).toBe(3);
  });
});

describe('Supervisor', () => {
  const supervise = async (folder: string, bus: Bus): Promise<Supervisor> => {
    const logger = new Logger('silent');
    return new Supervisor({
      root: path.join(folder, 'tasks'),
      ended: await EndedTasks.open(path.join(folder, 'ended.log'), Date.now()),
      places: { nodeId: 'node_1', checkpoints: path.join(folder, 'checkpoints') },
      reports: new ReportSender('node_1', bus, logger),
      limits: new ResourceLimits('node_1', path.join(folder, 'no-cgroup')),
      ...{ bus, logger },
    });
  };
  const exits = (bus: MemoryBus) =>
    bus.requests.filter((report) => (report as { kind: string }).kind === 'exited') as { reason?: string }[];
  const untilExit = async (bus: MemoryBus) => {
    while (exits(bus).length === 0) await new Promise(setImmediate);
    return exits(bus)[0];
  };

  it.each([
    ['begins a task that was claimed and never begun', {}, undefined],
    ['does not begin a task that was begun and is gone', { pid: '999999 other-boot 1 (sh) S' }, 'Lost'],
    ['does not begin a task whose beginning was cut off', { pid: '' }, 'Lost'],
    ['does not begin a task that was stopped before', { 'stop.json': '{"reason":"Cancelled"}' }, 'Cancelled'],
  ])('%s', async (name, files, reason) => {
    const home = path.join(root, name.replace(/\W/g, '-'));
    const marks = path.join(home, 'marks');
    mkdirSync(home);
    const folder = TaskFolder.create(path.join(home, 'tasks'), 'task_1');
    const task = assigned('task_1', ['sh', '-c', `echo ran >> ${marks}`]);
    await folder.claim({ task, eventId: 'e', claimedAt: '2026-01-01T00:00:00.000Z' });
    for (const [file, text] of Object.entries(files)) writeFileSync(path.join(folder.path, file), text);
    const bus = new MemoryBus();
    const supervisor = await supervise(home, bus);
    await supervisor.adopt();
    expect((await untilExit(bus))?.reason).toBe(reason);
    expect(existsSync(marks)).toBe(reason === undefined);
    await supervisor.leave();
  });

  it('forgets a claim that was cut off: its message comes again', async () => {
    const home = path.join(root, 'cut-claim');
    mkdirSync(path.join(home, 'tasks', 'task_1'), { recursive: true });
    writeFileSync(path.join(home, 'tasks', 'task_1', 'task.json'), '{"task": {"ta');
    const supervisor = await supervise(home, new MemoryBus());
    await supervisor.adopt();
    expect(existsSync(path.join(home, 'tasks', 'task_1'))).toBe(false);
    await supervisor.leave();
  });
});

describe('Log shipper', () => {
  it('delivers in order what the bus did not take at first', async () => {
    const file = path.join(root, 'output');
    writeFileSync(file, Array.from({ length: 200 }, (_, index) => `${index}\n`).join(''));
    const bus = new MemoryBus();
    bus.fails = 3;
    const source = { taskId: 't', nodeId: 'n', organizationId: 'o', jobId: 'j', attempt: 1, rank: 0 };
    const shipper = new LogShipper({ ...source, stream: 'stdout', file, progress: `${file}.delivered` }, bus);
    await shipper.finish();
    expect([...bus.texts()].sort((a, b) => Number(a) - Number(b))).toEqual(
      Array.from({ length: 200 }, (_, index) => String(index)),
    );
    expect(Number(readFileSync(`${file}.delivered`, 'utf8'))).toBe(statSync(file).size);
  });
});

describe('Report sender', () => {
  const report = { ...assigned('task_1', []), reportId: 'r', kind: 'started' } as const;
  const { taskId, jobId, attempt, rank, at } = report;
  const send = (bus: Bus) =>
    new ReportSender('n', bus, new Logger('silent')).send(
      { reportId: 'r', kind: 'started', taskId, jobId, attempt, rank, at },
      new AbortController().signal,
    );
  const refusal = (retryable: boolean) => ({ recorded: false, refusal: { code: 'X', reason: 'X', retryable } });

  it('says it again until it is recorded', async () => {
    const bus = new MemoryBus();
    bus.answers = [refusal(true), { error: { code: 'Unavailable' } }, { error: { code: 'Internal' } }, 'nonsense'];
    expect(await send(bus)).toBe(true);
    expect(bus.requests).toHaveLength(5);
  });
  it('takes a no for a no', async () => {
    const bus = new MemoryBus();
    bus.answers = [refusal(false)];
    expect(await send(bus)).toBe(true);
    expect(bus.requests).toHaveLength(1);
  });
});

describe('Lock', () => {
  it('is taken from an agent that is gone, and from no other', async () => {
    const folder = path.join(root, 'lock');
    const other = spawn('sleep', ['60']);
    mkdirSync(folder);
    const stat = readFileSync(`/proc/${other.pid}/stat`, 'utf8').split(') ')[1]!.split(' ')[19];
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    writeFileSync(path.join(folder, 'agent.lock'), `${other.pid} ${stat} ${boot}\n`);
    expect(() => Lock.take(folder)).toThrow(String(other.pid));
    other.kill('SIGKILL');
    await once(other, 'exit');
    Lock.take(folder).release();
    expect(existsSync(path.join(folder, 'agent.lock'))).toBe(false);
  });
});

describe('Ended tasks', () => {
  it('are remembered for a month', async () => {
    const file = path.join(root, 'ended.log');
    const day = 86_400_000;
    const ended = await EndedTasks.open(file, 0);
    ended.add('task_old', 0);
    ended.add('task_new', 20 * day);
    const later = await EndedTasks.open(file, 31 * day);
    expect([later.has('task_old'), later.has('task_new')]).toEqual([false, true]);
  });
});

describe('Limits', () => {
  it('are cgroups where there are some', () => {
    const fake = path.join(root, 'cgroup');
    mkdirSync(fake);
    writeFileSync(path.join(fake, 'cgroup.controllers'), 'cpuset cpu io memory pids\n');
    const limits = new ResourceLimits('n1', fake);
    const prepared = limits.prepareTask({ taskId: 'task_1', cpuMilli: 1500, memoryMiB: 64 });
    const folder = path.join(fake, 'solyx-n1', 'task_1');
    expect(prepared).toEqual({ join: path.join(folder, 'cgroup.procs'), prefix: [], memoryIsKept: true });
    expect(readFileSync(path.join(folder, 'cpu.max'), 'utf8')).toBe('150000 100000');
    expect(readFileSync(path.join(folder, 'memory.max'), 'utf8')).toBe(String(64 * 2 ** 20));
    writeFileSync(path.join(folder, 'memory.events'), 'low 0\noom 1\noom_kill 1\n');
    expect(limits.ranOutOfMemory('task_1')).toBe(true);
  });
  it('are whole cores elsewhere, the least used first', () => {
    const limits = new ResourceLimits('n1', path.join(root, 'none'), 4);
    const cores = (taskId: string, cpuMilli: number) =>
      limits.prepareTask({ taskId, cpuMilli, memoryMiB: 0 }).prefix.slice(1, 3);
    expect(cores('a', 2000)).toEqual(['-c', '0,1']);
    expect(cores('b', 1000)).toEqual(['-c', '2']);
    expect(cores('c', 1000)).toEqual(['-c', '3']);
    limits.release('b');
    expect(cores('d', 1000)).toEqual(['-c', '2']);
    expect(cores('e', 4000)).toEqual([]);
  });
});

describe('Checkpoints', () => {
  const places = { nodeId: 'n', checkpoints: '/c' };
  const at = (place: string) =>
    checkpointPath({ ...assigned('t', []), checkpoint: { path: place, everySeconds: 1 } }, places);
  it("lie in the job's own folder, or where it says", () => {
    expect(at('model.pt')).toBe('/c/job_1/model.pt');
    expect(at('/shared/model.pt')).toBe('/shared/model.pt');
    expect(at('../../etc/passwd')).toBe('/c/job_1');
    expect(checkpointPath(assigned('t', []), places)).toBeUndefined();
  });
});

describe('Identity', () => {
  let gateway: Server;
  let answer: (route: string, body: Record<string, string>) => { status: number; body: unknown };
  const url = () => `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const jwt = (exp: number) => `${part({})}.${part({ iat: 1, exp })}.x`;
  const facts = { hostname: 'h', os: 'Linux', cpuMilli: 1000, memoryMiB: 1000, gpus: [] };
  const request = { token: 'slx_join_x', site: 'home', region: 'eu-central', facts };

  beforeAll(async () => {
    gateway = createServer((incoming, response) => {
      let text = '';
      incoming.on('data', (chunk: Buffer) => (text += chunk.toString()));
      incoming.on('end', () => {
        const { status, body } = answer(incoming.url ?? '', JSON.parse(text) as Record<string, string>);
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      });
    }).listen(0, '127.0.0.1');
    await once(gateway, 'listening');
  });
  afterAll(() => gateway.close());

  it('joins with the same key when the first answer was lost, and renews by a signature', async () => {
    const places = { stateDir: path.join(root, 'id'), credsFile: path.join(root, 'id', 'nats.creds') };
    const keys: string[] = [];
    answer = (_, { publicKey = '' }) => {
      keys.push(publicKey);
      return { status: 503, body: { code: 'Unavailable', message: 'later' } };
    };
    await expect(Identity.join(places, url(), request)).rejects.toMatchObject({ retryable: true });
    expect(await Identity.load(places)).toBeUndefined();
    const expiresAt = '2030-01-01T00:00:00.000Z';
    answer = (_, { publicKey = '' }) => {
      keys.push(publicKey);
      const told = { nodeId: 'node_1', organizationId: 'acme', natsUrl: 'nats://127.0.0.1:1', heartbeatSeconds: 3 };
      return { status: 200, body: { ...told, jwt: jwt(100), expiresAt } };
    };
    await Identity.join(places, url(), request);
    expect(keys[1]).toBe(keys[0]);

    const loaded = (await Identity.load(places))!;
    expect(loaded.credentials).toMatchObject({ jwt: jwt(100), issuedMs: 1000, expiresMs: 100_000 });
    answer = (route, { jwt: old = '', at = '', signature = '' }) => {
      const isMine = fromPublic(keys[0]!).verify(
        new TextEncoder().encode(renewalText(old, at)),
        Buffer.from(signature, 'base64url'),
      );
      return { status: isMine && route === '/agents/renew' ? 200 : 401, body: { jwt: jwt(200), expiresAt } };
    };
    await loaded.renew(url());
    expect((await Identity.load(places))!.credentials.expiresMs).toBe(200_000);
    expect(readFileSync(places.credsFile, 'utf8')).toContain('BEGIN USER NKEY SEED');
  });

  it('joins anew with a new token, as the node that it is then', async () => {
    const places = { stateDir: path.join(root, 'id3'), credsFile: path.join(root, 'id3', 'nats.creds') };
    const joined: (string | undefined)[] = [];
    answer = (_, { token, publicKey = '' }) => {
      joined.push(publicKey);
      const told = { nodeId: `node_${token}`, organizationId: 'acme', natsUrl: 'nats://127.0.0.1:1' };
      return {
        status: 200,
        body: { ...told, heartbeatSeconds: 3, jwt: jwt(100), expiresAt: '2030-01-01T00:00:00.000Z' },
      };
    };
    await Identity.join(places, url(), { ...request, token: 'one' });
    // Started again, with the words it was started with or none.
    expect((await Identity.load(places, 'one'))?.membership.nodeId).toBe('node_one');
    expect((await Identity.load(places))?.membership.nodeId).toBe('node_one');
    expect(readFileSync(path.join(places.stateDir, 'membership.json'), 'utf8')).not.toContain('"one"');

    expect(await Identity.load(places, 'two')).toBeUndefined();
    await Identity.join(places, url(), { ...request, token: 'two' });
    expect((await Identity.load(places, 'two'))?.membership.nodeId).toBe('node_two');
    expect(new Set(joined).size).toBe(1);
  });

  it('passes on what the gateway says', async () => {
    const places = { stateDir: path.join(root, 'id2'), credsFile: path.join(root, 'id2', 'nats.creds') };
    answer = () => ({
      status: 401,
      body: { code: 'Unauthenticated', reason: 'TokenExpired', message: 'expired', hint: 'Make a new one.' },
    });
    await expect(Identity.join(places, url(), request)).rejects.toMatchObject({
      code: 'Unauthenticated',
      reason: 'TokenExpired',
      hint: 'Make a new one.',
      retryable: false,
    });
    answer = () => ({ status: 200, body: { nodeId: 'node_1', shell: 'rm -rf /' } });
    await expect(Identity.join(places, url(), request)).rejects.toMatchObject({ code: 'InvalidArgument' });
    await expect(Identity.join(places, 'http://127.0.0.1:1', request)).rejects.toMatchObject({ code: 'Unavailable' });
    expect(createUser().getPublicKey()).toMatch(/^U/);
  });
});

describe('Configuration', () => {
  it('comes from the environment', () =>
    expect(
      readAgentConfig([], {
        SOLYX_AGENT_GATEWAY_URL: 'http://127.0.0.1:4000',
        SOLYX_AGENT_STATE_DIR: '/s',
        SOLYX_AGENT_JOIN_TOKEN: 't',
        SOLYX_AGENT_HTTP_PORT: '0',
        SOLYX_NATS_URL: 'nats://127.0.0.1:1',
        SOLYX_AGENT_DRAIN: 'true',
      }),
    ).toEqual({
      ...{ stateDir: '/s', credsFile: '/s/nats.creds', gatewayUrl: 'http://127.0.0.1:4000', joinToken: 't' },
      ...{ natsUrl: 'nats://127.0.0.1:1', site: 'home', region: 'eu-central', httpPort: 0, drains: true },
      logLevel: 'info',
    }));
  it('says where the machine stands, and how its GPUs are shared', () => {
    const pool = { poolId: 'a', gpuIndexes: [0], sharing: 'spatial', ratio: 4, tenancy: 'private' };
    const shared = { SOLYX_AGENT_POOLS: JSON.stringify([pool]), SOLYX_AGENT_FABRIC: 'ib-1' };
    expect(readAgentConfig(['--rack', 'r1'], shared)).toMatchObject({ rack: 'r1', fabric: 'ib-1', pools: [pool] });
  });
  it('says that the machine is shared, and for how much', () => {
    expect(readAgentConfig(['--shared', '1.50'], {})).toMatchObject({ sharedMicroUsdPerHour: '1500000' });
    expect(() => readAgentConfig([], { SOLYX_AGENT_SHARED: 'much' })).toThrow('no amount of USD');
  });
  it('or from the command line', () =>
    expect(readAgentConfig(['join', 'https://solyx', 'tok', '--data', '/d', '--site', 'lab'], {})).toMatchObject({
      ...{ stateDir: '/d', gatewayUrl: 'https://solyx', joinToken: 'tok', site: 'lab', drains: false },
    }));
  it.each([
    [['joyn'], {}, 'not understood'],
    [['join', 'https://solyx'], {}, 'not understood'],
    [['--data'], {}, 'needs a value'],
    [['--verbose'], {}, 'unknown'],
    [['join', 'solyx', 'tok'], {}, 'no address'],
    [[], { SOLYX_AGENT_HTTP_PORT: '99999' }, 'SOLYX_AGENT_HTTP_PORT'],
    [[], { SOLYX_AGENT_POOLS: '{}' }, 'no JSON list'],
    [[], { SOLYX_AGENT_POOLS: 'a' }, 'no JSON list'],
  ])('%j is refused', (args, env, message) => expect(() => readAgentConfig(args, env)).toThrow(message));
});

describe('Health', () => {
  it('tells whether it lives, is ready, and what it does', async () => {
    let isReady = false;
    const facts = () => ({ isReady, tasks: 2, nodeId: 'node_1', certificateExpiresInSeconds: 9 });
    const server = await startHealthServer(0, facts);
    const status = async (route: string) => (await fetch(`http://127.0.0.1:${server.port}${route}`)).status;
    expect([await status('/live'), await status('/ready'), await status('/else')]).toEqual([200, 503, 404]);
    isReady = true;
    expect(await status('/ready')).toBe(200);
    const metrics = await (await fetch(`http://127.0.0.1:${server.port}/metrics`)).text();
    expect(metrics).toContain('solyx_agent_tasks{node="node_1"} 2');
    server.close();
  });
});

describe('Files', () => {
  it('are whole or not there, and private', async () => {
    const file = path.join(root, 'secret');
    await writeDurably(file, 'text');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toBe('text');
    expect(spawnSync('ls', [root]).stdout.toString()).not.toContain('.tmp');
  });
});
