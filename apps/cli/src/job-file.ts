import { readFileSync } from 'node:fs';
import { CliError } from './errors';
import { whole } from './numbers';

const BYTES_MAX = 64 * 1024;

/** Reads a job file: YAML 1.2 or JSON. What the fields mean is the gateway's word (`solyx schema`). */
export async function readJobFile(path: string): Promise<Record<string, unknown>> {
  let text: string;
  try {
    text = path === '-' ? readFileSync(0, 'utf8') : readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'error';
    throw new CliError(
      'Usage',
      `cannot read ${path}: ${code}`,
      'Name an existing job file: `solyx apply -f job.yaml`.',
    );
  }
  if (Buffer.byteLength(text) > BYTES_MAX) {
    throw new CliError('InvalidArgument', `${path} is larger than 64 KiB`, 'Keep data out of the job file.');
  }
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text, { schema: 'core', uniqueKeys: true });
  const [fault] = document.errors;
  if (fault)
    throw new CliError(
      'InvalidArgument',
      `${path}: ${fault.message.split('\n')[0] ?? ''}`,
      'Correct the YAML at the line named.',
    );
  const value: unknown = document.toJS({ maxAliasCount: 20 });
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new CliError('InvalidArgument', `${path} is not a mapping`, 'Begin with `solyx: v1`, `name:`, `run:`.');
  }
  return value as Record<string, unknown>;
}

export interface RunFlags {
  readonly name?: string;
  readonly project?: string;
  readonly gpu?: string;
  readonly cpu?: string;
  readonly memory?: string;
  readonly nodes?: string;
  readonly simulated?: boolean;
  readonly duration?: string;
  readonly source?: readonly string[];
  readonly budget?: string;
  readonly maxPrice?: string;
  readonly maxRuntime?: string;
  readonly priority?: string;
  readonly queue?: string;
  readonly spot?: boolean;
  readonly deadline?: string;
  readonly minRuntime?: string;
  readonly nodesMin?: string;
  readonly topology?: string;
  readonly mig?: string;
  readonly sharing?: string;
  readonly env?: readonly string[];
  readonly workdir?: string;
}

/** The job file that the flags of `run` and `plan` stand for. */
export function specFromFlags(command: readonly string[], flags: RunFlags): Record<string, unknown> {
  const given = (entries: Readonly<Record<string, unknown>>): Record<string, unknown> | undefined => {
    const kept = Object.entries(entries).filter(([, value]) => value !== undefined);
    return kept.length > 0 ? Object.fromEntries(kept) : undefined;
  };
  const spec = given({
    solyx: 'v1',
    name: flags.name ?? nameOf(command),
    kind: 'task',
    project: flags.project,
    run: command,
    workdir: flags.workdir ?? (flags.simulated === true ? undefined : process.cwd()),
    env: flags.env && flags.env.length > 0 ? Object.fromEntries(flags.env.map(pair)) : undefined,
    queue: flags.queue,
    resources: given({
      gpu: flags.mig !== undefined && (flags.gpu ?? '0') === '0' ? undefined : (flags.gpu ?? '0'),
      cpu: flags.cpu,
      memory: flags.memory,
      ...{ topology: flags.topology, mig: flags.mig, sharing: flags.sharing },
    }),
    nodes: nodesOf(flags),
    placement: given({ simulated: flags.simulated, sources: flags.source, spot: flags.spot }),
    limits: given({
      budget: flags.budget,
      max_price: flags.maxPrice,
      max_runtime: flags.maxRuntime,
      min_runtime: flags.minRuntime,
      deadline: flags.deadline === undefined ? undefined : whenOf('--deadline', flags.deadline),
    }),
    priority: flags.priority === undefined ? undefined : whole('--priority', flags.priority, { min: 0, max: 100 }),
    simulation: flags.simulated === true ? given({ duration: flags.duration }) : undefined,
  });
  return spec ?? {};
}

const NODES = { min: 1, max: 64 };

/** `4`, or `2..4` where the gang may start with two. */
function nodesOf({ nodes, nodesMin }: RunFlags): number | string | undefined {
  if (nodesMin === undefined) return nodes === undefined ? undefined : whole('--nodes', nodes, NODES);
  const max = whole('--nodes', nodes ?? '', NODES);
  return `${whole('--nodes-min', nodesMin, { min: 1, max })}..${max}`;
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** An instant as it was typed, or `6h`: so long from now. */
export function whenOf(flag: string, text: string, now = Date.now()): string {
  const ahead = /^\+?(\d{1,6})([smhd])$/.exec(text.trim());
  if (ahead) return new Date(now + Number(ahead[1]) * (UNIT_MS[ahead[2] ?? ''] ?? 0)).toISOString();
  const millis = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(millis)) return new Date(millis).toISOString();
  throw new CliError(
    'Usage',
    `${flag} wants an instant, not "${text}"`,
    `Write ${flag} 6h, or ${flag} 2027-01-31T18:00Z.`,
  );
}

function pair(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new CliError('Usage', `--env wants NAME=value, not "${text}"`, 'Write --env EPOCHS=3.');
  return [text.slice(0, at), text.slice(at + 1)];
}

/** A DNS label (RFC 1123) from the command's first word. */
export function nameOf(command: readonly string[]): string {
  const base = (command[0] ?? 'job').split('/').pop() ?? 'job';
  const label = base
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 40)
    .replace(/-+$/, '');
  return label === '' ? 'job' : label;
}
