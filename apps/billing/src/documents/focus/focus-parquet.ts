import { pause } from '../pause';
import { FOCUS_COLUMNS, FOCUS_VERSION, scaleOf, type FocusColumn } from './focus-columns';
import type { FocusContext, FocusHeader, FocusRow } from './focus-row';

/** What is used of the library: an ES module, of which this package (CommonJS) knows no types. */
interface ParquetWriter {
  readonly ByteWriter: new () => { flush?: () => Promise<void>; getBuffer(): ArrayBuffer };
  readonly parquetWrite: (options: object) => void | Promise<void>;
}

const ROW_GROUP = 20_000;
const PRECISION = 18;

/** The library is an ES module: it is loaded once, when the first file is asked for. */
let library: Promise<ParquetWriter> | undefined;
const loadWriter = (): Promise<ParquetWriter> =>
  (library ??= import('hyparquet-writer') as unknown as Promise<ParquetWriter>);

type Cell = string | bigint | Date | null;

/** Rows by the number of their context, so that what is shared is looked up in a list. */
interface Numbered {
  readonly rows: readonly FocusRow[];
  readonly header: FocusHeader;
  /** A row of each context. */
  readonly examples: readonly FocusRow[];
  readonly contextOf: Uint32Array;
}

function numbered(rows: readonly FocusRow[], header: FocusHeader): Numbered {
  const known = new Map<FocusContext, number>();
  const examples: FocusRow[] = [];
  const contextOf = new Uint32Array(rows.length);
  rows.forEach((row, index) => {
    let number = known.get(row.context);
    if (number === undefined) {
      number = examples.length;
      known.set(row.context, number);
      examples.push(row);
    }
    contextOf[index] = number;
  });
  return { rows, header, examples, contextOf };
}

/** Instants as dates; slices end at full hours, so that there are few. */
const dates = (): ((at: string) => Date) => {
  const known = new Map<string, Date>();
  return (at) => {
    let date = known.get(at);
    if (!date) {
      date = new Date(at);
      known.set(at, date);
    }
    return date;
  };
};

/** A column's values; what a context has in common is worked out once. */
function valuesOf(column: FocusColumn, { rows, header, examples, contextOf }: Numbered): Cell[] {
  const dateOf = dates();
  const read = (row: FocusRow): Cell => {
    const value = column.of(row, header);
    if (value === undefined) return null;
    return column.type === 'time' ? dateOf(value as string) : value;
  };
  if (!column.shared) return rows.map(read);
  const shared = examples.map(read);
  return Array.from(contextOf, (number) => shared[number] ?? null);
}

const schemaOf = (column: FocusColumn) => {
  const repetition = { repetition_type: column.nullable ? ('OPTIONAL' as const) : ('REQUIRED' as const) };
  const named = { name: column.id, ...repetition };
  switch (column.type) {
    case 'time':
      return { ...named, type: 'INT64' as const, converted_type: 'TIMESTAMP_MILLIS' as const };
    case 'cost':
    case 'price': {
      const decimal = { scale: scaleOf(column.type), precision: PRECISION };
      return { ...named, type: 'INT64' as const, converted_type: 'DECIMAL' as const, ...decimal };
    }
    default:
      return { ...named, type: 'BYTE_ARRAY' as const, converted_type: 'UTF8' as const };
  }
};

/**
 * FOCUS 1.3 as Parquet: decimals are exact (DECIMAL over INT64), times are UTC milliseconds, objects are JSON text. The
 * same rows give the same bytes.
 */
export async function focusParquet(rows: readonly FocusRow[], header: FocusHeader): Promise<Buffer> {
  const { ByteWriter, parquetWrite } = await loadWriter();
  const schema = [{ name: 'root', num_children: FOCUS_COLUMNS.length }, ...FOCUS_COLUMNS.map(schemaOf)];
  const table = numbered(rows, header);
  const columnData: object[] = [];
  for (const column of FOCUS_COLUMNS) {
    columnData.push({ name: column.id, data: valuesOf(column, table), nullable: column.nullable });
    if (rows.length > ROW_GROUP) await pause();
  }
  // The library waits for this after each group of rows.
  const writer = Object.assign(new ByteWriter(), { flush: pause });
  await parquetWrite({
    ...{ writer, columnData, schema, rowGroupSize: ROW_GROUP, statistics: false, createdBy: 'solyx' },
    kvMetadata: [{ key: 'focus.version', value: FOCUS_VERSION }],
  });
  return Buffer.from(writer.getBuffer());
}
