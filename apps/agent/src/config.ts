import path from 'node:path';
import type { GpuPool } from '@solyx/contracts';
import { parseMicro, SolyxError } from '@solyx/kernel';
import { isLevel, type Level } from './adapters/logger';

export interface AgentConfig {
  readonly stateDir: string;
  readonly credsFile: string;
  /** Where it joins and renews; what it joined with, if left out. */
  readonly gatewayUrl?: string;
  readonly joinToken?: string;
  /** Overrides the address that the gateway told. */
  readonly natsUrl?: string;
  readonly natsCaPath?: string;
  readonly site: string;
  readonly region: string;
  readonly rack?: string;
  /** InfiniBand island. */
  readonly fabric?: string;
  /** How its GPUs are shared; the gateway says what is wrong with it. */
  readonly pools?: readonly GpuPool[];
  /** It is shared: what it should bring an hour. */
  readonly sharedMicroUsdPerHour?: string;
  /** Left out: no HTTP. 0: any free port. */
  readonly httpPort?: number;
  /** When told to stop, end the tasks too. Else they run on, and the next agent takes them over. */
  readonly drains: boolean;
  readonly logLevel: Level;
}

type Env = Readonly<Record<string, string | undefined>>;

const USAGE =
  'usage: agent [join <url> <token>] [--data <folder>] [--site <site>] [--region <region>] [--rack <rack>] [--fabric <island>] [--shared <USD an hour>] [--drain]';
const wrong = (message: string): SolyxError => new SolyxError('InvalidArgument', message, {}, { hint: USAGE });

interface Flags {
  readonly words: readonly string[];
  readonly values: ReadonlyMap<string, string>;
}

function parseArguments(args: readonly string[]): Flags {
  const words: string[] = [];
  const values = new Map<string, string>();
  for (let index = 0; index < args.length; index += 1) {
    const word = args[index] ?? '';
    if (word === '--drain') values.set('drain', 'true');
    else if (['--data', '--site', '--region', '--rack', '--fabric', '--shared'].includes(word)) {
      index += 1;
      const value = args[index];
      if (value === undefined || value.startsWith('--')) throw wrong(`${word} needs a value`);
      values.set(word.slice(2), value);
    } else if (word.startsWith('-')) throw wrong(`${word} is unknown`);
    else words.push(word);
  }
  return { words, values };
}

const filled = (value: string | undefined): string | undefined => {
  const trimmed = value?.trim();
  return trimmed === '' ? undefined : trimmed;
};

function addressOf(value: string | undefined, name: string, protocols: RegExp): string | undefined {
  if (value === undefined) return undefined;
  if (!value.split(',').every((each) => URL.canParse(each.trim()) && protocols.test(each.trim()))) {
    throw wrong(`${name} is "${value}", which is no address`);
  }
  return value;
}

function portOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const port = Number(value);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw wrong(`SOLYX_AGENT_HTTP_PORT is "${value}"`);
  return port;
}

/** A JSON list of pools: `[{"poolId":"a","gpuIndexes":[0],"sharing":"spatial","ratio":4,"tenancy":"private"}]`. */
function poolsOf(text: string | undefined): readonly GpuPool[] | undefined {
  if (text === undefined) return undefined;
  try {
    const pools: unknown = JSON.parse(text);
    if (Array.isArray(pools)) return pools as readonly GpuPool[];
  } catch {
    // Said below.
  }
  throw wrong('SOLYX_AGENT_POOLS is no JSON list');
}

/** What a shared machine should bring an hour, as a whole: `1.50` is 1,500,000 micro-USD. */
function sharedOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const amount = parseMicro(text);
  if (amount === undefined || amount < 0n) throw wrong(`SOLYX_AGENT_SHARED is "${text}", which is no amount of USD`);
  return amount.toString();
}

/** Only what is there: a setting that was not given is left out, not undefined. */
const given = <K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> =>
  value === undefined ? {} : ({ [key]: value } as Partial<Record<K, V>>);

const levelOf = (text: string | undefined): Level => {
  if (text === undefined) return 'info';
  if (isLevel(text)) return text;
  return text === 'fatal' ? 'error' : 'debug';
};

/** What the command line asks for: nothing, or `join <url> <token>`. */
function verbOf({ words }: Flags): { readonly url?: string; readonly token?: string } {
  const [verb, url, token, ...more] = words;
  if (verb === undefined) return {};
  if (verb !== 'join' || url === undefined || token === undefined || more.length > 0) {
    throw wrong(`"${words.slice(0, 2).join(' ')} …" is not understood`);
  }
  return { url, token };
}

/** From the command line, else from the environment. Throws InvalidArgument that says what is wrong. */
export function readAgentConfig(args: readonly string[], env: Env): AgentConfig {
  const flags = parseArguments(args);
  const { url, token } = verbOf(flags);
  const set = (flag: string, variable: string): string | undefined => flags.values.get(flag) ?? filled(env[variable]);
  const home = filled(env['HOME']) ?? process.cwd();
  const stateDir = path.resolve(set('data', 'SOLYX_AGENT_STATE_DIR') ?? path.join(home, '.solyx', 'agent'));
  const gateway = url ?? filled(env['SOLYX_AGENT_GATEWAY_URL']);
  return Object.freeze({
    stateDir,
    credsFile: path.resolve(filled(env['SOLYX_AGENT_NATS_CREDS']) ?? path.join(stateDir, 'nats.creds')),
    ...given('gatewayUrl', addressOf(gateway, 'the gateway', /^https?:\/\//)),
    ...given('joinToken', token ?? filled(env['SOLYX_AGENT_JOIN_TOKEN'])),
    ...given('natsUrl', addressOf(filled(env['SOLYX_NATS_URL']), 'SOLYX_NATS_URL', /^(nats|tls|wss?):\/\//)),
    ...given('natsCaPath', filled(env['SOLYX_NATS_CA'])),
    site: set('site', 'SOLYX_AGENT_SITE') ?? 'home',
    region: set('region', 'SOLYX_AGENT_REGION') ?? 'eu-central',
    ...given('rack', set('rack', 'SOLYX_AGENT_RACK')),
    ...given('fabric', set('fabric', 'SOLYX_AGENT_FABRIC')),
    ...given('sharedMicroUsdPerHour', sharedOf(set('shared', 'SOLYX_AGENT_SHARED'))),
    ...given('pools', poolsOf(filled(env['SOLYX_AGENT_POOLS']))),
    ...given('httpPort', portOf(filled(env['SOLYX_AGENT_HTTP_PORT']))),
    drains: flags.values.has('drain') || env['SOLYX_AGENT_DRAIN'] === 'true',
    logLevel: levelOf(filled(env['SOLYX_LOG_LEVEL'])),
  });
}
