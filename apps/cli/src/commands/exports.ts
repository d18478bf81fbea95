import type { Command } from 'commander';
import type { Action } from '../action';
import type { CliContext } from '../cli-context';
import { ASSETS, CORRECT_PERIOD, RECONCILE, RECONCILIATIONS, TREE_HEAD, WHAT_IF } from '../documents-money';
import { download } from '../download';
import { EXIT } from '../errors';
import { ask, monthOf, nodesOf, type Ack } from '../money-answers';
import { quantity } from '../numbers';
import { bold, dim, green, labelled, money, printJson, red, suggest, table } from '../output';
import type { Asset, Margin, PageOf, Reconciliation, Rerate, TreeHead } from '../types-money';

const DAY_MS = 86_400_000;
const COUNTS_SHOWN = 20;

/** Money for other tools, other prices, and the books checked. */
export function addExports(program: Command, action: Action): void {
  const exported = program.command('export').description('a month of cost, for other tools');
  const common = (command: Command): Command =>
    command
      .option('--period <month>', '2026-01, last or this', 'this')
      .option('--out <path>', 'file or folder/; - for stdout');
  common(exported.command('focus'))
    .description('FOCUS 1.3: what FinOps tools read')
    .option('--format <format>', 'csv or parquet', 'csv')
    .action(action(focus));
  common(exported.command('chargeback'))
    .description('whose cost it is; what was idle is a line of its own')
    .option('--by <dimension>', 'organization, team, project, user or label', 'project')
    .option('--label <name>', 'which label')
    .option('--format <format>', 'csv or json', 'csv')
    .action(action(chargeback));
  program
    .command('what-if')
    .description('what a past month would have cost under another price book; nothing is posted')
    .requiredOption('--book <book>', 'see `solyx price list`')
    .option('--period <month>', '2026-01, last or this', 'last')
    .option('--organization <id>', 'another’s (operators)')
    .option('--post', 'post the difference as lines that correct the month (operators)')
    .action(action(whatIf));
  program
    .command('margin')
    .description('revenue and cost by where the GPUs come from (operators)')
    .option('--period <month>', 'of one month')
    .action(action(margin));
  program
    .command('reconcile')
    .description('counts a day again from the log alone, and compares (operators)')
    .argument('[day]', '2026-01-31; yesterday where left out')
    .action(action(reconcile));
  program.command('proof').description('the newest signed head of the log').action(action(proof));
}

interface ExportFlags {
  readonly period: string;
  readonly format: string;
  readonly out?: string;
}

async function focus(context: CliContext, flags: ExportFlags): Promise<void> {
  const id = monthOf(flags.period, context.now());
  const wanted = { kind: 'focus', id, query: { format: flags.format }, out: flags.out };
  await download(context, wanted, () => [`solyx usage --period ${id}`, 'for the same in short']);
}

async function chargeback(
  context: CliContext,
  flags: ExportFlags & { readonly by: string; readonly label?: string },
): Promise<void> {
  const id = monthOf(flags.period, context.now());
  const query = { format: flags.format, by: flags.by, label: flags.label };
  const wanted = { kind: 'chargeback', id, query, out: flags.out };
  await download(context, wanted, () => [`solyx bill --period ${id}`, 'for every charge']);
}

const signed = (micro: bigint): string => (micro < 0n ? `-${money(String(-micro))}` : `+${money(String(micro))}`);

interface WhatIfFlags {
  readonly book: string;
  readonly period: string;
  readonly organization?: string;
  readonly post?: boolean;
}

async function whatIf(context: CliContext, flags: WhatIfFlags): Promise<void> {
  const { output } = context;
  const period = monthOf(flags.period, context.now());
  const variables = { organization: flags.organization, period, book: flags.book };
  const result = await ask<Rerate>(context, flags.post === true ? CORRECT_PERIOD : WHAT_IF, variables);
  if (output.json) {
    printJson(output, result);
    return;
  }
  const difference = BigInt(result.reratedMicroUsd) - BigInt(result.postedMicroUsd);
  if (result.lines.length > 0) {
    output.out(
      table(
        output,
        [
          { title: 'PROJECT', value: (row) => row.project },
          { title: 'OF', value: (row) => row.skuId },
          { title: 'QUANTITY', value: (row) => quantity(row.quantity, row.unit), align: 'right' },
          { title: 'POSTED', value: (row) => money(row.postedMicroUsd), align: 'right' },
          { title: 'WOULD BE', value: (row) => money(row.reratedMicroUsd), align: 'right' },
        ],
        result.lines,
      ),
    );
  }
  if (result.linesLeftOut > 0) output.out(dim(output, `and ${result.linesLeftOut} lines more, in the totals`));
  if (result.linesWithoutPrice > 0)
    output.out(`${result.linesWithoutPrice} lines have no price there: they count as posted`);
  const totals = `${money(result.postedMicroUsd)} → ${money(result.reratedMicroUsd)}`;
  output.out(
    `${bold(output, signed(difference))} for ${period} under ${result.priceBookId} (${totals}); ${result.posted ? 'the difference is posted' : 'nothing was posted'}`,
  );
  suggest(output, `solyx price book show ${result.priceBookId}`, 'for its prices');
}

async function margin(context: CliContext, flags: { readonly period?: string }): Promise<void> {
  const { output } = context;
  const month = flags.period === undefined ? undefined : monthOf(flags.period, context.now());
  const variables = { first: 100, month, at: context.at };
  const answer = await context.client.request<{ margin: PageOf<Margin>; assets: PageOf<Asset> }>(ASSETS, variables);
  const [margins, assets] = [nodesOf(answer.margin), nodesOf(answer.assets)];
  if (output.json) {
    printJson(output, { margins, assets });
    return;
  }
  output.out(
    table(
      output,
      [
        { title: 'MONTH', value: (row) => row.month },
        { title: 'SOURCE', value: (row) => labelled(row.source, row.simulated) },
        { title: 'REVENUE', value: (row) => money(row.revenueMicroUsd), align: 'right' },
        { title: 'COST', value: (row) => money(row.costMicroUsd), align: 'right' },
        { title: 'OF IT IDLE', value: (row) => money(row.idleMicroUsd), align: 'right' },
        { title: 'MARGIN', value: (row) => money(row.marginMicroUsd), align: 'right' },
      ],
      margins,
    ),
  );
  const bought = assets.filter(({ bookValueMicroUsd }) => bookValueMicroUsd !== null);
  output.out(`${assets.length} nodes are known to the books, ${bought.length} of them with their purchase`);
  suggest(output, 'solyx node procure NODE --price "250000.00 USD" --purchased 2026-01-31 --months 48', 'to add one');
}

async function reconcile(context: CliContext, _flags: object, wanted?: string): Promise<number> {
  const { output } = context;
  const day = wanted ?? new Date(context.now() - DAY_MS).toISOString().slice(0, 10);
  const { position } = await ask<Ack>(context, RECONCILE, { day });
  const page = await context.client.request<{ reconciliations: PageOf<Reconciliation> }>(RECONCILIATIONS, {
    first: COUNTS_SHOWN,
    at: { position },
  });
  const found = nodesOf(page.reconciliations).find((one) => one.day === day);
  if (output.json) {
    printJson(output, found ?? { day, position });
    return found && found.differing > 0 ? EXIT.failed : EXIT.ok;
  }
  if (!found) {
    output.out(`the count of ${day} is asked for`);
    suggest(output, `solyx reconcile ${day}`, 'for what it found');
    return EXIT.ok;
  }
  const events = found.events.reduce((sum, one) => sum + one.events, 0);
  output.out(`${day}: ${events} events, ${found.views.length} views, imbalance ${money(found.imbalanceMicroUsd)}`);
  for (const { view, key, field, log, shown } of found.differences)
    output.out(red(output, `${view} ${key} ${field}: the log says ${log}, the view ${shown}`));
  output.out(
    found.differing === 0 ? green(output, 'The books are right.') : red(output, `${found.differing} values differ.`),
  );
  suggest(output, 'solyx proof', 'for the signed head of the log');
  return found.differing === 0 ? EXIT.ok : EXIT.failed;
}

async function proof(context: CliContext): Promise<void> {
  const { output } = context;
  const { treeHead } = await context.client.request<{ treeHead: TreeHead | null }>(TREE_HEAD, { at: context.at });
  if (output.json) {
    printJson(output, treeHead);
    return;
  }
  if (treeHead) {
    output.out(`${treeHead.size} events of the log ${treeHead.logId}, signed ${treeHead.at}`);
    output.out(`root ${treeHead.rootHash}`);
    output.out(`key  ${treeHead.publicKey}`);
  } else output.out('No head was signed yet.');
  suggest(output, 'solyx invoice download INVOICE --format proof', 'for what it proves');
}
