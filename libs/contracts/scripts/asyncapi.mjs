/** `node libs/contracts/scripts/asyncapi.mjs`: writes docs/asyncapi.json from the compiled contracts. Build first. */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

const here = path.dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const { eventRegistry } = require('../dist/index.js');
const { asyncApiDocument } = require('../dist/asyncapi.js');
const file = path.join(here, '..', '..', '..', 'docs', 'asyncapi.json');
const text = JSON.stringify(asyncApiDocument(eventRegistry), null, 2);
writeFileSync(file, await format(text, { ...(await resolveConfig(file)), parser: 'json' }));
console.log(`${eventRegistry.all().length} events in ${path.relative(process.cwd(), file)}`);
