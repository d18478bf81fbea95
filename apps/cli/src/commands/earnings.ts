import type { Command } from 'commander';
import type { Action } from '../action';
import type { CliContext } from '../cli-context';
import { DISPUTE, EARNINGS, PAYOUT_ACCOUNT, PAYOUTS, REQUEST_PAYOUT, VERIFY_IDENTITY } from '../documents-money';
import { microOrNone, nodesOf, showPage, tell } from '../money-answers';
import { whole } from '../numbers';
import { bold, clockTime, labelled, money, paintPhase, printJson, suggest, table } from '../output';
import type { Earning, EarningSide, PageOf, Payout, Provider } from '../types-money';

/** What owners of shared GPUs earn, and how it reaches them. */
export function addEarnings(program: Command, action: Action): void {
  program
    .command('earnings')
    .description('what your shared GPUs earned, less the fee, and what of it may be paid out')
    .option('-n, --first <count>', 'how many', '20')
    .action(action(earnings));
  const payout = program.command('payout').description('earnings on their way to you');
  payout.command('list', { isDefault: true }).description('newest first').action(action(payouts));
  payout
    .command('request')
    .description('all that may be paid out, or at most an amount; asked twice, paid once')
    .option('--amount <amount>', 'at most so much')
    .action(action(request));
  payout
    .command('account')
    .description('where the money goes, or shall go; no bank data, a reference at the rail')
    .argument('[reference]', 'shown where left out')
    .option('--rail <rail>', 'file or stripe', 'file')
    .option('--threshold <amount>', 'nothing less is paid out; 25.00 where left out')
    .option('--schedule <schedule>', 'manual, day, week or month')
    .action(action(account));
  payout
    .command('identity')
    .description('have it checked who you are; without that nothing is paid out')
    .argument('<reference>', 'of the document, at who makes the check')
    .action(action(identity));
  program
    .command('dispute')
    .description('a charge of shared GPUs is wrong: its earnings wait until that is decided')
    .argument('<charge>')
    .requiredOption('--reason <text>', 'what is wrong')
    .action(action(dispute));
}

interface Answer {
  readonly provider: Provider;
  readonly earnings: PageOf<Earning>;
}

const sideText = ({ earnedMicroUsd, reservedMicroUsd, availableMicroUsd }: EarningSide): string =>
  `earned ${money(earnedMicroUsd)}: ${money(availableMicroUsd)} may be paid out, ${money(reservedMicroUsd)} may still be disputed`;

async function earnings(context: CliContext, flags: { readonly first: string }): Promise<void> {
  const { output } = context;
  const first = whole('--first', flags.first, { min: 1, max: 100 });
  const answer = await context.client.request<Answer>(EARNINGS, { first, at: context.at });
  const { provider } = answer;
  const rows = nodesOf(answer.earnings);
  if (output.json) {
    printJson(output, { ...provider, earnings: rows });
    return;
  }
  output.out(bold(output, sideText(provider.real)));
  if (provider.simulated.earnedMicroUsd !== '0') output.out(labelled(sideText(provider.simulated), true));
  const { inTransitMicroUsd, paidOutMicroUsd, identity: checked } = provider;
  output.out(`on its way ${money(inTransitMicroUsd)}, paid out ${money(paidOutMicroUsd)}; identity: ${checked}`);
  if (rows.length > 0) output.out(earningsTable(context, rows));
  if (provider.account === null) suggest(output, 'solyx payout account REFERENCE', 'to say where it goes');
  else suggest(output, 'solyx payout request', 'to be paid');
}

const earningsTable = (context: CliContext, rows: readonly Earning[]): string =>
  table(
    context.output,
    [
      { title: 'EARNING', value: (row) => row.id },
      { title: 'OF', value: (row) => labelled(row.kind, row.simulated) },
      { title: 'PHASE', value: (row) => row.phase },
      { title: 'GROSS', value: (row) => money(row.grossMicroUsd), align: 'right' },
      { title: 'FEE', value: (row) => money(row.feeMicroUsd), align: 'right' },
      { title: 'YOURS', value: (row) => money(row.netMicroUsd), align: 'right' },
      { title: 'RESERVED UNTIL', value: (row) => clockTime(row.reserveUntil, context.now()) },
    ],
    rows,
  );

async function payouts(context: CliContext): Promise<void> {
  const { output } = context;
  const answer = await context.client.request<{ payouts: PageOf<Payout> }>(PAYOUTS, { first: 50, at: context.at });
  showPage(context, answer.payouts, {
    columns: [
      { title: 'PAYOUT', value: (row) => row.id },
      { title: 'PHASE', value: (row) => row.phase, paint: (text, row) => paintPhase(output, row.phase, text) },
      { title: 'RAIL', value: (row) => row.rail },
      { title: 'TAKEN', value: (row) => money(row.grossMicroUsd), align: 'right' },
      { title: 'FEE', value: (row) => money(row.withdrawalFeeMicroUsd), align: 'right' },
      { title: 'SENT', value: (row) => money(row.netMicroUsd), align: 'right' },
      { title: 'REFERENCE', value: (row) => row.reason ?? row.reference },
    ],
    none: 'No payouts yet.',
    next: ['solyx earnings', 'for what may be paid out'],
  });
}

async function request(context: CliContext, flags: { readonly amount?: string }): Promise<void> {
  const variables = { amount: microOrNone('--amount', flags.amount) };
  await tell(context, REQUEST_PAYOUT, variables, {
    done: 'the payout is on its way',
    next: ['solyx payout list', 'for where it is'],
  });
}

async function account(
  context: CliContext,
  flags: { readonly rail: string; readonly threshold?: string; readonly schedule?: string },
  ref?: string,
): Promise<void> {
  if (ref === undefined) return showAccount(context);
  const { rail, schedule } = flags;
  const variables = { rail, ref, schedule, threshold: microOrNone('--threshold', flags.threshold) };
  await tell(context, PAYOUT_ACCOUNT, variables, {
    done: `payouts go to ${ref} by ${rail}`,
    next: ['solyx earnings', 'for what may be paid out'],
  });
}

async function showAccount({ client, output, at }: CliContext): Promise<void> {
  const { provider } = await client.request<Answer>(EARNINGS, { first: 1, at });
  const { account: known, identity: checked } = provider;
  if (output.json) {
    printJson(output, { account: known, identity: checked });
    return;
  }
  if (known === null) output.out('Nobody said yet where payouts go.');
  else output.out(`to ${known.accountRef} by ${known.rail}, from ${money(known.thresholdMicroUsd)} on`);
  output.out(`identity: ${checked}`);
  suggest(output, known === null ? 'solyx payout account REFERENCE' : 'solyx payout request', 'for the next step');
}

async function identity(context: CliContext, _flags: object, ref: string): Promise<void> {
  await tell(
    context,
    VERIFY_IDENTITY,
    { ref },
    {
      done: 'the check is asked for',
      next: ['solyx earnings', 'for what it found'],
    },
  );
}

async function dispute(context: CliContext, flags: { readonly reason: string }, charge: string): Promise<void> {
  await tell(
    context,
    DISPUTE,
    { charge, reason: flags.reason },
    {
      done: `${charge} is disputed`,
      next: ['solyx events tail', 'for what becomes of it'],
    },
  );
}
