import type { Command } from 'commander';
import { accepted, type CliContext } from '../cli-context';
import { OPTIMIZER, SET_AUTONOMY } from '../documents';
import { CliError } from '../errors';
import { bold, money, printJson, red, suggest, table } from '../output';
import { whole } from '../numbers';
import type { Action } from '../action';
import type { Result } from '../types';

interface OptimizerState {
  readonly level: string;
  readonly killSwitch: boolean;
  readonly limits: { leasedNodesMax: number; leaseMicroUsdPerHourMax: string; leasesPerHourMax: number };
  readonly advice: readonly {
    id: string;
    action: string;
    gpuModel: string | null;
    count: number;
    sentence: string;
    obeyed: boolean | null;
    obeyedReason: string | null;
    at: string;
  }[];
}

export function addOptimizer(program: Command, action: Action): void {
  const optimizer = program.command('optimizer').description('what it advises, and how far it may go');
  optimizer
    .command('show', { isDefault: true })
    .description('level, limits and newest advice')
    .action(action(showOptimizer));
  optimizer
    .command('set')
    .description('how far it may go')
    .argument('<level>', 'observe, suggest or act')
    .option('--leased-nodes-max <count>')
    .option('--lease-per-hour-max <usd>', 'sum over all leases, for example 40')
    .option('--leases-per-hour-max <count>')
    .action(action((context, flags: LimitFlags, level: string) => setAutonomy(context, level, false, flags)));
  optimizer
    .command('kill')
    .description('stop it at once; `optimizer set` lets it go on')
    .action(action((context) => setAutonomy(context, undefined, true, {})));
}

async function showOptimizer(context: CliContext): Promise<void> {
  const { output } = context;
  const { optimizer } = await context.client.request<{ optimizer: OptimizerState }>(OPTIMIZER, { at: context.at });
  if (output.json) {
    printJson(output, optimizer);
    return;
  }
  const { limits } = optimizer;
  output.out(`level ${bold(output, optimizer.level)}${optimizer.killSwitch ? red(output, ', kill switch ON') : ''}`);
  output.out(
    `limits: ${limits.leasedNodesMax} leased nodes, ${money(limits.leaseMicroUsdPerHourMax)}/h of leases, ${limits.leasesPerHourMax} new leases per hour`,
  );
  if (optimizer.advice.length > 0) {
    output.out(
      table(
        output,
        [
          { title: 'AT', value: (row) => row.at.slice(11, 19) },
          {
            title: 'ADVICE',
            value: (row) => (row.gpuModel === null ? row.action : `${row.action} ${row.count}×${row.gpuModel}`),
          },
          {
            title: 'OBEYED',
            value: (row) => (row.obeyed === null ? '–' : row.obeyed ? 'yes' : `no: ${row.obeyedReason ?? ''}`),
          },
          { title: 'WHY', value: (row) => row.sentence },
        ],
        optimizer.advice,
      ),
    );
  }
  suggest(output, 'solyx optimizer kill', 'stops it at once');
}

interface LimitFlags {
  readonly leasedNodesMax?: string;
  readonly leasePerHourMax?: string;
  readonly leasesPerHourMax?: string;
}

async function setAutonomy(
  context: CliContext,
  level: string | undefined,
  killSwitch: boolean,
  flags: LimitFlags,
): Promise<void> {
  if (level !== undefined && !['observe', 'suggest', 'act'].includes(level)) {
    throw new CliError('Usage', `"${level}" is not a level`, 'Levels are observe, suggest and act.');
  }
  const { optimizer: now } = await context.client.request<{ optimizer: OptimizerState }>(OPTIMIZER);
  const count = (flag: string, text: string | undefined, before: number): number =>
    text === undefined ? before : whole(flag, text, { min: 0, max: 100_000 });
  const answer = await context.client.request<{ setAutonomy: Result<{ id: string; position: string }> }>(SET_AUTONOMY, {
    level: level ?? now.level,
    kill: killSwitch,
    limits: {
      leasedNodesMax: count('--leased-nodes-max', flags.leasedNodesMax, now.limits.leasedNodesMax),
      leaseMicroUsdPerHourMax:
        flags.leasePerHourMax === undefined
          ? now.limits.leaseMicroUsdPerHourMax
          : `${count('--lease-per-hour-max', flags.leasePerHourMax, 0)}000000`,
      leasesPerHourMax: count('--leases-per-hour-max', flags.leasesPerHourMax, now.limits.leasesPerHourMax),
    },
    key: context.key,
  });
  const ack = accepted(answer.setAutonomy);
  if (context.output.json) {
    printJson(context.output, ack);
    return;
  }
  context.output.out(
    killSwitch ? red(context.output, 'kill switch on: no advice is obeyed') : `level ${level ?? now.level}`,
  );
  suggest(context.output, 'solyx optimizer', 'to see what it advises');
}
