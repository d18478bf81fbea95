import { readFileSync } from 'node:fs';
import { ADMINS, HASH_PATTERN, type UserRecord } from './security/users';
import { exposure, type EventStoreOptions } from './server';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What a process of its own needs to know; the rest has defaults. */
export interface EventStoreConfig extends EventStoreOptions {
  readonly postgresUrl: string;
  readonly host: string;
  readonly users: readonly UserRecord[];
  /** Port of /live, /ready and /metrics on the same address; undefined: none. */
  readonly httpPort: number | undefined;
  readonly logLevel: LogLevel;
  /** How long to wait at start for a PostgreSQL that does not answer. */
  readonly postgresWaitMs: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_PORT = 2113;
const PORT_MAX = 65_535;
const DEFAULT_WAIT_SECONDS = 60;

/** Reads variables and gathers what is wrong with them, so that one start names every fault. */
class Variables {
  readonly faults: string[] = [];

  constructor(private readonly environment: Environment) {}

  text(name: string): string | undefined {
    const value = this.environment[name]?.trim();
    return value === '' ? undefined : value;
  }

  number(name: string, max: number): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (Number.isInteger(value) && value >= 0 && value <= max) return value;
    this.faults.push(`${name} is "${text}": use a whole number from 0 to ${max}`);
    return undefined;
  }

  file(name: string): string | undefined {
    const path = this.text(name);
    if (path === undefined) return undefined;
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      this.faults.push(`${name} names ${path}, which cannot be read: ${error instanceof Error ? error.message : ''}`);
      return undefined;
    }
  }
}

/** `name hash [group,…]`, one per line or separated by semicolons; `admin` is in `$admins` unless groups are named. */
function usersOf(variables: Variables): readonly UserRecord[] {
  const text = [variables.text('SOLYX_EVENTSTORE_USERS'), variables.file('SOLYX_EVENTSTORE_USERS_FILE')].join('\n');
  const lines = text.split(/[\n;]/).map((line) => line.trim());
  return lines.filter(Boolean).flatMap((line) => {
    const [name = '', passwordHash = '', groups] = line.split(/\s+/);
    if (HASH_PATTERN.test(passwordHash)) {
      return [{ name, passwordHash, groups: groups?.split(',') ?? (name === 'admin' ? [ADMINS] : []) }];
    }
    variables.faults.push(`the user "${name}" has no valid password hash: make one with hashPassword()`);
    return [];
  });
}

function tlsOf(variables: Variables): Pick<EventStoreOptions, 'tls'> {
  const cert = variables.file('SOLYX_EVENTSTORE_TLS_CERT');
  const key = variables.file('SOLYX_EVENTSTORE_TLS_KEY');
  if (cert !== undefined && key !== undefined) return { tls: { cert, key } };
  if (cert !== undefined || key !== undefined) {
    variables.faults.push('TLS needs both SOLYX_EVENTSTORE_TLS_CERT and SOLYX_EVENTSTORE_TLS_KEY');
  }
  return {};
}

function advertiseOf(variables: Variables, port: number): Pick<EventStoreOptions, 'advertise'> {
  const text = variables.text('SOLYX_EVENTSTORE_ADVERTISE');
  if (text === undefined) return {};
  const [, host, ownPort] = /^(.+?)(?::(\d{1,5}))?$/.exec(text) ?? [];
  return { advertise: { host: host ?? text, port: Number(ownPort ?? port) } };
}

function logLevelOf(variables: Variables): LogLevel {
  const text = variables.text('SOLYX_LOG_LEVEL') ?? 'info';
  const level = LOG_LEVELS.find((known) => known === text);
  if (!level) variables.faults.push(`SOLYX_LOG_LEVEL is "${text}": use one of ${LOG_LEVELS.join(', ')}`);
  return level ?? 'info';
}

/** The environment as one frozen object. Throws an error that names every fault. */
export function readConfig(environment: Environment): EventStoreConfig {
  const variables = new Variables(environment);
  const postgresUrl = variables.text('SOLYX_EVENTSTORE_POSTGRES_URL') ?? '';
  if (!/^postgres(ql)?:\/\//.test(postgresUrl)) {
    variables.faults.push('SOLYX_EVENTSTORE_POSTGRES_URL must be set: postgres://user:password@host:port/database');
  }
  const port = variables.number('SOLYX_EVENTSTORE_PORT', PORT_MAX) ?? DEFAULT_PORT;
  const wait = variables.number('SOLYX_EVENTSTORE_POSTGRES_WAIT_SECONDS', 3600) ?? DEFAULT_WAIT_SECONDS;
  const config: EventStoreConfig = {
    postgresUrl,
    host: variables.text('SOLYX_EVENTSTORE_HOST') ?? '127.0.0.1',
    port,
    httpPort: variables.number('SOLYX_EVENTSTORE_HTTP_PORT', PORT_MAX),
    users: usersOf(variables),
    ...tlsOf(variables),
    ...advertiseOf(variables, port),
    logLevel: logLevelOf(variables),
    postgresWaitMs: wait * 1000,
  };
  const danger = exposure(config);
  if (danger !== undefined) variables.faults.push(danger);
  if (variables.faults.length > 0) {
    throw new Error(`the event store cannot start:\n${variables.faults.map((fault) => `- ${fault}`).join('\n')}`);
  }
  return Object.freeze(config);
}
