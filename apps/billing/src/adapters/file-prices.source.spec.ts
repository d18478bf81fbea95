import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ENTRIES } from '../test/fixtures';
import { DEFAULT_PRICES } from '../domain/default-prices';
import { FilePricesSource } from './file-prices.source';

const folder = mkdtempSync(path.join(tmpdir(), 'solyx-prices-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (text: string): string => {
  const name = path.join(folder, 'prices.json');
  writeFileSync(name, text);
  return name;
};

describe('Configured prices', () => {
  it('are the built-in ones without a file', async () => {
    expect((await new FilePricesSource(undefined).read()).entries).toBe(DEFAULT_PRICES);
  });
  it('are those of the file', async () => {
    const given = { effectiveFrom: '2026-05-01T00:00:00.000Z', entries: ENTRIES };
    expect(await new FilePricesSource(file(JSON.stringify(given))).read()).toEqual({ currency: 'USD', ...given });
  });
  it.each([
    ['', /price file .*JSON/],
    ['null', /at least one price/],
    ['{"entries":[{"source":"stolen"}]}', /entries\.0\.source/],
    [JSON.stringify({ entries: [{ ...ENTRIES[0], microUsdPerUnit: '1.5' }] }), /microUsdPerUnit/],
    [JSON.stringify({ entries: [{ ...ENTRIES[0], colour: 'blue' }] }), /colour/],
    [JSON.stringify({ effectiveFrom: 'now', entries: ENTRIES }), /effectiveFrom/],
  ])('end the start where the file is %j', (text, message) => {
    expect(() => new FilePricesSource(file(text))).toThrow(message);
  });
  it('end the start where there is no file', () => {
    expect(() => new FilePricesSource(path.join(folder, 'missing.json'))).toThrow(/ENOENT/);
  });
});
