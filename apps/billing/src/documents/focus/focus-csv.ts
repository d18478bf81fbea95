import { pause } from '../pause';
import { csvLine, CSV_LINE_END, textCell } from '../csv';
import { COST_SCALE, decimalText, FOCUS_COLUMNS, PRICE_SCALE, type FocusColumn } from './focus-columns';
import type { FocusContext, FocusHeader, FocusRow } from './focus-row';

const ROWS_PER_CHUNK = 5_000;

/** Decimals as text; the last few are remembered, for costs and prices of a row are often the same number. */
class Decimals {
  private readonly values: (bigint | undefined)[] = [undefined, undefined, undefined, undefined];
  private readonly texts: string[] = ['', '', '', ''];
  private next = 0;

  constructor(private readonly scale: number) {}

  textOf(value: bigint): string {
    for (let index = 0; index < this.values.length; index += 1) {
      if (this.values[index] === value) return this.texts[index] ?? '';
    }
    const text = decimalText(value, this.scale);
    this.values[this.next] = value;
    this.texts[this.next] = text;
    this.next = (this.next + 1) % this.values.length;
    return text;
  }
}

const DECIMALS = { cost: new Decimals(COST_SCALE), price: new Decimals(PRICE_SCALE) } as const;

function cellOf(column: FocusColumn, row: FocusRow, header: FocusHeader): string {
  const value = column.of(row, header);
  if (value === undefined) return '';
  if (typeof value === 'bigint') return DECIMALS[column.type === 'cost' ? 'cost' : 'price'].textOf(value);
  return column.type === 'time' ? value : textCell(value);
}

const OWN = FOCUS_COLUMNS.filter(({ shared }) => !shared);

/** The text between the cells that each row has of its own: one piece more than there are such cells. */
function piecesOf(row: FocusRow, header: FocusHeader): readonly string[] {
  const pieces: string[] = [];
  let piece = '';
  FOCUS_COLUMNS.forEach((column, index) => {
    if (index > 0) piece += ',';
    if (column.shared) piece += cellOf(column, row, header);
    else {
      pieces.push(piece);
      piece = '';
    }
  });
  return [...pieces, piece + CSV_LINE_END];
}

/** FOCUS 1.3 as CSV, UTF-8. What rows have in common is written once per context and copied after that. */
export async function focusCsv(rows: Iterable<FocusRow>, header: FocusHeader): Promise<Buffer> {
  const chunks: Buffer[] = [Buffer.from(csvLine(FOCUS_COLUMNS.map(({ id }) => id)))];
  const known = new Map<FocusContext, readonly string[]>();
  let text = '';
  let count = 0;
  for (const row of rows) {
    let pieces = known.get(row.context);
    if (!pieces) {
      pieces = piecesOf(row, header);
      known.set(row.context, pieces);
    }
    for (let index = 0; index < OWN.length; index += 1) {
      const column = OWN[index];
      if (column) text += (pieces[index] ?? '') + cellOf(column, row, header);
    }
    text += pieces[OWN.length] ?? CSV_LINE_END;
    count += 1;
    if (count % ROWS_PER_CHUNK === 0) {
      chunks.push(Buffer.from(text));
      text = '';
      await pause();
    }
  }
  return Buffer.concat([...chunks, Buffer.from(text)]);
}
