import type { Command } from 'commander';
import type { Action } from '../action';
import { accepted, acknowledged, type CliContext } from '../cli-context';
import { CANCEL_RESERVATION, RESERVATIONS, RESERVE } from '../documents';
import { CliError } from '../errors';
import { whenOf } from '../job-file';
import { whole } from '../numbers';
import { clockTime, labelled, paintPhase, printJson, suggest, table } from '../output';
import type { Result } from '../types';
import type { Ack, Reservation } from '../types-scheduling';

/** Room that is kept. */
export function addReservations(program: Command, action: Action): void {
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
        acknowledged(context, accepted(answer.cancelReservation), `${id} is cancelled`, [
          'solyx reservations',
          'to see what is kept',
        ]);
      }),
    );
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
  if ((flags.end === undefined) === (flags.for === undefined)) {
    throw new CliError('Usage', 'until when?', 'Write --for 2h, or --end 2027-01-31T18:00Z.');
  }
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
  acknowledged(context, ack, ack.id, ['solyx reservations', 'to see what is kept, and until when']);
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
