import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AgentHeartbeat, AgentTelemetry, readMessage, type AgentReport } from '@solyx/contracts/agent';
import type { TaskAssigned } from '@solyx/contracts/cmo';
import { eventually, launchNats, type TestServer } from '@solyx/testing';
import { processesOfTask } from './adapters/processes';
import { build, NODE_ID, Plane, stopOf, task } from './test/plane';

const node = (script: string, ...words: readonly string[]) => [process.execPath, '-e', script, '--', ...words];

describe('Agent', () => {
  let nats: TestServer;
  let plane: Plane;
  let agent: ChildProcess;
  let folder: string;
  const state = () => path.join(folder, 'state');
  const marks = () => path.join(folder, 'marks');

  beforeAll(async () => {
    build();
    nats = await launchNats();
    plane = await Plane.start(nats.url);
    folder = mkdtempSync(path.join(tmpdir(), 'solyx-agent-'));
    agent = await plane.startAgent(state());
  });

  afterAll(async () => {
    await plane.stop();
    await nats.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const killAgent = async () => {
    agent.kill('SIGKILL');
    await once(agent, 'exit');
  };
  const exit = (assigned: TaskAssigned) =>
    eventually(() => {
      const [report] = plane.reported(assigned.data.jobId, 'exited');
      if (!report) throw new Error(`no exit of ${assigned.data.jobId}`);
      return report;
    });
  /** A report may come again where its answer was lost, always under the same id. */
  const distinct = ({ data }: TaskAssigned, kind: AgentReport['kind']) =>
    new Set(plane.reported(data.jobId, kind).map(({ reportId }) => reportId)).size;
  const texts = async ({ data }: TaskAssigned, stream = 'stdout') =>
    (await plane.lines(data.jobId)).filter((line) => line.stream === stream).map(({ text }) => text);
  const seen = (assigned: TaskAssigned, text: string) =>
    eventually(async () => expect(await texts(assigned)).toContain(text));

  it('joined with a key of its own, and keeps its secrets to itself', () => {
    expect(plane.joins).toHaveLength(1);
    expect(plane.joins[0]?.facts.cpuMilli).toBeGreaterThan(0);
    for (const name of ['nats.creds', 'key.seed', 'membership.json']) {
      expect(statSync(path.join(state(), name)).mode & 0o077).toBe(0);
    }
  });

  it('lets itself be heard, and measures', async () => {
    const heard = async <T extends object>(subject: string, schema: new () => T): Promise<T> => {
      const subscription = plane.connection.subscribe(`agent.${NODE_ID}.${subject}`, { max: 1 });
      for await (const message of subscription) return readMessage(schema, message.json());
      throw new Error('nothing was heard');
    };
    expect((await heard('heartbeat', AgentHeartbeat)).sequence).toBeGreaterThanOrEqual(0);
    expect((await heard('telemetry', AgentTelemetry)).memoryTotalMiB).toBeGreaterThan(0);
  });

  it('runs a process, streams what it says and tells how it ended', async () => {
    const script = "console.log(6*7); console.error('oops'); process.exitCode = 3";
    const assigned = task(node(script), { env: { NAME: 'value' } });
    await plane.tell(assigned, { id: 'event-1' });
    const report = await exit(assigned);
    expect(report).toMatchObject({ exitCode: 3, nodeId: NODE_ID, attempt: 1, rank: 0 });
    expect(report).toMatchObject({ causationId: 'event-1', correlationId: 'correlation-1' });
    expect(plane.reported(assigned.data.jobId, 'started')).toHaveLength(1);
    expect(await texts(assigned)).toEqual(['42']);
    expect(await texts(assigned, 'stderr')).toEqual(['oops']);
    await eventually(() => expect(readdirSync(path.join(state(), 'tasks'))).not.toContain(assigned.data.taskId));
  });

  it('gives a process what it needs to know, and none of its own secrets', async () => {
    const assigned = task(['sh', '-c', 'env; pwd'], { env: { NAME: 'a b' }, gpuIndexes: [0, 2] });
    await plane.tell(assigned);
    await exit(assigned);
    const lines = await texts(assigned);
    expect(lines).toEqual(
      expect.arrayContaining([
        'NAME=a b',
        `SOLYX_JOB_ID=${assigned.data.jobId}`,
        'SOLYX_ATTEMPT=1',
        'SOLYX_RANK=0',
        'CUDA_VISIBLE_DEVICES=0,2',
      ]),
    );
    expect(lines.join('\n')).not.toMatch(/slx_join|SOLYX_AGENT/);
  });

  it('delivers every line once and in order, however long and many', async () => {
    const script = "for (let i = 0; i < 3000; i += 1) console.log('line ' + i); console.log('x'.repeat(20000))";
    const assigned = task(node(script));
    await plane.tell(assigned);
    await exit(assigned);
    await eventually(async () => expect(await texts(assigned)).toHaveLength(3003));
    const lines = await texts(assigned);
    expect(lines.slice(0, 3000)).toEqual(Array.from({ length: 3000 }, (_, index) => `line ${index}`));
    expect(lines.slice(3000).join('')).toBe('x'.repeat(20_000));
  });

  it('never runs a task twice, however often it is told', async () => {
    const assigned = task(['sh', '-c', `echo ran >> ${marks()}; echo done`]);
    await plane.tell(assigned);
    await plane.tell(assigned);
    await exit(assigned);
    await plane.tell(assigned);
    await killAgent();
    await plane.tell(assigned);
    agent = await plane.startAgent(state());
    const after = task(['echo', 'later']);
    await plane.tell(after);
    await exit(after);
    expect(readFileSync(marks(), 'utf8')).toBe('ran\n');
    expect(distinct(assigned, 'exited')).toBe(1);
    expect(await texts(assigned)).toEqual(['done']);
  });

  it('takes a running task over after kill -9, and loses or doubles no line', async () => {
    const script = `
      let i = 0;
      const say = () => { console.log('tick ' + i); i += 1; if (i < 40) setTimeout(say, 25); else process.exitCode = 5; };
      say();`;
    const assigned = task(node(script));
    await plane.tell(assigned);
    await seen(assigned, 'tick 5');
    await killAgent();
    agent = await plane.startAgent(state());
    await seen(assigned, 'tick 20');
    await killAgent();
    agent = await plane.startAgent(state());
    expect(await exit(assigned)).toMatchObject({ exitCode: 5 });
    await eventually(async () =>
      expect(await texts(assigned)).toEqual(Array.from({ length: 40 }, (_, index) => `tick ${index}`)),
    );
    expect(distinct(assigned, 'started')).toBe(1);
  });

  it('learns how a task ended while it was dead itself', async () => {
    const go = path.join(folder, 'go');
    const ended = path.join(folder, 'ended');
    const wait = `echo begun; while [ ! -e ${go} ]; do sleep 0.02; done; echo last; touch ${ended}; exit 9`;
    const assigned = task(['sh', '-c', wait]);
    await plane.tell(assigned);
    await seen(assigned, 'begun');
    await killAgent();
    rmSync(go, { force: true });
    readFileSync(path.join(state(), 'tasks', assigned.data.taskId, 'pid'));
    writeFileSync(go, '');
    await eventually(() => expect(existsSync(ended)).toBe(true));
    agent = await plane.startAgent(state());
    expect(await exit(assigned)).toMatchObject({ exitCode: 9 });
    expect(await texts(assigned)).toEqual(['begun', 'last']);
  });

  it('keeps reports and lines for a bus that is away', async () => {
    const go = path.join(folder, 'bus-go');
    const wait = `echo before; while [ ! -e ${go} ]; do sleep 0.02; done; echo after; exit 4`;
    const assigned = task(['sh', '-c', wait]);
    await plane.tell(assigned);
    await seen(assigned, 'before');
    await nats.kill();
    writeFileSync(go, '');
    await eventually(() =>
      expect(existsSync(path.join(state(), 'tasks', assigned.data.taskId, 'ended.json'))).toBe(true),
    );
    await nats.restart();
    expect(await exit(assigned)).toMatchObject({ exitCode: 4 });
    await eventually(async () => expect(await texts(assigned)).toEqual(['before', 'after']));
    const later = task(['echo', 'again']);
    await eventually(() => plane.tell(later));
    expect(await exit(later)).toMatchObject({ exitCode: 0 });
  });

  it('asks a process to end, and takes its word for it', async () => {
    const assigned = task(
      node("process.on('SIGTERM', () => process.exit(7)); setInterval(() => {}, 1e6); console.log('up')"),
    );
    await plane.tell(assigned);
    await seen(assigned, 'up');
    await plane.tell(stopOf(assigned, 20));
    expect(await exit(assigned)).toMatchObject({ exitCode: 7, reason: 'Cancelled' });
  });

  it('ends a process that will not, with all that it started', async () => {
    const script = "process.on('SIGTERM', () => console.log('no')); setInterval(() => {}, 1e6);";
    const both = `setsid ${process.execPath} -e "${script}" & ${process.execPath} -e "${script} console.log('up')"`;
    const assigned = task(['sh', '-c', `trap '' TERM; ${both}`]);
    await plane.tell(assigned);
    await seen(assigned, 'up');
    expect(processesOfTask(assigned.data.taskId).length).toBeGreaterThan(2);
    await plane.tell(stopOf(assigned, 1));
    expect(await exit(assigned)).toMatchObject({ exitCode: 137, signal: 'SIGKILL', reason: 'Cancelled' });
    await eventually(() => expect(processesOfTask(assigned.data.taskId)).toEqual([]));
    expect(await texts(assigned)).toContain('no');
  });

  it('ends a process at its time', async () => {
    const assigned = task(['sleep', '600'], { stopAfterSeconds: 1 });
    await plane.tell(assigned);
    expect(await exit(assigned)).toMatchObject({ reason: 'MaxRuntimeExceeded', signal: 'SIGTERM' });
  });

  it('ends a process that takes more memory than it may', async () => {
    const hungry = 'const held = []; setInterval(() => held.push(Buffer.alloc(16 << 20, 1)), 20)';
    const assigned = task(node(hungry), { memoryMiB: 256 });
    await plane.tell(assigned);
    expect(await exit(assigned)).toMatchObject({ reason: 'MemoryExceeded' });
    await eventually(() => expect(processesOfTask(assigned.data.taskId)).toEqual([]));
  });

  it('says why a process cannot start', async () => {
    const absent = task(['no-such-program']);
    const nowhere = task(['true'], { workdir: '/no/such/folder' });
    await plane.tell(absent);
    await plane.tell(nowhere);
    expect(await exit(absent)).toMatchObject({ exitCode: -1, reason: 'StartFailed' });
    expect((await exit(absent)).message).toContain('no-such-program');
    expect((await exit(nowhere)).message).toContain('/no/such/folder');
    expect(plane.reported(absent.data.jobId, 'started')).toEqual([]);
  });

  it('refuses what it is not told to do, and does not do it', async () => {
    const sneaky = ['sh', '-c', `touch ${path.join(folder, 'sneaky')}`];
    const foreign = task(sneaky, { nodeId: 'node_other' });
    await plane.tell(foreign);
    await plane.tell(task(sneaky, { taskId: '../../escape' }));
    await plane.publish('cmo.dispatch.task-assigned', '{"taskId": 1}');
    await plane.publish('cmo.dispatch.task-assigned', 'no json');
    await plane.publish('cmo.dispatch.format-disk', '{}');
    const malformed = { ...task(sneaky).data, stopAfterSeconds: -1 };
    await plane.publish('cmo.dispatch.task-assigned', JSON.stringify(malformed));
    const after = task(['echo', 'fine']);
    await plane.tell(after);
    await exit(after);
    expect(plane.reported(foreign.data.jobId, 'refused')[0]?.message).toContain('node_other');
    expect(plane.reported(malformed.jobId, 'refused')[0]?.message).toContain('stopAfterSeconds');
    expect(existsSync(path.join(folder, 'sneaky'))).toBe(false);
    expect(existsSync(path.join(state(), '..', 'escape'))).toBe(false);
  });

  it('keeps a checkpoint of a job from one attempt to the next', async () => {
    const write = 'echo "$SOLYX_ATTEMPT" >> "$SOLYX_CHECKPOINT"; cat "$SOLYX_CHECKPOINT"';
    const first = task(['sh', '-c', write], { checkpoint: { path: 'state.txt', everySeconds: 60 } });
    await plane.tell(first);
    await exit(first);
    expect(plane.reported(first.data.jobId, 'checkpointed')).toHaveLength(1);
    const second = task(['sh', '-c', write], { ...first.data, attempt: 2, taskId: `${first.data.taskId}_2` });
    await plane.tell(second);
    await eventually(async () => expect(await texts(first)).toEqual(['1', '1', '2']));
  });

  it('leaves tasks running when it is told to stop, and the next agent takes them over', async () => {
    const assigned = task(['sh', '-c', 'echo up; while [ ! -e stop ]; do sleep 0.02; done; exit 6']);
    await plane.tell(assigned);
    await seen(assigned, 'up');
    agent.kill('SIGTERM');
    expect((await once(agent, 'exit'))[0]).toBe(0);
    expect(processesOfTask(assigned.data.taskId)).not.toEqual([]);
    agent = await plane.startAgent(state());
    writeFileSync(path.join(state(), 'tasks', assigned.data.taskId, 'work', 'stop'), '');
    expect(await exit(assigned)).toMatchObject({ exitCode: 6 });
  });

  it('is alone in its folder, and says who is there already', async () => {
    await expect(plane.startAgent(state())).rejects.toThrow('ended with 1');
  });

  it('ends its tasks when it drains', async () => {
    agent.kill('SIGTERM');
    await once(agent, 'exit');
    agent = await plane.startAgent(state(), '--drain');
    const assigned = task(['sh', '-c', 'echo up; sleep 600']);
    await plane.tell(assigned);
    await seen(assigned, 'up');
    agent.kill('SIGTERM');
    await once(agent, 'exit');
    expect(plane.reported(assigned.data.jobId, 'exited')[0]).toMatchObject({ reason: 'Drained' });
    expect(processesOfTask(assigned.data.taskId)).toEqual([]);
  });
});
