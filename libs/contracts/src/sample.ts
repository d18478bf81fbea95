import type { EventDefinition } from '@solyx/kernel';
import { jsonSchemaOf, type JsonSchema } from './json-schema';
import { DAY } from './rules';

const AT = '2026-03-01T09:30:00.000Z';
const HASH = '9f2c1c9d0c3e6f4a8f1d3b5a7e9c2d4f6a8b0c1d3e5f7a9b1c3d5e7f9a0b2c4d';

/** Believable values by the name of a field, so that a golden file reads like an event that happened. */
const BY_NAME: Readonly<Record<string, unknown>> = {
  available: 4,
  backoffSecondsMax: 300,
  backoffSecondsMin: 5,
  bootSeconds: 90,
  account: 'assets:customer:org_acme',
  accountRef: 'acct_1P9xQ2',
  alternatives: [],
  attempt: 1,
  attempts: 8,
  bandwidthMbps: 10_000,
  code: 'Unavailable',
  cohort: 'main',
  command: ['python', 'train.py', '--epochs', '3'],
  consistency: [HASH],
  consumer: 'billing-cmo',
  context: 'billing',
  count: 3,
  decisionsChecked: 412,
  decisionsDiffering: 0,
  durationMs: 30_000,
  events: 1_289,
  eventType: 'cmo.job.queued',
  everySeconds: 300,
  exitCode: 0,
  cpuMilli: 16_000,
  description: 'GPU time on H100',
  driver: '550.54.15',
  env: { EPOCHS: '3' },
  fabric: 'ib-0',
  feeBps: 300,
  fingerprint: HASH,
  fromSite: 'site_fra1',
  gpuIndexes: [0, 1],
  gpuMemoryMiB: 81_559,
  gpuMilli: 1_000,
  gpuMilliHours: 8_000_000,
  gpuModel: 'H100',
  gpus: 8,
  gpusPerNode: 8,
  hash: HASH,
  hint: 'It starts by itself when this changes.',
  graceSeconds: 30,
  hostname: 'gpu-07.example.org',
  idleWatts: 900,
  impressionsPerViewerPerDay: 3,
  index: 0,
  island: 'nvlink-0',
  labels: { experiment: 'baseline' },
  latencyUs: 850,
  lifetimeMonths: 48,
  liveHash: HASH,
  logId: 'main',
  max: 3,
  maxRuntimeSeconds: 3_600,
  maxWatts: 10_200,
  memoryMiB: 65_536,
  migProfile: '3g.40gb',
  message: 'CUDA out of memory',
  minimumSeconds: 3_600,
  model: 'H100',
  name: 'train-small',
  nodeId: 'node_4h8s2k6m0q3v7x9z',
  nodes: 1,
  nodesMin: 1,
  organizationId: 'org_acme',
  os: 'Linux 6.8.0',
  path: ['site_fra1', 'site_ams1'],
  policy: 'shadow-price/1',
  position: '184467',
  positions: ['184467', '184912'],
  priority: 50,
  project: 'vision',
  provider: 'runpod',
  quantumMs: 30,
  queue: 'research',
  queueId: 'research',
  queuedGpuMilli: 8_000,
  publisherShareBps: 7_000,
  rank: 0,
  ratio: 4,
  reason: 'InsufficientGpus',
  rebuiltHash: HASH,
  region: 'eu-central',
  regions: ['eu-*'],
  skuId: 'gpu/owned/H100/on-demand/standard',
  timeZone: 'Europe/Berlin',
  roles: ['owner'],
  rows: 64,
  score: 812_000,
  rack: 'rack-3',
  sizeGiB: 40,
  sentence: 'The queue has waited 240 s for 8 GPUs, and leasing one node stays within every limit.',
  signal: 'SIGTERM',
  site: 'site_fra1',
  siteId: 'site_fra1',
  stream: 'cmo.job-job_7c2k9m4p1r5t8w0y',
  term: 'data-gravity',
  toSite: 'site_ams1',
  value: 250_000,
  unit: 'gpu-millisecond',
  uri: 's3://datasets/imagenet',
  uuid: 'GPU-8f6c2f7e-5a3b-4c1d-9e2f-0a1b2c3d4e5f',
  weight: 100,
  workdir: '/workspace',
};

const PREFIXES: Readonly<Record<string, string>> = {
  jobId: 'job',
  payoutId: 'po',
  earningId: 'ern',
  disputeId: 'dsp',
  campaignId: 'cmp',
  settlementId: 'stl',
  meterId: 'mtr',
  usageId: 'use',
  commitmentId: 'cmt',
  workloadId: 'job',
  taskId: 'task',
  allocationId: 'alc',
  leaseId: 'lease',
  offerId: 'offer',
  requestId: 'req',
  holdId: 'hold',
  keyId: 'key',
  tokenId: 'tok',
  adviceId: 'adv',
  chargeId: 'chg',
  planId: 'plan',
  etaId: 'eta',
  explanationId: 'why',
  fleetId: 'fleet',
  candidateId: 'node',
  reservationId: 'rsv',
  linkId: 'link',
  subjectId: 'job',
  priceListId: 'prices',
};

/** A text of a pattern; undefined where any text will do. */
function patterned(pattern: string): string | undefined {
  const hex = /^\^\[0-9a-f\]\{(\d+)\}\$$/.exec(pattern);
  if (hex) return HASH.repeat(2).slice(0, Number(hex[1]));
  if (pattern === DAY.source) return AT.slice(0, 10);
  if (pattern.endsWith('(0[1-9]|1[0-2])$')) return '2026-02';
  if (pattern.startsWith('^\\d{4}-')) return AT;
  if (pattern === '^\\d{8}$') return '20260301';
  return pattern.startsWith('^-?\\d') || pattern.startsWith('^\\d{1,') ? '2500000' : undefined;
}

function text(name: string, { pattern, maxLength = 32 }: JsonSchema): string {
  const fitting = pattern === undefined ? undefined : patterned(pattern);
  if (fitting !== undefined) return fitting;
  if (name === 'path') return '/workspace/checkpoints';
  const prefix = PREFIXES[name];
  if (prefix !== undefined) return `${prefix}_7c2k9m4p1r5t8w0y`;
  if (name.endsWith('Id')) return '0198c0de-7b1a-8000-8000-5f3a9c2e1d40';
  return name.slice(0, maxLength);
}

function numberOf(name: string, { minimum, maximum }: JsonSchema): number {
  const usual = BY_NAME[name];
  const number = typeof usual === 'number' ? usual : 60;
  return Math.min(Math.max(number, minimum ?? number), maximum ?? number);
}

type Named = ReadonlyMap<string, JsonSchema>;

function objectOf(name: string, { properties }: JsonSchema, named: Named): unknown {
  if (!properties) return BY_NAME[name] ?? { jobId: 'job_7c2k9m4p1r5t8w0y', limitMicroUsd: '25000000' };
  return Object.fromEntries(Object.entries(properties).map(([key, member]) => [key, valueOf(key, member, named)]));
}

function valueOf(name: string, schema: JsonSchema, named: Named): unknown {
  if (schema.$ref !== undefined) return valueOf(name, named.get(schema.$ref) ?? {}, named);
  if (schema.enum) return schema.enum[0];
  const usual = BY_NAME[name];
  switch (schema.type) {
    case 'array':
      return Array.isArray(usual) ? usual : [valueOf(name.replace(/s$/, ''), schema.items ?? {}, named)];
    case 'object':
      return objectOf(name, schema, named);
    case 'boolean':
      return name === 'same' || name === 'within';
    case 'integer':
    case 'number':
      return numberOf(name, schema);
    default:
      return typeof usual === 'string' && !schema.pattern ? usual : text(name, schema);
  }
}

/** Data that an event of this definition might carry, every field filled. The start of a golden file. */
export function sampleOf(definition: EventDefinition): unknown {
  const named = new Map<string, JsonSchema>();
  const schema = jsonSchemaOf(definition.schema, { named, refTo: (name) => name });
  return valueOf(definition.type, schema, named);
}
