/**
 * Mutation tests of what money depends on: `npm run mutation` changes one operator, condition or number after another
 * and expects a spec to fail. Everything is done in a copy under `.solyx/`, so the working tree stays as it is.
 * `MUTATE=subset npm run mutation` takes the files that every amount and every posting goes through, `MUTATE=rating` all
 * of rating.
 */
const RATING = 'apps/billing/src/domain/rating';
const LEDGER = 'apps/billing/src/domain';

const SUBSET = [`${RATING}/amount.ts`, `${RATING}/split.ts`, `${RATING}/period-close.ts`, `${LEDGER}/postings.ts`];

const ALL_RATING = [`${RATING}/*.ts`, `!${RATING}/*.spec.ts`];

const WHOLE = [
  ...ALL_RATING,
  `${LEDGER}/{price-book,quote,rerate}.ts`,
  `${LEDGER}/{ledger,postings,chart-of-accounts,wallet,wallet-credit,wallet-draw,wallet-state,budget,budget-state}.ts`,
];

export default {
  testRunner: 'jest',
  jest: { configFile: 'apps/billing/stryker.jest.cjs', enableFindRelatedTests: true },
  mutate: { subset: SUBSET, rating: ALL_RATING }[process.env.MUTATE] ?? WHOLE,
  // The sandbox holds what the specs of billing read; libraries are used where they are.
  ignorePatterns: [
    '/*',
    '!/apps',
    '/apps/*',
    '!/apps/billing',
    '/apps/billing/dist',
    '!/jest.preset.cjs',
    '!/package.json',
    '!/scripts',
  ],
  tempDirName: '.solyx/stryker',
  coverageAnalysis: 'perTest',
  concurrency: 2,
  timeoutMS: 20_000,
  timeoutFactor: 3,
  // Static mutants (tables of names) need a whole run each and are checked by the type checker.
  ignoreStatic: true,
  reporters: ['clear-text', 'json', 'progress-append-only'],
  jsonReporter: { fileName: '.solyx/mutation.json' },
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  allowConsoleColors: false,
  thresholds: { high: 95, low: 85, break: 85 },
};
