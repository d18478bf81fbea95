/** What makes a spreadsheet take a text for a formula (OWASP: CSV injection). */
const FORMULA = /^[=+\-@\t\r]/;
const QUOTED = /[",\r\n]/;

/** A text as one cell, RFC 4180; one that a spreadsheet would run as a formula gets an apostrophe before it. */
export function textCell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return QUOTED.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A number that this program wrote itself: a sign at its beginning is one. */
export const numberCell = (text: string): string => text;

export const CSV_LINE_END = '\r\n';

export const csvLine = (cells: readonly string[]): string => cells.join(',') + CSV_LINE_END;
