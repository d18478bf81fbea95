import type { Command } from 'commander';
import type { Action } from '../action';
import { accepted, acknowledged, type CliContext } from '../cli-context';
import { QUEUES, REMOVE_QUEUE, SET_QUEUE } from '../documents';
import { CliError } from '../errors';
import { whole } from '../numbers';
import { bold, milli, money, perMille, printJson, suggest, table, yellow } from '../output';
import type { Result } from '../types';
import type { Ack, Queue } from '../types-scheduling';

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
}

const queuesOf = async (context: CliContext): Promise<readonly Queue[]> =>
  (await context.client.request<{ queues: Queue[] }>(QUEUES, { at: context.at })).queues;

/** "12.5 of 100 GPU-h/week". */
function budgetText(budget: Queue['budgets'][number]): string {
  const { period, gpuMilliHours, microUsd, spentGpuMilliHours, spentMicroUsd } = budget;
  return gpuMilliHours === null
    ? `${money(spentMicroUsd)} of ${money(microUsd)}/${period}`
    : `${milli(spentGpuMilliHours)} of ${milli(gpuMilliHours)} GPU-h/${period}`;
}

/** "87.5 GPU-h are left until the week is over". */
function leftText({
  period,
  gpuMilliHours,
  microUsd,
  spentGpuMilliHours,
  spentMicroUsd,
}: Queue['budgets'][number]): string {
  const until = period === 'total' ? '' : ` of this ${period}`;
  if (gpuMilliHours !== null) return `${milli(Math.max(0, gpuMilliHours - spentGpuMilliHours))} GPU-h${until} are left`;
  const left = BigInt(microUsd ?? '0') - BigInt(spentMicroUsd);
  return `${money(String(left < 0n ? 0n : left))}${until} are left`;
}

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
        {
          title: 'FAIR SHARE',
          value: (row) => (row.fairShareMilli === null ? null : perMille(row.fairShareMilli)),
          align: 'right',
        },
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
  const terms =
    queue.cohort === null || queue.fairShareMilli === null
      ? 'was never set: nothing limits it'
      : `in cohort ${queue.cohort}, weight ${queue.weight} (${perMille(queue.fairShareMilli)} of what is shared), priority ${queue.priority}`;
  output.out(`${bold(output, queue.id)} ${terms}; ${queue.running} run, ${queue.waiting} wait`);
  output.out(
    table(
      output,
      [
        { title: '', value: (row) => row.name },
        { title: 'ITS OWN', value: (row) => text(queue.nominal[row.of], row.scale), align: 'right' },
        { title: 'MAY BORROW', value: (row) => text(queue.borrowingLimit[row.of], row.scale), align: 'right' },
        {
          title: 'MAY LEND',
          value: (row) => (queue.lendingLimit[row.of] === null ? 'all' : text(queue.lendingLimit[row.of], row.scale)),
          align: 'right',
        },
        { title: 'USED', value: (row) => text(queue.used[row.of], row.scale), align: 'right' },
        { title: 'BORROWED', value: (row) => text(queue.borrowed[row.of], row.scale), align: 'right' },
        { title: 'LENT', value: (row) => text(queue.lent[row.of], row.scale), align: 'right' },
        { title: 'WAITS FOR', value: (row) => text(queue.wanted[row.of], row.scale), align: 'right' },
      ],
      rows,
    ),
  );
  for (const budget of queue.budgets) output.out(`budget: ${budgetText(budget)}; ${leftText(budget)}`);
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
  acknowledged(context, accepted(answer.setQueue), `${id} is set`, [
    `solyx queue show ${id}`,
    'to see what it may and uses',
  ]);
}

async function remove(context: CliContext, _flags: object, id: string): Promise<void> {
  const answer = await context.client.request<{ removeQueue: Result<Ack> }>(REMOVE_QUEUE, { id, key: context.key });
  acknowledged(context, accepted(answer.removeQueue), `${id} is removed`, ['solyx queue list', 'to see what is left']);
}
