import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import type { Action } from '../action';
import type { CliContext } from '../cli-context';
import {
  CREDIT_INVOICE,
  INVOICE_SHOWN,
  INVOICES,
  PAY_INVOICE,
  RECORD_PAYMENT,
  SET_ENTITY,
  VOID_INVOICE,
} from '../documents-money';
import { download } from '../download';
import { CliError, EXIT } from '../errors';
import { readJobFile } from '../job-file';
import { collect, microOf, microOrNone, nodesOf, showPage, tell } from '../money-answers';
import { quantity, whole } from '../numbers';
import { bold, labelled, money, paintPhase, printJson, suggest, table } from '../output';
import { report } from '../report';
import type { Invoice, InvoiceLine, PageOf } from '../types-money';

/** Invoices: shown, fetched, proved, paid and corrected. */
export function addInvoices(program: Command, action: Action): void {
  const invoice = program.command('invoice').description('invoices: what is owed, for what, and the proof');
  invoice
    .command('list', { isDefault: true })
    .description('newest first, drafts too')
    .option('--period <month>', 'of one month')
    .option('-n, --first <count>', 'how many', '20')
    .action(action(list));
  invoice.command('show').description('one invoice, line by line').argument('<invoice>').action(action(show));
  invoice
    .command('download')
    .description('as a file; the same invoice is the same bytes')
    .argument('<invoice>')
    .option('--format <format>', 'pdf, json, csv or proof', 'pdf')
    .option('--out <path>', 'file or folder/; - for stdout')
    .action(action(fetchInvoice));
  addVerify(invoice);
  invoice
    .command('pay')
    .description('from the wallet; an operator may record another payment')
    .argument('<invoice>')
    .option('--amount <amount>', 'not all of it')
    .option('--method <method>', 'wallet; transfer or card, as the operator saw it', 'wallet')
    .option('--reference <text>', 'of the bank or the card', 'by hand')
    .action(action(pay));
  addCorrections(invoice, action);
}

function addCorrections(invoice: Command, action: Action): void {
  invoice
    .command('void')
    .description('it counts for nothing, and keeps its number (operators)')
    .argument('<invoice>')
    .option('--reason <text>', 'why')
    .action(action(voidInvoice));
  invoice
    .command('credit')
    .description('give a part back: a credit note (operators)')
    .argument('<invoice>')
    .requiredOption('--reason <text>', 'why, for the customer')
    .option('--line <key=amount>', 'of one line so much; repeat for more; all of it where left out', collect)
    .action(action(credit));
  invoice
    .command('entity')
    .description('who issues invoices, as it is printed from now on (operators)')
    .argument('<id>')
    .argument('<file>', 'YAML or JSON: { party: { name, address }, invoicePrefix, paymentTermsDays }')
    .action(action(setEntity));
}

/** `solyx invoice verify` needs no gateway and no key: it works anywhere, years later. */
function addVerify(invoice: Command): void {
  invoice
    .command('verify')
    .description('checks a proof offline: each amount from its events, each event in the signed log')
    .argument('<file>', 'from `solyx invoice download INVOICE --format proof`')
    .option('--key <hex>', 'the public key that the platform publishes; else any that fits')
    .action(async (file: string, _flags: object, command: Command) => {
      const { json = false, key } = command.optsWithGlobals<{ readonly json?: boolean; readonly key?: string }>();
      try {
        process.exitCode = await verify(file, key, json);
      } catch (error) {
        process.exitCode = report(error, json);
      }
    });
}

/** The very file that customers may run without Solyx; beside the sources and beside what is built of them. */
const VERIFIER = path.join(__dirname, '..', '..', '..', '..', 'tools', 'verify-invoice.mjs');

async function verify(file: string, key: string | undefined, json: boolean): Promise<number> {
  const { runVerify } = (await import(pathToFileURL(VERIFIER).href)) as {
    readonly runVerify: (args: readonly string[], print: (text: string) => void) => number;
  };
  const args = [file, ...(key === undefined ? [] : ['--key', key]), ...(json ? ['--json'] : [])];
  const code = runVerify(args, (text) => process.stdout.write(`${text}\n`));
  return code === 2 ? EXIT.usage : code;
}

async function list(context: CliContext, flags: { readonly period?: string; readonly first: string }): Promise<void> {
  const { output } = context;
  const first = whole('--first', flags.first, { min: 1, max: 100 });
  const variables = { first, period: flags.period, at: context.at };
  const { invoices } = await context.client.request<{ invoices: PageOf<Invoice> }>(INVOICES, variables);
  const newest = nodesOf(invoices)[0]?.id ?? 'INVOICE';
  showPage(context, invoices, {
    columns: [
      { title: 'INVOICE', value: (row) => row.id },
      { title: 'NUMBER', value: (row) => labelled(row.number ?? 'none yet', row.simulated) },
      { title: 'PHASE', value: (row) => row.phase, paint: (text, row) => paintPhase(output, row.phase, text) },
      { title: 'LINES', value: (row) => row.lineCount, align: 'right' },
      { title: 'TOTAL', value: (row) => money(row.totalMicroUsd), align: 'right' },
      { title: 'OWED', value: (row) => money(row.outstandingMicroUsd), align: 'right' },
      { title: 'DUE', value: (row) => row.dueAt?.slice(0, 10) ?? null },
    ],
    none: 'No invoices yet: a month is invoiced when it and its grace are over.',
    next: [`solyx invoice show ${newest}`, 'for its lines'],
  });
}

interface Answer {
  readonly invoice: Invoice | null;
  readonly invoiceLines: PageOf<InvoiceLine>;
  readonly creditNotes: PageOf<{ readonly number: string; readonly note: string; readonly totalMicroUsd: string }>;
}

async function show(context: CliContext, _flags: object, id: string): Promise<void> {
  const { output } = context;
  const answer = await context.client.request<Answer>(INVOICE_SHOWN, { id, at: context.at });
  const { invoice } = answer;
  const [lines, notes] = [nodesOf(answer.invoiceLines), nodesOf(answer.creditNotes)];
  if (!invoice) throw new CliError('NotFound', `there is no invoice ${id}`, 'List them with `solyx invoice list`.');
  if (output.json) {
    printJson(output, { ...invoice, lines, creditNotes: notes });
    return;
  }
  const { number, period, phase, simulated, totalMicroUsd, outstandingMicroUsd } = invoice;
  const name = labelled(number ?? invoice.id, simulated);
  output.out(`${bold(output, name)} for ${period}: ${paintPhase(output, phase)}`);
  output.out(linesTable(context, lines));
  output.out(
    `subtotal ${money(invoice.subtotalMicroUsd)}, tax ${money(invoice.taxMicroUsd)}, credit ${money(invoice.creditMicroUsd)}`,
  );
  output.out(bold(output, `total ${money(totalMicroUsd)}, owed ${money(outstandingMicroUsd)}`));
  for (const note of notes) output.out(`credit note ${note.number}: ${money(note.totalMicroUsd)} (${note.note})`);
  suggest(output, `solyx invoice download ${invoice.id} --format proof`, 'for the proof of every line');
}

const linesTable = ({ output }: CliContext, lines: readonly InvoiceLine[]): string =>
  table(
    output,
    [
      { title: 'LINE', value: (row) => row.description },
      { title: 'PROJECT', value: (row) => row.project },
      { title: 'QUANTITY', value: (row) => quantity(row.quantity, row.unit), align: 'right' },
      { title: 'AMOUNT', value: (row) => money(row.amountMicroUsd), align: 'right' },
      {
        title: 'PRICE',
        value: (row) =>
          row.correctsPeriod === null ? row.priceText : `${row.priceText}, corrects ${row.correctsPeriod}`,
      },
    ],
    lines,
  );

async function fetchInvoice(
  context: CliContext,
  flags: { readonly format: string; readonly out?: string },
  id: string,
): Promise<void> {
  const proof = flags.format === 'proof';
  const wanted = { kind: 'invoice', id, query: { format: flags.format }, out: flags.out };
  await download(context, wanted, (file) =>
    proof
      ? [`solyx invoice verify ${file}`, 'to check it, offline']
      : [`solyx invoice download ${id} --format proof`, 'for what proves it'],
  );
}

async function pay(
  context: CliContext,
  flags: { readonly amount?: string; readonly method: string; readonly reference: string },
  id: string,
): Promise<void> {
  const amount = microOrNone('--amount', flags.amount);
  const next = [`solyx invoice show ${id}`, 'for what is still owed'] as const;
  if (flags.method === 'wallet') {
    await tell(context, PAY_INVOICE, { id, amount }, { done: `${id} is paid from the wallet`, next });
    return;
  }
  const { method, reference } = flags;
  const done = `the payment of ${id} is recorded`;
  await tell(context, RECORD_PAYMENT, { id, method, reference, amount }, { done, next });
}

async function voidInvoice(context: CliContext, flags: { readonly reason?: string }, id: string): Promise<void> {
  const next = ['solyx invoice list', 'for the others'] as const;
  await tell(context, VOID_INVOICE, { id, reason: flags.reason }, { done: `${id} counts for nothing`, next });
}

async function credit(
  context: CliContext,
  flags: { readonly reason: string; readonly line?: readonly string[] },
  id: string,
): Promise<void> {
  const lines = flags.line?.map((text) => {
    const at = text.lastIndexOf('=');
    if (at < 1)
      throw new CliError('Usage', `--line wants KEY=amount, not "${text}"`, 'Keys: `solyx invoice show --json`.');
    return { lineKey: text.slice(0, at), amountMicroUsd: microOf('--line', text.slice(at + 1)) };
  });
  const done = `a credit note of ${id} is issued`;
  const next = [`solyx invoice show ${id}`, 'for what is still owed'] as const;
  await tell(context, CREDIT_INVOICE, { id, reason: flags.reason, lines }, { done, next });
}

async function setEntity(context: CliContext, _flags: object, id: string, file: string): Promise<void> {
  const spec = await readJobFile(file);
  const next = ['solyx invoice list', 'for what it issued'] as const;
  await tell(context, SET_ENTITY, { id, spec }, { done: `${id} issues as said from now on`, next });
}
