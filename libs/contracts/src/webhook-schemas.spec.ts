import { readFileSync } from 'node:fs';
import path from 'node:path';
import Ajv from 'ajv/dist/2020';
import './index';
import { eventRegistry } from './registry';
import { webhookCatalogueTable, webhookSchemaDocument } from './webhook-schemas';
import { PUBLIC_EVENT_NAMES, PUBLIC_EVENTS } from './webhooks';

const docs = path.join(__dirname, '..', '..', '..', 'docs');
const HINT = 'write it by `node libs/contracts/scripts/webhooks.mjs`';
/** As the formatter lays a table out, cells apart. */
const cellsOf = (table: string): readonly string[] =>
  table
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\|[ -]+\|/.test(line.replaceAll(' ', '')))
    .map((line) => line.replaceAll(/\s*\|\s*/g, '|'));

describe('The catalogue of public events', () => {
  it(`is what docs/webhooks.schema.json says; ${HINT}`, () => {
    const written: unknown = JSON.parse(readFileSync(path.join(docs, 'webhooks.schema.json'), 'utf8'));
    expect(written).toEqual(JSON.parse(JSON.stringify(webhookSchemaDocument())));
  });

  it(`is what docs/webhooks.md says; ${HINT}`, () => {
    const page = readFileSync(path.join(docs, 'webhooks.md'), 'utf8');
    const [, table = ''] = /<!-- catalogue -->([^]*)<!-- end of catalogue -->/.exec(page) ?? [];
    expect(cellsOf(table)).toEqual(cellsOf(webhookCatalogueTable()));
  });

  it('is a schema that compiles', () => {
    expect(new Ajv({ strict: false }).validateSchema(webhookSchemaDocument())).toBe(true);
  });

  it.each(PUBLIC_EVENT_NAMES)('%s is made of facts that there are', (name) => {
    expect(name).toMatch(/^[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*$/);
    for (const type of PUBLIC_EVENTS[name].from) expect([type, eventRegistry.get(type)?.type]).toEqual([type, type]);
  });
});
