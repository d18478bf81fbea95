import type { Command } from 'commander';
import type { CliContext } from '../cli-context';
import { CHARGES } from '../documents';
import { bold, labelled, money, printJson, suggest, table } from '../output';
import { quantity, whole } from '../numbers';
import type { Action } from '../action';
import type { Charge, ChargeLine } from '../types';

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

/** `solyx bill`: charges with what proves them. */
export function addMoney(program: Command, action: Action): void {
  program
    .command('bill')
    .description('charges, newest first, each line with the log positions that prove it')
    .option('--job <job>', 'of one job')
    .option('--period <month>', 'of one invoice: 2026-01')
    .option('--project <project>', 'of one project')
    .option('-n, --first <count>', 'how many charges', '20')
    .action(action(bill));
}

/** What a charge is about: a job, or a deployment, a campaign, a period … */
const aboutOf = ({ jobId, resourceKind, resourceId }: Charge): string =>
  jobId === '' ? `${resourceKind} ${resourceId}` : jobId;

interface Flags {
  readonly job?: string;
  readonly period?: string;
  readonly project?: string;
  readonly first: string;
}

async function bill(context: CliContext, flags: Flags): Promise<void> {
  const { output } = context;
  const first = whole('--first', flags.first, { min: 1, max: 100 });
  const { job, period, project } = flags;
  const answer = await context.client.request<Bill>(CHARGES, { first, job, period, project, at: context.at });
  const charges = answer.charges.edges.map(({ node }) => node);
  if (output.json) {
    printJson(output, { charges, totalMicroUsd: answer.charges.totalMicroUsd, budget: answer.budget });
    return;
  }
  if (charges.length === 0) {
    output.out('No charges yet.');
    suggest(output, 'solyx ps', 'a job is charged hour by hour, and when it gives its resources back');
    return;
  }
  const rows = charges.flatMap((charge) => charge.lines.map((line) => ({ charge, line })));
  output.out(
    table<{ charge: Charge; line: ChargeLine }>(
      output,
      [
        { title: 'JOB', value: ({ charge }) => aboutOf(charge) },
        { title: 'TRY', value: ({ charge }) => (charge.jobId === '' ? '–' : charge.attempt), align: 'right' },
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
