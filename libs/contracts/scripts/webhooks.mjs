/**
 * `node libs/contracts/scripts/webhooks.mjs`: writes docs/webhooks.schema.json, and the catalogue in docs/webhooks.md,
 * from the compiled contracts. Build first.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

const docs = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'docs');
const require = createRequire(import.meta.url);
require('../dist/index.js');
const { webhookCatalogueTable, webhookSchemaDocument } = require('../dist/webhook-schemas.js');

const schema = path.join(docs, 'webhooks.schema.json');
const text = JSON.stringify(webhookSchemaDocument(), null, 2);
writeFileSync(schema, await format(text, { ...(await resolveConfig(schema)), parser: 'json' }));

const page = path.join(docs, 'webhooks.md');
const table = `<!-- catalogue -->\n\n${webhookCatalogueTable()}\n\n<!-- end of catalogue -->`;
const whole = readFileSync(page, 'utf8').replace(/<!-- catalogue -->[^]*<!-- end of catalogue -->/, () => table);
writeFileSync(page, await format(whole, { ...(await resolveConfig(page)), parser: 'markdown' }));
console.log('docs/webhooks.schema.json, docs/webhooks.md');
