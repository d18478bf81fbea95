import type { Command } from 'commander';
import { accepted, type CliContext } from '../cli-context';
import { EVENTS, JOB, JOBS, ON_EVENTS, ON_LOGS, PARKED, RETRY_PARKED, VERIFY } from '../documents';
import { CliError, EXIT } from '../errors';
import { printLogs } from '../follow';
import { dim, green, printJson, red, suggest, table } from '../output';
import { whole } from '../numbers';
import type { Action } from '../action';
import { why } from './why';
import type { Job, LogEvent, LogLine, Result } from '../types';

/** About five minutes, since each request waits for answers. */
const VERIFY_ASKED_MAX = 40;

interface Verification {
  readonly complete: boolean;
  readonly same: boolean;
  readonly decisionsChecked: number;
  readonly decisionsDiffering: number;
  readonly missing: readonly string[];
  readonly views: readonly {
    readonly context: string;
    readonly view: string;
    readonly events: number;
    readonly rows: number;
    readonly liveHash: string;
    readonly rebuiltHash: string;
    readonly same: boolean;
  }[];
}

export function addUnderstand(program: Command, action: Action): void {
  program
    .command('logs')
    .description("a job's output, from its beginning")
    .argument('<job>')
    .option('-f, --follow', 'until the job ends')
    .option('--attempt <number>', 'of one attempt only')
    .action(action(logs));
  program
    .command('why')
    .description('why a job is where it is, or waits; `why route FROM TO` explains a route')
    .argument('<job>', 'a job id, or the word route')
    .argument('[sites...]', 'with route: FROM TO')
    .action(action(why));
  const events = program.command('events').description('the history itself');
  events
    .command('tail')
    .description('the newest events, then each as it happens')
    .option('-n, --last <count>', 'how many past ones first', '10')
    .option(
      '--type <prefix>',
      'only types that begin so, for example cmo.job.',
      (value: string, before: readonly string[] | undefined) => [...(before ?? []), value],
    )
    .option('--no-follow', 'end after the past ones')
    .option('--from <position>', 'resume after this position')
    .action(action(tail));
  addTrust(program, action);
}

/** What proves, and what needs a person. */
function addTrust(program: Command, action: Action): void {
  program
    .command('replay')
    .description('prove that the history leads to the present')
    .argument('<verify>', 'verify')
    .action(
      action((context, _flags: object, what: string) => {
        if (what !== 'verify') throw new CliError('Usage', `replay what? "${what}"`, 'Write `solyx replay verify`.');
        return verify(context);
      }),
    );
  const parked = program.command('parked').description('events that a service could not handle');
  parked.command('ls', { isDefault: true }).description('list them').action(action(listParked));
  parked
    .command('retry')
    .description('deliver them again')
    .argument('<context>', 'drm, cmo, …')
    .argument('[event]', 'one event id; all where left out')
    .action(
      action(async (context, _flags: object, service: string, eventId?: string) => {
        const answer = await context.client.request<{ retryParked: Result<{ id: string }> }>(RETRY_PARKED, {
          context: service,
          eventId,
          key: context.key,
        });
        const ack = accepted(answer.retryParked);
        if (context.output.json) {
          printJson(context.output, ack);
          return;
        }
        context.output.out('asked to deliver again');
      }),
    );
}

async function logs(context: CliContext, flags: { follow?: boolean; attempt?: string }, jobId: string): Promise<void> {
  const { job } = await context.client.request<{ job: Job | null }>(JOB, { id: jobId });
  if (!job) throw new CliError('NotFound', `there is no job ${jobId}`, 'List jobs with `solyx ps --all`.');
  const attempt = flags.attempt === undefined ? undefined : whole('--attempt', flags.attempt, { min: 1, max: 1_000 });
  if (context.output.json) {
    const stream = context.client.subscribe<LogLine>(
      ON_LOGS,
      (last) => ({ id: jobId, after: last?.sequence, attempt }),
      idle(context, flags.follow === true, job),
    );
    for await (const line of stream) context.output.out(JSON.stringify(line));
    return;
  }
  if (job.simulated) context.output.talk(dim(context.output, 'simulated job: its lines are simulated too'));
  await printLogs(context, jobId, idle(context, flags.follow === true, job), attempt);
}

const QUIET_MS = 1_000;

/** Without --follow the output of a running job ends when nothing more is waiting. */
function idle(context: CliContext, follows: boolean, job: Job): AbortSignal {
  const ended = ['Succeeded', 'Failed', 'Cancelled'].includes(job.phase);
  return follows || ended ? context.signal : AbortSignal.any([context.signal, AbortSignal.timeout(QUIET_MS)]);
}

interface EventPage {
  readonly events: { readonly edges: readonly { readonly node: LogEvent }[] };
}

async function tail(
  context: CliContext,
  flags: { last: string; type?: string[]; follow: boolean; from?: string },
): Promise<void> {
  const count = whole('--last', flags.last, { min: 0, max: 100 });
  const show = (event: LogEvent): void => {
    if (context.output.json) context.output.out(JSON.stringify(event));
    else
      context.output.out(
        `${event.position.padStart(10)}  ${dim(context.output, event.at.slice(11, 23))}  ${event.type.padEnd(36)}  ${event.stream}`,
      );
  };
  const page =
    flags.from !== undefined || count === 0
      ? []
      : (
          await context.client.request<EventPage>(EVENTS, {
            first: count,
            types: flags.type,
            newest: true,
            before: await endOfPast(context),
          })
        ).events.edges
          .map(({ node }) => node)
          .reverse();
  page.forEach(show);
  if (!flags.follow || context.at) return;
  let after = flags.from ?? page[page.length - 1]?.position;
  const live = context.client.subscribe<LogEvent>(
    ON_EVENTS,
    (last) => ({ after: last?.position ?? after, types: flags.type }),
    context.signal,
  );
  for await (const event of live) {
    after = event.position;
    show(event);
  }
}

/** Before which position the events asked for lie: a time is what the log held then. */
async function endOfPast(context: CliContext): Promise<string | undefined> {
  if (!context.at) return undefined;
  if (context.at.position !== undefined) return String(BigInt(context.at.position) + 1n);
  const { jobs } = await context.client.request<{ jobs: { position: string } }>(JOBS, { first: 1, at: context.at });
  return String(BigInt(jobs.position) + 1n);
}

/** The gateway waits some seconds for each answer; a long history takes longer, and the same key asked again tells more. */
async function verified(context: CliContext): Promise<Verification> {
  for (let asked = 1; ; asked += 1) {
    const answer = await context.client.request<{ verifyReplay: Result<Verification> }>(VERIFY, { key: context.key });
    const result = accepted<Verification>(answer.verifyReplay);
    if (result.complete || asked >= VERIFY_ASKED_MAX) return result;
    context.output.progress(`waiting for ${result.missing.join(', ')} …`);
  }
}

async function verify(context: CliContext): Promise<number> {
  const { output } = context;
  output.progress('rebuilding every view from event 0, and running every decision again …');
  const result = await verified(context);
  output.progress(undefined);
  const ok = result.complete && result.same && result.decisionsDiffering === 0;
  if (output.json) printJson(output, result);
  else {
    output.out(
      table(
        output,
        [
          { title: 'SERVICE', value: (row) => row.context },
          { title: 'VIEW', value: (row) => row.view },
          { title: 'EVENTS', value: (row) => row.events, align: 'right' },
          { title: 'ROWS', value: (row) => row.rows, align: 'right' },
          { title: 'LIVE', value: (row) => row.liveHash.slice(0, 12) },
          { title: 'REBUILT', value: (row) => row.rebuiltHash.slice(0, 12) },
          {
            title: '',
            value: (row) => (row.same ? 'same' : 'DIFFERENT'),
            paint: (text, row) => (row.same ? green(output, text) : red(output, text)),
          },
        ],
        result.views,
      ),
    );
    output.out(`${result.decisionsChecked} scheduling decisions run again, ${result.decisionsDiffering} differ`);
    if (result.missing.length > 0) output.out(red(output, `no answer from ${result.missing.join(', ')}`));
    output.out(
      ok
        ? green(output, 'The history leads to exactly this state.')
        : red(output, 'The history does not lead to this state.'),
    );
    suggest(output, ok ? 'solyx events tail' : 'solyx doctor', ok ? 'to watch it grow' : 'to find what is wrong');
  }
  return ok ? EXIT.ok : EXIT.failed;
}

async function listParked(context: CliContext): Promise<void> {
  const { output } = context;
  const { parked } = await context.client.request<{
    parked: {
      context: string;
      consumer: string;
      eventId: string;
      eventType: string;
      code: string;
      message: string;
      attempts: number;
    }[];
  }>(PARKED);
  if (output.json) {
    printJson(output, parked);
    return;
  }
  if (parked.length === 0) {
    output.out('Nothing is parked.');
    return;
  }
  output.out(
    table(
      output,
      [
        { title: 'SERVICE', value: (row) => row.context },
        { title: 'EVENT', value: (row) => row.eventId },
        { title: 'TYPE', value: (row) => row.eventType },
        { title: 'CODE', value: (row) => row.code, paint: (text) => red(output, text) },
        { title: 'MESSAGE', value: (row) => row.message },
      ],
      parked,
    ),
  );
  suggest(output, `solyx parked retry ${parked[0]?.context ?? 'drm'}`, 'once the cause is mended');
}
