module.exports = {
  // Jest reads it here alone when it runs several projects.
  testTimeout: require('./jest.preset.cjs').testTimeout,
  projects: ['<rootDir>/apps/*/jest.config.cjs', '<rootDir>/libs/*/jest.config.cjs', '<rootDir>/tools/jest.config.cjs'],
  coverageProvider: 'v8',
};
