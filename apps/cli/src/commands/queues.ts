import type { Command } from 'commander';
import type { Action } from '../action';
import { accepted, type CliContext } from '../cli-context';
import { CANCEL_RESERVATION, QUEUES, REMOVE_QUEUE, RESERVATIONS, RESERVE, SET_QUEUE } from '../documents';
import { CliError } from '../errors';
import { whenOf } from '../job-file';
import { whole } from '../numbers';
import {
  bold,
  clockTime,
  labelled,
  milli,
  money,
  paintPhase,
  perMille,
  printJson,
  suggest,
  table,
  yellow,
} from '../output';
import type { Result } from '../types';
import type { Ack, Queue, Reservation } from '../types-scheduling';

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

interface QueueFlags {
  readonly gpu?: string;
  readonly cpu?: string;
  readonly memory?: string;
  readonly cohort?: string;
  readonly borrow?: string;
  readonly lend?: string;
  readonly weight?: string;
  readonly priority?: string;
  readonly budget?: readonly string[];
}

export function addQueues(program: Command, action: Action): void {
  const queue = program.command('queue').description('quotas: what each queue may, uses, borrows and lends');
  queue.command('list', { isDefault: true }).description('every queue of your organization').action(action(list));
  queue.command('show').description('one queue, whole').argument('<queue>').action(action(show));
  queue
    .command('set')
    .description('make a queue, or change it; it is as said last, whole')
    .argument('<queue>', 'lower-case letters, digits and dashes')
    .option('--gpu <count>', 'GPUs that are its own')
    .option('--cpu <cores>', 'cores that are its own; not limited where left out')
    .option('--memory <size>', 'memory that is its own, for example 512GiB; not limited where left out')
    .option('--cohort <cohort>', 'queues of one cohort lend each other what they do not use; default: main')
    .option('--borrow <gpus>', 'at most so many GPUs beyond its own; not limited where left out')
    .option('--lend <gpus>', 'at most so many of its own GPUs to others; all where left out')
    .option('--weight <1-10000>', 'its part of what is shared; 100 is usual')
    .option('--priority <0-100>', 'among queues of equal share the higher goes first; 50 is usual')
    .option('--budget <amount/period>', '"100 GPU-h/week" or "500.00 USD/month"; repeat for more', collect)
    .action(action(set));
  queue
    .command('remove')
    .description('end a queue; jobs that name it wait until it is set again')
    .argument('<queue>')
    .action(action(remove));
  addReservations(program, action);
}

function addReservations(program: Command, action: Action): void {
  program
    .command('reserve')
    .description('keep room from an instant to another')
    .option('--name <name>', 'a DNS label')
    .requiredOption('--gpu <gpus>', 'on each node: count or MODEL:count')
    .option('--cpu <cores>', 'on each node')
    .option('--memory <size>', 'on each node')
    .option('--nodes <count>', 'how many nodes', '1')
    .option('--queue <queue>', 'only jobs of this queue may use it; default: all of your organization')
    .option('--start <when>', '2h from now, or 2027-01-31T18:00Z; default: now')
    .option('--end <when>', 'an instant, in place of --for')
    .option('--for <time>', 'how long, for example 2h')
    .option('--simulated', 'on simulated nodes')
    .action(action(reserve));
  program.command('reservations').description('room that is kept, newest first').action(action(reservations));
  const reservation = program.command('reservation').description('one reservation');
  reservation
    .command('cancel')
    .description('end it now, or let it never begin')
    .argument('<reservation>')
    .option('--reason <text>', 'why')
    .action(
      action(async (context, flags: { reason?: string }, id: string) => {
        const variables = { id, reason: flags.reason, key: context.key };
        const answer = await context.client.request<{ cancelReservation: Result<Ack> }>(CANCEL_RESERVATION, variables);
        done(context, accepted(answer.cancelReservation), `${id} is cancelled`, [
          'solyx reservations',
          'to see what is kept',
        ]);
      }),
    );
}

function done(context: CliContext, ack: Ack, text: string, [next, why]: readonly [string, string]): void {
  if (context.output.json) {
    printJson(context.output, ack);
    return;
  }
  context.output.out(text);
  suggest(context.output, next, why);
}

const queuesOf = async (context: CliContext): Promise<readonly Queue[]> =>
  (await context.client.request<{ queues: Queue[] }>(QUEUES, { at: context.at })).queues;

/** "80 of 100 GPU-h a week"; what is spent of it only where that is known. */
const budgetText = ({ period, gpuMilliHours, microUsd }: Queue['budgets'][number]): string =>
  `${gpuMilliHours === null ? money(microUsd) : `${milli(gpuMilliHours)} GPU-h`}/${period}`;

async function list(context: CliContext): Promise<void> {
  const { output } = context;
  const queues = await queuesOf(context);
  if (output.json) {
    printJson(output, queues);
    return;
  }
  output.out(
    table(
      output,
      [
        { title: 'QUEUE', value: (row) => row.id },
        { title: 'COHORT', value: (row) => row.cohort },
        { title: 'GPUS', value: (row) => milli(row.nominal.gpuMilli), align: 'right' },
        { title: 'USED', value: (row) => milli(row.used.gpuMilli), align: 'right' },
        {
          title: 'BORROWED',
          value: (row) => milli(row.borrowed.gpuMilli),
          align: 'right',
          paint: (text, row) => ((row.borrowed.gpuMilli ?? 0) > 0 ? yellow(output, text) : text),
        },
        { title: 'LENT', value: (row) => milli(row.lent.gpuMilli), align: 'right' },
        { title: 'FAIR SHARE', value: (row) => perMille(row.fairShareMilli), align: 'right' },
        { title: 'SHARE', value: (row) => perMille(row.dominantShareMilli), align: 'right' },
        { title: 'RUN', value: (row) => row.running, align: 'right' },
        { title: 'WAIT', value: (row) => row.waiting, align: 'right' },
        { title: 'BUDGETS', value: (row) => row.budgets.map(budgetText).join(', ') || '–' },
      ],
      queues,
    ),
  );
  if (queues.length > 1) suggest(output, `solyx queue show ${queues[1]?.id ?? ''}`, 'for cores, memory and limits');
  else suggest(output, 'solyx queue set research --gpu 8', 'to give some of your jobs a quota of their own');
}

async function show(context: CliContext, _flags: object, id: string): Promise<void> {
  const { output } = context;
  const queue = (await queuesOf(context)).find((one) => one.id === id);
  if (!queue) throw new CliError('NotFound', `there is no queue ${id}`, 'List queues with `solyx queue list`.');
  if (output.json) {
    printJson(output, queue);
    return;
  }
  const rows = [
    { name: 'GPU', of: 'gpuMilli', scale: 1000 },
    { name: 'cores', of: 'cpuMilli', scale: 1000 },
    { name: 'memory GiB', of: 'memoryMiB', scale: 1024 },
  ] as const;
  const text = (amount: number | null, scale: number): string =>
    amount === null ? '∞' : String(Math.round((amount / scale) * 1000) / 1000);
  output.out(
    `${bold(output, queue.id)} in cohort ${queue.cohort}, weight ${queue.weight} (${perMille(queue.fairShareMilli)} of what is shared), priority ${queue.priority}; ${queue.running} run, ${queue.waiting} wait${queue.isSet ? '' : '; it was never set, so nothing limits it'}`,
  );
  output.out(
    table(
      output,
      [
        { title: '', value: (row) => row.name },
        { title: 'ITS OWN', value: (row) => text(queue.nominal[row.of], row.scale), align: 'right' },
        { title: 'MAY BORROW', value: (row) => text(queue.borrowingLimit[row.of], row.scale), align: 'right' },
        { title: 'MAY LEND', value: (row) => text(queue.lendingLimit[row.of], row.scale), align: 'right' },
        { title: 'USED', value: (row) => text(queue.used[row.of], row.scale), align: 'right' },
        { title: 'BORROWED', value: (row) => text(queue.borrowed[row.of], row.scale), align: 'right' },
        { title: 'LENT', value: (row) => text(queue.lent[row.of], row.scale), align: 'right' },
        { title: 'WAITS FOR', value: (row) => text(queue.wanted[row.of], row.scale), align: 'right' },
      ],
      rows,
    ),
  );
  for (const budget of queue.budgets) output.out(`budget ${budgetText(budget)}`);
  suggest(output, `solyx run --queue ${queue.id} --gpu 1 -- COMMAND`, 'to use it');
}

async function set(context: CliContext, flags: QueueFlags, id: string): Promise<void> {
  const given = (entries: Readonly<Record<string, unknown>>): Record<string, unknown> | undefined => {
    const kept = Object.entries(entries).filter(([, value]) => value !== undefined);
    return kept.length > 0 ? Object.fromEntries(kept) : undefined;
  };
  const spec = given({
    cohort: flags.cohort,
    nominal: given({ gpu: flags.gpu, cpu: flags.cpu, memory: flags.memory }),
    borrowing: given({ gpu: flags.borrow }),
    lending: given({ gpu: flags.lend }),
    weight: flags.weight === undefined ? undefined : whole('--weight', flags.weight, { min: 1, max: 10_000 }),
    priority: flags.priority === undefined ? undefined : whole('--priority', flags.priority, { min: 0, max: 100 }),
    budgets: flags.budget,
  });
  const variables = { id, spec: spec ?? {}, key: context.key };
  const answer = await context.client.request<{ setQueue: Result<Ack> }>(SET_QUEUE, variables);
  done(context, accepted(answer.setQueue), `${id} is set`, [`solyx queue show ${id}`, 'to see what it may and uses']);
}

async function remove(context: CliContext, _flags: object, id: string): Promise<void> {
  const answer = await context.client.request<{ removeQueue: Result<Ack> }>(REMOVE_QUEUE, { id, key: context.key });
  done(context, accepted(answer.removeQueue), `${id} is removed`, ['solyx queue list', 'to see what is left']);
}

interface ReserveFlags {
  readonly name?: string;
  readonly gpu: string;
  readonly cpu?: string;
  readonly memory?: string;
  readonly nodes: string;
  readonly queue?: string;
  readonly start?: string;
  readonly end?: string;
  readonly for?: string;
  readonly simulated?: boolean;
}

async function reserve(context: CliContext, flags: ReserveFlags): Promise<void> {
  const spec = {
    name: flags.name,
    queue: flags.queue,
    resources: { gpu: flags.gpu, cpu: flags.cpu, memory: flags.memory },
    nodes: whole('--nodes', flags.nodes, { min: 1, max: 64 }),
    placement: flags.simulated === true ? { simulated: true } : undefined,
    start: flags.start === undefined ? undefined : whenOf('--start', flags.start, context.now()),
    end: flags.end === undefined ? undefined : whenOf('--end', flags.end, context.now()),
    duration: flags.for,
  };
  const answer = await context.client.request<{ reserve: Result<Ack> }>(RESERVE, { spec, key: context.key });
  const ack = accepted<Ack>(answer.reserve);
  done(context, ack, ack.id, ['solyx reservations', 'to see what is kept, and until when']);
}

async function reservations(context: CliContext): Promise<void> {
  const { output } = context;
  const { reservations: rows } = await context.client.request<{ reservations: Reservation[] }>(RESERVATIONS, {
    at: context.at,
  });
  if (output.json) {
    printJson(output, rows);
    return;
  }
  if (rows.length === 0) {
    output.out('Nothing is reserved.');
    suggest(output, 'solyx reserve --gpu 8 --start 2h --for 4h --simulated', 'to keep room');
    return;
  }
  output.out(
    table(
      output,
      [
        { title: 'RESERVATION', value: (row) => row.id },
        { title: 'NAME', value: (row) => labelled(row.name, row.simulated) },
        { title: 'PHASE', value: (row) => row.phase, paint: (text, row) => paintPhase(output, row.phase, text) },
        { title: 'QUEUE', value: (row) => row.queue ?? 'all' },
        {
          title: 'ROOM',
          value: (row) => `${row.nodes} × ${row.gpusPerNode}${row.gpuModel === null ? ' GPU' : `×${row.gpuModel}`}`,
        },
        { title: 'FROM (UTC)', value: (row) => clockTime(row.startsAt, context.now()) },
        { title: 'TO (UTC)', value: (row) => clockTime(row.endsAt, context.now()) },
      ],
      rows,
    ),
  );
  const open = rows.find(({ phase }) => phase === 'Upcoming' || phase === 'Active');
  suggest(
    output,
    open ? `solyx reservation cancel ${open.id}` : 'solyx reserve --gpu 8 --for 2h',
    open ? 'to give its room back' : 'to keep room',
  );
}
