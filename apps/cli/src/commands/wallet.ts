import type { Command } from 'commander';
import type { Action } from '../action';
import type { CliContext } from '../cli-context';
import { GRANT, TOP_UP, WALLET } from '../documents-money';
import { whenOf } from '../job-file';
import { microOf, microOrNone, nodesOf, tell } from '../money-answers';
import { whole } from '../numbers';
import { bold, labelled, money, printJson, suggest, table } from '../output';
import type { Credit, PageOf, WalletSide } from '../types-money';

const SHOWN = 100;

/** Money that is there before it is spent. */
export function addWallet(program: Command, action: Action): void {
  const wallet = program.command('wallet').description('money paid in advance, and credit');
  wallet.command('show', { isDefault: true }).description('what is there, and what of it is held').action(action(show));
  wallet
    .command('top-up')
    .description('pay in advance; an operator vouches for real money')
    .argument('<amount>', 'USD, for example 100.00')
    .option('--reference <text>', 'of the payment, as the bank names it', 'by hand')
    .option('--organization <id>', 'whose wallet (operators)')
    .option('--low <amount>', 'tell people when less than this is left')
    .option('--simulated', 'a rehearsal, never money')
    .action(action(topUp));
  wallet
    .command('grant')
    .description('give credit (operators)')
    .argument('<amount>', 'USD, for example 25.00')
    .option('--organization <id>', 'whose wallet')
    .option('--kind <kind>', 'promotion or goodwill', 'promotion')
    .option('--expires <when>', '30d from now, or 2027-01-31T00:00Z')
    .option('--priority <0-100>', 'lower is drawn first', '50')
    .option('--note <text>', 'for the customer', '')
    .option('--simulated', 'a rehearsal, never money')
    .action(action(grant));
}

interface Answer {
  readonly wallet: { readonly real: WalletSide; readonly simulated: WalletSide; readonly position: string };
  readonly credits: PageOf<Credit>;
}

const sideText = ({ availableMicroUsd, heldMicroUsd, drawnMicroUsd }: WalletSide): string =>
  `${money(availableMicroUsd)} available, ${money(heldMicroUsd)} held, ${money(drawnMicroUsd)} spent`;

const isTouched = ({ balanceMicroUsd, heldMicroUsd, drawnMicroUsd }: WalletSide): boolean =>
  [balanceMicroUsd, heldMicroUsd, drawnMicroUsd].some((amount) => amount !== '0');

async function show(context: CliContext): Promise<void> {
  const { output } = context;
  const { wallet, credits } = await context.client.request<Answer>(WALLET, { first: SHOWN, at: context.at });
  if (output.json) {
    printJson(output, { ...wallet, credits: nodesOf(credits) });
    return;
  }
  output.out(bold(output, sideText(wallet.real)));
  if (isTouched(wallet.simulated)) output.out(labelled(sideText(wallet.simulated), true));
  const rows = nodesOf(credits);
  if (rows.length > 0) {
    output.out(
      table(
        output,
        [
          { title: 'CREDIT', value: (row) => row.id },
          { title: 'KIND', value: (row) => labelled(row.kind, row.simulated) },
          { title: 'AMOUNT', value: (row) => money(row.amountMicroUsd), align: 'right' },
          { title: 'LEFT', value: (row) => money(row.remainingMicroUsd), align: 'right' },
          { title: 'EXPIRES', value: (row) => row.expiresAt ?? 'never' },
          { title: 'NOTE', value: (row) => row.note },
        ],
        rows,
      ),
    );
  }
  suggest(output, 'solyx wallet top-up 100.00 --simulated', 'to try it with money that is none');
}

interface TopUpFlags {
  readonly reference: string;
  readonly organization?: string;
  readonly low?: string;
  readonly simulated?: boolean;
}

async function topUp(context: CliContext, flags: TopUpFlags, text: string): Promise<void> {
  const amount = microOf('top-up', text);
  const { organization, reference } = flags;
  const simulated = flags.simulated === true;
  const variables = { organization, amount, reference, simulated, low: microOrNone('--low', flags.low) };
  const done = labelled(`${money(amount)} are in the wallet`, simulated);
  await tell(context, TOP_UP, variables, { done, next: ['solyx wallet', 'for what is there'] });
}

interface GrantFlags {
  readonly organization?: string;
  readonly kind: string;
  readonly expires?: string;
  readonly priority: string;
  readonly note: string;
  readonly simulated?: boolean;
}

async function grant(context: CliContext, flags: GrantFlags, text: string): Promise<void> {
  const amount = microOf('grant', text);
  const { organization, kind, note } = flags;
  const simulated = flags.simulated === true;
  const expires = flags.expires === undefined ? undefined : whenOf('--expires', flags.expires, context.now());
  const priority = whole('--priority', flags.priority, { min: 0, max: 100 });
  const variables = { organization, kind, amount, simulated, priority, expires, note };
  const done = labelled(`${money(amount)} of ${kind} are given`, simulated);
  await tell(context, GRANT, variables, { done, next: ['solyx wallet', 'for what is there'] });
}
