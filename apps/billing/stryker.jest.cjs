/** The specs that mutants must not survive: those of the domain, which need no server and take no time. */
const DOMAIN = '<rootDir>/src/domain';
const SUBSET = [`${DOMAIN}/rating/{amount,split,period-close}.spec.ts`, `${DOMAIN}/postings.spec.ts`];
const WHOLE = [
  `${DOMAIN}/rating/*.spec.ts`,
  `${DOMAIN}/{account,budget,chart-of-accounts,ledger,postings,price-book,quote,wallet}*.spec.ts`,
];

module.exports = {
  ...require('./jest.config.cjs'),
  testMatch: process.env.MUTATE === 'subset' ? SUBSET : WHOLE,
  testPathIgnorePatterns: ['oracle.spec.ts'],
};
