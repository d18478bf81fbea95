import { readFileSync } from 'node:fs';
import { CliError } from './errors';

const BYTES_MAX = 16 * 1024 * 1024;
const FACTS_MAX = 100_000;
const FLAGS: ReadonlySet<string> = new Set(['simulated']);

const wrong = (file: string, what: string): CliError =>
  new CliError('InvalidArgument', `${file} ${what}`, 'See UsageFact in docs/asyncapi.json for its fields.');

/** A value that others' tools write as text. */
function cell(name: string, value: string): unknown {
  if (FLAGS.has(name)) return value.toLowerCase() === 'true';
  return value;
}

/** Cells of one line: quotes may hold commas, and two of them are one. */
function cellsOf(line: string): readonly string[] {
  return [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(,|$)/g)]
    .slice(0, -1)
    .map(([, text = '']) => (text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text.trim()));
}

/** A table with names in its first line; `resource.kind` and `resource.id` make one field. */
function fromCsv(text: string): readonly unknown[] {
  const [head = '', ...lines] = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const names = cellsOf(`${head},`);
  return lines.map((line) => {
    const fact: Record<string, unknown> = {};
    const resource: Record<string, unknown> = {};
    for (const [index, value] of cellsOf(`${line},`).entries()) {
      const name = names[index] ?? '';
      if (value === '' && name !== 'model') continue;
      if (name.startsWith('resource.')) resource[name.slice('resource.'.length)] = value;
      else if (name !== '') fact[name] = cell(name, value);
    }
    return { ...fact, resource };
  });
}

function parse(file: string, text: string): unknown {
  if (/\.csv$/i.test(file)) return fromCsv(text);
  try {
    if (/\.(ndjson|jsonl)$/i.test(file)) {
      return text
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map((line) => JSON.parse(line) as unknown);
    }
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw wrong(file, `is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Facts of a file: a JSON list, an object with `facts`, JSON lines, or CSV. Throws what is wrong with it. */
export function readFacts(file: string): readonly unknown[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new CliError('Usage', `there is no file ${file}`, 'Give the path of a file that exists.');
  }
  if (text.length > BYTES_MAX) throw wrong(file, 'is larger than 16 MiB: report it in parts');
  const read = parse(file, text);
  const facts = Array.isArray(read)
    ? (read as readonly unknown[])
    : (read as { readonly facts?: unknown } | null)?.facts;
  if (!Array.isArray(facts)) throw wrong(file, 'is no list of usage facts');
  if (facts.length > FACTS_MAX) throw wrong(file, `holds more than ${FACTS_MAX} facts: report them in parts`);
  return facts as readonly unknown[];
}
