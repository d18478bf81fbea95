import type { Command } from 'commander';
import type { Action } from '../action';
import type { CliContext } from '../cli-context';
import { PROFILE, REPORT_USAGE, SET_PROFILE, USAGE } from '../documents-money';
import { CliError } from '../errors';
import { readFacts } from '../usage-file';
import { ask, monthOf, showPage, tell, type Ack } from '../money-answers';
import { quantity, whole } from '../numbers';
import { labelled, money, printJson, suggest, table } from '../output';
import type { PageOf, Usage } from '../types-money';

/** An event holds 64 KiB: so many facts fit, whatever their labels. */
const FACTS_PER_REPORT = 50;

/** What was used, also where Solyx did not measure it; and how that is billed. */
export function addUsage(program: Command, action: Action): void {
  const usage = program.command('usage').description('what was used in a month, and usage measured elsewhere');
  usage
    .command('list', { isDefault: true })
    .description('by what makes one line of an invoice')
    .option('--period <month>', '2026-01, last or this', 'this')
    .option('--project <project>', 'of one project')
    .option('-n, --first <count>', 'how many lines', '100')
    .action(action(list));
  usage
    .command('report')
    .description('usage that was measured elsewhere; the same identity with the same content counts once')
    .argument('<file>', 'JSON, JSON lines or CSV of usage facts')
    .option('--meter <id>', 'names the meter within your organization', 'import')
    .action(action(reportFile));
  const account = program.command('account').description('how your organization is billed');
  account.command('show', { isDefault: true }).description('its zone, grace and books').action(action(profile));
  account
    .command('set')
    .description('what is left out stays; grace, entity, mode and plan are the operator’s')
    .option('--organization <id>', 'another’s (operators)')
    .option('--zone <iana>', 'months begin at midnight there, for example Europe/Berlin')
    .option('--grace <hours>', 'so long after its end a month takes late usage')
    .option('--entity <id>', 'who sends the invoices')
    .option('--mode <mode>', 'postpaid or prepaid')
    .option('--plan <plan>', 'free or premium')
    .option('--cost-centre <text>', 'printed on invoices')
    .action(action(setProfile));
}

async function list(
  context: CliContext,
  flags: { readonly period: string; readonly project?: string; readonly first: string },
): Promise<void> {
  const period = monthOf(flags.period, context.now());
  const first = whole('--first', flags.first, { min: 1, max: 100 });
  const variables = { first, period, project: flags.project, at: context.at };
  const answer = await context.client.request<{ usage: PageOf<Usage> }>(USAGE, variables);
  showPage(context, answer.usage, {
    columns: [
      { title: 'PROJECT', value: (row) => row.project },
      {
        title: 'LINE',
        value: (row) => labelled(row.description, row.simulated && !row.description.includes('simulated')),
      },
      { title: 'QUANTITY', value: (row) => quantity(row.quantity, row.unit), align: 'right' },
      { title: 'AMOUNT', value: (row) => money(row.amountMicroUsd), align: 'right' },
      { title: 'CHARGES', value: (row) => row.charges, align: 'right' },
    ],
    none: `Nothing was used in ${period}.`,
    next: [`solyx bill --period ${period}`, 'for every charge and what proves it'],
  });
}

async function reportFile(context: CliContext, flags: { readonly meter: string }, file: string): Promise<void> {
  const { output, key } = context;
  const facts = readFacts(file);
  const positions: string[] = [];
  for (let from = 0; from < facts.length; from += FACTS_PER_REPORT) {
    output.progress(`reporting ${from} of ${facts.length} …`);
    const part = facts.slice(from, from + FACTS_PER_REPORT);
    // Each part has a key of its own, so that a repeat of the whole file repeats each of them.
    const own = { ...context, key: from === 0 ? key : `${key}.${from}` };
    const ack = await ask<Ack>(own, REPORT_USAGE, { meter: flags.meter, facts: part });
    positions.push(ack.position);
  }
  if (positions.length === 0) throw new CliError('InvalidArgument', `${file} holds no usage`, 'Add a fact to it.');
  if (output.json) {
    printJson(output, { facts: facts.length, positions });
    return;
  }
  output.out(`${facts.length} ${facts.length === 1 ? 'fact is' : 'facts are'} recorded by the meter ${flags.meter}`);
  suggest(output, 'solyx usage', 'for what they cost');
}

interface Profile {
  readonly timeZone: string;
  readonly graceHours: number;
  readonly legalEntityId: string | null;
  readonly mode: string;
  readonly plan: string;
  readonly costCentre: string | null;
  readonly closedPeriod: string | null;
  readonly priceBooks: readonly { readonly priceBookId: string; readonly effectiveFrom: string }[];
}

async function profile(context: CliContext): Promise<void> {
  const { output } = context;
  const answer = await context.client.request<{ billingProfile: Profile }>(PROFILE, { at: context.at });
  const { billingProfile: row } = answer;
  if (output.json) {
    printJson(output, row);
    return;
  }
  const facts = [
    ['months begin in', row.timeZone],
    ['late usage counts for', `${row.graceHours} h`],
    ['closed through', row.closedPeriod ?? 'none yet'],
    ['invoices come from', row.legalEntityId ?? 'the usual legal entity'],
    ['mode', row.mode],
    ['plan', row.plan],
    ['cost centre', row.costCentre ?? '–'],
    ...row.priceBooks.map(({ priceBookId, effectiveFrom }) => ['price book', `${priceBookId} from ${effectiveFrom}`]),
  ];
  output.out(
    table(
      output,
      [
        { title: 'WHAT', value: ([name]) => name },
        { title: 'IS', value: ([, value]) => value },
      ],
      facts,
    ),
  );
  suggest(output, 'solyx account set --zone Europe/Berlin', 'before the first charge');
}

async function setProfile(
  context: CliContext,
  flags: {
    readonly organization?: string;
    readonly zone?: string;
    readonly grace?: string;
    readonly entity?: string;
    readonly mode?: string;
    readonly plan?: string;
    readonly costCentre?: string;
  },
): Promise<void> {
  const { organization, zone, entity, mode, plan, costCentre: centre } = flags;
  const grace = flags.grace === undefined ? undefined : Number(flags.grace);
  if (grace !== undefined && !(Number.isInteger(grace) && grace >= 0 && grace <= 744)) {
    throw new CliError('Usage', `--grace wants hours from 0 to 744, not "${flags.grace ?? ''}"`, 'Write --grace 72.');
  }
  const variables = { organization, zone, grace, entity, mode, plan, centre };
  await tell(context, SET_PROFILE, variables, { done: 'set', next: ['solyx account', 'for how it is billed'] });
}
