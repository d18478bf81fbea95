import { execFileSync } from 'node:child_process';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '..');

const BOUNDARY = '@nx/enforce-module-boundaries';
const IMPORTS = '@typescript-eslint/no-restricted-imports';
const SYNTAX = 'no-restricted-syntax';
const GLOBALS = 'no-restricted-globals';

/** What is broken, where it would be written, how, and the rule that must notice. */
const BROKEN: readonly (readonly [what: string, file: string, text: string, rule: string])[] = [
  ['a service imports a service', 'apps/drm/src/x.ts', "import '@solyx/billing';", BOUNDARY],
  ['a service reaches into a service', 'apps/drm/src/x.ts', "import '../../billing/src/index';", BOUNDARY],
  ['the kernel imports eventing', 'libs/kernel/src/x.ts', "import '@solyx/eventing';", BOUNDARY],
  ['contracts import the platform', 'libs/contracts/src/x.ts', "import '@solyx/platform';", BOUNDARY],
  ['a library imports a service', 'libs/eventing/src/x.ts', "import '@solyx/drm';", BOUNDARY],
  ['the agent imports eventing', 'apps/agent/src/x.ts', "import '@solyx/eventing';", BOUNDARY],
  ['the terminal imports the platform', 'apps/cli/src/x.ts', "import '@solyx/platform';", BOUNDARY],
  ['production code imports testing', 'apps/drm/src/x.ts', "import '@solyx/testing';", BOUNDARY],
  ['testing imports a service', 'libs/testing/src/x.ts', "import '@solyx/drm';", BOUNDARY],

  ['the domain imports Nest', 'apps/drm/src/domain/x.ts', "import '@nestjs/common';", IMPORTS],
  ['the domain imports node', 'apps/cmo/src/domain/x.ts', "import 'node:fs';", IMPORTS],
  ['the domain imports node by its old name', 'apps/cmo/src/domain/x.ts', "import 'crypto';", IMPORTS],
  ['the domain imports eventing', 'apps/drm/src/domain/x.ts', "import '@solyx/eventing';", IMPORTS],
  ['the domain imports the application', 'apps/sdn/src/domain/x.ts', "import '../application/y.handler';", IMPORTS],
  ['the domain imports an adapter', 'apps/sdn/src/domain/deep/x.ts', "import '../../adapters/postgres-y';", IMPORTS],
  ['the application imports an adapter', 'apps/drm/src/application/x.ts', "import '../adapters/postgres-y';", IMPORTS],
  ['the application speaks SQL', 'apps/drm/src/application/x.ts', "import 'typeorm';", IMPORTS],

  ['the domain reads the environment', 'apps/drm/src/domain/x.ts', 'process.exit();', GLOBALS],
  ['the domain fetches', 'apps/drm/src/domain/x.ts', "void fetch('x');", GLOBALS],
  ['the domain sets a timer', 'apps/drm/src/domain/x.ts', 'setTimeout(String, 1);', GLOBALS],
  ['the domain makes a random id', 'apps/drm/src/domain/x.ts', 'crypto.randomUUID();', GLOBALS],
  ['the domain asks the time', 'apps/drm/src/domain/x.ts', 'export const now = Date.now();', SYNTAX],
  ['the domain makes a date of now', 'apps/drm/src/domain/x.ts', 'export const now = new Date();', SYNTAX],
  ['the domain throws dice', 'apps/drm/src/domain/x.ts', 'export const die = Math.random();', SYNTAX],
  ['the domain throws', 'apps/drm/src/domain/x.ts', "export const f = () => { throw new Error('no'); };", SYNTAX],
  ['the domain is asynchronous', 'apps/drm/src/domain/x.ts', 'export const f = async () => 1;', SYNTAX],

  ['a service reads the environment here and there', 'apps/drm/src/x.ts', 'export const a = process.env.A;', SYNTAX],
  ['an enum', 'libs/kernel/src/x.ts', 'export enum A { B }', SYNTAX],
  ['any', 'libs/kernel/src/x.ts', 'export const a: any = 1;', '@typescript-eslint/no-explicit-any'],
  ['five parameters', 'libs/kernel/src/x.ts', functionOf('a, b, c, d, e', ''), 'house/max-params'],
  ['nine dependencies', 'libs/kernel/src/x.ts', classOf('a, b, c, d, e, f, g, h, i'), 'house/max-params'],
  ['four levels', 'libs/kernel/src/x.ts', functionOf('a', 'if (a) { '.repeat(4) + '}'.repeat(4)), 'max-depth'],
  ['sixteen branches', 'libs/kernel/src/x.ts', functionOf('a', 'if (a) a(); '.repeat(15)), 'complexity'],
  ['a long function', 'libs/kernel/src/x.ts', functionOf('a', '\na();'.repeat(50)), 'max-lines-per-function'],
  ['a long file', 'libs/kernel/src/x.ts', 'export {};\n'.repeat(301), 'max-lines'],
  [
    'a rule that is turned off for nothing',
    'libs/kernel/src/x.ts',
    '// eslint-disable-next-line eqeqeq\nexport {};',
    '',
  ],
];

/** What looks alike and is right; the rule must stay silent. */
const SOUND: readonly (readonly [what: string, file: string, text: string])[] = [
  ['a service imports the libraries', 'apps/drm/src/x.ts', "import '@solyx/platform';\nimport '@solyx/contracts/drm';"],
  ['a spec imports testing', 'apps/drm/src/x.spec.ts', "import '@solyx/testing';"],
  ['a library spec imports testing', 'libs/kernel/src/x.spec.ts', "import '@solyx/testing';"],
  ['the simulator imports services', 'apps/simulator/src/x.ts', "import '@solyx/drm';\nimport '@solyx/testing';"],
  ['the agent imports contracts', 'apps/agent/src/x.ts', "import '@solyx/contracts';\nimport '@solyx/kernel';"],
  [
    'the domain imports itself and contracts',
    'apps/drm/src/domain/x.ts',
    "import './y';\nimport '@solyx/contracts/drm';",
  ],
  ['the domain makes a date of a number', 'apps/drm/src/domain/x.ts', 'export const at = new Date(0);'],
  ['the spec of a domain may wait and throw', 'apps/drm/src/domain/x.spec.ts', 'export const f = async () => 1;'],
  ['the configuration reads the environment', 'apps/drm/src/config.ts', 'export const a = process.env.A;'],
  ['a class has eight dependencies', 'apps/drm/src/x.ts', classOf('a, b, c, d, e, f, g, h')],
  ['an adapter speaks SQL', 'apps/drm/src/adapters/x.ts', "import 'typeorm';"],
];

function functionOf(parameters: string, body: string): string {
  return `export function f(${parameters}) { ${body} }`;
}

function classOf(parameters: string): string {
  return `export class X { y = 1; constructor(${parameters}) { this.y = [${parameters}].length; } }`;
}

/** The rules that each text breaks, by ESLint itself under the configuration of this repository. */
function lint(texts: readonly { readonly file: string; readonly text: string }[]): string[][] {
  const node = (script: string, words: string[], input = '') =>
    execFileSync(process.execPath, [path.join(ROOT, script), ...words], { cwd: ROOT, input, encoding: 'utf8' });
  node('node_modules/nx/dist/bin/nx.js', ['graph', '--file=.nx/graph.json']);
  return JSON.parse(node('tools/lib/lint-texts.mjs', [], JSON.stringify(texts))) as string[][];
}

describe('The rules of this repository', () => {
  let broken: string[][] = [];
  let sound: string[][] = [];

  beforeAll(() => {
    const all = lint([...BROKEN, ...SOUND].map(([, file, text]) => ({ file, text })));
    broken = all.slice(0, BROKEN.length);
    sound = all.slice(BROKEN.length);
  });

  it.each(BROKEN.map(([what, , , rule], index) => [what, rule, index] as const))('refuse: %s', (_, rule, index) => {
    if (rule === '') expect(broken[index]?.join()).toMatch(/Unused eslint-disable/);
    else expect(broken[index]).toContain(rule);
  });

  it.each(SOUND.map(([what], index) => [what, index] as const))('allow: %s', (_, index) => {
    expect(sound[index]).toEqual([]);
  });
});
