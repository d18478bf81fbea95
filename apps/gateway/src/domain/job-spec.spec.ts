import { readFileSync } from 'node:fs';
import path from 'node:path';
import Ajv2020 from 'ajv/dist/2020';
import fc from 'fast-check';
import { eventRegistry } from '@solyx/contracts';
import { JobSubmitted } from '@solyx/contracts/gateway';
import { JOB_FIELDS } from './job-fields';
import { JOB_SCHEMA } from './job-schema';
import { parseJobFile } from './job-spec';
import { formatMicro } from '@solyx/kernel';

const spec = (file: Record<string, unknown>) => {
  const parsed = parseJobFile(file);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.spec;
};
const faults = (file: unknown) => {
  const parsed = parseJobFile(file);
  return parsed.ok ? [] : parsed.faults;
};
const run = { run: ['echo', 'hello'] };
const matches = new Ajv2020({ strict: false }).compile(JOB_SCHEMA);

describe('Job file', () => {
  it('fills in every default', () => {
    expect(spec({ run: 'python train.py' })).toEqual({
      name: 'job',
      kind: 'task',
      project: 'default',
      command: ['/bin/sh', '-c', 'python train.py'],
      env: {},
      resources: { gpus: 0, gpuMilli: 1000, cpuMilli: 1000, memoryMiB: 1024 },
      nodes: 1,
      placement: { sources: ['owned', 'leased'], regions: [], simulated: false },
      limits: { maxRuntimeSeconds: 3600 },
      priority: 50,
      retry: { max: 3, on: ['node-lost', 'preempted'], backoffSecondsMin: 5, backoffSecondsMax: 300 },
      data: [],
    });
  });

  it('understands the whole proposal as far as it exists', () => {
    const file = {
      solyx: 'v1',
      name: 'finetune-llama',
      kind: 'task',
      project: 'research/vision',
      command: ['python', 'train.py'],
      workdir: '.',
      env: { EPOCHS: 3, DEBUG: true },
      resources: { gpu: 'h100:2', cpu: '8..', memory: '64GiB..' },
      nodes: 2,
      placement: { sources: ['leased', 'owned'], regions: ['eu-*'] },
      limits: { budget: '25.00 USD', max_price: '2.80 USD/gpu-h', max_runtime: '4h' },
      priority: 60,
      retry: { max: 1, on: ['failed'], backoff: '10s..5m' },
      checkpoint: { path: 'ckpt', every: '10m' },
      data: [{ uri: 's3://set/a', site: 'eu-1', size: '120GiB' }],
    };
    expect(spec(file)).toMatchObject({
      command: ['python', 'train.py'],
      env: { EPOCHS: '3', DEBUG: 'true' },
      resources: { gpus: 2, gpuMilli: 1000, gpuModel: 'H100', cpuMilli: 8000, memoryMiB: 65_536 },
      placement: { sources: ['leased', 'owned'], regions: ['eu-*'] },
      limits: { budgetMicroUsd: '25000000', maxPriceMicroUsdPerGpuHour: '2800000', maxRuntimeSeconds: 14_400 },
      retry: { max: 1, on: ['failed'], backoffSecondsMin: 10, backoffSecondsMax: 300 },
      checkpoint: { path: 'ckpt', everySeconds: 600 },
      data: [{ uri: 's3://set/a', site: 'eu-1', sizeGiB: 120 }],
    });
    expect(matches(file)).toBe(true);
  });

  it('says whose quota, by when, how near, how shared and how elastic', () => {
    const file = {
      ...run,
      queue: 'research',
      nodes: '2..4',
      resources: { gpu: 'A100:8', topology: 'island' },
      placement: { spot: true },
      limits: { deadline: '2027-01-31T19:00+01:00', min_runtime: '10m', max_runtime: '4h' },
    };
    expect(spec(file)).toMatchObject({
      queue: 'research',
      nodes: 4,
      nodesMin: 2,
      topology: { level: 'island', required: true },
      spot: true,
      deadline: '2027-01-31T18:00:00.000Z',
      minRuntimeSeconds: 600,
    });
    expect(matches(file)).toBe(true);
    const preferred = { ...run, nodes: '3', resources: { topology: { level: 'rack', required: false } } };
    expect(spec(preferred)).toMatchObject({ nodes: 3, topology: { level: 'rack', required: false } });
    expect(spec(preferred)).not.toHaveProperty('nodesMin');
    expect(matches(preferred)).toBe(true);
    const slice = { ...run, resources: { mig: '1G.10GB' } };
    expect(spec(slice).resources).toMatchObject({ gpus: 1, gpuMilli: 1000, migProfile: '1g.10gb' });
    const pooled = { ...run, resources: { gpu: '0.25xL4', sharing: 'time-sliced' } };
    expect(spec(pooled).resources).toMatchObject({ gpuMilli: 250, sharing: 'time-sliced' });
    for (const one of [slice, pooled]) expect(matches(one)).toBe(true);
  });

  it.each([
    [2, { gpus: 2, gpuMilli: 1000 }],
    ['0', { gpus: 0, gpuMilli: 1000 }],
    ['H100', { gpus: 1, gpuMilli: 1000, gpuModel: 'H100' }],
    ['rtx4090:4', { gpus: 4, gpuMilli: 1000, gpuModel: 'RTX4090' }],
    ['0.25xA100', { gpus: 1, gpuMilli: 250, gpuModel: 'A100' }],
    ['0.5xL4:2', { gpus: 2, gpuMilli: 500, gpuModel: 'L4' }],
    ['24GiB..:1', { gpus: 1, gpuMilli: 1000, gpuMemoryMiB: 24_576 }],
    [0.125, { gpus: 1, gpuMilli: 125 }],
  ])('reads gpu: %s', (gpu, wish) => expect(spec({ ...run, resources: { gpu } }).resources).toMatchObject(wish));

  it.each([
    [{ resources: { memory: '64GB' } }, 'resources.memory', 'Write 64GiB: units are binary.'],
    [{ resources: { memory: 64 } }, 'resources.memory', 'Write binary units: 512MiB, 64GiB, 1TiB.'],
    [{ resources: { memroy: '1GiB' } }, 'resources.memroy', 'Did you mean memory?'],
    [{ resources: { disk: '1GiB' } }, 'resources.disk', 'Leave it out; the job would not behave as it says.'],
    [{ resources: { gpu: 'H100:64' } }, 'resources.gpu', 'Use nodes: for gangs over several machines.'],
    [{ resources: { gpu: '2xA100' } }, 'resources.gpu', 'For several whole GPUs write H100:2.'],
    [{ limits: { budget: 25 } }, 'limits.budget', 'Write an amount with its currency: "25.00 USD".'],
    [{ limits: { budget: '25 EUR' } }, 'limits.budget', 'Prices are in USD.'],
    [
      { limits: { max_price: '2.80 USD' } },
      'limits.max_price',
      'Write an amount with its currency: "25.00 USD/gpu-h".',
    ],
    [{ limits: { max_runtime: 60 } }, 'limits.max_runtime', 'Write a duration with its unit: 30s, 10m, 4h, 1h30m.'],
    [{ limits: { max_runtime: '0s' } }, 'limits.max_runtime', 'Write 1s or more.'],
    [{ nodes: '4..2' }, 'nodes', 'Write 2..4.'],
    [{ nodes: 65 }, 'nodes', 'Write 4, or 2..4 for a gang that may start with two of them.'],
    [{ nodesMin: 2 }, 'nodesMin', 'Did you mean nodes?'],
    [{ queu: 'research' }, 'queu', 'Did you mean queue?'],
    [{ queue: 'Not A Queue' }, 'queue', 'Name a queue: `solyx queue list` shows them.'],
    [{ resources: { topology: 'iland' } }, 'resources.topology', 'Did you mean island?'],
    [
      { resources: { topology: { required: true } } },
      'resources.topology.level',
      'Choose from node, island, rack, site.',
    ],
    [
      { resources: { topology: { level: 'rack', requird: true } } },
      'resources.topology.requird',
      'Did you mean required?',
    ],
    [{ resources: { sharing: 'timesliced' } }, 'resources.sharing', 'Did you mean time-sliced?'],
    [{ resources: { mig: '1g' } }, 'resources.mig', 'Write it as `nvidia-smi mig -lgip` lists it: 1g.10gb, 3g.40gb.'],
    [{ resources: { gpu: '0.5xA100', mig: '1g.10gb' } }, 'resources.mig', 'Write gpu: A100:1 beside it, or drop it.'],
    [{ resources: { mig: '1g.10gb', sharing: 'spatial' } }, 'resources.sharing', 'Keep one.'],
    [{ placement: { spot: 'allow' } }, 'placement.spot', 'Write spot: true.'],
    [{ limits: { deadline: 'tomorrow' } }, 'limits.deadline', 'Write an instant with its zone: 2027-01-31T18:00Z.'],
    [
      { limits: { deadline: '2027-02-31T18:00' } },
      'limits.deadline',
      'Write an instant with its zone: 2027-01-31T18:00Z.',
    ],
    [{ limits: { min_runtime: '2h' } }, 'limits.min_runtime', 'Lower it, or raise limits.max_runtime.'],
    [{ limits: { within: '2h' } }, 'limits.within', 'Leave it out; the job would not behave as it says.'],
    [{ priority: 101 }, 'priority', 'Write 50.'],
    [{ name: 'Not A Label' }, 'name', 'Use lower-case letters, digits and dashes, at most 63.'],
    [{ placement: { sources: ['ownd'] } }, 'placement.sources', 'Did you mean owned?'],
    [{ env: { SOLYX_X: '1' } }, 'env.SOLYX_X', 'Choose another name.'],
    [{ env: { KEY: 'secret:hf' } }, 'env.KEY', 'Read the secret on the node; never put it into the job file.'],
    [{ checkpoint: { path: '../out' } }, 'checkpoint.path', 'Write a path inside it: ckpt.'],
    [{ simulation: { duration: '1s' } }, 'simulation', 'Set placement.simulated: true, or drop it.'],
    [{ retries: { max: 1 } }, 'retries', 'Did you mean retry?'],
    [{ command: ['a'] }, 'command', 'Keep one of them.'],
  ])('refuses %j at %s', (part, field, hint) =>
    expect(faults({ ...run, ...part })).toContainEqual(expect.objectContaining({ field, hint })),
  );

  it('names every fault at once', () =>
    expect(faults({ nmae: 'x', resources: { memory: '1GB' }, priority: -1 }).map(({ field }) => field)).toEqual([
      'nmae',
      'run',
      'resources.memory',
      'priority',
    ]));

  it('never throws, and what it accepts is an event that the log takes', () => {
    const names = Object.values(JOB_FIELDS).flatMap(({ known }) => [...known]);
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { depthSize: 'small' },
        fc.jsonValue(),
        fc.constantFrom(
          'H100:2',
          '0.25xA100',
          '64GiB',
          '4h',
          '25.00 USD',
          'task',
          'v1',
          '__proto__',
          true,
          1,
          0,
          -1,
          1e300,
        ),
        fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), tie('any'), { maxKeys: 8 }),
        fc.array(tie('any'), { maxLength: 4 }),
      ),
    })).any;
    const file = fc.oneof(value, fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 10 }));
    fc.assert(
      fc.property(file, (input) => {
        const parsed = parseJobFile(input);
        if (!parsed.ok) return parsed.faults.length > 0 && parsed.faults.length <= 20;
        const data = {
          requestId: 'r',
          fingerprint: 'f',
          jobId: 'j',
          spec: parsed.spec,
          at: '2026-01-01T00:00:00.000Z',
        };
        eventRegistry.validate(JobSubmitted(data));
        return true;
      }),
      { numRuns: 3_000 },
    );
  });

  it('accepts what the published schema describes, and the schema accepts what it accepts', () => {
    const file = fc.record(
      {
        name: fc.constantFrom('a', 'train-1'),
        resources: fc.record(
          {
            gpu: fc.oneof(fc.integer({ min: 0, max: 16 }), fc.constantFrom('H100:2', '0.25xA100', '24GiB..:1', 'L4')),
            cpu: fc.constantFrom(1, 0.5, '8..', '16'),
            memory: fc.constantFrom('1GiB', '512MiB..', '0.5TiB'),
          },
          { requiredKeys: [] },
        ),
        nodes: fc.oneof(fc.integer({ min: 1, max: 64 }), fc.constantFrom('1..2', '3..64', '5')),
        queue: fc.constantFrom('default', 'research-2'),
        limits: fc.record(
          {
            budget: fc.bigInt({ min: 0n, max: 10n ** 15n }).map((micro) => `${formatMicro(micro)} USD`),
            max_runtime: fc.integer({ min: 1, max: 2_592_000 }).map((seconds) => `${seconds}s`),
          },
          { requiredKeys: [] },
        ),
        priority: fc.integer({ min: 0, max: 100 }),
        placement: fc.record({ sources: fc.constantFrom(['owned'], ['shared', 'leased']), simulated: fc.boolean() }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(file, (part) => {
        const whole = { ...run, ...part };
        const { limits } = spec(whole);
        expect(matches(whole)).toBe(true);
        const { budget } = (part.limits ?? {}) as { budget?: string };
        if (budget !== undefined) expect(`${formatMicro(BigInt(limits.budgetMicroUsd ?? '-1'))} USD`).toBe(budget);
      }),
      { numRuns: 300 },
    );
  });

  it('has the same fields in code and in the published schema', () => {
    const properties = JOB_SCHEMA.properties as unknown as Record<
      string,
      { properties?: object; items?: { properties?: object } }
    >;
    expect(Object.keys(properties).sort()).toEqual([...JOB_FIELDS.file.known].sort());
    for (const [section, { known }] of Object.entries(JOB_FIELDS)) {
      if (section === 'file' || section === 'topology') continue;
      const found = properties[section]?.properties ?? properties[section]?.items?.properties ?? {};
      expect(Object.keys(found).sort()).toEqual([...known].sort());
    }
  });

  it('is published as docs/job.schema.json, up to date', () => {
    const file = path.join(__dirname, '..', '..', '..', '..', 'docs', 'job.schema.json');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(JSON.stringify(JOB_SCHEMA)));
  });
});
