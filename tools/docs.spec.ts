import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startPlane, type Plane } from '../scripts/lib/plane.cjs';
import { commandsOf, wordsOf } from './lib/commands';
import { filesBelow, textOf } from './lib/repository';

/** What the documents tell people to type is typed here: into the real command line, at a real plane. */
jest.setTimeout(600_000);

const DOCUMENTS = filesBelow().filter((file) => /^(README|CONTRIBUTING)\.md$|^(docs|deploy|apps)\/.*\.md$/.test(file));
const FOUND = DOCUMENTS.flatMap((file) => commandsOf(textOf(file)).map((command) => [file, command] as const));
const SOLYX = FOUND.filter(([, command]) => /^(npx )?solyx /.test(command));

/** Changes what other commands here need, needs a second machine, or never ends: its words are checked, nothing else. */
const ONLY_PARSED = /^(agent (join|drain|leave)|parked retry|events tail(?!.*--no-follow)|stop|optimizer (kill|set))\b/;

describe('Commands in the documents', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'solyx-docs-'));
  let plane: Plane;
  let jobId = '';
  /** A simulated node, and a reservation: what documents call NODE and RESERVATION. */
  const named: Record<string, string> = {};

  beforeAll(async () => {
    plane = await startPlane({ dataDir: path.join(folder, 'data') });
    const { job } = await plane.json<{ job: { id: string } }>(['run', '--', 'true']);
    jobId = job.id;
    const { nodes } = await plane.json<{ nodes: { id: string; simulated: boolean }[] }>(['fleet']);
    named['NODE'] = nodes.find(({ simulated }) => simulated)?.id ?? '';
    const room = ['reserve', '--gpu', '1', '--start', '3h', '--for', '1h', '--simulated'];
    named['RESERVATION'] = (await plane.json<{ id: string }>(room)).id;
  });
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
      .map((word) => (word === 'INSTANT' ? '-1m' : word === 'verb' ? 'ps' : word));
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
    const { code, err } = await plane.solyx(bare);
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
