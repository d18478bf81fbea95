import { hostname } from 'node:os';
import { SolyxError } from '@solyx/kernel';

interface Common<T> {
  /** One sentence, for documentation and for who gets it wrong. */
  readonly about: string;
  readonly default?: T;
  /** May be missing: then it is undefined. Settings without default and without this are required. */
  readonly optional?: boolean;
  /** Where the name is not `SOLYX_<SERVICE>_<FIELD>`. */
  readonly variable?: string;
  readonly example?: string;
}

type Parsed<T> = { readonly value: T } | { readonly fault: string };

/** One setting: how it is read from text, and what a person is told about it. */
export interface Setting<T> extends Common<T> {
  readonly kind: string;
  readonly secret: boolean;
  parse(text: string): Parsed<T>;
}

type Options<T> = Common<T> & { readonly optional?: false };
type Optional<T> = Common<T> & { readonly optional: true };

const setting = <T>(kind: string, options: Common<T>, parse: (text: string) => Parsed<T>): Setting<T> => ({
  ...options,
  kind,
  secret: false,
  parse,
});

const fits =
  (pattern: RegExp | undefined, what: string) =>
  (text: string): Parsed<string> =>
    pattern && !pattern.test(text) ? { fault: `must be ${what}` } : { value: text };

interface TextRules {
  readonly pattern?: RegExp;
  /** Says the pattern in words. */
  readonly like?: string;
}

export function text(options: Optional<string> & TextRules): Setting<string | undefined>;
export function text(options: Options<string> & TextRules): Setting<string>;
export function text(options: Common<string> & TextRules): Setting<string | undefined> {
  return setting('text', options, fits(options.pattern, options.like ?? `like ${options.example ?? 'the example'}`));
}

/** Never shown, not even when it is wrong. */
export function secret(options: Optional<string> & TextRules): Setting<string | undefined>;
export function secret(options: Options<string> & TextRules): Setting<string>;
export function secret(options: Common<string> & TextRules): Setting<string | undefined> {
  const parse = fits(options.pattern, options.like ?? 'of the right form');
  return { ...setting('secret', options, parse), secret: true };
}

interface Range {
  readonly min?: number;
  readonly max?: number;
}

export function integer(options: Optional<number> & Range): Setting<number | undefined>;
export function integer(options: Options<number> & Range): Setting<number>;
export function integer(options: Common<number> & Range): Setting<number | undefined> {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = options;
  return setting('whole number', options, (given) => {
    const value = /^-?\d{1,16}$/.test(given) ? Number(given) : Number.NaN;
    return value >= min && value <= max
      ? { value }
      : { fault: `must be a whole number from ${min} to ${max === Number.MAX_SAFE_INTEGER ? '2^53' : max}` };
  });
}

export const port = (options: Options<number>): Setting<number> => ({
  ...integer({ ...options, min: 0, max: 65_535 }),
  kind: 'port',
});

export const boolean = (options: Options<boolean>): Setting<boolean> =>
  setting('true or false', options, (given) =>
    given === 'true' || given === 'false' ? { value: given === 'true' } : { fault: 'must be true or false' },
  );

export const choice = <const T extends string>(choices: readonly T[], options: Options<NoInfer<T>>): Setting<T> =>
  setting<T>(choices.join(' | '), options, (given) => {
    const value = choices.find((each) => each === given);
    return value === undefined ? { fault: `must be one of ${choices.join(', ')}` } : { value };
  });

interface Schemes {
  /** Without colon; default http and https. */
  readonly schemes?: readonly string[];
}

export function url(options: Optional<string> & Schemes): Setting<string | undefined>;
export function url(options: Options<string> & Schemes): Setting<string>;
export function url(options: Common<string> & Schemes): Setting<string | undefined> {
  const schemes = options.schemes ?? ['http', 'https'];
  // Several servers may stand in one setting; each must be an address.
  return setting('address', options, (given) =>
    given.split(',').every((each) => URL.canParse(each) && schemes.includes(new URL(each).protocol.slice(0, -1)))
      ? { value: given }
      : { fault: `must be an address that begins with ${schemes.map((each) => `${each}://`).join(' or ')}` },
  );
}

export function file(options: Optional<string>): Setting<string | undefined>;
export function file(options: Options<string>): Setting<string>;
export function file(options: Common<string>): Setting<string | undefined> {
  return setting('path', options, (given) => ({ value: given }));
}

export type Settings = Readonly<Record<string, Setting<unknown>>>;
export type ConfigOf<S extends Settings> = {
  readonly [Field in keyof S]: S[Field] extends Setting<infer T> ? T : never;
};

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** What every service needs. The defaults suit a developer's machine with servers on their usual ports. */
const common = (service: string) => ({
  eventStoreUrl: url({
    variable: 'SOLYX_EVENTSTORE_URL',
    about: 'Event store, as its client reads it.',
    default: 'esdb://127.0.0.1:2113?tls=false',
    schemes: ['esdb', 'esdb+discover', 'kurrentdb', 'kurrentdb+discover'],
  }),
  natsUrl: url({
    variable: 'SOLYX_NATS_URL',
    about: 'Bus; several servers with commas between them.',
    default: 'nats://127.0.0.1:4222',
    schemes: ['nats', 'tls', 'ws', 'wss'],
  }),
  natsCaPath: file({ variable: 'SOLYX_NATS_CA', about: "Authority of the bus's certificate (PEM).", optional: true }),
  natsCredsPath: file({
    variable: variableOf(service, 'natsCreds'),
    about: 'JWT and seed on the bus.',
    optional: true,
  }),
  postgresUrl: url({
    about: "Database, under the service's own role.",
    default: `postgres://solyx_${service}@127.0.0.1:5432/solyx`,
    schemes: ['postgres', 'postgresql'],
  }),
  httpHost: text({ about: 'Where HTTP listens.', default: '127.0.0.1' }),
  httpPort: port({ about: 'Port of /live, /ready and /metrics; 0 takes a free one.', default: 0 }),
  instance: text({
    variable: 'SOLYX_INSTANCE',
    about: 'Names this process among others of the same service.',
    default: `${hostname()}-${process.pid}`,
    pattern: /^[\w.-]{1,64}$/,
    like: '1 to 64 letters, digits, dots, dashes or underscores',
  }),
  logLevel: choice(LEVELS, { variable: 'SOLYX_LOG_LEVEL', about: 'Least level that is logged.', default: 'info' }),
  viewHistoryDays: integer({
    about: 'Days that past versions of view rows are kept; for ever where left out. The log keeps all.',
    min: 1,
    max: 36_500,
    optional: true,
  }),
  otlpEndpoint: url({
    variable: 'SOLYX_OTLP_ENDPOINT',
    about: 'Where traces are sent by OTLP over HTTP; without it none are made.',
    example: 'http://127.0.0.1:4318/v1/traces',
    optional: true,
  }),
});

export type CommonConfig = ConfigOf<ReturnType<typeof common>> & { readonly service: string };

const variableOf = (service: string, field: string): string =>
  `SOLYX_${service.toUpperCase()}_${field.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;

function readOne(variable: string, spec: Setting<unknown>, given: string | undefined): Parsed<unknown> {
  if (given === undefined || given === '') {
    if (spec.default !== undefined || spec.optional) return { value: spec.default };
    return { fault: `${variable} is missing (${spec.about})${exampleOf(spec)}` };
  }
  const parsed = spec.parse(given);
  if ('value' in parsed) return parsed;
  const shown = spec.secret ? 'has a value that is not shown and' : `is "${given.slice(0, 80)}" but`;
  return { fault: `${variable} ${shown} ${parsed.fault} (${spec.about})${exampleOf(spec)}` };
}

const exampleOf = ({ example, default: fallback, secret: hidden }: Setting<unknown>): string =>
  hidden || (example ?? fallback) === undefined ? '' : `, for example ${example ?? String(fallback)}`;

/**
 * The whole configuration of a service, frozen: its own settings (`heartbeatTimeoutMs` is read from
 * `SOLYX_DRM_HEARTBEAT_TIMEOUT_MS`) beside those that every service has. Throws InvalidArgument that names every fault.
 */
export function readConfig<S extends Settings>(
  service: string,
  settings: S,
  env: Readonly<Record<string, string | undefined>>,
): Readonly<ConfigOf<S> & CommonConfig> {
  const values: Record<string, unknown> = { service };
  const faults: string[] = [];
  for (const [field, spec] of Object.entries<Setting<unknown>>({ ...common(service), ...settings })) {
    const variable = spec.variable ?? variableOf(service, field);
    const parsed = readOne(variable, spec, env[variable]?.trim());
    if ('fault' in parsed) faults.push(parsed.fault);
    else values[field] = parsed.value;
  }
  if (faults.length === 0) return Object.freeze(values) as ConfigOf<S> & CommonConfig;
  const count = faults.length === 1 ? '1 setting is wrong' : `${faults.length} settings are wrong`;
  throw new SolyxError(
    'InvalidArgument',
    `${service}: ${count}\n${faults.map((each) => `  ${each}`).join('\n')}`,
    {},
    {
      hint: 'Correct the environment variables and start again.',
    },
  );
}

/** The settings of a service as a Markdown table, for its README. */
export function describeConfig(service: string, settings: Settings): string {
  const rows = Object.entries<Setting<unknown>>({ ...common(service), ...settings }).map(([field, spec]) => {
    const fallback =
      field === 'instance' ? 'host and process' : (spec.default as string | number | boolean | undefined);
    const shown = fallback === undefined ? (spec.optional ? '–' : 'required') : `\`${fallback}\``;
    return `| \`${spec.variable ?? variableOf(service, field)}\` | ${spec.kind} | ${shown} | ${spec.about} |`;
  });
  return ['| Variable | Kind | Default | Meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}
