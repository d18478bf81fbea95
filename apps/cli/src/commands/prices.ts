import type { Command } from 'commander';
import type { Action } from '../action';
import type { CliContext } from '../cli-context';
import {
  ACCEPT_QUOTE,
  ASK_QUOTE,
  ASSIGN_BOOK,
  COMMIT,
  OBSERVE_PRICE,
  PRICE_BOOK,
  PRICE_BOOKS,
  PUBLISH_BOOK,
  QUOTES,
} from '../documents-money';
import { CliError } from '../errors';
import { readJobFile, whenOf } from '../job-file';
import { ask, microOf, showPage, tell } from '../money-answers';
import { priceOf, whole } from '../numbers';
import { bold, clockTime, labelled, money, printJson, suggest, table } from '../output';
import type { PageOf, PriceBook, PriceEntry, Quote } from '../types-money';

const BOOKS_SHOWN = 50;
const SECONDS: Readonly<Record<string, number>> = { m: 60, h: 3_600, d: 86_400 };

/** Books of prices, and prices that are agreed on. */
export function addPrices(program: Command, action: Action): void {
  const price = program.command('price').description('what usage costs, by book');
  price.command('list', { isDefault: true }).description('price books that are yours to see').action(action(list));
  const book = price.command('book').description('one book of prices');
  book.command('show').description('every price of a book').argument('[book]', 'id', 'default').action(action(show));
  book
    .command('publish')
    .description('the book has these prices from a time on (operators)')
    .argument('<file>', 'YAML or JSON, as PriceBook in docs/asyncapi.json')
    .action(action(publish));
  book
    .command('assign')
    .description('an organization is billed by this book from a time on (operators)')
    .argument('<book>')
    .requiredOption('--organization <id>', 'whose usage')
    .option('--from <when>', '2027-01-01T00:00Z', 'now')
    .action(action(assign));
  price
    .command('observe')
    .description('where the market stands for a spot or dynamic price (operators)')
    .argument('<book>')
    .argument('<entry>')
    .argument('<price>', 'per priced unit, for example 1.95')
    .option('--reference <text>', 'where it was seen', 'by hand')
    .action(action(observe));
  addQuotes(program, action);
}

function addQuotes(program: Command, action: Action): void {
  const quote = program.command('quote').description('a price that is frozen while it holds');
  const subject = (command: Command): Command =>
    command
      .argument('<product>', 'GPU model or AI model, for example H100-SXM')
      .option('--meter <meter>', 'gpu, cpu, memory, token-input, egress, storage …', 'gpu')
      .option('--pricing <pricing>', 'on-demand, reserved, spot, dynamic or contract', 'on-demand')
      .option('--source <source>', 'owned, leased or shared', 'owned')
      .option('--quality <quality>', 'low, standard, high or ultra')
      .option('--project <project>', 'for whose usage', 'default')
      .option('--simulated', 'for rehearsals');
  subject(quote.command('ask', { isDefault: true }))
    .description('ask for a price')
    .option('--hold <time>', 'for so long once it is accepted: 30m, 2h, 7d', '1h')
    .action(action(askQuote));
  quote.command('list').description('quotes, newest first').action(action(listQuotes));
  quote.command('accept').description('take the price').argument('<quote>').action(action(accept));
  subject(program.command('commit'))
    .description('pay for capacity from one time to another, used or not')
    .requiredOption('--units <count>', 'how many at any time, for example 8 GPUs')
    .requiredOption('--from <when>', '2027-01-01T00:00Z, or 6h from now')
    .requiredOption('--to <when>', '2027-02-01T00:00Z, or 30d from now')
    .action(action(commit));
}

async function list(context: CliContext): Promise<void> {
  const answer = await context.client.request<{ priceBooks: PageOf<PriceBook> }>(PRICE_BOOKS, {
    first: BOOKS_SHOWN,
    at: context.at,
  });
  showPage(context, answer.priceBooks, {
    columns: [
      { title: 'BOOK', value: (row) => row.id },
      { title: 'VERSION', value: (row) => row.version, align: 'right' },
      { title: 'NAME', value: (row) => row.name },
      { title: 'FROM', value: (row) => row.effectiveFrom },
      { title: 'PRICES', value: (row) => row.entries.length, align: 'right' },
      { title: 'AT LEAST', value: (row) => money(row.minimumMicroUsd), align: 'right' },
    ],
    none: 'No book was published: usage has the prices of the built-in list.',
    next: ['solyx price book show default', 'for every price'],
  });
}

const tiersText = ({ meter, model, tiers }: PriceEntry): string => {
  const [first, ...more] = tiers.map((tier) => priceOf(meter, tier));
  return more.length === 0 ? (first ?? '–') : `${first ?? ''} … ${more[more.length - 1] ?? ''} (${model})`;
};

const bookOf = async (context: CliContext, id: string): Promise<PriceBook | null> =>
  (await context.client.request<{ priceBook: PriceBook | null }>(PRICE_BOOK, { id, at: context.at })).priceBook;

async function show(context: CliContext, _flags: object, id: string): Promise<void> {
  const { output } = context;
  // Where no book was published, usage has the prices of the built-in list.
  const priceBook = (await bookOf(context, id)) ?? (id === 'default' ? await bookOf(context, 'list') : null);
  if (!priceBook) {
    throw new CliError('NotFound', `there is no price book ${id}`, 'List them with `solyx price list`.');
  }
  if (output.json) {
    printJson(output, priceBook);
    return;
  }
  output.out(`${bold(output, priceBook.id)} version ${priceBook.version}, from ${priceBook.effectiveFrom}`);
  output.out(
    table(
      output,
      [
        { title: 'ENTRY', value: (row) => row.entryId },
        { title: 'METER', value: (row) => row.meter },
        { title: 'PRODUCT', value: (row) => row.product },
        { title: 'PRICING', value: (row) => row.pricing },
        { title: 'SOURCE', value: (row) => labelled(row.source, row.simulated) },
        { title: 'PRICE', value: tiersText, align: 'right' },
      ],
      priceBook.entries,
    ),
  );
  suggest(output, 'solyx quote H100', 'for the price of one thing, frozen');
}

async function publish(context: CliContext, _flags: object, file: string): Promise<void> {
  const spec = await readJobFile(file);
  await tell(context, PUBLISH_BOOK, { spec }, { done: 'published', next: ['solyx price list', 'to see it'] });
}

async function assign(
  context: CliContext,
  flags: { readonly organization: string; readonly from: string },
  book: string,
): Promise<void> {
  const from =
    flags.from === 'now' ? new Date(context.now()).toISOString() : whenOf('--from', flags.from, context.now());
  const variables = { organization: flags.organization, book, from };
  const done = `${flags.organization} is billed by ${book} from ${from}`;
  await tell(context, ASSIGN_BOOK, variables, { done, next: ['solyx account', 'for how it is billed'] });
}

async function observe(
  context: CliContext,
  flags: { readonly reference: string },
  ...[book, entry, price]: [book: string, entry: string, price: string]
): Promise<void> {
  const variables = { book, entry, price: microOf('price', price), reference: flags.reference };
  await tell(context, OBSERVE_PRICE, variables, {
    done: `${entry} was seen at ${money(variables.price)}`,
    next: [`solyx price book show ${book}`, 'for what is offered now'],
  });
}

interface SubjectFlags {
  readonly meter: string;
  readonly pricing: string;
  readonly source: string;
  readonly quality?: string;
  readonly project: string;
  readonly simulated?: boolean;
}

const subjectOf = (product: string, flags: SubjectFlags): Record<string, unknown> => ({
  ...{ product, meter: flags.meter, pricing: flags.pricing, source: flags.source, project: flags.project },
  simulated: flags.simulated === true,
  ...(flags.quality === undefined ? {} : { quality: flags.quality }),
});

function secondsOf(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  const seconds = Number(count) * (SECONDS[unit] ?? 0);
  if (seconds > 0) return seconds;
  throw new CliError('Usage', `--hold wants a time, not "${text}"`, 'Write 30m, 2h or 7d.');
}

const quoted = ({ subject, terms }: Quote): string => {
  const [tier] = terms.tiers;
  return tier === undefined ? '–' : priceOf(subject.meter, tier);
};

async function askQuote(context: CliContext, flags: SubjectFlags & { readonly hold: string }, product: string) {
  const { output } = context;
  const variables = { spec: subjectOf(product, flags), holds: secondsOf(flags.hold) };
  const quote = await ask<Quote>(context, ASK_QUOTE, variables);
  if (output.json) {
    printJson(output, quote);
    return;
  }
  const until = clockTime(quote.expiresAt, context.now());
  output.out(`${labelled(product, quote.subject.simulated)} ${quote.subject.pricing}: ${bold(output, quoted(quote))}`);
  output.out(`${quote.id}, to be accepted before ${until} UTC; then it holds for ${flags.hold}`);
  suggest(output, `solyx quote accept ${quote.id}`, 'to take it');
}

async function listQuotes(context: CliContext): Promise<void> {
  const answer = await context.client.request<{ quotes: PageOf<Quote> }>(QUOTES, { first: 50, at: context.at });
  showPage(context, answer.quotes, {
    columns: [
      { title: 'QUOTE', value: (row) => row.id },
      { title: 'PHASE', value: (row) => row.phase },
      { title: 'OF', value: (row) => labelled(row.subject.product, row.subject.simulated) },
      { title: 'PRICING', value: (row) => row.subject.pricing },
      { title: 'PRICE', value: quoted, align: 'right' },
      { title: 'UNTIL', value: (row) => row.to ?? row.expiresAt },
    ],
    none: 'No quotes yet.',
    next: ['solyx quote H100 --pricing spot', 'to ask for one'],
  });
}

async function accept(context: CliContext, _flags: object, id: string): Promise<void> {
  await tell(
    context,
    ACCEPT_QUOTE,
    { id },
    { done: `${id} is yours`, next: ['solyx quote list', 'for how long it holds'] },
  );
}

async function commit(
  context: CliContext,
  flags: SubjectFlags & { readonly units: string; readonly from: string; readonly to: string },
  product: string,
): Promise<void> {
  const now = context.now();
  const units = whole('--units', flags.units, { min: 1, max: 100_000 });
  const { pricing: _pricing, ...subject } = subjectOf(product, flags);
  const span = { from: whenOf('--from', flags.from, now), to: whenOf('--to', flags.to, now) };
  // A whole GPU, or core, is 1,000 of what is counted each millisecond.
  const spec = { ...subject, ...span, unitsPerMs: String(units * 1000) };
  const done = `${units} × ${product} from ${span.from} to ${span.to}, used or not`;
  await tell(context, COMMIT, { spec }, { done, next: ['solyx usage list', 'for what is used of it'] });
}
