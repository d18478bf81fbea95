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
  // A guard against what hangs, not an expectation: real servers on a slow, busy machine take long.
  testTimeout: 240_000,
  testEnvironment: 'node',
  testMatch: ['<rootDir>/src/**/*.spec.ts'],
  setupFiles: [require.resolve('reflect-metadata')],
  transform: { '^.+\\.ts$': ['@swc/jest', swc] },
  testEnvironmentOptions: { customExportConditions: ['@solyx/source', 'node', 'node-addons'] },
};
