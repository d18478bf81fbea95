import { Command, CommanderError, Option } from 'commander';
import type { Action } from './action';
import { createContext, refusePast, type GlobalOptions } from './cli-context';
import { addBudgets } from './commands/budgets';
import { addCampaigns } from './commands/campaigns';
import { addEarnings } from './commands/earnings';
import { addExports } from './commands/exports';
import { addFleet } from './commands/fleet';
import { addInvoices } from './commands/invoices';
import { addMoney } from './commands/money';
import { addNodes } from './commands/nodes';
import { addOptimizer } from './commands/optimizer';
import { addOutlook } from './commands/outlook';
import { addPrices } from './commands/prices';
import { addQueues } from './commands/queues';
import { addReservations } from './commands/reservations';
import { addUnderstand } from './commands/understand';
import { addUsage } from './commands/usage';
import { addWallet } from './commands/wallet';
import { addWebhooks } from './commands/webhooks';
import { addWork } from './commands/work';
import { CliError, EXIT } from './errors';
import { report } from './report';

/** `solyx at INSTANT verb …` is `solyx verb … --at INSTANT`: any read, of the past. */
export function rewriteAt(argv: readonly string[]): readonly string[] {
  if (argv[0] !== 'at') return argv;
  const [, instant, ...rest] = argv;
  if (instant === undefined || rest.length === 0) {
    throw new CliError(
      'Usage',
      'at what, and what?',
      'Write `solyx at -1m ps`, `solyx at 14:02 fleet`, or `solyx at 4711 bill`.',
    );
  }
  return [`--at=${instant}`, ...rest];
}

/** In the order in which help shows them. */
const COMMANDS: readonly ((program: Command, action: Action) => void)[] = [
  addWork,
  addOutlook,
  addUnderstand,
  addMoney,
  addUsage,
  addPrices,
  addBudgets,
  addWallet,
  addInvoices,
  addEarnings,
  addCampaigns,
  addWebhooks,
  addExports,
  addQueues,
  addReservations,
  addFleet,
  addNodes,
  addOptimizer,
];

export function buildProgram(signal: AbortSignal, env: NodeJS.ProcessEnv): Command {
  const program = new Command('solyx')
    .description('GPUs that you own, lease or share: run work on them, and know why and for how much.')
    .version('0.1.0')
    .option('--json', 'data as JSON on stdout, nothing else')
    .option('--at <instant>', 'a log position, -1m, 14:02, or ISO 8601: the state as it was then')
    .option('--idempotency-key <key>', 'the same key is the same wish: repeat safely')
    .enablePositionalOptions()
    .configureHelp({ sortSubcommands: false })
    .exitOverride();
  const action: Action =
    (handler) =>
    async (...args) => {
      const command = args[args.length - 1] as Command;
      const flags = args[args.length - 2];
      const options = command.optsWithGlobals<GlobalOptions>();
      try {
        refusePast(options.at, pathOf(command));
        const context = createContext(options, signal, env);
        const code = await handler(context, flags as never, ...(args.slice(0, -2) as never[]));
        process.exitCode = typeof code === 'number' ? code : EXIT.ok;
      } catch (error) {
        process.exitCode = report(error, options.json === true);
      }
    };
  for (const add of COMMANDS) add(program, action);
  program
    .command('at')
    .description('any of these, as it was: `solyx at -1m ps`, `solyx at 4711 fleet`')
    .argument('<instant>')
    .argument('<command...>');
  for (const command of allCommands(program)) {
    command
      .exitOverride()
      .option('--json', 'data as JSON on stdout, nothing else')
      // Understood behind the verb too, where hands put them.
      .addOption(new Option('--at <instant>').hideHelp())
      .addOption(new Option('--idempotency-key <key>').hideHelp());
  }
  // What was typed wrongly is said as every other error is; see `main`.
  for (const command of [program, ...allCommands(program)]) command.configureOutput({ outputError: () => undefined });
  return program;
}

const allCommands = (command: Command): Command[] =>
  command.commands.flatMap((child) => [child, ...allCommands(child)]);

/** "budget set": the words after `solyx`. */
const pathOf = (command: Command): string =>
  command.parent === null ? '' : `${pathOf(command.parent)} ${command.name()}`.trim();

/** The parser's own words, with the hint in its place. Asking for help is no error. */
function usageError(error: CommanderError): CliError | undefined {
  if (error.exitCode === 0 || error.code.startsWith('commander.help')) return undefined;
  const [first = '', ...rest] = error.message.replace(/^error: /, '').split('\n');
  const meant = rest.join(' ').replace(/^\(|\)$/g, '');
  return new CliError('Usage', first, meant === '' ? 'Run `solyx --help` for every command.' : meant);
}

/** Runs one command line; never throws. */
export async function main(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const stop = new AbortController();
  process.once('SIGINT', () => {
    stop.abort();
    process.exitCode = EXIT.cancelled;
    setTimeout(() => process.exit(EXIT.cancelled), 2_000).unref();
  });
  process.stdout.on('error', () => process.exit(EXIT.ok)); // `solyx ps | head` closes early.
  try {
    await buildProgram(stop.signal, env).parseAsync([...rewriteAt(argv)], { from: 'user' });
  } catch (error) {
    const known = error instanceof CommanderError ? usageError(error) : error;
    if (known !== undefined) process.exitCode = report(known, argv.includes('--json'));
    else process.exitCode = (error as CommanderError).exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
}
