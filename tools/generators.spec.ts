import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { exists, ROOT, textOf } from './lib/repository';
import { WorkspaceCopy, type Tree } from './lib/workspace-copy';

type Generator = (tree: Tree, options: Record<string, string>) => Promise<unknown>;

const { generators } = JSON.parse(textOf('tools/generators.json')) as {
  generators: Record<string, { factory: string; schema: string }>;
};
const load = (name: string): Generator =>
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- generators are loaded by path, as Nx does.
  require(path.join(__dirname, generators[name]?.factory ?? '')) as Generator;

/** Faults of the house rules in files of the copy, as if they lay in the repository. */
function lint(copy: WorkspaceCopy, files: readonly string[]): readonly (readonly string[])[] {
  const texts = files.map((file) => ({ file, text: copy.read(file) }));
  const lines = execFileSync(process.execPath, ['node_modules/nx/dist/bin/nx.js', 'graph', '--file=.nx/graph.json'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  expect(lines).toContain('graph.json');
  const script = path.join(__dirname, 'lib', 'lint-texts.mjs');
  const output = execFileSync(process.execPath, [script], {
    cwd: ROOT,
    input: JSON.stringify(texts),
    encoding: 'utf8',
  });
  return JSON.parse(output) as string[][];
}

describe('The generators', () => {
  let copy: WorkspaceCopy;
  let written: string[];

  beforeAll(async () => {
    copy = new WorkspaceCopy();
    await load('service')(copy.tree, { name: 'vault' });
    copy.link('apps', 'vault');
    await load('aggregate')(copy.tree, { name: 'vault.coldBox' });
    await load('event')(copy.tree, { name: 'vault.coldBox.seal-broken' });
    const events = 'vault.coldBox.registered, vault.coldBox.seal-broken';
    await load('projection')(copy.tree, { name: 'vault.cold-box-list', events });
    await load('adr')(copy.tree, { name: 'Boxes stay cold', by: 'vault', date: '2026-01-12' });
    written = [...copy.written].sort();
  });

  afterAll(() => {
    copy.remove();
  });

  it('are all named in generators.json, each with a schema', () => {
    expect(Object.keys(generators).sort()).toEqual(['adr', 'aggregate', 'event', 'projection', 'service']);
    for (const { schema } of Object.values(generators)) {
      expect(JSON.parse(textOf(`tools/${schema}`))).toMatchObject({ required: expect.arrayContaining(['name']) });
    }
  });

  it('write files where a newcomer would look for them', () => {
    expect(written).toEqual(
      expect.arrayContaining([
        'apps/vault/README.md',
        'apps/vault/src/application/cold-box-list.projection.ts',
        'apps/vault/src/config.ts',
        'apps/vault/src/domain/cold-box.spec.ts',
        'apps/vault/src/domain/cold-box.ts',
        'apps/vault/src/main.ts',
        'apps/vault/src/vault.module.ts',
        'libs/contracts/golden/vault.coldBox.seal-broken.v1.json',
        'libs/contracts/src/vault/cold-box/registered.event.ts',
        'libs/contracts/src/vault/command/refused.event.ts',
      ]),
    );
    expect(copy.read('libs/contracts/src/vault/index.ts')).toBe(
      [
        "export * from './cold-box/registered.event';",
        "export * from './cold-box/seal-broken.event';",
        "export * from './command/refused.event';",
        "export * from './verification/completed.event';\n",
      ].join('\n'),
    );
  });

  it('write what compiles', () => {
    const { output } = copy.run('typescript-7/bin/tsc', '-p', 'tsconfig.spec.json');
    expect(output.split('\n').filter((line) => written.some((file) => line.startsWith(file)))).toEqual([]);
  });

  it('write a specification that passes', () => {
    const { code, output } = copy.run('jest/bin/jest.js', '-c', 'apps/vault/jest.config.cjs');
    expect(output).toMatch(/3 passed/);
    expect(code).toBe(0);
  });

  it('write what the house rules accept', () => {
    const sources = written.filter((file) => file.endsWith('.ts'));
    expect(lint(copy, sources)).toEqual(sources.map(() => []));
  });

  it('write what the formatter would have written', () => {
    const isNew = (file: string): boolean => !exists(file) && !file.endsWith('.md');
    const files = written.filter(isNew);
    const { output } = copy.run('prettier/bin/prettier.cjs', '--check', ...files);
    expect(output).toMatch(/All matched files use Prettier code style/);
  });

  it('write a decision that has the next number and is listed', () => {
    const page = written.find((file) => /^docs\/adr\/\d{4}-boxes-stay-cold\.md$/.test(file)) ?? '';
    const number = path.basename(page).slice(0, 4);
    expect(copy.tree.exists(`docs/adr/${String(Number(number) + 1).padStart(4, '0')}`)).toBe(false);
    expect(copy.read(page)).toMatch(new RegExp(`^# ${number}\\. Boxes stay cold\n`));
    expect(copy.read(page)).toContain('| 2026-01-12 | Proposed | vault | none |');
    expect(copy.read('docs/adr/README.md')).toContain(`- [${number}. Boxes stay cold](${path.basename(page)})`);
  });

  it.each([
    ['service', { name: 'drm' }, /exists already/],
    ['service', { name: 'two-words' }, /one lower-case word/],
    ['aggregate', { name: 'vault.cold-box' }, /camelCase/],
    ['aggregate', { name: 'vault.coldBox' }, /exists already/],
    ['aggregate', { name: 'nowhere.box' }, /no service nowhere/],
    ['event', { name: 'vault.coldBox' }, /is not <context>/],
    ['event', { name: 'vault.coldBox.registered' }, /exists already/],
    ['event', { name: 'nowhere.box.opened' }, /no context nowhere/],
    ['projection', { name: 'vault.other', events: 'vault.coldBox.unheard-of' }, /does not exist/],
    ['adr', { name: ' . ' }, /needs a name/],
  ])('%s refuses %j', async (name, options, reason) => {
    const before = copy.written.size;
    await expect(load(name)(copy.tree, options as Record<string, string>)).rejects.toThrow(reason);
    expect(copy.written.size).toBe(before);
  });
});
