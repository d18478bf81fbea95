import { parseMicro } from '@solyx/kernel';
import type { Command } from 'commander';
import { accepted, type CliContext } from '../cli-context';
import { CHARGES, SET_BUDGET } from '../documents';
import { CliError } from '../errors';
import { bold, labelled, money, printJson, suggest, table } from '../output';
import { quantity, whole } from '../numbers';
import type { Action } from '../action';
import type { Charge, ChargeLine, Result } from '../types';

interface Bill {
  readonly charges: {
    readonly totalMicroUsd: string;
    readonly pageInfo: { readonly hasNextPage: boolean };
    readonly edges: readonly { readonly node: Charge }[];
  };
  readonly budget: {
    readonly limitMicroUsd: string | null;
    readonly period: string | null;
    readonly spentMicroUsd: string;
    readonly heldMicroUsd: string;
  };
}

export function addMoney(program: Command, action: Action): void {
  program
    .command('bill')
    .description('charges, newest first, each line with the log positions that prove it')
    .option('--job <job>', 'of one job')
    .option('-n, --first <count>', 'how many charges', '20')
    .action(action(bill));
  const budget = program.command('budget').description('a hard limit on spending');
  budget.command('show', { isDefault: true }).description('limit, spent, held').action(action(showBudget));
  budget
    .command('set')
    .description('spend no more than this')
    .argument('<amount>', 'USD, for example 25.00')
    .option('--period <period>', 'month or total', 'month')
    .action(action(setBudget));
}

async function bill(context: CliContext, flags: { job?: string; first: string }): Promise<void> {
  const { output } = context;
  const first = whole('--first', flags.first, { min: 1, max: 100 });
  const answer = await context.client.request<Bill>(CHARGES, { first, job: flags.job, at: context.at });
  const charges = answer.charges.edges.map(({ node }) => node);
  if (output.json) {
    printJson(output, { charges, totalMicroUsd: answer.charges.totalMicroUsd, budget: answer.budget });
    return;
  }
  if (charges.length === 0) {
    output.out('No charges yet.');
    suggest(output, 'solyx ps', 'a job is charged when it gives its resources back');
    return;
  }
  const rows = charges.flatMap((charge) => charge.lines.map((line) => ({ charge, line })));
  output.out(
    table<{ charge: Charge; line: ChargeLine }>(
      output,
      [
        { title: 'JOB', value: ({ charge }) => charge.jobId },
        { title: 'TRY', value: ({ charge }) => charge.attempt, align: 'right' },
        {
          title: 'LINE',
          value: ({ line }) => labelled(line.description, line.simulated && !line.description.includes('simulated')),
        },
        { title: 'QUANTITY', value: ({ line }) => quantity(line.quantity, line.unit), align: 'right' },
        { title: 'AMOUNT', value: ({ line }) => money(line.amountMicroUsd), align: 'right' },
        { title: 'PROVED BY', value: ({ line }) => line.positions.join(', ') },
      ],
      rows,
    ),
  );
  output.out(bold(output, `total ${money(answer.charges.totalMicroUsd)}`));
  const [newest] = charges;
  suggest(
    output,
    `solyx at ${newest?.lines[0]?.positions[0] ?? newest?.position ?? '-1m'} ps`,
    'to see the instant that a line began',
  );
}

async function showBudget(context: CliContext): Promise<void> {
  const { output } = context;
  const { budget } = await context.client.request<Bill>(CHARGES, { first: 1, at: context.at });
  if (output.json) {
    printJson(output, budget);
    return;
  }
  const limit =
    budget.limitMicroUsd === null ? 'no limit' : `${money(budget.limitMicroUsd)} per ${budget.period ?? 'month'}`;
  output.out(`${limit}; spent ${money(budget.spentMicroUsd)}, held for running jobs ${money(budget.heldMicroUsd)}`);
  suggest(output, 'solyx budget set 25.00', 'to limit it, hard');
}

async function setBudget(context: CliContext, flags: { period: string }, amount: string): Promise<void> {
  if (!['month', 'total'].includes(flags.period))
    throw new CliError('Usage', `"${flags.period}" is not a period`, 'Periods are month and total.');
  const micro = parseMicro(amount.replace(/\s*USD$/i, '').replace(/^\$/, ''));
  if (micro === undefined || micro < 0n)
    throw new CliError('Usage', `"${amount}" is not an amount`, 'Write `solyx budget set 25.00`.');
  const answer = await context.client.request<{ setBudget: Result<{ id: string; position: string }> }>(SET_BUDGET, {
    limit: micro.toString(),
    period: flags.period,
    key: context.key,
  });
  const ack = accepted(answer.setBudget);
  if (context.output.json) {
    printJson(context.output, ack);
    return;
  }
  context.output.out(`limited to ${money(micro.toString())} per ${flags.period}`);
  suggest(context.output, 'solyx budget', 'to see what is spent and held');
}
