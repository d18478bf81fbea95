const preset = require('../../jest.preset.cjs');

/** Mercurius loads its cache by a dynamic import, which Jest's sandbox cannot do: both become plain CommonJS here. */
const plain = { module: { type: 'commonjs' }, jsc: { target: 'es2023', parser: { syntax: 'ecmascript' } } };

module.exports = {
  ...preset,
  rootDir: __dirname,
  displayName: 'gateway',
  transform: { ...preset.transform, '/node_modules/(mercurius|quick-lru)/index\\.js$': ['@swc/jest', plain] },
  transformIgnorePatterns: ['/node_modules/(?!(mercurius|quick-lru)/index\\.js$)'],
};
