import { readFileSync } from 'node:fs';
import type { User } from './grpc/access';
import type { EventStoreOptions } from './server';

export interface EventStoreConfig extends EventStoreOptions {
  /** Port of /live, /ready and /metrics; left out, there is none. */
  readonly httpPort?: number;
}

interface Fault {
  readonly name: string;
  readonly problem: string;
}

const port = (env: NodeJS.ProcessEnv, name: string, faults: Fault[]): number | undefined => {
  const text = env[name];
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= 65_535) return value;
  faults.push({ name, problem: `"${text}" is not a port; for example ${name}=2113` });
  return undefined;
};

const file = (env: NodeJS.ProcessEnv, name: string, faults: Fault[]): Buffer | undefined => {
  const path = env[name];
  if (path === undefined || path === '') return undefined;
  try {
    return readFileSync(path);
  } catch (error) {
    faults.push({ name, problem: `cannot read ${path}: ${(error as NodeJS.ErrnoException).code ?? 'error'}` });
    return undefined;
  }
};

/** A JSON list of `{ name, passwordSha256, groups }`. */
function users(env: NodeJS.ProcessEnv, faults: Fault[]): readonly User[] | undefined {
  const name = 'SOLYX_EVENTSTORE_USERS_FILE';
  const text = file(env, name, faults)?.toString('utf8');
  if (text === undefined) return undefined;
  try {
    const list = JSON.parse(text) as User[];
    const right = (user: User): boolean =>
      typeof user.name === 'string' && /^[0-9a-f]{64}$/.test(user.passwordSha256) && Array.isArray(user.groups);
    if (Array.isArray(list) && list.every(right)) return list;
  } catch {
    // Said below, with what is wanted.
  }
  faults.push({ name, problem: 'wants a JSON list of { name, passwordSha256, groups }' });
  return undefined;
}

const present = <T extends object>(members: T): T =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T;

/** The environment as one frozen object; throws naming every fault at once. */
export function readEventStoreConfig(env: NodeJS.ProcessEnv): EventStoreConfig {
  const faults: Fault[] = [];
  const cert = file(env, 'SOLYX_EVENTSTORE_TLS_CERT', faults);
  const key = file(env, 'SOLYX_EVENTSTORE_TLS_KEY', faults);
  if ((cert === undefined) !== (key === undefined)) {
    faults.push({ name: 'SOLYX_EVENTSTORE_TLS_KEY', problem: 'a certificate and its key come together' });
  }
  const postgresUrl = env['SOLYX_EVENTSTORE_POSTGRES_URL'];
  if (postgresUrl === undefined || postgresUrl === '') {
    faults.push({
      name: 'SOLYX_EVENTSTORE_POSTGRES_URL',
      problem: 'is missing; for example postgres://user:secret@127.0.0.1:5432/solyx',
    });
  }
  const listen = port(env, 'SOLYX_EVENTSTORE_PORT', faults) ?? 2113;
  const config = {
    postgresUrl,
    host: env['SOLYX_EVENTSTORE_HOST'] ?? '127.0.0.1',
    port: listen,
    httpPort: port(env, 'SOLYX_EVENTSTORE_HTTP_PORT', faults),
    tls: cert && key ? { cert, key } : undefined,
    users: users(env, faults),
    advertise:
      env['SOLYX_EVENTSTORE_ADVERTISE_HOST'] === undefined
        ? undefined
        : { host: env['SOLYX_EVENTSTORE_ADVERTISE_HOST'], port: listen },
  };
  if (faults.length > 0) {
    throw new Error(
      `the configuration has ${faults.length} fault(s):\n${faults.map(({ name, problem }) => `  ${name}: ${problem}`).join('\n')}`,
    );
  }
  return Object.freeze(present(config)) as EventStoreConfig;
}
