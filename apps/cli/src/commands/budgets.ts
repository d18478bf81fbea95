import type { Command } from 'commander';
import type { Action } from '../action';
import type { CliContext } from '../cli-context';
import { BUDGETS, REMOVE_BUDGET, SET_BUDGET } from '../documents-money';
import { CliError } from '../errors';
import { collect, microOf, nodesOf, tell } from '../money-answers';
import { whole } from '../numbers';
import { money, printJson, suggest, table, yellow } from '../output';
import type { PageOf, ScopedBudget } from '../types-money';

const KINDS = ['organization', 'team', 'project', 'key', 'job'];
const PERIODS = ['day', 'month', 'total'];
const SHOWN = 100;

interface Answer {
  readonly budgets: PageOf<ScopedBudget>;
  readonly budget: {
    readonly limitMicroUsd: string | null;
    readonly period: string | null;
    readonly spentMicroUsd: string;
    readonly heldMicroUsd: string;
  };
}

/** Hard limits: of the organization, of a team, a project, a key, a job. */
export function addBudgets(program: Command, action: Action): void {
  const budget = program.command('budget').description('hard limits on spending');
  const scoped = (command: Command): Command =>
    command.option('--scope <scope>', 'team/vision, project/vision, key/ID or job/ID; else the organization');
  scoped(budget.command('show', { isDefault: true }))
    .description('limit, spent, held; and of every part that has a limit')
    .action(action(show));
  scoped(budget.command('set'))
    .description('spend no more than this')
    .argument('<amount>', 'USD, for example 25.00')
    .option('--period <period>', 'day, month or total', 'month')
    .option('--of-project <project>', 'of a team: its projects; repeat for more', collect)
    .option('--tell-at <percent>', 'tell people there; repeat for more; 50, 80 and 100 where left out', collect)
    .action(action(set));
  scoped(budget.command('remove')).description('limit it no more').action(action(remove));
}

/** "project/vision" in its two parts. */
export function scopeOf(text: string | undefined): { readonly kind: string; readonly id: string } | undefined {
  if (text === undefined || text === 'organization') return undefined;
  const [, kind = '', id = ''] = /^([a-z]+)[/:](.+)$/.exec(text) ?? [];
  if (KINDS.includes(kind) && id !== '') return { kind, id };
  throw new CliError('Usage', `"${text}" is no scope`, 'Write --scope project/vision, or team/…, key/…, job/….');
}

const scopeText = ({ scope }: ScopedBudget): string =>
  scope.kind === 'organization' ? 'organization' : `${scope.kind}/${scope.id}`;

const limitText = ({ limitMicroUsd, period }: { limitMicroUsd: string | null; period: string | null }): string =>
  limitMicroUsd === null ? 'no limit' : `${money(limitMicroUsd)} per ${period ?? 'month'}`;

async function show(context: CliContext, flags: { readonly scope?: string }): Promise<void> {
  const { output } = context;
  const scope = scopeOf(flags.scope);
  const answer = await context.client.request<Answer>(BUDGETS, { first: SHOWN, scope, at: context.at });
  const parts = nodesOf(answer.budgets).filter(({ limitMicroUsd }) => limitMicroUsd !== null || scope !== undefined);
  if (output.json) {
    printJson(output, { ...answer.budget, budgets: nodesOf(answer.budgets) });
    return;
  }
  if (scope === undefined) {
    const { spentMicroUsd, heldMicroUsd } = answer.budget;
    output.out(
      `${limitText(answer.budget)}; spent ${money(spentMicroUsd)}, held for running jobs ${money(heldMicroUsd)}`,
    );
  }
  if (parts.length > 0) output.out(partsTable(context, parts));
  else if (scope !== undefined) output.out('Nothing was spent there, and nothing limits it.');
  suggest(output, 'solyx budget set 25.00 --scope project/vision', 'to limit a part of it, hard');
}

const partsTable = ({ output }: CliContext, parts: readonly ScopedBudget[]): string =>
  table(
    output,
    [
      { title: 'OF', value: scopeText },
      { title: 'LIMIT', value: limitText, align: 'right' },
      { title: 'SPENT', value: (row) => money(row.spentMicroUsd), align: 'right' },
      {
        title: 'REACHED',
        value: (row) => (row.reachedPercent === 0 ? '–' : `${row.reachedPercent} %`),
        align: 'right',
        paint: (text, row) => (row.reachedPercent > 0 ? yellow(output, text) : text),
      },
    ],
    parts,
  );

async function set(
  context: CliContext,
  flags: {
    readonly scope?: string;
    readonly period: string;
    readonly ofProject?: readonly string[];
    readonly tellAt?: readonly string[];
  },
  amount: string,
): Promise<void> {
  if (!PERIODS.includes(flags.period))
    throw new CliError('Usage', `"${flags.period}" is not a period`, 'Periods are day, month and total.');
  const limit = microOf('budget set', amount);
  const scope = scopeOf(flags.scope);
  const thresholds = flags.tellAt?.map((text) => whole('--tell-at', text, { min: 1, max: 100 }));
  const variables = { limit, period: flags.period, scope, projects: flags.ofProject, thresholds };
  const whose = flags.scope === undefined ? '' : `${flags.scope}: `;
  const done = `${whose}limited to ${money(limit)} per ${flags.period}`;
  await tell(context, SET_BUDGET, variables, { done, next: ['solyx budget', 'to see what is spent and held'] });
}

async function remove(context: CliContext, flags: { readonly scope?: string }): Promise<void> {
  const done = `${flags.scope ?? 'organization'}: not limited any more`;
  await tell(context, REMOVE_BUDGET, { scope: scopeOf(flags.scope) }, { done, next: ['solyx budget', 'for the rest'] });
}
