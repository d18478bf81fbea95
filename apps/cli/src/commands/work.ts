import type { Command } from 'commander';
import { accepted, type CliContext } from '../cli-context';
import { CANCEL, CHARGES, JOB, JOBS, SCHEMA, SUBMIT } from '../documents';
import { CliError, EXIT } from '../errors';
import { follow } from '../follow';
import { readJobFile, specFromFlags, type RunFlags } from '../job-file';
import { withJobFlags } from '../job-flags';
import { whole } from '../numbers';
import { age, bold, dim, labelled, money, paintPhase, printJson, suggest, table, yellow } from '../output';
import type { Action } from '../action';
import type { Job, Result } from '../types';

type JobAck = { readonly job: Job; readonly position: string };

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
