import type { Command } from 'commander';
import type { Action } from '../action';
import { accepted, type CliContext } from '../cli-context';
import { ETA, PLAN } from '../documents';
import { CliError } from '../errors';
import { readJobFile, specFromFlags, type RunFlags } from '../job-file';
import { withJobFlags } from '../job-flags';
import { clockTime, dim, green, labelled, money, printJson, suggest, table, yellow, type Output } from '../output';
import type { Plan, Result } from '../types';
import type { Eta, StartInterval } from '../types-scheduling';

/** What would happen, and when. */
export function addOutlook(program: Command, action: Action): void {
  withJobFlags(program.command('plan'))
    .description('what would happen now, and at what price; reserves nothing')
    .argument('[command...]', 'the command, after --')
    .option('-f, --file <path>', 'a job file instead of flags')
    .action(action((context, flags: RunFlags & { file?: string }, command: string[]) => plan(context, command, flags)));
  program
    .command('eta')
    .description('when a job starts and ends: an interval, and how often such intervals were right')
    .argument('[job]', 'a job that waits or runs')
    .option('-f, --file <path>', 'a job file that is not submitted')
    .action(action(eta));
}

async function plan(
  context: CliContext,
  command: readonly string[],
  flags: RunFlags & { file?: string },
): Promise<void> {
  const { output } = context;
  const spec =
    flags.file === undefined
      ? specFromFlags(command.length > 0 ? command : ['true'], flags)
      : await readJobFile(flags.file);
  const answer = await context.client.request<{ plan: Result<Plan> }>(PLAN, { spec, key: context.key });
  const result = accepted<Plan>(answer.plan);
  if (output.json) {
    printJson(output, result);
    return;
  }
  output.out((result.feasible && !result.waits ? green : yellow)(output, result.sentence));
  if (result.candidates.length > 0) {
    output.out(
      table(
        output,
        [
          { title: 'NODE', value: (row) => row.nodeId },
          { title: 'SOURCE', value: (row) => labelled(row.source, row.simulated) },
          { title: 'SCORE', value: (row) => row.score, align: 'right' },
          { title: 'PRICE/H', value: (row) => money(row.priceMicroUsdPerHour), align: 'right' },
          { title: 'VERDICT', value: (row) => (row.reason === null ? row.verdict : `${row.verdict}: ${row.reason}`) },
        ],
        result.candidates,
      ),
    );
  }
  for (const offer of result.leaseOffers) {
    output.out(
      `would lease ${labelled(offer.provider, offer.simulated)} ${offer.gpusPerNode}×${offer.gpuModel} at ${money(offer.priceMicroUsdPerHour)}/h, up in ${offer.bootSeconds} s`,
    );
  }
  for (const wait of result.reasons)
    output.out(`${wait.count}× ${wait.reason}: ${wait.message} ${dim(output, wait.hint)}`);
  tellOutlook(context, result);
  output.out(
    `${money(result.priceMicroUsdPerHour)} per hour, at most ${money(result.maximumMicroUsd)} for its maximum runtime`,
  );
  suggest(output, `solyx run … -- ${command.join(' ') || 'COMMAND'}`, 'to run it');
}

/** What each way would cost us, and, where it waits, until when and for what. */
function tellOutlook(context: CliContext, result: Plan): void {
  const { output } = context;
  const ways = alternativesTable(output, result);
  if (ways !== undefined) output.out(ways);
  if (result.start && result.waits) output.out(`starts ${between(result.start, context.now())}`);
  if (result.bindingLimit !== null && (result.waits || !result.feasible))
    output.out(`the first limit that it meets: ${result.bindingLimit}`);
}

/** Owned, leased and shared in one currency. */
function alternativesTable(output: Output, { alternatives }: Plan): string | undefined {
  if (alternatives.length === 0) return undefined;
  return table(
    output,
    [
      { title: 'WAY', value: (row) => labelled(row.source, row.kind === 'simulated') },
      { title: 'PROVIDER', value: (row) => row.provider },
      { title: 'ON', value: (row) => row.candidateId },
      { title: 'STATE', value: (row) => row.state },
      { title: 'COSTS US/H', value: (row) => money(row.costMicroUsdPerHour), align: 'right' },
      { title: 'PRICE/H', value: (row) => money(row.priceMicroUsdPerHour), align: 'right' },
    ],
    alternatives,
  );
}

/** "about 14:05, between 14:02 and 14:30 UTC in 8 of 10 cases". */
function between({ p10At, p50At, p90At }: StartInterval, now: number): string {
  const [from, likely, to] = [p10At, p50At, p90At].map((iso) => clockTime(iso, now));
  return `about ${likely}, between ${from} and ${to} UTC in 8 of 10 cases`;
}

async function eta(context: CliContext, flags: { file?: string }, job?: string): Promise<void> {
  if ((job === undefined) === (flags.file === undefined)) {
    throw new CliError('Usage', 'eta of what?', 'Write `solyx eta JOB`, or `solyx eta -f job.yaml`.');
  }
  const { output } = context;
  const spec = flags.file === undefined ? undefined : await readJobFile(flags.file);
  const answer = await context.client.request<{ eta: Result<Eta> }>(ETA, { job, spec, key: context.key });
  const result = accepted<Eta>(answer.eta);
  if (output.json) {
    printJson(output, result);
    return;
  }
  output.out(result.sentence + (result.simulated ? yellow(output, '  simulated') : ''));
  suggest(
    output,
    job === undefined ? `solyx apply -f ${flags.file ?? ''}` : `solyx why ${job}`,
    job === undefined ? 'to submit it' : 'to see what it waits for',
  );
}
