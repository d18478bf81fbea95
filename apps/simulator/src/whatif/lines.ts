import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';

/** Characters of a line at most, and lines of a file. */
const LINE_MAX = 1_048_576;
const LINES_MAX = 20_000_000;
/** Bad lines that are named. */
const NAMED_MAX = 20;

/** A file that is not taken: which lines are wrong, and what to do. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/** Gathers what is wrong with a file. Nothing of it is used unless all of it is right. */
export class Faults {
  private readonly named: string[] = [];
  private count = 0;

  constructor(readonly file: string) {}

  add(line: number, what: string): void {
    this.count += 1;
    if (this.named.length < NAMED_MAX) this.named.push(`${this.file}, line ${line}: ${what}`);
  }

  /** Throws InputError where anything was wrong. */
  check(): void {
    if (this.count === 0) return;
    const more = this.count > this.named.length ? [`and ${this.count - this.named.length} more.`] : [];
    const advice = 'Nothing was run. Correct these lines, or leave them out, and run it again.';
    throw new InputError([...this.named, ...more, advice].join('\n'));
  }
}

/** The lines of a file, plain or `.gz`, with their numbers from 1; empty ones are left out. Memory: one line. */
export async function* linesOf(file: string, faults: Faults): AsyncGenerator<readonly [number, string]> {
  const bytes = createReadStream(file);
  const plain = file.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes;
  const failed = new Promise<never>((_, reject) => {
    const fail = (error: Error): void => {
      reject(new InputError(`${file} cannot be read: ${error.message}. Name a file that can.`));
    };
    bytes.once('error', fail);
    plain.once('error', fail);
  });
  failed.catch(() => {});
  const reader = createInterface({ input: plain, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
  let number = 0;
  for (;;) {
    const next = await Promise.race([reader.next(), failed]);
    if (next.done) return;
    number += 1;
    if (number > LINES_MAX) throw new InputError(`${file} has more than ${LINES_MAX} lines: cut it into parts.`);
    if (next.value.length > LINE_MAX) faults.add(number, `it is longer than ${LINE_MAX} characters`);
    else if (next.value.trim() !== '') yield [number, next.value];
  }
}

/** The rows of a comma-separated file by the names of its first line. Fields in quotes are not used in these files. */
export async function* rowsOf(
  file: string,
  needed: readonly string[],
  faults: Faults,
): AsyncGenerator<readonly [number, ReadonlyMap<string, string>]> {
  let head: readonly string[] | undefined;
  for await (const [number, line] of linesOf(file, faults)) {
    const fields = line.split(',').map((field) => field.trim());
    if (!head) {
      head = fields;
      const missing = needed.filter((name) => !fields.includes(name));
      if (missing.length > 0) throw new InputError(`${file} has no column ${missing.join(', ')}: it must have them.`);
      continue;
    }
    if (fields.length < head.length) faults.add(number, `it has ${fields.length} fields of ${head.length}`);
    else yield [number, new Map(head.map((name, place) => [name, fields[place] ?? '']))];
  }
  if (!head) throw new InputError(`${file} is empty: name a file with a first line that names its columns.`);
}

/** A whole number, not below `least`; undefined where the text is none. */
export function wholeOf(text: string | undefined, least = 0): number | undefined {
  if (text === undefined || !/^\d+(\.0+)?$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) && value >= least ? value : undefined;
}
