import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { refusePast } from './cli-context';
import { scopeOf } from './commands/budgets';
import { microOf, monthOf } from './money-answers';
import { priceOf, quantity } from './numbers';
import { readFacts } from './usage-file';

const NOW = Date.UTC(2026, 0, 31, 12);

describe('an amount', () => {
  it.each([
    ['25', '25000000'],
    ['25.00 USD', '25000000'],
    ['$0.000001', '1'],
    ['0', '0'],
  ])('of %s is %s micro-USD', (text, micro) => expect(microOf('--amount', text)).toBe(micro));
  it.each(['', '-1', '1,5', '0.0000001', 'ten', '5 EUR'])('is refused when it is %p', (text) =>
    expect(() => microOf('--amount', text)).toThrow(/--amount wants an amount/),
  );
});

describe('a month', () => {
  it.each([
    [undefined, '2026-01'],
    ['this', '2026-01'],
    ['last', '2025-12'],
    ['2024-02', '2024-02'],
  ])('%s is %s', (text, month) => expect(monthOf(text, NOW)).toBe(month));
  it.each(['2026-13', '2026-1', 'january', '2026'])('is refused when it is %p', (text) =>
    expect(() => monthOf(text, NOW)).toThrow(/is no month/),
  );
});

describe('a price', () => {
  it.each([
    ['gpu', '2300000', '3600000000', '$2.30/GPU-h'],
    ['token-output', '2100000', '1000000', '$2.10/M tokens'],
    ['egress', '100000', '1073741824', '$0.10/GiB'],
    ['click', '250000', '1', '$0.25/click'],
    ['gpu', '1', '0', '$0.00/GPU-h'],
  ])('of %s, %s per %s, is said as %s', (meter, rateNumerator, rateDenominator, text) =>
    expect(priceOf(meter, { rateNumerator, rateDenominator })).toBe(text),
  );
  it('is for so much as people count in', () => expect(quantity('1073741824', 'byte')).toBe('1 GiB'));
});

describe('a scope', () => {
  it('is a kind and a name', () => {
    expect(scopeOf('project/vision')).toEqual({ kind: 'project', id: 'vision' });
    expect(scopeOf('key:abc')).toEqual({ kind: 'key', id: 'abc' });
    expect([scopeOf(undefined), scopeOf('organization')]).toEqual([undefined, undefined]);
  });
  it.each(['vision', 'planet/mars', 'project/', ''])('is refused when it is %p', (text) =>
    expect(() => scopeOf(text)).toThrow(/is no scope/),
  );
});

describe('a file of usage', () => {
  const folder = mkdtempSync(join(tmpdir(), 'solyx-usage-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const read = (name: string, text: string): readonly unknown[] => {
    const file = join(folder, name);
    writeFileSync(file, text);
    return readFacts(file);
  };
  const fact = { usageId: 'a', resource: { kind: 'job', id: 'j' }, simulated: true };

  it('is a list, an object that has one, or one fact a line', () => {
    expect(read('a.json', JSON.stringify([fact]))).toEqual([fact]);
    expect(read('b.json', JSON.stringify({ facts: [fact] }))).toEqual([fact]);
    expect(read('c.ndjson', `${JSON.stringify(fact)}\n\n${JSON.stringify(fact)}\n`)).toEqual([fact, fact]);
  });
  it('may be a table, whose quotes hold commas', () => {
    const table = 'usageId,resource.kind,resource.id,simulated,project,model\r\n"a,""b""",job,j,true,,\r\n';
    expect(read('d.csv', table)).toEqual([
      { usageId: 'a,"b"', resource: { kind: 'job', id: 'j' }, simulated: true, model: '' },
    ]);
  });
  it.each([
    ['torn', '{'],
    ['something else', '"text"'],
    ['nothing', 'null'],
  ])('is refused when it is %s', (_name, text) => expect(() => read('e.json', text)).toThrow(/e\.json/));
  it('is refused when it is not there', () =>
    expect(() => readFacts(join(folder, 'none.json'))).toThrow(/there is no file/));
  it('holds what is in its cells, whatever that is', () => {
    const cell = fc
      .string({ minLength: 1, maxLength: 20, unit: 'grapheme-ascii' })
      .filter((text) => text.trim() !== '');
    fc.assert(
      fc.property(fc.array(cell, { minLength: 1, maxLength: 5 }), (cells) => {
        const names = cells.map((_, index) => `f${index}`);
        const line = cells.map((text) => `"${text.replaceAll('"', '""')}"`).join(',');
        const [found] = read('f.csv', `${names.join(',')}\n${line}\n`) as readonly [Record<string, unknown>];
        expect(names.map((name) => found[name])).toEqual(cells);
      }),
      { numRuns: 50 },
    );
  });
});

describe('the past of money', () => {
  it('is refused where it would be passed over in silence', () => {
    for (const path of ['invoice pay', 'wallet top-up', 'webhook deliveries', 'what-if', 'payout request'])
      expect(() => refusePast('-1m', path)).toThrow();
    for (const path of ['invoice', 'invoice show', 'wallet', 'earnings', 'usage list', 'price book show'])
      expect(() => refusePast('-1m', path)).not.toThrow();
  });
});
