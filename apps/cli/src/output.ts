import { formatMicro } from '@solyx/kernel';

export type Cell = string | number | null | undefined;

export interface Column<T> {
  readonly title: string;
  readonly value: (row: T) => Cell;
  readonly align?: 'right';
  readonly paint?: (text: string, row: T) => string;
}

/** Where words go: data to stdout, talk to stderr; colour only for a person's terminal. */
export interface Output {
  readonly json: boolean;
  readonly color: boolean;
  readonly interactive: boolean;
  readonly width: number;
  out(text: string): void;
  talk(text: string): void;
  /** One progress line that is overwritten; nothing where nobody watches. */
  progress(text: string | undefined): void;
}

export function standardOutput(json: boolean, env: NodeJS.ProcessEnv): Output {
  const interactive = process.stderr.isTTY && !json;
  const color = process.stdout.isTTY && !json && env['NO_COLOR'] === undefined && env['TERM'] !== 'dumb';
  let shown = false;
  const clear = (): void => {
    if (shown) process.stderr.write('\r\u001b[2K');
    shown = false;
  };
  return {
    json,
    color,
    interactive,
    width: process.stdout.columns || 160,
    out: (text) => {
      clear();
      process.stdout.write(`${text}\n`);
    },
    talk: (text) => {
      if (json) return;
      clear();
      process.stderr.write(`${text}\n`);
    },
    progress: (text) => {
      if (!interactive) return;
      clear();
      if (text === undefined) return;
      process.stderr.write(text);
      shown = true;
    },
  };
}

const code =
  (open: number, close: number) =>
  (output: Output, text: string): string =>
    output.color ? `\u001b[${open}m${text}\u001b[${close}m` : text;

export const bold = code(1, 22);
export const dim = code(2, 22);
export const red = code(31, 39);
export const green = code(32, 39);
export const yellow = code(33, 39);
export const cyan = code(36, 39);

const PHASE_COLORS: Readonly<Record<string, (output: Output, text: string) => string>> = {
  Running: green,
  Ready: green,
  Active: green,
  Succeeded: dim,
  Queued: yellow,
  Admitted: cyan,
  Starting: cyan,
  Failed: red,
  Lost: red,
  Evicted: red,
  Cancelled: dim,
  Cordoned: yellow,
  Draining: yellow,
  Orphaned: red,
  Upcoming: cyan,
  Ended: dim,
};

export const paintPhase = (output: Output, phase: string, text = phase): string =>
  (PHASE_COLORS[phase] ?? ((_, plain) => plain))(output, text);

const shorten = (text: string, max: number): string => (text.length <= max ? text : `${text.slice(0, max - 1)}…`);

/** Columns aligned, two spaces apart; the last one gives way where the terminal is narrow. */
export function table<T>(output: Output, columns: readonly Column<T>[], rows: readonly T[]): string {
  const cells = rows.map((row) => columns.map((column) => String(column.value(row) ?? '–')));
  const widths = columns.map((column, index) =>
    Math.max(column.title.length, ...cells.map((line) => line[index]?.length ?? 0)),
  );
  const fixed = widths.slice(0, -1).reduce((sum, width) => sum + width + 2, 0);
  const lastMax = Math.max(12, output.width - fixed);
  const line = (texts: readonly string[], paint: (text: string, index: number) => string): string =>
    texts
      .map((text, index) => {
        const last = index === columns.length - 1;
        const width = widths[index] ?? 0;
        const padded = columns[index]?.align === 'right' ? text.padStart(width) : last ? text : text.padEnd(width);
        return paint(last && output.interactive ? shorten(padded, lastMax) : padded, index);
      })
      .join('  ')
      .trimEnd();
  const head = line(
    columns.map(({ title }) => title),
    (text) => dim(output, text),
  );
  const body = rows.map((row, at) =>
    line(cells[at] ?? [], (text, index) => columns[index]?.paint?.(text, row) ?? text),
  );
  return [head, ...body].join('\n');
}

/** "$0.0001", "$12.50": at least two decimals, never rounded. */
export const money = (micro: string | null | undefined): string =>
  micro === null || micro === undefined ? '–' : `$${formatMicro(BigInt(micro), true)}`;

const SIMULATED = '(simulated)';

/** Nothing simulated goes unlabelled. */
export const labelled = (text: string, simulated: boolean): string => (simulated ? `${text} ${SIMULATED}` : text);

/** "3 s", "4 min", "2 h 10 min" since an ISO time. */
export function age(from: string | null | undefined, now: number, to?: string | null): string {
  if (from === null || from === undefined) return '–';
  const seconds = Math.max(0, Math.round(((to ? Date.parse(to) : now) - Date.parse(from)) / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** "14:02" today, "31 Jan 14:02" otherwise; UTC, as everything in the log. */
export function clockTime(iso: string, now: number): string {
  const time = iso.slice(11, 16);
  if (iso.slice(0, 10) === new Date(now).toISOString().slice(0, 10)) return time;
  const month = new Date(iso).toLocaleString('en', { month: 'short', timeZone: 'UTC' });
  return `${Number(iso.slice(8, 10))} ${month} ${time}`;
}

/** Thousandths as a number that people read: 2500 is 2.5; null is not limited. */
export const milli = (value: number | null): string => (value === null ? '∞' : String(value / 1000));

/** "8.1 %" for 81 per mille. */
export const perMille = (value: number): string => `${value / 10} %`;

export const printJson = (output: Output, value: unknown): void => {
  output.out(JSON.stringify(value, null, 2));
};

/** Every printed table ends with one next command. */
export const suggest = (output: Output, command: string, why: string): void => {
  output.talk(dim(output, `\nNext: ${command}   ${why}`));
};
