import type { Command } from 'commander';
import type { Action } from '../action';
import type { CliContext } from '../cli-context';
import {
  CATALOGUE,
  CREATE_WEBHOOK,
  DELETE_WEBHOOK,
  DELIVERIES,
  REDELIVER_WEBHOOK,
  REPLAY_WEBHOOK,
  ROTATE_WEBHOOK,
  TEST_WEBHOOK,
  UPDATE_WEBHOOK,
  WEBHOOKS,
} from '../documents-money';
import { CliError } from '../errors';
import { ask, collect, showPage, tell } from '../money-answers';
import { whole } from '../numbers';
import { bold, clockTime, paintPhase, printJson, suggest, table } from '../output';
import type { Delivery, PageOf, Webhook, WebhookEventType, WebhookSecret } from '../types-money';

/** Where an organization hears of its events: signed, retried, one by one. */
export function addWebhooks(program: Command, action: Action): void {
  const webhook = program.command('webhook').description('your events, sent to an address of yours, signed');
  webhook.command('list', { isDefault: true }).description('newest first').action(action(list));
  webhook
    .command('create')
    .description('send events there; its secret is shown now and never again')
    .argument('<url>')
    .option('--type <type>', 'invoice.finalized, invoice.*, or *; repeat for more', collect)
    .option('--description <text>', 'what it is for')
    .option('--ordering <ordering>', 'resource or fifo: what a failure holds back', 'resource')
    .option('--algorithm <algorithm>', 'v1 (HMAC-SHA-256) or v1a (Ed25519)', 'v1')
    .action(action(create));
  webhook
    .command('rotate')
    .description('a new secret; the old one signs too until the overlap is over')
    .argument('<webhook>')
    .option('--overlap <seconds>', '0 revokes the old one at once', '86400')
    .action(action(rotate));
  webhook
    .command('test')
    .description('send one event of the type webhook.test')
    .argument('<webhook>')
    .action(action(test));
  webhook.command('disable').description('send nothing there, for now').argument('<webhook>').action(action(disable));
  webhook.command('enable').description('send again, what waits first').argument('<webhook>').action(action(enable));
  webhook.command('delete').description('send nothing there again').argument('<webhook>').action(action(remove));
  webhook
    .command('events')
    .description('what there is to hear, or the JSON Schema of one type')
    .argument('[type]')
    .action(action(events));
  addDeliveries(webhook, action);
}

function addDeliveries(webhook: Command, action: Action): void {
  webhook
    .command('deliveries')
    .description('what was sent, and what came back')
    .argument('<webhook>')
    .option('--phase <phase>', 'waiting, delivered, failed or cancelled')
    .option('-n, --first <count>', 'how many', '20')
    .action(action(deliveries));
  webhook
    .command('redeliver')
    .description('send once more: some deliveries, or those of a time')
    .argument('<webhook>')
    .argument('[delivery...]')
    .option('--from <instant>', 'deliveries that fell due from then …')
    .option('--to <instant>', '… until before then')
    .option('--failed', 'only those that never arrived')
    .action(action(redeliver));
  webhook
    .command('replay')
    .description('send what the log holds from a position on')
    .argument('<webhook>')
    .requiredOption('--from <position>', 'inclusive')
    .option('--to <position>', 'inclusive; up to now where left out')
    .action(action(replay));
}

async function list(context: CliContext): Promise<void> {
  const { output } = context;
  const answer = await context.client.request<{ webhooks: PageOf<Webhook> }>(WEBHOOKS, { first: 50, at: context.at });
  showPage(context, answer.webhooks, {
    columns: [
      { title: 'WEBHOOK', value: (row) => row.id },
      { title: 'PHASE', value: (row) => row.phase, paint: (text, row) => paintPhase(output, row.phase, text) },
      { title: 'TYPES', value: (row) => row.types.join(', ') },
      { title: 'SIGNED BY', value: (row) => row.keys.map(({ algorithm }) => algorithm).join(', ') },
      { title: 'WHY', value: (row) => row.reason },
      { title: 'URL', value: (row) => row.url },
    ],
    none: 'No webhooks yet.',
    next: ['solyx webhook create https://example.org/hooks --type invoice.*', 'to hear of invoices'],
  });
}

function showSecret({ output }: CliContext, { id, keyId, algorithm, secret }: WebhookSecret, done: string): void {
  if (output.json) {
    printJson(output, { id, keyId, algorithm, secret });
    return;
  }
  output.out(`${id} ${done}`);
  output.out(secret === null ? 'Its secret was shown before.' : `secret ${bold(output, secret)}   shown only now`);
  suggest(output, `solyx webhook test ${id}`, 'to send a first event');
}

interface CreateFlags {
  readonly type?: readonly string[];
  readonly description?: string;
  readonly ordering: string;
  readonly algorithm: string;
}

async function create(context: CliContext, flags: CreateFlags, url: string): Promise<void> {
  const { type: types, description, ordering, algorithm } = flags;
  const variables = { url, types, description, ordering, algorithm };
  showSecret(context, await ask<WebhookSecret>(context, CREATE_WEBHOOK, variables), `hears at ${url}`);
}

async function rotate(context: CliContext, flags: { readonly overlap: string }, id: string): Promise<void> {
  const overlap = whole('--overlap', flags.overlap, { min: 0, max: 604_800 });
  showSecret(context, await ask<WebhookSecret>(context, ROTATE_WEBHOOK, { id, overlap }), 'has a new secret');
}

const log = (id: string) => [`solyx webhook deliveries ${id}`, 'for what was sent'] as const;

async function test(context: CliContext, _flags: object, id: string): Promise<void> {
  await tell(context, TEST_WEBHOOK, { id }, { done: 'a test event is on its way', next: log(id) });
}

async function disable(context: CliContext, _flags: object, id: string): Promise<void> {
  const next = [`solyx webhook enable ${id}`, 'to go on'] as const;
  await tell(context, UPDATE_WEBHOOK, { id, enabled: false }, { done: `${id} is disabled`, next });
}

async function enable(context: CliContext, _flags: object, id: string): Promise<void> {
  await tell(context, UPDATE_WEBHOOK, { id, enabled: true }, { done: `${id} is enabled`, next: log(id) });
}

async function remove(context: CliContext, _flags: object, id: string): Promise<void> {
  const next = ['solyx webhook list', 'for the others'] as const;
  await tell(context, DELETE_WEBHOOK, { id }, { done: `${id} is deleted`, next });
}

async function deliveries(
  context: CliContext,
  flags: { readonly phase?: string; readonly first: string },
  id: string,
): Promise<void> {
  const first = whole('--first', flags.first, { min: 1, max: 100 });
  const variables = { id, first, phase: flags.phase };
  const answer = await context.client.request<{ webhookDeliveries: PageOf<Delivery> }>(DELIVERIES, variables);
  showPage(context, answer.webhookDeliveries, {
    columns: [
      { title: 'DELIVERY', value: (row) => row.id },
      { title: 'TYPE', value: (row) => row.type },
      { title: 'PHASE', value: (row) => row.phase },
      { title: 'TRIES', value: (row) => row.attempts, align: 'right' },
      { title: 'AT', value: (row) => clockTime(row.at, context.now()) },
      { title: 'ANSWER', value: (row) => row.lastStatus, align: 'right' },
      { title: 'WHY', value: (row) => row.lastError },
    ],
    none: 'Nothing was sent yet.',
    next: [`solyx webhook redeliver ${id} DELIVERY`, 'to send one once more'],
  });
}

async function events(context: CliContext, _flags: object, wanted?: string): Promise<void> {
  const { output } = context;
  const answer = await context.client.request<{ webhookCatalogue: readonly WebhookEventType[] }>(CATALOGUE);
  const types = answer.webhookCatalogue;
  if (wanted !== undefined) {
    const found = types.find(({ type }) => type === wanted);
    if (!found) throw new CliError('NotFound', `there is no event ${wanted}`, 'List them with `solyx webhook events`.');
    printJson(output, found.schema);
    return;
  }
  if (output.json) {
    printJson(output, types);
    return;
  }
  output.out(
    table(
      output,
      [
        { title: 'TYPE', value: (row) => row.type },
        { title: 'OF', value: (row) => row.resource },
        { title: 'SAYS', value: (row) => row.description },
      ],
      types,
    ),
  );
  suggest(output, 'solyx webhook events invoice.paid', 'for the JSON Schema of one');
}

interface RedeliverFlags {
  readonly from?: string;
  readonly to?: string;
  readonly failed?: boolean;
}

async function redeliver(
  context: CliContext,
  flags: RedeliverFlags,
  id: string,
  ids: readonly string[],
): Promise<void> {
  const { from, to } = flags;
  if (ids.length > 0 === (from !== undefined && to !== undefined)) {
    throw new CliError('Usage', 'which deliveries?', 'Name them, or write --from INSTANT --to INSTANT.');
  }
  const variables = { id, from, to, failed: flags.failed === true, deliveries: ids.length > 0 ? ids : undefined };
  await tell(context, REDELIVER_WEBHOOK, variables, { done: 'sent once more', next: log(id) });
}

async function replay(
  context: CliContext,
  flags: { readonly from: string; readonly to?: string },
  id: string,
): Promise<void> {
  const variables = { id, from: flags.from, to: flags.to };
  await tell(context, REPLAY_WEBHOOK, variables, { done: `sent again from ${flags.from} on`, next: log(id) });
}
