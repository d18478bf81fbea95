import { SHARINGS, TOPOLOGY_LEVELS, type JobResources, type JobSpec, type JobTopology } from '@solyx/contracts';
import { isRecord, Section, type FieldReader } from './field-reader';
import { JOB_DEFAULTS, JOB_FIELDS } from './job-fields';
import { parseMigProfile, parseSeconds, parseWhen } from './units';

type Scheduling = Pick<JobSpec, 'topology' | 'queue' | 'deadline' | 'spot' | 'minRuntimeSeconds'>;
type Input = Readonly<Record<string, unknown>>;

const QUEUE = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

const part = (input: Input, name: string): Record<string, unknown> => {
  const value = Object.hasOwn(input, name) ? input[name] : undefined;
  return isRecord(value) ? value : {};
};

/** What a job says about its turn: whose quota, by when, how near to each other, and whether it may be stopped. */
export function readScheduling(reader: FieldReader, input: Input): Scheduling {
  const file = new Section(reader, input, '');
  const limits = new Section(reader, part(input, 'limits'), 'limits');
  const placement = new Section(reader, part(input, 'placement'), 'placement');
  const queue = file.pattern('queue', QUEUE, 'Name a queue: `solyx queue list` shows them.');
  const topology = readTopology(reader, part(input, 'resources'));
  const deadline = limits.unit('deadline', parseWhen);
  const minRuntimeSeconds = limits.unit('min_runtime', parseSeconds);
  const maxRuntime = parseSeconds(part(input, 'limits')['max_runtime']);
  const longest = maxRuntime.ok ? maxRuntime.value : JOB_DEFAULTS.maxRuntimeSeconds;
  if (minRuntimeSeconds !== undefined && minRuntimeSeconds > longest) {
    reader.fault(
      'limits.min_runtime',
      'it is longer than limits.max_runtime',
      'Lower it, or raise limits.max_runtime.',
    );
  }
  return {
    ...(topology === undefined ? {} : { topology }),
    ...(queue === undefined ? {} : { queue }),
    ...(deadline === undefined ? {} : { deadline }),
    ...(placement.flag('spot', false) ? { spot: true } : {}),
    ...(minRuntimeSeconds === undefined ? {} : { minRuntimeSeconds }),
  };
}

/** `topology: island` waits for one island; `{ level: island, required: false }` only prefers it. */
function readTopology(reader: FieldReader, resources: Record<string, unknown>): JobTopology | undefined {
  const value = Object.hasOwn(resources, 'topology') ? resources['topology'] : undefined;
  if (value === undefined) return undefined;
  if (typeof value === 'string') {
    const level = new Section(reader, resources, 'resources').oneOf('topology', TOPOLOGY_LEVELS, 'island');
    return { level, required: true };
  }
  const section = reader.section(value, 'resources.topology', JOB_FIELDS.topology);
  if (isRecord(value) && value['level'] === undefined) {
    reader.fault('resources.topology.level', 'it is missing', `Choose from ${TOPOLOGY_LEVELS.join(', ')}.`);
  }
  return { level: section.oneOf('level', TOPOLOGY_LEVELS, 'island'), required: section.flag('required', true) };
}

/** How a job is ready to share its GPUs: a slice of each, or a pool that is shared so. Not both. */
export function readSharing(reader: FieldReader, input: Input): Pick<JobResources, 'sharing' | 'migProfile'> {
  const resources = part(input, 'resources');
  const section = new Section(reader, resources, 'resources');
  const migProfile = section.unit('mig', parseMigProfile);
  if (!Object.hasOwn(resources, 'sharing') || resources['sharing'] === undefined) {
    return migProfile === undefined ? {} : { migProfile };
  }
  const sharing = section.oneOf('sharing', SHARINGS, 'spatial');
  if (migProfile !== undefined) {
    reader.fault('resources.sharing', 'a MIG slice is nobody else’s: mig and sharing exclude each other', 'Keep one.');
  }
  return { sharing, ...(migProfile === undefined ? {} : { migProfile }) };
}
