module.exports = {
  // A process that ran a hundred specs holds their memory and gets slow: the next spec has a new one.
  workerIdleMemoryLimit: '1GB',
  // Jest reads it here alone when it runs several projects.
  testTimeout: require('./jest.preset.cjs').testTimeout,
  projects: ['<rootDir>/apps/*/jest.config.cjs', '<rootDir>/libs/*/jest.config.cjs', '<rootDir>/tools/jest.config.cjs'],
  coverageProvider: 'v8',
};
