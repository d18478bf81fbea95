import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { CliError } from './errors';

/** Where the gateway is, and the key that opens it. */
export interface Profile {
  readonly url: string;
  readonly key: string;
  /** Where this was found, for `doctor`. */
  readonly from: string;
}

const FILE = join('.solyx', 'credentials.json');
const LEVELS_MAX = 32;

/** The credentials file of the nearest running Solyx: in this folder or one above it, else in the home folder. */
function findFile(from: string): string | undefined {
  let folder = from;
  for (let level = 0; level < LEVELS_MAX; level += 1) {
    const path = join(folder, FILE);
    if (existsSync(path)) return path;
    if (dirname(folder) === folder) break;
    folder = dirname(folder);
  }
  const home = join(homedir(), FILE);
  return existsSync(home) ? home : undefined;
}

/** SOLYX_URL and SOLYX_API_KEY, else the nearest `.solyx/credentials.json`. Never logged. */
export function readProfile(env: NodeJS.ProcessEnv, cwd: string): Profile {
  const file = findFile(cwd);
  let stored: { url?: unknown; apiKey?: unknown } = {};
  if (file !== undefined) {
    try {
      stored = JSON.parse(readFileSync(file, 'utf8')) as typeof stored;
    } catch {
      throw new CliError(
        'Unauthenticated',
        `${file} is not JSON`,
        'Delete it and run `npm start` again, or set SOLYX_URL and SOLYX_API_KEY.',
      );
    }
  }
  const url = env['SOLYX_URL'] ?? (typeof stored.url === 'string' ? stored.url : undefined);
  const key = env['SOLYX_API_KEY'] ?? (typeof stored.apiKey === 'string' ? stored.apiKey : undefined);
  if (url === undefined || key === undefined) {
    throw new CliError(
      'Unauthenticated',
      'no gateway and key are known',
      'Run `npm start` here, or set SOLYX_URL and SOLYX_API_KEY.',
    );
  }
  const fromEnv = env['SOLYX_URL'] !== undefined || env['SOLYX_API_KEY'] !== undefined;
  return { url: url.replace(/\/+$/, ''), key, from: fromEnv ? 'environment' : (file ?? 'environment') };
}
