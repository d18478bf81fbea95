const preset = require('../../jest.preset.cjs');

// Parquet is written and read by libraries that are ES modules alone; Jest runs them as what they are compiled to.
module.exports = {
  ...preset,
  rootDir: __dirname,
  displayName: 'billing',
  transform: { ...preset.transform, '/node_modules/hyparquet[^/]*/.+\\.js$': preset.transform['^.+\\.ts$'] },
  transformIgnorePatterns: ['/node_modules/(?!hyparquet)'],
};
