import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { EventLog } from '@solyx/eventing';
import { exportJournal, readWhatIf, runWhatIf } from './command';
import { usdOf } from './compare';
import { readJournal } from './journal';
import { InputError } from './lines';
import { priced, readFleet, readPrices, readTrace } from './tables';

const AT = (seconds: number): string => new Date(Date.UTC(2026, 0, 1) + seconds * 1_000).toISOString();

const joined = (nodeId: string): object => ({
  type: 'drm.partition.node-joined',
  data: {
    terms: { nodeId, costMicroUsdPerHour: '8000000' },
    facts: {
      cpuMilli: 64_000,
      memoryMiB: 262_144,
      gpus: Array.from({ length: 4 }, (_, index) => ({ index, model: 'H100' })),
    },
    at: AT(0),
  },
});

const queued = (workloadId: string, at: number, gpus: number): object => ({
  type: 'drm.partition.workload-queued',
  data: {
    request: {
      ...{ workloadId, organizationId: 'acme', nodes: 1, priority: 50, queuedAt: AT(at) },
      resources: { gpus, gpuMilli: 1_000, cpuMilli: 8_000, memoryMiB: 65_536 },
      limits: { maxRuntimeSeconds: 900 },
    },
    at: AT(at),
  },
});

const granted = (workloadId: string, at: number): object => ({
  type: 'drm.partition.allocation-granted',
  data: { allocation: { workloadId }, at: AT(at) },
});

const ended = (workloadId: string, at: number): object => ({
  type: 'drm.partition.workload-ended',
  data: { workloadId, at: AT(at) },
});

const EVENTS = [
  joined('n1'),
  queued('large', 0, 3),
  granted('large', 1),
  queued('larger', 10, 4),
  queued('small', 20, 1),
  ended('large', 1_001),
  granted('larger', 1_001),
  ended('larger', 1_501),
  { type: 'drm.partition.workload-waiting', data: { anything: true } },
];

describe('what if', () => {
  let folder = '';
  const write = (name: string, text: string | Buffer): string => {
    const file = path.join(folder, name);
    writeFileSync(file, text);
    return file;
  };
  const lines = (events: readonly unknown[]): string => events.map((event) => JSON.stringify(event)).join('\n');

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'solyx-whatif-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('reads from a journal what came, how long it ran, and which nodes there were', async () => {
    const { jobs, nodes, events, assumed } = await readJournal(write('journal.jsonl', lines(EVENTS)));
    expect(events).toBe(9);
    expect(jobs.map(({ jobId, arrivedAt, seconds }) => [jobId, arrivedAt, seconds])).toEqual([
      ['large', 0, 1_000],
      ['larger', 10, 500],
      ['small', 20, 900],
    ]);
    expect(assumed).toBe(1);
    expect(nodes).toEqual([
      { name: 'n1', cpuMilli: 64_000, memoryMiB: 262_144, gpus: 4, model: 'H100', gpuHourMicroUsd: 2_000_000 },
    ]);
  });

  it('plays it under two policies and tells the difference, the same twice', async () => {
    const file = write('journal.jsonl.gz', gzipSync(lines(EVENTS)));
    const words = ['--trace', file, '--policy', 'fifo,best-fit', '--json'];
    const [first, second] = [await runWhatIf(words), await runWhatIf(words)];
    expect(second).toBe(first);
    const told = JSON.parse(first) as Record<string, unknown>;
    expect(told).toMatchObject({
      simulated: true,
      jobs: 3,
      a: { policy: 'fifo', preemptions: 0 },
      difference: { preemptions: 0 },
      queues: [{ queue: 'acme', jobs: 3, better: 1, worse: 0 }],
      bestOff: [{ jobId: 'small', gain: 1_480 }],
    });
    expect(await runWhatIf(words.slice(0, -1))).toContain('acme: 1 of 3 earlier, 0 later');
  });

  it('plays other prices on the other side', async () => {
    const file = write('journal.jsonl', lines(EVENTS));
    const prices = write('prices.csv', 'gpu,usd_per_gpu_hour\nH100-80GB-SXM,4.00\nH100-94GB-NVL,3.00\n');
    const words = ['--trace', file, '--policy', 'fifo', '--prices-b', prices, '--json'];
    const { a, b, difference } = JSON.parse(await runWhatIf(words)) as Record<string, { costUsd: string }>;
    // 3 GPUs × 1,000 s + 4 × 500 s + 1 × 900 s = 5,900 GPU-seconds, at 2 and at 3 USD per hour.
    expect([a?.costUsd, b?.costUsd, difference?.costUsd]).toEqual(['3.28', '4.92', '1.64']);
  });

  it('names every bad line by its number, and plays nothing', async () => {
    const text = `${lines(EVENTS.slice(0, 2))}\nno json\n${JSON.stringify({ type: 'drm.partition.workload-queued', data: {} })}\n{}`;
    const reading = readJournal(write('bad.jsonl', text));
    await expect(reading).rejects.toThrow(InputError);
    await expect(readJournal(path.join(folder, 'bad.jsonl'))).rejects.toThrow(
      /line 3: it is no JSON[^]*line 4: the request has no workloadId[^]*line 5: it has no type[^]*Nothing was run/,
    );
  });

  it('reads public traces, fleets and prices, and names what is wrong with them', async () => {
    const head = 'name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,creation_time,deletion_time';
    const trace = write('trace.csv', `${head}\nb,1000,10,1,500,V100|A100,BE,70,90\na,1000,10,2,7,,LS,50,60\n`);
    expect(await readTrace(trace)).toMatchObject([
      { jobId: 'a', arrivedAt: 0, seconds: 10, gpus: 2, gpuMilli: 1_000, models: undefined, priority: 100 },
      { jobId: 'b', arrivedAt: 20, seconds: 20, gpuMilli: 500, models: ['A100', 'V100'], priority: 10 },
    ]);
    const bad = write('bad.csv', `${head}\nb,1000,10,x,500,,BE,70,60\n`);
    await expect(readTrace(bad)).rejects.toThrow(/line 2: num_gpu is no whole number[^]*deletion_time is before/);
    await expect(readTrace(write('less.csv', 'name\n'))).rejects.toThrow('has no column cpu_milli');
    const fleet = write('fleet.csv', 'sn,cpu_milli,memory_mib,gpu,model\nn,1000,10,8,A100\nn,1000,10,99,A100\n');
    await expect(readFleet(fleet)).rejects.toThrow(/line 3: the name n is taken[^]*line 3: a node has 16 GPUs at most/);
    const prices = await readPrices(write('prices.csv', 'gpu,usd_per_gpu_hour\nA100,2.5\nA100,1.25\n'));
    const [node] = priced(
      await readFleet(write('one.csv', 'sn,cpu_milli,memory_mib,gpu,model\nn,1,1,8,A100\n')),
      prices,
    );
    expect(node?.gpuHourMicroUsd).toBe(1_250_000);
    await expect(readPrices(write('p.csv', 'gpu,usd_per_gpu_hour\nA100,cheap\n'))).rejects.toThrow('line 2');
  });

  it('says which option is wrong', () => {
    expect(() => readWhatIf(['--policy', 'fifo'])).toThrow('--trace is needed');
    expect(() => readWhatIf(['--trace', 'x', '--policy', 'lifo'])).toThrow('No policy is named lifo');
    expect(() => readWhatIf(['--trace', 'x', '--policy', 'fifo,drf,fifo'])).toThrow('one name, or two');
  });

  it('exports a journal whole or not at all', async () => {
    async function* read(): AsyncGenerator {
      for (const [revision, event] of EVENTS.entries()) yield await Promise.resolve({ ...event, revision });
    }
    const file = path.join(folder, 'out.jsonl');
    const log = { readStream: read } as unknown as EventLog;
    expect(await exportJournal(log, 'main', file)).toBe(9);
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(9);
    expect((await readJournal(file)).jobs).toHaveLength(3);
  });

  it('tells money in cents, halves away from nothing', () => {
    expect([usdOf(1_005_000n), usdOf(-1_005_000n), usdOf(4_999n)]).toEqual(['1.01', '-1.01', '0.00']);
  });
});
