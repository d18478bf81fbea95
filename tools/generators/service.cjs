'use strict';
const { pascal } = require('./names.cjs');
const { addSortedLine, create, read, replaceOnce, updateJson } = require('./tree.cjs');

/** Where the services are listed; the lists are closed on purpose, so that a missing one does not compile. */
const LISTS = [
  'libs/contracts/src/values/constants.ts',
  'libs/eventing/src/define-context.ts',
  'libs/platform/src/nats-permissions.ts',
  'scripts/lib/plan.mjs',
  'deploy/prepare.mjs',
];
const LIST = /(\['gateway', 'drm'[^\]]*)\]/;

/** The events that every context has, written like those of sdn. */
const COMMON = ['command/refused.event.ts', 'verification/completed.event.ts'];
const MODEL = 'sdn';

const LIBRARIES = ['kernel', 'contracts', 'eventing', 'platform'];

const manifest = (name) => ({
  name: `@solyx/${name}`,
  version: '0.1.0',
  private: true,
  license: 'Apache-2.0',
  type: 'commonjs',
  main: './dist/index.js',
  types: './dist/index.d.ts',
  exports: {
    '.': { '@solyx/source': './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' },
    './package.json': './package.json',
  },
  nx: { tags: ['type:service', `scope:${name}`] },
  scripts: {
    build: 'node ../../node_modules/typescript-7/bin/tsc -b',
    lint: 'eslint .',
    test: 'jest --passWithNoTests',
  },
  dependencies: Object.fromEntries(LIBRARIES.map((library) => [`@solyx/${library}`, '*'])),
  devDependencies: { '@solyx/testing': '*' },
});

const tsconfig = `{
  "extends": "../../tsconfig.base.json",
  "include": ["src"],
  "exclude": ["src/**/*.spec.ts"],
  "references": [
${LIBRARIES.map((library) => `    { "path": "../../libs/${library}" }`).join(',\n')}
  ],
  "compilerOptions": { "rootDir": "src", "outDir": "dist", "tsBuildInfoFile": "dist/.tsbuildinfo" }
}
`;

const readme = (name) => `# @solyx/${name}

What this service decides, in one sentence.

## Facts it hears
Requests of the gateway.

## Facts it records
\`${name}.command.refused\`, \`${name}.verification.completed\`.

## Views
None yet.

## Invariants
None yet. The first aggregate brings the first: \`npx nx g @solyx/tools:aggregate ${name}.<aggregate>\`.
`;

/** The sources of a service that does nothing yet, in the one shape. */
const sources = (name, Name) => ({
  'config.ts': `import { readConfig } from '@solyx/platform';

/** The environment, read once. Settings of its own go into the braces. */
export const config = readConfig('${name}', {}, process.env);
`,
  [`${name}.module.ts`]: `import { Module } from '@nestjs/common';
import { defineContext, EventingModule } from '@solyx/eventing';

export const ${name}Context = defineContext({ context: '${name}' });

/** The table of contents of this service: what it shows, what it does, what it plugs in. */
@Module({ imports: [EventingModule.forContext(${name}Context)] })
export class ${Name}Module {}
`,
  'main.ts': `import { runService } from '@solyx/platform';
import { config } from './config';
import { ${name}Context, ${Name}Module } from './${name}.module';

void runService(${Name}Module, ${name}Context, config);
`,
  'index.ts': `export * from './${name}.module';\n`,
});

/** Contracts of the new context, and the way to them. */
function addContracts(tree, name, Name) {
  for (const file of COMMON) {
    const model = read(tree, `libs/contracts/src/${MODEL}/${file}`);
    const own = model.replaceAll(pascal(MODEL), Name).replace(new RegExp(`\\b${MODEL}\\b`, 'g'), name);
    create(tree, `libs/contracts/src/${name}/${file}`, own);
    addSortedLine(tree, `libs/contracts/src/${name}/index.ts`, `export * from './${file.replace('.ts', '')}';`);
    const type = `${file.replace('.event.ts', '').replace('/', '.')}.v1.json`;
    const golden = `libs/contracts/golden/${MODEL}.${type}`;
    if (tree.exists(golden))
      create(tree, `libs/contracts/golden/${name}.${type}`, read(tree, golden).replaceAll(`"${MODEL}.`, `"${name}.`));
  }
  updateJson(tree, 'libs/contracts/package.json', (json) => {
    const { './package.json': last, ...others } = json.exports;
    const target = (ending) => `./dist/${name}/index.${ending}`;
    const own = { '@solyx/source': `./src/${name}/index.ts`, types: target('d.ts'), default: target('js') };
    json.exports = { ...others, [`./${name}`]: own, './package.json': last };
  });
  const registry = 'libs/contracts/src/registry.ts';
  replaceOnce(tree, registry, /^(import \* as sdn .*\n)/m, `$1import * as ${name} from './${name}';\n`);
  replaceOnce(tree, registry, /(\[billing, cmo, [^\]]*)\]/, `$1, ${name}]`);
}

/** A backend service that starts, hears, and verifies its views; what it decides comes with its first aggregate. */
module.exports = async function service(tree, { name }) {
  if (!/^[a-z][a-z0-9]*$/.test(name)) throw new Error(`'${name}' is not one lower-case word, such as inference`);
  const folder = `apps/${name}`;
  if (tree.exists(`${folder}/package.json`)) throw new Error(`the service ${name} exists already`);
  const Name = pascal(name);
  for (const [file, text] of Object.entries(sources(name, Name))) create(tree, `${folder}/src/${file}`, text);
  create(tree, `${folder}/README.md`, readme(name));
  create(tree, `${folder}/package.json`, `${JSON.stringify(manifest(name), null, 2)}\n`);
  create(tree, `${folder}/tsconfig.json`, tsconfig);
  const jest = `module.exports = { ...require('../../jest.preset.cjs'), rootDir: __dirname, displayName: '${name}' };\n`;
  create(tree, `${folder}/jest.config.cjs`, jest);
  addContracts(tree, name, Name);
  for (const file of LISTS) replaceOnce(tree, file, LIST, `$1, '${name}']`);
  updateJson(tree, 'tsconfig.json', (json) => json.references.push({ path: folder }));
  // npm links a new workspace only when it installs.
  return () =>
    console.log(`Now run: npm install && npm run format. Then: npx nx g @solyx/tools:aggregate ${name}.<aggregate>`);
};
