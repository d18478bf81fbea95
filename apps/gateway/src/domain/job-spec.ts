import type {
  JobCheckpoint,
  JobLimits,
  JobPlacement,
  JobResources,
  JobRetry,
  JobSimulation,
  JobSpec,
} from '@solyx/contracts';
import { RETRY_CAUSES, SOURCES } from '@solyx/contracts';
import { FieldReader, isRecord, type Fault } from './field-reader';
import { JOB_DEFAULTS, JOB_FIELDS } from './job-fields';
import { readScheduling, readSharing } from './job-scheduling';
import {
  parseCpuMilli,
  parseDurationMs,
  parseGpu,
  parseMemoryMiB,
  parseMoneyMicro,
  parseNodes,
  parsePriceMicro,
  parseSeconds,
  show,
} from './units';

export type JobSpecResult =
  { readonly ok: true; readonly spec: JobSpec } | { readonly ok: false; readonly faults: readonly Fault[] };

/**
 * A job file as JSON, normalised: every default filled in, every unit resolved. All or nothing: with one fault there is
 * no spec. Never throws, whatever the input.
 */
export function parseJobFile(input: unknown): JobSpecResult {
  const reader = new FieldReader();
  if (!isRecord(input)) {
    reader.fault('', `the job file is ${show(input)}`, 'Send an object: { "run": "python train.py" }.');
    return { ok: false, faults: reader.faults };
  }
  const spec = readSpec(reader, input);
  return reader.faults.length > 0 ? { ok: false, faults: reader.faults } : { ok: true, spec };
}

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const PROJECT = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\/[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

function readSpec(reader: FieldReader, input: Record<string, unknown>): JobSpec {
  const file = reader.section(input, '', JOB_FIELDS.file);
  file.oneOf('solyx', ['v1'], 'v1');
  const simulated = isRecord(input['placement']) && input['placement']['simulated'] === true;
  const workdir = file.text('workdir', { max: 1024 });
  const checkpoint = readCheckpoint(reader, input);
  const simulation = readSimulation(reader, input, simulated);
  return {
    name: file.pattern('name', LABEL, 'Use lower-case letters, digits and dashes, at most 63.') ?? JOB_DEFAULTS.name,
    kind: file.oneOf('kind', ['task'], 'task'),
    project:
      file.pattern('project', PROJECT, 'Use lower-case words divided by slashes: research/vision.') ??
      JOB_DEFAULTS.project,
    command: readCommand(reader, input),
    env: readEnv(reader, input['env']),
    ...(workdir === undefined ? {} : { workdir }),
    resources: readResources(reader, input),
    ...(file.unit('nodes', parseNodes) ?? { nodes: JOB_DEFAULTS.nodes }),
    ...readScheduling(reader, input),
    placement: readPlacement(reader, input),
    limits: readLimits(reader, input),
    priority: file.whole('priority', 0, 100, JOB_DEFAULTS.priority),
    retry: readRetry(reader, input),
    ...(checkpoint === undefined ? {} : { checkpoint }),
    data: readData(reader, input['data']),
    ...(simulation === undefined ? {} : { simulation }),
  };
}

/** `run` as text goes to a shell; `run` or `command` as a list is argv, without one. */
function readCommand(reader: FieldReader, input: Record<string, unknown>): readonly string[] {
  const { run, command } = input;
  const hint = 'Write run: python train.py, or command: [python, train.py].';
  if (run !== undefined && command !== undefined) {
    reader.fault('command', 'run and command say the same thing twice', 'Keep one of them.');
    return [];
  }
  if (typeof run === 'string') {
    if (run.trim() === '' || run.length > 8192)
      reader.fault('run', 'it is empty or longer than 8,192 characters', hint);
    return ['/bin/sh', '-c', run];
  }
  const path = run === undefined ? 'command' : 'run';
  const words = run ?? command;
  if (words === undefined) reader.fault('run', 'nothing to run', hint);
  else if (!Array.isArray(words) || words.length === 0 || words.length > 256) {
    reader.fault(path, `${show(words)} is not a command of 1 to 256 words`, hint);
  } else if (!words.every((word): word is string => typeof word === 'string' && word.length <= 8192)) {
    reader.fault(path, 'a word of it is not text, or longer than 8,192 characters', 'Quote numbers: ["sleep", "5"].');
  } else if (words[0] === '') reader.fault(path, 'the program has no name', hint);
  else return words;
  return [];
}

const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

function readEnv(reader: FieldReader, value: unknown): Readonly<Record<string, string>> {
  if (value === undefined) return {};
  if (!isRecord(value) || Object.keys(value).length > 128) {
    reader.fault('env', `${show(value)} is not an object of at most 128 variables`, 'Write env: { EPOCHS: "3" }.');
    return {};
  }
  const env: Record<string, string> = {};
  for (const [name, content] of Object.entries(value)) {
    const path = `env.${name.slice(0, 64)}`;
    const text = typeof content === 'number' || typeof content === 'boolean' ? String(content) : content;
    if (!ENV_NAME.test(name) || name === '__proto__') {
      reader.fault(path, 'it is not a name for a variable', 'Use letters, digits and underscores.');
    } else if (name.startsWith('SOLYX_')) {
      reader.fault(path, 'names that begin with SOLYX_ are set by Solyx', 'Choose another name.');
    } else if (typeof text !== 'string' || text.length > 4096) {
      reader.fault(path, `${show(content)} is not text of at most 4,096 characters`, 'Quote the value.');
    } else if (text.startsWith('secret:')) {
      reader.fault(
        path,
        'secrets are not available yet',
        'Read the secret on the node; never put it into the job file.',
      );
    } else env[name] = text;
  }
  return env;
}

/** Wanted on each node: of a job, or of a reservation. */
export function readResources(reader: FieldReader, input: Record<string, unknown>): JobResources {
  const section = reader.section(input['resources'], 'resources', JOB_FIELDS.resources);
  const sharing = readSharing(reader, input);
  const gpu = section.unit('gpu', parseGpu) ?? { gpus: sharing.migProfile ? 1 : JOB_DEFAULTS.gpus, gpuMilli: 1000 };
  const scale = Math.max(1, gpu.gpus);
  if (sharing.migProfile !== undefined && (gpu.gpus === 0 || gpu.gpuMilli !== 1000)) {
    const problem = 'a MIG slice needs a whole number of GPUs, of which it takes one slice each';
    reader.fault('resources.mig', problem, 'Write gpu: A100:1 beside it, or drop it.');
  }
  return {
    ...gpu,
    ...sharing,
    cpuMilli: section.unit('cpu', parseCpuMilli) ?? JOB_DEFAULTS.cpuMilliPerGpu * scale,
    memoryMiB: section.unit('memory', parseMemoryMiB) ?? JOB_DEFAULTS.memoryMiBPerGpu * scale,
  };
}

const REGION = /^(\*|[a-z0-9]([a-z0-9-]{0,61})\*?)$/;

export function readPlacement(reader: FieldReader, input: Record<string, unknown>): JobPlacement {
  const section = reader.section(input['placement'], 'placement', JOB_FIELDS.placement);
  const regions = section.list('regions', 256) ?? [];
  for (const region of regions) {
    if (typeof region !== 'string' || !REGION.test(region)) {
      reader.fault(
        'placement.regions',
        `${show(region)} is not a region`,
        'Write eu-west-1 or a pattern such as eu-*.',
      );
    }
  }
  return {
    sources: section.listOf('sources', SOURCES, JOB_DEFAULTS.sources),
    regions: regions.filter((region): region is string => typeof region === 'string'),
    simulated: section.flag('simulated', false),
  };
}

function readLimits(reader: FieldReader, input: Record<string, unknown>): JobLimits {
  const section = reader.section(input['limits'], 'limits', JOB_FIELDS.limits);
  const budgetMicroUsd = section.unit('budget', (value) => parseMoneyMicro(value));
  const maxPriceMicroUsdPerGpuHour = section.unit('max_price', parsePriceMicro);
  return {
    ...(budgetMicroUsd === undefined ? {} : { budgetMicroUsd }),
    ...(maxPriceMicroUsdPerGpuHour === undefined ? {} : { maxPriceMicroUsdPerGpuHour }),
    maxRuntimeSeconds: section.unit('max_runtime', parseSeconds) ?? JOB_DEFAULTS.maxRuntimeSeconds,
  };
}

function readRetry(reader: FieldReader, input: Record<string, unknown>): JobRetry {
  const section = reader.section(input['retry'], 'retry', JOB_FIELDS.retry);
  const backoff = section.unit('backoff', parseBackoff) ?? JOB_DEFAULTS.backoffSeconds;
  return {
    max: section.whole('max', 0, 100, JOB_DEFAULTS.retries),
    on: section.listOf('on', RETRY_CAUSES, JOB_DEFAULTS.retryOn),
    backoffSecondsMin: backoff.min,
    backoffSecondsMax: backoff.max,
  };
}

function parseBackoff(value: unknown) {
  const hint = 'Write the shortest and the longest pause: 10s..5m.';
  const [from = '', to = from, ...rest] = typeof value === 'string' ? value.split('..') : [];
  const min = parseDurationMs(from);
  const max = parseDurationMs(to);
  if (rest.length > 0 || !min.ok || !max.ok || max.value < min.value) {
    return { ok: false, problem: `${show(value)} is not a range of durations`, hint } as const;
  }
  return { ok: true, value: { min: Math.ceil(min.value / 1000), max: Math.ceil(max.value / 1000) } } as const;
}

function readCheckpoint(reader: FieldReader, input: Record<string, unknown>): JobCheckpoint | undefined {
  if (input['checkpoint'] === undefined) return undefined;
  const section = reader.section(input['checkpoint'], 'checkpoint', JOB_FIELDS.checkpoint);
  const path = section.text('path', { max: 1024 });
  if (path === undefined || path === '') {
    reader.fault('checkpoint.path', 'it is missing', 'Write checkpoint: { path: ckpt, every: 10m }.');
  } else if (path.startsWith('/') || path.split('/').includes('..')) {
    reader.fault('checkpoint.path', `${show(path)} leaves the working folder`, 'Write a path inside it: ckpt.');
  }
  return { path: path ?? '', everySeconds: section.unit('every', parseSeconds) ?? JOB_DEFAULTS.checkpointEverySeconds };
}

function readSimulation(
  reader: FieldReader,
  input: Record<string, unknown>,
  simulated: boolean,
): JobSimulation | undefined {
  if (input['simulation'] === undefined) return simulated ? JOB_DEFAULTS.simulation : undefined;
  const section = reader.section(input['simulation'], 'simulation', JOB_FIELDS.simulation);
  if (!simulated) reader.fault('simulation', 'the job is not simulated', 'Set placement.simulated: true, or drop it.');
  return {
    durationMs: section.unit('duration', parseDurationMs) ?? JOB_DEFAULTS.simulation.durationMs,
    exitCode: section.whole('exit_code', 0, 255, JOB_DEFAULTS.simulation.exitCode),
  };
}

function readData(reader: FieldReader, value: unknown): JobSpec['data'] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length > 64) {
    reader.fault('data', `${show(value)} is not a list of at most 64 sets`, 'Write data: [{ uri, site, size }].');
    return [];
  }
  return value.map((item, index) => {
    const path = `data[${index}]`;
    const section = reader.section(item, path, JOB_FIELDS.data);
    const uri = section.text('uri', { max: 1024 });
    const site = section.pattern('site', LABEL, 'Name a site: `solyx fleet` shows them.');
    const size = section.unit('size', parseMemoryMiB);
    for (const [name, found] of Object.entries({ uri, site, size })) {
      if (found === undefined && !reader.has(`${path}.${name}`)) {
        reader.fault(`${path}.${name}`, 'it is missing', 'Write { uri: s3://set/a, site: eu-1, size: 120GiB }.');
      }
    }
    return { uri: uri ?? '', site: site ?? '', sizeGiB: Math.ceil((size ?? 0) / 1024) };
  });
}
