import type { Command } from 'commander';
import type { Action } from '../action';
import type { CliContext } from '../cli-context';
import { CAMPAIGNS, CREATE_CAMPAIGN, END_CAMPAIGN, PAUSE_CAMPAIGN } from '../documents-money';
import { CliError } from '../errors';
import { whenOf } from '../job-file';
import { ask, collect, microOf, showPage, tell, type Ack } from '../money-answers';
import { whole } from '../numbers';
import { labelled, money, paintPhase, printJson, suggest } from '../output';
import type { Campaign, PageOf } from '../types-money';

/** Advertisements: shown to who pays for no premium, charged by what was seen. */
export function addCampaigns(program: Command, action: Action): void {
  const campaign = program.command('campaign').description('advertisements: what is shown, and what that costs');
  campaign.command('list', { isDefault: true }).description('newest first').action(action(list));
  campaign
    .command('create')
    .description('a campaign that never costs more than its budget')
    .argument('<name>')
    .requiredOption('--creative <uri>', 'what is shown')
    .requiredOption('--budget <amount>', 'in all, for example 100.00')
    .option('--cpm <amount>', 'per 1,000 impressions')
    .option('--cpc <amount>', 'per click; one of the two')
    .option('--category <category>', 'where it may be shown; repeat for more; anywhere where left out', collect)
    .option('--per-viewer <count>', 'impressions per viewer and day', '5')
    .option('--share <percent>', 'to who shows it', '70')
    .option('--start <when>', '2027-01-01T00:00Z, or 1h from now', '0s')
    .option('--end <when>', 'until the budget is spent where left out')
    .option('--simulated', 'a rehearsal, never money')
    .action(action(create));
  campaign.command('pause').description('show it no more, for now').argument('<campaign>').action(action(pause));
  campaign.command('resume').description('show it again').argument('<campaign>').action(action(resume));
  campaign
    .command('end')
    .description('show it never again')
    .argument('<campaign>')
    .option('--reason <text>', 'why')
    .action(action(end));
}

async function list(context: CliContext): Promise<void> {
  const { output } = context;
  const variables = { first: 50, at: context.at };
  const answer = await context.client.request<{ campaigns: PageOf<Campaign> }>(CAMPAIGNS, variables);
  showPage(context, answer.campaigns, {
    columns: [
      { title: 'CAMPAIGN', value: (row) => row.id },
      { title: 'NAME', value: (row) => labelled(row.terms.name, row.terms.simulated) },
      { title: 'PHASE', value: (row) => row.phase, paint: (text, row) => paintPhase(output, row.phase, text) },
      { title: 'PRICE', value: (row) => `${money(row.terms.rateMicroUsd)} ${row.terms.pricing}`, align: 'right' },
      { title: 'SEEN', value: (row) => row.impressions, align: 'right' },
      { title: 'CLICKED', value: (row) => row.clicks, align: 'right' },
      { title: 'CHARGED', value: (row) => money(row.chargedMicroUsd), align: 'right' },
      { title: 'OF', value: (row) => money(row.terms.budgetMicroUsd), align: 'right' },
    ],
    none: 'No campaigns yet.',
    next: ['solyx campaign create NAME --creative URI --budget 100.00 --cpm 2.00', 'to begin one'],
  });
}

interface Flags {
  readonly creative: string;
  readonly budget: string;
  readonly cpm?: string;
  readonly cpc?: string;
  readonly category?: readonly string[];
  readonly perViewer: string;
  readonly share: string;
  readonly start: string;
  readonly end?: string;
  readonly simulated?: boolean;
}

async function create(context: CliContext, flags: Flags, name: string): Promise<void> {
  const { output } = context;
  const { cpm, cpc } = flags;
  const rate = cpm ?? cpc;
  if (rate === undefined || (cpm !== undefined && cpc !== undefined)) {
    throw new CliError(
      'Usage',
      'what does it cost?',
      'Write --cpm 2.00 for 1,000 impressions, or --cpc 0.10 for a click.',
    );
  }
  const now = context.now();
  const spec = {
    ...{ name, creativeUri: flags.creative, budgetMicroUsd: microOf('--budget', flags.budget) },
    ...{ pricing: cpm === undefined ? 'cpc' : 'cpm', rateMicroUsd: microOf('--cpm', rate) },
    ...{ categories: flags.category ?? [], simulated: flags.simulated === true },
    impressionsPerViewerPerDay: whole('--per-viewer', flags.perViewer, { min: 1, max: 1_000 }),
    publisherShareBps: whole('--share', flags.share, { min: 0, max: 95 }) * 100,
    startsAt: whenOf('--start', flags.start, now),
    ...(flags.end === undefined ? {} : { endsAt: whenOf('--end', flags.end, now) }),
  };
  const ack = await ask<Ack>(context, CREATE_CAMPAIGN, { spec });
  if (output.json) {
    printJson(output, ack);
    return;
  }
  output.out(`${ack.id}  ${labelled(name, spec.simulated)}`);
  suggest(output, 'solyx campaign', 'for what is seen of it');
}

const next = ['solyx campaign', 'for all of them'] as const;

async function pause(context: CliContext, _flags: object, id: string): Promise<void> {
  await tell(context, PAUSE_CAMPAIGN, { id, paused: true }, { done: `${id} is paused`, next });
}

async function resume(context: CliContext, _flags: object, id: string): Promise<void> {
  await tell(context, PAUSE_CAMPAIGN, { id, paused: false }, { done: `${id} is shown again`, next });
}

async function end(context: CliContext, flags: { readonly reason?: string }, id: string): Promise<void> {
  await tell(context, END_CAMPAIGN, { id, reason: flags.reason }, { done: `${id} has ended`, next });
}
