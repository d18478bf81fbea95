/**
 * `node libs/contracts/scripts/golden.mjs`: writes a golden file for each event version that has none. Build first.
 * A file that exists is never touched: it is what was recorded once, and must be readable for ever.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'golden');
const require = createRequire(import.meta.url);
const { eventRegistry } = require('../dist/index.js');
const { sampleOf } = require('../dist/sample.js');
for (const definition of eventRegistry.all()) {
  const file = path.join(folder, `${definition.type}.v${definition.version}.json`);
  if (existsSync(file)) continue;
  const data = sampleOf(definition);
  eventRegistry.validate({ type: definition.type, data });
  writeFileSync(file, `${JSON.stringify(data, null, 2)}\n`);
  console.log(`wrote ${path.basename(file)}`);
}
