import type { Command } from 'commander';
import { accepted, type CliContext } from '../cli-context';
import { CANCEL, CHARGES, JOB, JOBS, PLAN, SCHEMA, SUBMIT } from '../documents';
import { CliError, EXIT } from '../errors';
import { follow } from '../follow';
import { readJobFile, specFromFlags, type RunFlags } from '../job-file';
import { whole } from '../numbers';
import { age, bold, dim, green, labelled, money, paintPhase, printJson, suggest, table, yellow } from '../output';
import type { Action } from '../action';
import type { Job, Plan, Result } from '../types';

type JobAck = { readonly job: Job; readonly position: string };

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** The flags that `run` and `plan` share. */
const withJobFlags = (command: Command): Command =>
  command
    .option('--name <name>', 'DNS label; default: the command')
    .option('--project <project>', 'what the cost is attributed to')
    .option('--gpu <gpus>', 'count, MODEL:count, or 0.25xMODEL; 0 for none', '0')
    .option('--cpu <cores>', 'CPU cores')
    .option('--memory <size>', 'memory, for example 4GiB')
    .option('--nodes <count>', 'nodes of a gang, all or none')
    .option('--simulated', 'run on simulated nodes (labelled; nothing real runs)')
    .option('--duration <time>', 'how long a simulated job lasts, for example 30s')
    .option('--source <source>', 'owned, leased or shared; repeat for more', collect)
    .option('--budget <money>', 'hard limit, for example "2.00 USD"')
    .option('--max-price <price>', 'per GPU-hour, for example "2.50 USD"')
    .option('--max-runtime <time>', 'per attempt, for example 30m')
    .option('--priority <0-100>', 'higher goes first; 50 is usual')
    .option('--env <NAME=value>', 'environment; repeat for more', collect)
    .option('--workdir <path>', 'folder to run in; default: this one');

export function addWork(program: Command, action: Action): void {
  withJobFlags(program.command('run'))
    .description('run a command as a job, stream its output, print its charge')
    .argument('<command...>', 'the command, after --')
    .option('-d, --detach', 'do not wait for it')
    .action(
      action((context, flags: RunFlags & { detach?: boolean }, command: string[]) => run(context, command, flags)),
    );
  program
    .command('apply')
    .description('submit a job file')
    .requiredOption('-f, --file <path>', 'YAML or JSON; - reads standard input')
    .option('--wait', 'stream its output until it ends')
    .action(
      action(async (context, flags: { file: string; wait?: boolean }) => {
        const spec = await readJobFile(flags.file);
        await submit(context, spec, flags.wait !== true);
      }),
    );
  withJobFlags(program.command('plan'))
    .description('what would happen now, and at what price; reserves nothing')
    .argument('[command...]', 'the command, after --')
    .option('-f, --file <path>', 'a job file instead of flags')
    .action(action((context, flags: RunFlags & { file?: string }, command: string[]) => plan(context, command, flags)));
  addJobs(program, action);
}

/** What reads or ends jobs that exist. */
function addJobs(program: Command, action: Action): void {
  program
    .command('ps')
    .description('jobs, newest first')
    .option('-n, --first <count>', 'how many', '20')
    .option('--phase <phase>', 'Queued, Running, Succeeded, …')
    .option('--project <project>', 'of one project')
    .option('-a, --all', 'ended ones too, up to 100')
    .action(action(ps));
  program
    .command('job')
    .description('one job, whole')
    .argument('<job>')
    .action(
      action(async (context, _flags: object, id: string) => {
        const { job } = await context.client.request<{ job: Job | null }>(JOB, { id, at: context.at });
        if (!job) throw new CliError('NotFound', `there is no job ${id}`, 'List jobs with `solyx ps --all`.');
        printJson(context.output, job);
      }),
    );
  addStop(program, action);
}

function addStop(program: Command, action: Action): void {
  program
    .command('stop')
    .description('end a job: SIGTERM, then SIGKILL after its grace')
    .argument('<job>')
    .option('--reason <text>', 'why')
    .action(
      action(async (context, flags: { reason?: string }, id: string) => {
        const answer = await context.client.request<{ cancelJob: Result<JobAck> }>(CANCEL, {
          id,
          reason: flags.reason,
          key: context.key,
        });
        const { job } = accepted<JobAck>(answer.cancelJob);
        if (context.output.json) {
          printJson(context.output, answer.cancelJob);
          return;
        }
        context.output.out(`${job.id}  ${paintPhase(context.output, job.phase)}  asked to end`);
        suggest(context.output, `solyx ps`, 'to see it end');
      }),
    );
  program
    .command('schema')
    .description('the JSON Schema of a job file, for editors')
    .action(
      action(async (context) => {
        const { jobSchema } = await context.client.request<{ jobSchema: unknown }>(SCHEMA);
        printJson(context.output, jobSchema);
      }),
    );
}

async function run(
  context: CliContext,
  command: readonly string[],
  flags: RunFlags & { detach?: boolean },
): Promise<number> {
  return submit(context, specFromFlags(command, flags), flags.detach === true);
}

async function submit(context: CliContext, spec: Record<string, unknown>, detach: boolean): Promise<number> {
  const { output } = context;
  output.progress('submitting …');
  const answer = await context.client.request<{ submitJob: Result<JobAck> }>(SUBMIT, { spec, key: context.key });
  const { job, position } = accepted<JobAck>(answer.submitJob);
  if (detach) {
    if (output.json) printJson(output, { job, position });
    else {
      output.out(`${job.id}  ${paintPhase(output, job.phase)}  ${labelled(job.name, job.simulated)}`);
      suggest(output, `solyx logs -f ${job.id}`, 'to follow it');
    }
    return EXIT.ok;
  }
  output.talk(dim(output, `${job.id} ${labelled(job.name, job.simulated)}, at position ${position}`));
  const end = await follow(context, job.id);
  if (output.json) {
    const { job: ended } = await context.client.request<{ job: Job }>(JOB, { id: job.id });
    const charges = await context.client.request<{ charges: unknown }>(CHARGES, { first: 20, job: job.id });
    printJson(output, { job: ended, charges: charges.charges });
    return end.exitCode;
  }
  const cost =
    end.chargedMicroUsd === undefined ? dim(output, 'no charge') : `charge ${bold(output, money(end.chargedMicroUsd))}`;
  const { reason, message, simulated } = end.job;
  const why = end.phase !== 'Succeeded' && reason !== null && reason !== end.phase ? ` (${reason})` : '';
  output.talk(`${paintPhase(output, end.phase)}${why}  ${cost}${simulated ? yellow(output, '  simulated') : ''}`);
  if (end.phase === 'Failed' && message) output.talk(dim(output, message));
  if (end.chargedMicroUsd === undefined) suggest(output, `solyx why ${job.id}`, 'to see what happened');
  else suggest(output, `solyx bill --job ${job.id}`, 'to see every line and the events that prove it');
  return end.exitCode;
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
  output.out(
    `${money(result.priceMicroUsdPerHour)} per hour, at most ${money(result.maximumMicroUsd)} for its maximum runtime`,
  );
  suggest(output, `solyx run … -- ${command.join(' ') || 'COMMAND'}`, 'to run it');
}

/** What the phase does not say already. */
const whyOf = ({ phase, reason, sentence }: Job): string =>
  (phase === 'Queued' ? sentence : reason === phase ? null : reason) ?? '';

async function ps(
  context: CliContext,
  flags: { first: string; phase?: string; project?: string; all?: boolean },
): Promise<void> {
  const { output } = context;
  const first = whole('--first', flags.first, { min: 1, max: 100 });
  const answer = await context.client.request<{
    jobs: { edges: { node: Job }[]; pageInfo: { hasNextPage: boolean }; position: string };
  }>(JOBS, {
    first: flags.all === true ? 100 : first,
    phase: flags.phase,
    project: flags.project,
    at: context.at,
  });
  const jobs = answer.jobs.edges.map(({ node }) => node);
  if (output.json) {
    printJson(output, { jobs, position: answer.jobs.position, hasNextPage: answer.jobs.pageInfo.hasNextPage });
    return;
  }
  if (jobs.length === 0) {
    output.out(context.at ? 'No jobs then.' : 'No jobs yet.');
    suggest(output, 'solyx run --gpu 0 -- node -e "console.log(6*7)"', 'to run the first one');
    return;
  }
  output.out(jobTable(context, jobs));
  const waiting = jobs.find(({ phase }) => phase === 'Queued');
  suggest(
    output,
    `solyx why ${(waiting ?? jobs[0])?.id ?? 'JOB'}`,
    waiting ? 'it waits; this says for what' : 'why it ran where it ran',
  );
}

function jobTable(context: CliContext, jobs: readonly Job[]): string {
  const { output } = context;
  return table(
    output,
    [
      { title: 'JOB', value: (job) => job.id },
      { title: 'NAME', value: (job) => job.name },
      { title: 'PHASE', value: (job) => job.phase, paint: (text, job) => paintPhase(output, job.phase, text) },
      {
        title: 'GPU',
        value: (job) =>
          job.gpus === 0 ? '–' : `${job.gpus * job.nodes}${job.gpuModel === null ? '' : `×${job.gpuModel}`}`,
      },
      {
        title: 'ON',
        value: (job) =>
          [...new Set(job.shares.map((share) => labelled(share.source, share.simulated)))].join(', ') || '–',
      },
      { title: 'AGE', value: (job) => age(job.queuedAt, context.now()), align: 'right' },
      { title: 'RAN', value: (job) => age(job.startedAt, context.now(), job.endedAt), align: 'right' },
      { title: 'COST', value: (job) => money(job.chargedMicroUsd), align: 'right' },
      { title: 'WHY', value: (job) => whyOf(job) },
    ],
    jobs,
  );
}
