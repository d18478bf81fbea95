/**
 * The house rules, as errors. `npm run lint` writes Nx' project graph first, because without it the rule that guards
 * the boundaries between projects would let everything pass.
 */
import { existsSync } from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';
import { SERVICES } from './scripts/lib/plan.mjs';

const ROOT = path.dirname(fileURLToPath(import.meta.url));
if (!existsSync(path.join(ROOT, '.nx', 'workspace-data', 'project-graph.json'))) {
  throw new Error('The project graph is missing, so the boundaries could not be checked. Run: npm run lint');
}

const SPECS = ['**/*.spec.ts', '**/*.suite.ts', '**/test/**/*.ts'];

/** Who may use whom, by tag: kernel <- contract <- runtime <- service; clients and agents know only the left two. */
const USES = {
  'type:kernel': [],
  'type:contract': ['type:kernel'],
  'type:runtime': ['type:kernel', 'type:contract', 'type:runtime'],
  'type:service': ['type:kernel', 'type:contract', 'type:runtime'],
  'type:agent': ['type:kernel', 'type:contract'],
  'type:ui': ['type:kernel', 'type:contract', 'type:ui'],
  'type:testing': ['type:kernel', 'type:contract', 'type:runtime'],
  'type:tool': [],
};

const LAUNCHER = '/scripts/lib/[a-z-]+\\.cjs$';
const SHIPPED = Object.keys(USES).filter((tag) => tag !== 'type:testing');

/** The boundary rule; specs may use `testing` besides. */
const boundaries = (extra, allow = []) => [
  'error',
  {
    allow,
    // A workspace package is resolved by its name, from sources in tests and from dist in production.
    enforceBuildableLibDependency: false,
    // Specs of every library use `testing`, which uses the libraries: a circle on paper, never in what is shipped.
    ignoredCircularDependencies: SHIPPED.map((tag) => ['@solyx/testing', `tag:${tag}`]),
    depConstraints: Object.entries(USES).map(([sourceTag, tags]) => ({
      sourceTag,
      onlyDependOnLibsWithTags: [...tags, ...extra],
    })),
  },
];

/**
 * At most four parameters; eight for a constructor, since Nest injects by position and what a class needs cannot be
 * grouped. ESLint's own rule knows no difference.
 */
const house = {
  rules: {
    'max-params': {
      meta: { type: 'suggestion', schema: [] },
      create: (context) => ({
        ':function'(node) {
          const max = node.parent.kind === 'constructor' ? 8 : 4;
          const count = node.params.length;
          if (count > max) context.report({ node, message: `${count} parameters; at most ${max} can be told apart.` });
        },
      }),
    },
  },
};

const NO_ENUM = {
  selector: 'TSEnumDeclaration',
  message: 'Use a union of string literals: an enum is a second language.',
};

/** What would make a decision differ on replay. */
const IMPURE = [
  [':function[async=true]', 'The domain answers at once: let the handler wait.'],
  ['AwaitExpression', 'The domain answers at once: let the handler wait.'],
  ['ForOfStatement[await=true]', 'The domain answers at once: let the handler wait.'],
  ['ThrowStatement', 'Refusals are values: return refuse(reason).'],
  ['ImportExpression', 'The domain loads nothing while it decides.'],
  ["NewExpression[callee.name='Date'][arguments.length=0]", 'Time is an argument: take it from the command.'],
  ["CallExpression[callee.name='Date']", 'Time is an argument: take it from the command.'],
  ["MemberExpression[object.name='Date'][property.name='now']", 'Time is an argument: take it from the command.'],
  ["MemberExpression[object.name='Math'][property.name='random']", 'Chance is an argument: take it from the command.'],
].map(([selector, message]) => ({ selector, message }));

const IMPURE_GLOBALS = [
  ...['process', 'globalThis', 'fetch', 'crypto', 'performance', 'console', 'queueMicrotask'],
  ...['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval', 'clearImmediate'],
].map((name) => ({ name, message: 'The domain knows no world outside its arguments.' }));

const inward = (message, ...group) => ({ group, message });
const OUTER_LAYERS = ['**/application/**', '**/application', '**/adapters/**', '**/adapters'];

export default tseslint.config(
  {
    ignores: [
      '**/dist',
      '**/node_modules',
      '.nx',
      '.solyx',
      'coverage',
      '**/golden',
      '**/*.d.cts',
      '**/*.d.ts',
      'bench',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },

  // Launcher, tools and configuration: plain JavaScript, run before anything is built.
  {
    files: ['**/*.{js,mjs,cjs}'],
    extends: [tseslint.configs.recommended],
    rules: {
      complexity: ['error', 15],
      'max-depth': ['error', 3],
      'max-params': ['error', 4],
      'prefer-const': 'error',
      eqeqeq: ['error', 'smart'],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', caughtErrors: 'none' }],
    },
  },
  // A .cjs file has no other way to import.
  { files: ['**/*.cjs'], rules: { '@typescript-eslint/no-require-imports': 'off' } },

  // Everything typed.
  {
    files: ['{apps,libs}/*/src/**/*.ts', 'tools/**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    plugins: { '@nx': nx, house },
    languageOptions: { parserOptions: { project: './tsconfig.spec.json', tsconfigRootDir: ROOT } },
    rules: {
      '@nx/enforce-module-boundaries': boundaries([]),
      complexity: ['error', 15],
      'max-depth': ['error', 3],
      'house/max-params': 'error',
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 50, skipBlankLines: true, skipComments: true, IIFEs: true }],
      eqeqeq: ['error', 'smart'],
      'no-console': 'error',
      'prefer-const': 'error',
      'no-restricted-syntax': ['error', NO_ENUM],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // Nest reads the types of constructor parameters at run time, and a type-only import erases them: never turn on
      // consistent-type-imports here.
      '@typescript-eslint/consistent-type-imports': 'off',
      // A Nest module is a decorator on an empty class.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      // Numbers and booleans print as one expects; objects do not, and stay refused.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // `() => send(x)` and `return refuse(x)` as an early end read better than a block around them.
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // `while (true)` with a bounded body is the plainest way to say "until told to stop".
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      // A contract's class is a shape for class-validator: it has no behaviour, and its data are plain objects.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-misused-spread': 'off',
      // A port is asynchronous although its in-memory adapter need not wait.
      '@typescript-eslint/require-await': 'off',
      // A closed table of handlers often has an empty one on purpose.
      '@typescript-eslint/no-empty-function': 'off',
      // Generic parameters document what a caller states, even where they appear once.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
    },
  },

  // Tests start the same servers as `npm start`, by the launcher's own functions.
  {
    files: ['libs/testing/src/**/*.ts'],
    rules: { '@nx/enforce-module-boundaries': boundaries([], [LAUNCHER]) },
  },

  // `solyx agent join` starts the agent's program, and has to find it.
  {
    files: ['apps/cli/src/join.ts'],
    rules: { '@nx/enforce-module-boundaries': boundaries([], ['@solyx/agent/package.json']) },
  },

  // Specs: longer, since a behaviour is a story; and expectations of Jest are typed `any`.
  {
    files: SPECS,
    rules: {
      '@nx/enforce-module-boundaries': boundaries(['type:testing'], [LAUNCHER]),
      'max-lines': ['error', { max: 500, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': 'off',
      // A builder of test data names what differs, however much that is.
      'house/max-params': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/unbound-method': 'off',
      // A missing element fails the spec by itself, which is what a spec is for.
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },

  // Domain: decisions and nothing else.
  {
    files: ['apps/*/src/domain/**/*.ts'],
    ignores: SPECS,
    rules: {
      'no-restricted-globals': ['error', ...IMPURE_GLOBALS],
      'no-restricted-syntax': ['error', NO_ENUM, ...IMPURE],
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: builtinModules.map((name) => ({ name, message: 'The domain does no I/O.' })),
          patterns: [
            inward('The domain does no I/O.', 'node:*'),
            inward('The domain knows no framework.', '@nestjs/*', 'typeorm', 'rxjs', 'pg', 'nats', 'class-validator'),
            inward('The domain records nothing: it answers with events.', '@solyx/eventing', '@solyx/platform'),
            inward('The domain is the innermost layer.', ...OUTER_LAYERS, '**/config', '**/*.module', '**/main'),
          ],
        },
      ],
    },
  },

  // Application: steps and ports, no technology.
  {
    files: ['apps/*/src/application/**/*.ts'],
    ignores: SPECS,
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            inward('Name a port; the module plugs the adapter in.', '**/adapters/**', '**/adapters'),
            inward('SQL and sockets belong in adapters.', 'typeorm', '@nestjs/typeorm', 'pg', 'fastify', 'mercurius'),
            inward('The bus and the store are reached through @solyx/eventing.', 'nats', '@eventstore/db-client'),
          ],
        },
      ],
    },
  },

  // The environment is read once, into one frozen object.
  {
    files: SERVICES.map((service) => `apps/${service}/src/**/*.ts`),
    ignores: [...SPECS, '**/config.ts', 'apps/*/src/domain/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        NO_ENUM,
        { selector: "MemberExpression[object.name='process'][property.name='env']", message: 'Read it in config.ts.' },
      ],
    },
  },

  // The terminal is what the command line is for.
  { files: ['apps/{cli,simulator}/src/**/*.ts', 'tools/**/*.ts'], rules: { 'no-console': 'off' } },

  // The simulator is the whole plane in one process: the one place where apps meet.
  { files: ['apps/simulator/src/**/*.ts'], rules: { '@nx/enforce-module-boundaries': 'off' } },
);
