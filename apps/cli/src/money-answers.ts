import { parseMicro } from '@solyx/kernel';
import { accepted, acknowledged, type CliContext } from './cli-context';
import { CliError } from './errors';
import { dim, printJson, suggest, table, type Column } from './output';
import type { Result } from './types';
import type { PageOf } from './types-money';

export interface Ack {
  readonly id: string;
  readonly position: string;
}

export const nodesOf = <T>(page: PageOf<T>): readonly T[] => page.edges.map(({ node }) => node);

export interface Shown<T> {
  readonly columns: readonly Column<T>[];
  /** What is said where there is none. */
  readonly none: string;
  readonly next: readonly [command: string, why: string];
}

/** A page as a table that says where it ends, or as JSON. */
export function showPage<T>({ output }: CliContext, page: PageOf<T>, { columns, none, next }: Shown<T>): void {
  const rows = nodesOf(page);
  if (output.json) {
    printJson(output, { rows, hasNextPage: page.pageInfo.hasNextPage });
    return;
  }
  output.out(rows.length === 0 ? none : table(output, columns, rows));
  if (page.pageInfo.hasNextPage) output.out(dim(output, `and more: see --first`));
  suggest(output, ...next);
}

/** The value of a mutation's result, refusals thrown. */
export async function ask<T extends object>(
  context: CliContext,
  document: string,
  variables: Readonly<Record<string, unknown>>,
): Promise<Exclude<T, { readonly __typename: 'Refusal' }>> {
  const answer = await context.client.request<{ answer: Result<T> }>(document, { ...variables, key: context.key });
  return accepted<T>(answer.answer) as never;
}

/** A mutation that only says that it was done. */
export async function tell(
  context: CliContext,
  document: string,
  variables: Readonly<Record<string, unknown>>,
  { done, next }: { readonly done: string; readonly next: readonly [command: string, why: string] },
): Promise<void> {
  acknowledged(context, await ask<Ack>(context, document, variables), done, next);
}

/** "25.00", "25.00 USD" or "$25" in micro-USD. */
export function microOf(flag: string, text: string): string {
  const micro = parseMicro(text.replace(/\s*USD$/i, '').replace(/^\$/, ''));
  if (micro !== undefined && micro >= 0n) return micro.toString();
  throw new CliError('Usage', `${flag} wants an amount, not "${text}"`, 'Write 25.00, for US dollars.');
}

export const microOrNone = (flag: string, text: string | undefined): string | undefined =>
  text === undefined ? undefined : microOf(flag, text);

/** A month, `2026-01`; `last` and `this` are of the calendar of UTC. */
export function monthOf(text: string | undefined, now: number): string {
  const date = new Date(now);
  const month = (back: number): string =>
    new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - back, 1)).toISOString().slice(0, 7);
  if (text === undefined || text === 'this') return month(0);
  if (text === 'last') return month(1);
  if (/^\d{4}-(0[1-9]|1[0-2])$/.test(text)) return text;
  throw new CliError('Usage', `"${text}" is no month`, 'Write 2026-01, last or this.');
}

export const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
