/** One jest configuration for every project: SWC on the sources, decorator metadata kept, no build needed. */
const swc = {
  module: { type: 'commonjs' },
  jsc: {
    target: 'es2023',
    keepClassNames: true,
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
  },
};
module.exports = {
  testTimeout: require('./jest.config.cjs').testTimeout,
  testEnvironment: 'node',
  testMatch: ['<rootDir>/src/**/*.spec.ts'],
  setupFiles: [require.resolve('reflect-metadata')],
  transform: { '^.+\\.ts$': ['@swc/jest', swc] },
  testEnvironmentOptions: { customExportConditions: ['@solyx/source', 'node', 'node-addons'] },
};
