import type { Command } from 'commander';
import { accepted, type CliContext } from '../cli-context';
import { DOCTOR, FLEET, MEASURE_FLEET, OFFERS, TOKEN } from '../documents';
import { EXIT } from '../errors';
import {
  age,
  bold,
  dim,
  green,
  labelled,
  money,
  paintPhase,
  printJson,
  red,
  suggest,
  table,
  yellow,
  type Output,
} from '../output';
import { joinThisMachine } from '../join';
import { whole } from '../numbers';
import type { Action } from '../action';
import { drain } from './nodes';
import type { Fleet, FleetNode, Offer, Result } from '../types';
import type { FleetFigures } from '../types-scheduling';

export function addFleet(program: Command, action: Action): void {
  program.command('fleet').description('nodes, leases, and what is free').action(action(fleet));
  program.command('offers').description('GPUs that could be leased now, cheapest first').action(action(offers));
  const agent = program.command('agent').description('machines of your own');
  agent
    .command('token')
    .description('a one-time token with which a machine joins')
    .option('--minutes <minutes>', 'until it expires', '15')
    .action(action(token));
  agent
    .command('join')
    .description('make this machine part of the fleet; stays in the foreground')
    .argument('<url>', 'of the gateway')
    .argument('<token>', 'from `solyx agent token`')
    .option('--data <folder>', 'where the agent keeps its state')
    .option('--site <site>', 'where this machine stands')
    .action(joinThisMachine);
  for (const [name, leave, description] of [
    ['drain', false, 'a node takes no new work; what runs there ends by itself'],
    ['leave', true, 'a node takes no new work and leaves when it is empty'],
  ] as const) {
    agent
      .command(name)
      .description(description)
      .argument('<node>')
      .option('--reason <text>', 'why')
      .action(action((context, flags: { reason?: string }, id: string) => drain(context, id, leave, flags.reason)));
  }
  program.command('doctor').description('what runs, what is real, what is simulated').action(action(doctor));
}

/** What nobody can use of what is free: worked out by the scheduler, for now only; left out where it does not answer. */
async function figuresOf(context: CliContext): Promise<FleetFigures | undefined> {
  if (context.at !== undefined) return undefined;
  const { measureFleet } = await context.client.request<{ measureFleet: Result<FleetFigures> }>(MEASURE_FLEET, {
    key: context.key,
  });
  return measureFleet.__typename === 'FleetFigures' ? measureFleet : undefined;
}

async function fleet(context: CliContext): Promise<void> {
  const { output } = context;
  const [{ fleet: now }, figures] = await Promise.all([
    context.client.request<{ fleet: Fleet }>(FLEET, { at: context.at }),
    figuresOf(context),
  ]);
  if (output.json) {
    printJson(output, { ...now, figures: figures ?? null });
    return;
  }
  output.out(nodeTable(output, now, figures));
  if (now.leases.length > 0) output.out(`\n${leaseTable(context, now)}`);
  output.out('');
  output.out(
    `${bold(output, String(now.gpuMilliFree / 1000))} of ${now.gpuMilliTotal / 1000} GPUs free; ${now.realGpus} real, ${yellow(output, `${now.simulatedGpus} simulated`)}; ${now.queued} jobs wait`,
  );
  if (figures !== undefined) output.out(figures.sentence);
  suggest(output, 'solyx offers', 'to see what could be leased');
}

function nodeTable(output: Output, now: Fleet, figures: FleetFigures | undefined): string {
  const worst = new Map(figures?.worst.map((row) => [row.nodeId, row]));
  const gpus = (node: FleetNode, of: 'gpuMilliFragmented' | 'gpuMilliWithoutCpu' | 'gpuMilliWithoutMemory'): number =>
    (worst.get(node.id)?.[of] ?? 0) / 1000;
  const part = (value: number): number | string => (value === 0 ? '–' : Math.round(value * 1000) / 1000);
  return table(
    output,
    [
      { title: 'NODE', value: (node) => node.id },
      { title: 'PHASE', value: (node) => node.phase, paint: (text, node) => paintPhase(output, node.phase, text) },
      { title: 'SOURCE', value: (node) => labelled(node.source, node.simulated) },
      { title: 'PROVIDER', value: (node) => node.provider },
      { title: 'SITE', value: (node) => node.site },
      {
        title: 'GPU',
        value: (node) => (node.gpuMilliTotal === 0 ? 'CPU only' : `${node.gpuMilliTotal / 1000}×${node.gpuModel}`),
      },
      { title: 'FREE', value: (node) => node.gpuMilliFree / 1000, align: 'right' },
      ...(figures === undefined
        ? []
        : [
            {
              title: 'FRAGMENTED',
              value: (node: FleetNode) => part(gpus(node, 'gpuMilliFragmented')),
              align: 'right' as const,
            },
            {
              title: 'STRANDED',
              value: (node: FleetNode) =>
                part(Math.max(gpus(node, 'gpuMilliWithoutCpu'), gpus(node, 'gpuMilliWithoutMemory'))),
              align: 'right' as const,
            },
          ]),
      {
        title: 'CORES FREE',
        value: (node) => `${node.cpuMilliFree / 1000}/${node.cpuMilliTotal / 1000}`,
        align: 'right',
      },
      { title: 'JOBS', value: (node) => node.jobs.length || '–', align: 'right' },
    ],
    now.nodes,
  );
}

function leaseTable(context: CliContext, now: Fleet): string {
  const { output } = context;
  return table(
    output,
    [
      { title: 'LEASE', value: (lease) => lease.id },
      {
        title: 'PHASE',
        value: (lease) => lease.phase,
        paint: (text, lease) => paintPhase(output, lease.phase, text),
      },
      { title: 'PROVIDER', value: (lease) => labelled(lease.provider, lease.simulated) },
      { title: 'GPU', value: (lease) => lease.gpuModel },
      { title: 'PRICE/H', value: (lease) => money(lease.priceMicroUsdPerHour), align: 'right' },
      { title: 'AGE', value: (lease) => age(lease.since, context.now()), align: 'right' },
      { title: 'WHY', value: (lease) => lease.reason },
    ],
    now.leases,
  );
}

async function offers(context: CliContext): Promise<void> {
  const { output } = context;
  const answer = await context.client.request<{ offers: Offer[] }>(OFFERS, { at: context.at });
  const perGpu = (offer: Offer): bigint => BigInt(offer.priceMicroUsdPerHour) / BigInt(Math.max(1, offer.gpusPerNode));
  const rows = [...answer.offers].sort((a, b) =>
    perGpu(a) < perGpu(b) ? -1 : perGpu(a) > perGpu(b) ? 1 : a.id < b.id ? -1 : 1,
  );
  if (output.json) {
    printJson(output, rows);
    return;
  }
  if (rows.length === 0) {
    output.out('No lessor offers anything now.');
    return;
  }
  output.out(
    table(
      output,
      [
        { title: 'PROVIDER', value: (offer) => labelled(offer.provider, offer.simulated) },
        { title: 'GPU', value: (offer) => `${offer.gpusPerNode}×${offer.gpuModel}` },
        { title: 'SITE', value: (offer) => offer.site },
        { title: 'NODES', value: (offer) => offer.available, align: 'right' },
        { title: 'PER GPU-H', value: (offer) => money(perGpu(offer).toString()), align: 'right' },
        { title: 'NODE/H', value: (offer) => money(offer.priceMicroUsdPerHour), align: 'right' },
        { title: 'BOOT', value: (offer) => `${offer.bootSeconds} s`, align: 'right' },
        { title: 'MINIMUM', value: (offer) => `${offer.minimumSeconds} s`, align: 'right' },
        { title: 'FRESH', value: (offer) => (Date.parse(offer.freshUntil) > context.now() ? 'yes' : 'stale') },
      ],
      rows,
    ),
  );
  suggest(output, 'solyx plan --gpu 8 --simulated', 'to see whether a job would lease one');
}

async function token(context: CliContext, flags: { minutes: string }): Promise<void> {
  const answer = await context.client.request<{
    createJoinToken: Result<{ token: string; expiresAt: string; command: string }>;
  }>(TOKEN, {
    key: context.key,
    minutes: whole('--minutes', flags.minutes, { min: 1, max: 60 }),
  });
  const result = accepted(answer.createJoinToken);
  if (context.output.json) {
    printJson(context.output, result);
    return;
  }
  context.output.out(result.command);
  context.output.talk(dim(context.output, `one machine, once, until ${result.expiresAt}`));
}

async function doctor(context: CliContext): Promise<number> {
  const { output } = context;
  const { doctor: report } = await context.client.request<{
    doctor: {
      version: string;
      eventStore: string;
      eventStoreVersion: string;
      simulated: string[];
      head: string;
      services: { name: string; status: string; detail: string }[];
    };
  }>(DOCTOR);
  const well = report.services.every(({ status }) => status === 'ok');
  if (output.json) printJson(output, { ...report, url: context.profile.url, credentials: context.profile.from });
  else {
    output.out(`Solyx ${report.version} at ${context.profile.url} (credentials from ${context.profile.from})`);
    output.out(
      `event store ${report.eventStore}, version ${report.eventStoreVersion}, head at position ${report.head}`,
    );
    output.out(
      table(
        output,
        [
          { title: 'PART', value: (row) => row.name },
          {
            title: 'STATUS',
            value: (row) => row.status,
            paint: (text, row) => (row.status === 'ok' ? green : red)(output, text),
          },
          { title: 'DETAIL', value: (row) => row.detail },
        ],
        report.services,
      ),
    );
    for (const fact of report.simulated) output.out(yellow(output, `simulated: ${fact}`));
    suggest(
      output,
      well ? 'solyx fleet' : 'solyx parked',
      well ? 'to see what can run' : 'to see what could not be handled',
    );
  }
  return well ? EXIT.ok : EXIT.failed;
}
