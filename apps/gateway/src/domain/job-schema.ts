import { RETRY_CAUSES, SHARINGS, SOURCES, TOPOLOGY_LEVELS } from '@solyx/contracts';
import { JOB_DEFAULTS } from './job-fields';

const MEMORY = '^\\s*[0-9]{1,12}(\\.[0-9]{1,3})?\\s*(KiB|MiB|GiB|TiB)(\\.\\.)?\\s*$';
const DURATION = '^\\s*([0-9]{1,9}(\\.[0-9]{1,3})?(ms|s|m|h))+\\s*$';
const LABEL = '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$';
const duration = (description: string) => ({
  type: 'string',
  pattern: DURATION,
  description,
  examples: ['30s', '10m', '1h30m'],
});
const closed = (
  description: string,
  properties: Readonly<Record<string, unknown>>,
  required: readonly string[] = [],
) => ({
  type: 'object',
  description,
  additionalProperties: false,
  ...(required.length === 0 ? {} : { required }),
  properties,
});
const argv = { type: 'array', minItems: 1, maxItems: 256, items: { type: 'string', maxLength: 8192 } };

const resources = closed('Wanted on each node.', {
  gpu: {
    description: 'A count (2), model:count (H100:2), share x model (0.25xA100), or memory:count (24GiB..:1).',
    anyOf: [
      { type: 'number', minimum: 0, maximum: 16 },
      { type: 'string', maxLength: 64 },
    ],
    default: JOB_DEFAULTS.gpus,
  },
  cpu: {
    description: `Cores; 8.. means at least 8. Default: one per GPU, at least one.`,
    anyOf: [
      { type: 'number', minimum: 0, maximum: 1024 },
      { type: 'string', pattern: '^\\s*[0-9]{1,4}(\\.[0-9]{1,3})?(\\.\\.)?\\s*$' },
    ],
  },
  memory: {
    type: 'string',
    pattern: MEMORY,
    description: 'Binary units. Default: 1GiB per GPU, at least 1GiB.',
    examples: ['64GiB'],
  },
  topology: {
    description: 'How near the nodes of a gang must be to each other. A word alone is required.',
    anyOf: [
      { enum: TOPOLOGY_LEVELS },
      closed(
        'required: false only prefers it.',
        { level: { enum: TOPOLOGY_LEVELS }, required: { type: 'boolean', default: true } },
        ['level'],
      ),
    ],
  },
  sharing: { enum: SHARINGS, description: 'Only on GPUs of a pool that is shared so.' },
  mig: {
    type: 'string',
    pattern: '^\\s*[1-7][gG]\\.[0-9]{1,3}[gG][bB]\\s*$',
    description: 'A MIG slice of each GPU, as NVIDIA names it.',
    examples: ['1g.10gb'],
  },
});

const placement = closed('Where it may run.', {
  sources: {
    type: 'array',
    minItems: 1,
    maxItems: SOURCES.length,
    items: { enum: SOURCES },
    default: JOB_DEFAULTS.sources,
    description: 'In order of preference.',
  },
  regions: {
    type: 'array',
    maxItems: 256,
    items: { type: 'string', pattern: '^(\\*|[a-z0-9]([a-z0-9-]{0,61})\\*?)$' },
    default: [],
    description: 'Hard: eu-west-1 or eu-*. Empty allows all.',
  },
  simulated: {
    type: 'boolean',
    default: false,
    description: 'True: on simulated nodes only. False: on real ones only.',
  },
  spot: { type: 'boolean', default: false, description: 'True: stopped with notice whenever others need the room.' },
});

const limits = closed('At most.', {
  budget: {
    type: 'string',
    pattern: '^\\s*[0-9]{1,12}(\\.[0-9]{1,6})?\\s*USD\\s*$',
    description: 'Hard: held at admission; the job is stopped when it is spent.',
    examples: ['25.00 USD'],
  },
  max_price: {
    type: 'string',
    pattern: '^\\s*[0-9]{1,12}(\\.[0-9]{1,6})?\\s*USD/gpu-h\\s*$',
    description: 'Nodes that cost more are left out.',
    examples: ['2.80 USD/gpu-h'],
  },
  max_runtime: { ...duration('Per attempt, at most 720h.'), default: '1h' },
  min_runtime: duration('Once it runs, it is not preempted before this long.'),
  deadline: {
    type: 'string',
    pattern: '^\\s*\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,3})?)?(Z|[+-]\\d{2}:\\d{2})\\s*$',
    description: 'Wanted done by then.',
    examples: ['2027-01-31T18:00Z'],
  },
});

const retry = closed('When and how often an ended attempt is tried again.', {
  max: { type: 'integer', minimum: 0, maximum: 100, default: JOB_DEFAULTS.retries },
  on: { type: 'array', maxItems: RETRY_CAUSES.length, items: { enum: RETRY_CAUSES }, default: JOB_DEFAULTS.retryOn },
  backoff: { type: 'string', description: 'Shortest..longest pause.', default: '5s..5m', maxLength: 64 },
});

/** JSON Schema (draft 2020-12) of a job file, for editors. What the gateway accepts, this accepts too. */
export const JOB_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Solyx job file',
  ...closed('A job. Unknown fields are errors.', {
    solyx: { const: 'v1', default: 'v1' },
    name: { type: 'string', pattern: LABEL, default: JOB_DEFAULTS.name, description: 'A DNS label (RFC 1123).' },
    kind: { enum: ['task'], default: 'task' },
    project: {
      type: 'string',
      maxLength: 128,
      default: JOB_DEFAULTS.project,
      description: 'Whose quota and bill: research/vision.',
    },
    run: {
      description: 'Text is run by /bin/sh -c; a list is argv, without a shell.',
      anyOf: [{ type: 'string', minLength: 1, maxLength: 8192 }, argv],
    },
    command: { ...argv, description: 'argv, without a shell; instead of run.' },
    env: {
      type: 'object',
      maxProperties: 128,
      propertyNames: { pattern: '^(?!SOLYX_)[A-Za-z_][A-Za-z0-9_]{0,127}$' },
      additionalProperties: { anyOf: [{ type: 'string', maxLength: 4096 }, { type: 'number' }, { type: 'boolean' }] },
      default: {},
    },
    workdir: { type: 'string', maxLength: 1024 },
    resources,
    nodes: {
      anyOf: [
        { type: 'integer', minimum: 1, maximum: 64 },
        { type: 'string', pattern: '^\\s*[0-9]{1,4}(\\.\\.[0-9]{1,4})?\\s*$' },
      ],
      default: JOB_DEFAULTS.nodes,
      description: 'A gang: all or none. 2..4: it may start with two.',
    },
    placement,
    limits,
    priority: {
      type: 'integer',
      minimum: 0,
      maximum: 100,
      default: JOB_DEFAULTS.priority,
      description: 'Higher goes first.',
    },
    queue: {
      type: 'string',
      pattern: LABEL,
      default: 'default',
      description: 'Whose quota it uses: `solyx queue list`.',
    },
    retry,
    checkpoint: closed(
      'A path in the working folder that is kept across attempts.',
      {
        path: { type: 'string', minLength: 1, maxLength: 1024 },
        every: { ...duration('How often it is written.'), default: '10m' },
      },
      ['path'],
    ),
    data: {
      type: 'array',
      maxItems: 64,
      default: [],
      items: closed(
        'Data that the job reads, and where it lies: near is cheap.',
        {
          uri: { type: 'string', maxLength: 1024 },
          site: { type: 'string', pattern: LABEL },
          size: { type: 'string', pattern: MEMORY },
        },
        ['uri', 'site', 'size'],
      ),
    },
    simulation: closed('How a simulated run behaves; only with placement.simulated.', {
      duration: { ...duration('How long it runs.'), default: '10s' },
      exit_code: { type: 'integer', minimum: 0, maximum: 255, default: 0 },
    }),
  }),
  oneOf: [{ required: ['run'] }, { required: ['command'] }],
} as const;
