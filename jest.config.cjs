module.exports = {
  // A guard against what hangs, not an expectation: real servers on a slow, busy machine take long. Jest reads it here alone
  // when it runs several projects.
  testTimeout: 240_000,
  projects: ['<rootDir>/apps/*/jest.config.cjs', '<rootDir>/libs/*/jest.config.cjs', '<rootDir>/tools/jest.config.cjs'],
  coverageProvider: 'v8',
};
