/**
 * Finds the public traces: the folder named by SOLYX_TRACES, else `../shared/data` beside the repository. Solyx ships
 * none of them; a bench whose trace is absent says so.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');

/** The file among the traces, or undefined where it is absent. */
export function traceFile(...names) {
  const file = path.join(process.env.SOLYX_TRACES ?? path.join(ROOT, '../shared/data'), ...names);
  return existsSync(file) ? file : undefined;
}

/** Ends a bench that cannot run, and says why. */
export function absent(what) {
  console.error(`No ${what} among the traces: nothing was measured. Name their folder by SOLYX_TRACES.`);
  process.exit(1);
}

export const unzipped = (file) => gunzipSync(readFileSync(file)).toString('utf8');

/** The plain files of a tar archive by name (ustar; names of at most 100 bytes, or with a prefix). */
export function untar(bytes) {
  const files = new Map();
  const word = (from, length) => bytes.toString('utf8', from, from + length).replace(/\0.*$/s, '');
  for (let at = 0; at + 512 <= bytes.length && bytes[at] !== 0;) {
    const size = parseInt(word(at + 124, 12).trim() || '0', 8);
    const name = [word(at + 345, 155), word(at, 100)].filter(Boolean).join('/');
    if (bytes[at + 156] === 48 || bytes[at + 156] === 0) files.set(name, bytes.subarray(at + 512, at + 512 + size));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}

/** Comma-separated rows as objects. */
export function csvRows(text) {
  const [head, ...rows] = text.trim().split(/\r?\n/);
  const names = head.split(',');
  return rows.map((row) => Object.fromEntries(row.split(',').map((value, place) => [names[place], value])));
}
