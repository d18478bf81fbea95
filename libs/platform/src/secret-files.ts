import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Writes a file that only its owner reads: whole or not at all. */
export function writeSecret(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.new`;
  writeFileSync(draft, text, { mode: 0o600, flush: true });
  chmodSync(draft, 0o600); // An earlier draft may have had another mode.
  renameSync(draft, file);
}

export const writeSecretJson = (file: string, value: unknown): void =>
  writeSecret(file, `${JSON.stringify(value, null, 2)}\n`);

/** What the file holds, or what `make` makes for it, once. A damaged file is refused, never replaced. */
export function readOrMake<T>(file: string, make: () => T): T {
  if (existsSync(file)) {
    try {
      return JSON.parse(readFileSync(file, 'utf8')) as T;
    } catch (error) {
      throw new Error(`${file} is not JSON. Restore it from a copy, or delete the data folder to begin anew.`, {
        cause: error,
      });
    }
  }
  const value = make();
  writeSecretJson(file, value);
  return value;
}
