/** The specs that mutants must not survive: those of the domain, which need no server and take no time. */
const DOMAIN = '<rootDir>/src/domain';
const SPECS = 'account,budget,chart-of-accounts,ledger,postings,price-book,quote,wallet';

module.exports = {
  ...require('./jest.config.cjs'),
  testMatch: [`${DOMAIN}/rating/*.spec.ts`, `${DOMAIN}/{${SPECS}}*.spec.ts`],
  testPathIgnorePatterns: ['oracle.spec.ts'],
};
