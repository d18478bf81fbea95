import type { Command } from 'commander';
import type { Action } from '../action';
import { accepted, acknowledged, type CliContext } from '../cli-context';
import { CORDON, DRAIN, PROCURE, SCHEDULER, UNCORDON } from '../documents';
import { whole } from '../numbers';
import { age, bold, dim, milli, printJson, suggest, table } from '../output';
import type { Result } from '../types';
import type { Ack, Scheduler } from '../types-scheduling';

interface ProcureFlags {
  readonly price: string;
  readonly purchased: string;
  readonly months: string;
  readonly method?: string;
  readonly salvage?: string;
  readonly gpuHours?: string;
  readonly idleWatts?: string;
  readonly maxWatts?: string;
  readonly energy?: string;
}

const FREE_NOW = ['solyx fleet', 'to see what is free now'] as const;

/** What operators say of one node, and of the scheduler. */
export function addNodes(program: Command, action: Action): void {
  program
    .command('drain')
    .description('a node takes no new work; what runs there ends by itself')
    .argument('<node>')
    .option('--leave', 'it leaves the fleet when it is empty')
    .option('--reason <text>', 'why')
    .action(
      action((context, flags: { leave?: boolean; reason?: string }, id: string) =>
        drain(context, id, flags.leave === true, flags.reason),
      ),
    );
  for (const [name, description, document, text] of [
    ['cordon', 'a node takes no new work until it is uncordoned', CORDON, 'takes no new work'],
    ['uncordon', 'a cordoned or drained node takes work again', UNCORDON, 'takes work again'],
  ] as const) {
    program
      .command(name)
      .description(description)
      .argument('<node>')
      .option('--reason <text>', 'why')
      .action(
        action(async (context, flags: { reason?: string }, id: string) => {
          const variables = { id, reason: flags.reason, key: context.key };
          const answer = await context.client.request<Record<string, Result<Ack>>>(document, variables);
          acknowledged(context, accepted(answer[`${name}Node`] as Result<Ack>), `${id} ${text}`, FREE_NOW);
        }),
      );
  }
  addProcure(program, action);
  program
    .command('scheduler')
    .description('which policy decides, since when, by which prices; for operators')
    .action(action(scheduler));
}

function addProcure(program: Command, action: Action): void {
  program
    .command('node')
    .description('one node')
    .command('procure')
    .description('what an owned node was bought for: the base of its price')
    .argument('<node>')
    .requiredOption('--price <money>', 'for the whole node, for example "250000.00 USD"')
    .requiredOption('--purchased <day>', 'for example 2026-01-31')
    .requiredOption('--months <months>', 'of its life')
    .option('--method <method>', 'straight-line or by-use; default: straight-line')
    .option('--salvage <money>', 'what it is worth at the end of its life')
    .option('--gpu-hours <hours>', 'of use in its life, for by-use')
    .option('--idle-watts <watts>', 'of the whole node')
    .option('--max-watts <watts>', 'with all GPUs at work')
    .option('--energy <price>', 'for example "0.12 USD/kWh"')
    .action(action(procure));
}

export async function drain(context: CliContext, id: string, leave: boolean, reason?: string): Promise<void> {
  const variables = { id, leave, reason, key: context.key };
  const answer = await context.client.request<{ drainNode: Result<Ack> }>(DRAIN, variables);
  acknowledged(
    context,
    accepted(answer.drainNode),
    leave ? `${id} leaves when it is empty` : `${id} takes no new work`,
    FREE_NOW,
  );
}

async function procure(context: CliContext, flags: ProcureFlags, id: string): Promise<void> {
  const number = (flag: string, text: string | undefined, max: number): number | undefined =>
    text === undefined ? undefined : whole(flag, text, { min: 0, max });
  const spec = {
    price: flags.price,
    purchased: flags.purchased,
    months: number('--months', flags.months, 600),
    method: flags.method,
    salvage: flags.salvage,
    gpu_hours: number('--gpu-hours', flags.gpuHours, 100_000_000),
    idle_watts: number('--idle-watts', flags.idleWatts, 1_000_000),
    max_watts: number('--max-watts', flags.maxWatts, 1_000_000),
    energy: flags.energy,
  };
  const answer = await context.client.request<{ procureNode: Result<Ack> }>(PROCURE, { id, spec, key: context.key });
  acknowledged(context, accepted(answer.procureNode), `what ${id} was bought for is on record`, FREE_NOW);
}

async function scheduler(context: CliContext): Promise<void> {
  const { output } = context;
  const { scheduler: now } = await context.client.request<{ scheduler: Scheduler }>(SCHEDULER, { at: context.at });
  if (output.json) {
    printJson(output, now);
    return;
  }
  const since = now.policySince === null ? 'the first decision' : `${age(now.policySince, context.now())} ago`;
  output.out(`${bold(output, now.policy)} decides, since ${since}; ${now.running} workloads hold, ${now.waiting} wait`);
  if (now.slices.length === 0)
    output.out('No prices of slices are known yet: they are worked out when work has been seen.');
  else {
    output.out(
      table(
        output,
        [
          { title: 'SLICE', value: (row) => `${milli(row.gpuMilli)} GPU`, align: 'right' },
          { title: 'SHADOW PRICE', value: (row) => `${(row.microGpu / 1_000_000).toFixed(3)} GPU`, align: 'right' },
          { title: 'PART OF THE MIX', value: (row) => `${(row.demandPpm / 10_000).toFixed(1)} %`, align: 'right' },
        ],
        now.slices,
      ),
    );
    output.talk(
      dim(output, `version ${now.pricesVersion}, by ${now.solver ?? '?'}, ${age(now.pricesSince, context.now())} ago`),
    );
  }
  suggest(output, 'solyx replay verify', 'to run every decision again, each with its own policy');
}
