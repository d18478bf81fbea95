/** The specs that mutants must not survive: those of the domain, which need no server and take no time. */
const path = require('node:path');

// The sandbox has no libraries of its own: those of the repository, where its node_modules lead.
const LIBS = path.join(path.dirname(require.resolve('@solyx/kernel/package.json')), '..');
const DOMAIN = '<rootDir>/src/domain';
const SUBSET = [`${DOMAIN}/rating/{amount,split,period-close}.spec.ts`, `${DOMAIN}/postings.spec.ts`];
const WHOLE = [
  `${DOMAIN}/rating/*.spec.ts`,
  `${DOMAIN}/{account,budget,chart-of-accounts,ledger,postings,price-book,quote,wallet}*.spec.ts`,
];

const RATING = [`${DOMAIN}/rating/*.spec.ts`];
const part = process.env.MUTATE;
const specs = { subset: SUBSET, rating: RATING }[part] ?? WHOLE;
const isLight = part === 'subset' || part === 'rating';

module.exports = {
  ...require('./jest.config.cjs'),
  testMatch: specs,
  testPathIgnorePatterns: ['oracle.spec.ts'],
  // Each mutant loads its specs anew. What these few need of the libraries is little, and all of it takes seconds.
  moduleNameMapper: isLight
    ? {
        '^@solyx/contracts$': path.join(LIBS, 'contracts', 'src', 'values', 'index.ts'),
        '^@solyx/testing$': path.join(LIBS, 'testing', 'src', 'property-runs.ts'),
      }
    : {},
};
