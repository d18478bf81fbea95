import fc from 'fast-check';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { propertyRuns } from '@solyx/testing';
import { Charging, type Use } from '../../test/invoicing';
import { faultsOfFocus } from './focus-check';
import { decimalText, FOCUS_COLUMNS } from './focus-columns';
import { focusCsv } from './focus-csv';
import { focusParquet } from './focus-parquet';
import { documentRow, FocusRows, type FocusHeader, type FocusRow } from './focus-row';

const HEADER: FocusHeader = {
  organizationId: 'acme',
  organizationName: 'ACME, "Research"',
  periodStart: '2026-01-01T00:00:00.000Z',
  periodEnd: '2026-02-01T00:00:00.000Z',
  currency: 'USD',
  invoiceId: 'INV-000042',
  issuer: 'Solyx GmbH',
};

const use: fc.Arbitrary<Use> = fc.record(
  {
    quantity: fc.bigInt({ min: 1n, max: 90_000_000_000n }),
    project: fc.constantFrom('vision', '=evil'),
    hour: fc.integer({ min: 0, max: 743 }),
    team: fc.constantFrom('red', 'blue'),
    labels: fc.constant({ stage: 'test' }),
  },
  { requiredKeys: ['quantity', 'hour'] },
);

function rowsOf(uses: readonly Use[]): readonly FocusRow[] {
  const [charging, rows] = [new Charging('acme'), new FocusRows()];
  return uses.flatMap((one) => {
    const charge = charging.charge(one);
    return charge.lines.map((line) => rows.rowOf(line, charge));
  });
}

/** RFC 4180, as a reader that was written by somebody else would have it. */
function parse(csv: string): readonly (readonly string[])[] {
  const cell = /(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r\n)/y;
  const records: string[][] = [[]];
  for (let match = cell.exec(csv); match && cell.lastIndex <= csv.length; match = cell.exec(csv)) {
    records[records.length - 1]?.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === '\r\n') records.push([]);
    if (cell.lastIndex === csv.length) break;
  }
  return records.slice(0, -1);
}

describe('FOCUS 1.3', () => {
  it('keeps its rules in every row, and sums to what the invoice asks for', () => {
    fc.assert(
      fc.property(fc.array(use, { minLength: 1, maxLength: 20 }), (uses) => {
        const usage = rowsOf(uses);
        const rows = [
          ...usage,
          documentRow('Tax', { description: 'VAT', amount: 77n, id: 'tax' }, HEADER),
          documentRow('Credit', { description: 'Credit', amount: -50n, id: 'credit' }, HEADER),
        ];
        const payable = usage.reduce((sum, { billed }) => sum + billed, 27n);
        expect(faultsOfFocus(rows, HEADER, payable)).toEqual([]);
        expect(faultsOfFocus(rows, HEADER, payable + 1n)).toHaveLength(1);
      }),
      propertyRuns(100),
    );
  });

  it('finds rows that break a rule', () => {
    const [row] = rowsOf([{ quantity: 3_600_000_000n }]);
    const broken: readonly (readonly [Partial<FocusRow>, RegExp])[] = [
      [{ listPrice: 1n }, /ListCost is ListUnitPrice/],
      [{ billed: 1n }, /ContractedCost is/],
      [{ from: '2027-01-01T00:00:00.000Z' }, /not after|billing period/],
      [{ quantity: undefined }, /PricingQuantity/],
      [{ listPrice: undefined, contractedPrice: undefined }, /unit prices/],
      [{ context: { ...row!.context, serviceSubcategory: 'Bananas' } }, /ServiceSubcategory/],
      [{ context: { ...row!.context, commitmentId: 'c1' } }, /CommitmentDiscountStatus/],
      [{ context: { ...row!.context, hostProvider: '' } }, /HostProviderName is null/],
    ];
    for (const [change, rule] of broken) expect(faultsOfFocus([{ ...row!, ...change }], HEADER).join()).toMatch(rule);
  });

  it('says what is unused of a commitment, what corrects, and what is rehearsed', () => {
    const charge = new Charging('acme').charge({ quantity: 3_600_000_000n });
    const [line] = charge.lines;
    const resource = { kind: 'commitment' as const, id: 'cmt_1' };
    const unused = new FocusRows().rowOf({ ...line!, kind: 'commitment' }, { ...charge, resource });
    expect(unused.context).toMatchObject({
      commitmentId: 'cmt_1',
      commitmentStatus: 'Unused',
      chargeCategory: 'Usage',
    });
    const corrected = new FocusRows().rowOf(
      { ...line!, amountMicroUsd: '-5', listAmountMicroUsd: '-5', simulated: true },
      { ...charge, correctsPeriod: '2025-12' },
    );
    expect(corrected.context).toMatchObject({ correction: true, description: expect.stringMatching(/^SIMULATED: /) });
    expect(faultsOfFocus([unused, corrected], HEADER)).toEqual([]);
  });

  it('is the same table as CSV and as Parquet, exact to the last unit', async () => {
    const uses = Array.from({ length: 60 }, (_, index) => ({
      quantity: BigInt(index + 1) * 1_234_567_891n,
      hour: index,
      project: index % 3 === 0 ? '=evil' : 'vision',
      ...(index % 2 === 0 ? { team: 'red', labels: { stage: 'a,b' } } : {}),
    }));
    const rows = [...rowsOf(uses), documentRow('Credit', { description: 'Credit', amount: -50n, id: 'c' }, HEADER)];
    const [header = [], ...records] = parse((await focusCsv(rows, HEADER)).toString());
    expect(header).toEqual(FOCUS_COLUMNS.map(({ id }) => id));
    expect(records).toHaveLength(rows.length);
    const parquet = await focusParquet(rows, HEADER);
    expect((await focusParquet(rows, HEADER)).equals(parquet)).toBe(true);
    const file = parquet.buffer.slice(parquet.byteOffset, parquet.byteOffset + parquet.byteLength) as ArrayBuffer;
    const objects = await parquetReadObjects({ file });
    expect(parquetMetadata(file).key_value_metadata).toContainEqual({ key: 'focus.version', value: '1.3' });
    records.forEach((record, index) => {
      const object = objects[index] as Record<string, unknown>;
      FOCUS_COLUMNS.forEach(({ id, type }, place) => {
        const [cell = '', value] = [record[place], object[id]];
        if (cell === '') expect(value ?? null).toBeNull();
        else if (type === 'time') expect((value as Date).toISOString()).toBe(cell);
        else if (type === 'cost' || type === 'price') expect(value).toBeCloseTo(Number(cell), 9);
        else expect(cell.replace(/^'/, '')).toBe(value);
      });
    });
    expect(records[0]?.[header.indexOf('BilledCost')]).toBe(decimalText(rows[0]!.billed, 6));
    expect(records.map((record) => record[header.indexOf('SubAccountId')])).toContain("'=evil");
  });

  it('writes decimals as they are', () => {
    expect([2_500_000n, -1n, 0n, 1_000_000n, 12n].map((value) => decimalText(value, 6))).toEqual([
      '2.5',
      '-0.000001',
      '0',
      '1',
      '0.000012',
    ]);
  });

  it('is a table without rows where nothing was used', async () => {
    expect(parse((await focusCsv([], HEADER)).toString())).toHaveLength(1);
    expect((await focusParquet([], HEADER)).subarray(0, 4).toString()).toBe('PAR1');
  });
});
