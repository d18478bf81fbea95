import { createHash } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { CliContext } from './cli-context';
import { CliError } from './errors';
import { dim, printJson, suggest } from './output';

const WITHIN_MS = 120_000;

export interface Wanted {
  readonly kind: string;
  readonly id: string;
  readonly query: Readonly<Record<string, string | undefined>>;
  /** A file, or a folder; `-` is stdout; left out: this folder. */
  readonly out: string | undefined;
}

interface Fetched {
  readonly bytes: Buffer;
  readonly fileName: string;
  readonly sha256: string;
}

interface Refusal {
  readonly code?: string;
  readonly message?: string;
  readonly hint?: string;
}

async function fetchDocument(context: CliContext, { kind, id, query }: Wanted): Promise<Fetched> {
  const { url, key } = context.profile;
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const address = `${url}/v1/documents/${kind}/${encodeURIComponent(id)}?${new URLSearchParams(given).toString()}`;
  let response: Response;
  try {
    response = await fetch(address, {
      headers: { authorization: `Bearer ${key}` },
      signal: AbortSignal.any([context.signal, AbortSignal.timeout(WITHIN_MS)]),
    });
  } catch {
    throw new CliError('Unavailable', `no gateway at ${url}`, 'Start it with `npm start`, or set SOLYX_URL.');
  }
  if (!response.ok) {
    const said = (await response.json().catch(() => ({}))) as Refusal;
    const { code = 'Internal', message = `the gateway answered ${response.status}` } = said;
    throw new CliError(code, message, said.hint ?? 'Run `solyx doctor`.');
  }
  const bytes = Buffer.from(await response.arrayBuffer());
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (response.headers.get('etag') !== `"${sha256}"`) {
    throw new CliError('Unavailable', 'the document came in damaged', 'Repeat the command.');
  }
  const named = /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1];
  return { bytes, fileName: path.basename(named ?? `${kind}-${id}`), sha256 };
}

/** Fetches a document, checks its hash, and puts it where it was wanted: whole, or not at all. */
export async function download(
  context: CliContext,
  wanted: Wanted,
  next: (file: string) => readonly [command: string, why: string],
): Promise<void> {
  const { output } = context;
  const { bytes, fileName, sha256 } = await fetchDocument(context, wanted);
  if (wanted.out === '-') {
    process.stdout.write(bytes);
    return;
  }
  const file = !wanted.out || wanted.out.endsWith('/') ? path.join(wanted.out ?? '.', fileName) : wanted.out;
  const part = `${file}.part`;
  try {
    writeFileSync(part, bytes);
    renameSync(part, file);
  } catch (error) {
    rmSync(part, { force: true });
    const why = error instanceof Error ? error.message : String(error);
    throw new CliError('Usage', `${file} cannot be written: ${why}`, 'Give another path with --out.');
  }
  if (output.json) {
    printJson(output, { file, bytes: bytes.length, sha256 });
    return;
  }
  output.out(`${file}  ${bytes.length} bytes  ${dim(output, `sha256 ${sha256}`)}`);
  suggest(output, ...next(file));
}
