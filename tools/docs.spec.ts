import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startPlane, until, type Plane } from '../scripts/lib/plane.cjs';
import { commandsOf, wordsOf } from './lib/commands';
import { filesBelow, textOf } from './lib/repository';

/** What the documents tell people to type is typed here: into the real command line, at a real plane. */
jest.setTimeout(600_000);

const DOCUMENTS = filesBelow().filter((file) => /^(README|CONTRIBUTING)\.md$|^(docs|deploy|apps)\/.*\.md$/.test(file));
const FOUND = DOCUMENTS.flatMap((file) => commandsOf(textOf(file)).map((command) => [file, command] as const));
const SOLYX = FOUND.filter(([, command]) => /^(npx )?solyx /.test(command));

/** Changes what other commands here need, needs a second machine, or never ends: its words are checked, nothing else. */
const ONLY_PARSED = /^(agent (join|drain|leave)|parked retry|events tail(?!.*--no-follow)|stop|optimizer (kill|set))\b/;

const EXAMPLE = 'examples/usage.json';
/** Where nobody listens: nothing that is sent there leaves this machine. */
const NOBODY = 'http://127.0.0.1:9/hooks';

describe('Commands in the documents', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'solyx-docs-'));
  let plane: Plane;
  let jobId = '';
  /** A simulated node, a reservation, an invoice, a webhook: what documents call NODE, RESERVATION, INVOICE, WEBHOOK. */
  const named: Record<string, string> = {};

  beforeAll(async () => {
    const env = { SOLYX_BILLING_WEBHOOK_LOCAL: 'true', SOLYX_BILLING_TREE_HEAD_EVERY_SECONDS: '1' };
    plane = await startPlane({ dataDir: path.join(folder, 'data'), env });
    const { job } = await plane.json<{ job: { id: string } }>(['run', '--', 'true']);
    jobId = job.id;
    const { nodes } = await plane.json<{ nodes: { id: string; simulated: boolean }[] }>(['fleet']);
    named['NODE'] = nodes.find(({ simulated }) => simulated)?.id ?? '';
    const room = ['reserve', '--gpu', '1', '--start', '3h', '--for', '1h', '--simulated'];
    named['RESERVATION'] = (await plane.json<{ id: string }>(room)).id;
    named['WEBHOOK'] = (await plane.json<{ id: string }>(['webhook', 'create', NOBODY])).id;
    named['INVOICE'] = await anInvoice();
  });

  /** The example, as if it were of last month: here, a later month is closed already. */
  function recentExample(): string {
    const today = new Date();
    const last = new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() - 1, 1)).toISOString().slice(0, 7);
    // The thirtieth and the thirty-first are not in every month.
    const text = textOf(EXAMPLE).replaceAll('2026-01-3', '2026-01-2').replaceAll('2026-01', last);
    const file = path.join(folder, 'example.json');
    writeFileSync(file, text);
    return file;
  }

  /** Of the month before this one, whose usage is reported now and whose grace is over at once. */
  async function anInvoice(): Promise<string> {
    const today = new Date();
    const month = (day: number): string =>
      new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() - 1, day)).toISOString();
    const file = path.join(folder, 'usage.json');
    const what = { usageId: 'u1', resource: { kind: 'deployment', id: 'd' }, meter: 'gpu', unit: 'milli-gpu-ms' };
    const how = { source: 'owned', simulated: false, model: 'H100', pricing: 'on-demand', quality: 'standard' };
    const fact = { ...what, ...how, quantity: '3600000000', from: month(2), to: month(3), project: 'default' };
    writeFileSync(file, JSON.stringify([fact]));
    for (const words of [
      ['account', 'set', '--grace', '0'],
      ['usage', 'report', file],
    ]) {
      expect((await plane.solyx(words)).code).toBe(0);
    }
    const issued = async (): Promise<string | undefined> => {
      const { rows } = await plane.json<{ rows: { id: string; phase: string }[] }>(['invoice', 'list']);
      return rows.find(({ phase }) => phase === 'Finalised')?.id;
    };
    return until(issued, 'an invoice is issued', 180_000, 1_000);
  }

  afterAll(async () => {
    await plane.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('are found at all', () => expect(SOLYX.length).toBeGreaterThan(15));

  const unique = [...new Map(SOLYX.map(([file, command]) => [command.replace(/^npx /, ''), file] as const))];
  it.each(unique)('%s (%s)', async (command) => {
    const words = wordsOf(command)
      .slice(1)
      .map((word) => (/^(JOB|<job>)$/.test(word) ? jobId : (named[word] ?? word)))
      .map((word) => (word === 'INSTANT' ? '-1m' : word === 'verb' ? 'ps' : word))
      .map((word) => (word.startsWith('https://example.org/') ? NOBODY : word.replace(/^\.solyx\//, `${folder}/`)))
      .map((word) => (word === EXAMPLE ? recentExample() : word));
    if (ONLY_PARSED.test(words.join(' '))) {
      // Help names the whole command where all its words are commands.
      const path = words.slice(0, words[0] === 'agent' || words[0] === 'parked' || words[0] === 'events' ? 2 : 1);
      const shown = await plane.solyx([...path, '--help']);
      expect(shown.code).toBe(0);
      expect(shown.out).toContain(`Usage: solyx ${path.join(' ')}`);
      for (const flag of words.filter((word) => word.startsWith('--'))) expect(shown.out).toContain(flag);
      return;
    }
    const bare = words.length === 1 && words[0] === 'at' ? ['at', '-1m', 'ps'] : words;
    // On a slow machine the gateway may stop waiting before there is an answer: the same wish is asked again.
    let { code, err } = await plane.solyx(bare);
    for (let time = 0; time < 5 && err.includes('NotAnsweredYet'); time += 1) {
      ({ code, err } = await plane.solyx(['--idempotency-key', `again ${command}`.replace(/[^\w-]/g, '_'), ...bare]));
    }
    expect({ command, code, err: code === 0 ? '' : err }).toEqual({ command, code: 0, err: '' });
  });

  it('of npm exist', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    const builtIn = new Set(['install', 'ci', 'test', 'start']);
    const missing = FOUND.filter(([, command]) => command.startsWith('npm ')).filter(([, command]) => {
      const [, verb = '', name = ''] = wordsOf(command);
      return verb === 'run'
        ? !(name in scripts)
        : !builtIn.has(verb) || (/^(test|start)$/.test(verb) && !(verb in scripts));
    });
    expect(missing).toEqual([]);
  });
});
