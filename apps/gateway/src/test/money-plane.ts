import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { DomainEvent } from '@solyx/kernel';
import { WEBHOOK_SUBJECTS } from '@solyx/contracts';
import { BillingDesk } from '../application/money/billing-desk';
import type { Plane, Tenant } from './plane';

const GOLDEN = path.join(__dirname, '..', '..', '..', '..', 'libs', 'contracts', 'golden');
type Data = Readonly<Record<string, unknown>>;

/** An event as the contracts' golden file has it, with some of its fields said otherwise. */
export function golden(type: string, changes: Data = {}, version = 1): DomainEvent {
  const data = JSON.parse(readFileSync(path.join(GOLDEN, `${type}.v${version}.json`), 'utf8')) as Data;
  return { type, data: { ...data, ...changes } };
}

/** The answer to a request: on which stream, which event, with what in it. */
type Answer = (data: Data, tenant: Tenant) => readonly [stream: string, type: string, changes: Data];

const id = (value: unknown): string => String(value);
const webhook =
  (fact: string, changes: Data = {}): Answer =>
  ({ endpointId, settings, requestId }, { organizationId }) => [
    `billing.webhook-${id(endpointId)}`,
    `billing.webhook.${fact}`,
    { endpointId, organizationId, requestId, ...(settings === undefined ? {} : { settings }), ...changes },
  ];
const invoice =
  (fact: string, changes: Data = {}): Answer =>
  ({ invoiceId }, { organizationId }) => [
    `billing.invoice-${id(invoiceId)}`,
    `billing.invoice.${fact}`,
    { invoiceId, organizationId, simulated: false, ...changes },
  ];
const wallet =
  (fact: string): Answer =>
  ({ organizationId, amountMicroUsd, simulated }) => [
    `billing.wallet-${id(organizationId)}`,
    `billing.wallet.${fact}`,
    { organizationId, amountMicroUsd, simulated, grantId: `grant-${fact}` },
  ];
const campaign =
  (fact: string, changes: (data: Data) => Data = () => ({})): Answer =>
  (data, { organizationId }) => [
    `billing.campaign-${id(data['campaignId'])}`,
    `billing.campaign.${fact}`,
    { campaignId: data['campaignId'], organizationId, ...changes(data) },
  ];
const provider =
  (fact: string, changes: (data: Data) => Data = () => ({})): Answer =>
  (data, { organizationId }) => [
    `billing.provider-${id(data['providerId'] ?? organizationId)}`,
    `billing.provider.${fact}`,
    { providerId: data['providerId'] ?? organizationId, ...changes(data) },
  ];

const KEY = { keyId: 'key_2', algorithm: 'v1' };

/** What billing records when it hears a request, in the order in which the schema names the mutations. */
const ANSWERS: Readonly<Record<string, Answer>> = {
  'price-book-requested': ({ priceBook }) => [
    `billing.priceBook-${id((priceBook as Data)['priceBookId'])}`,
    'billing.priceBook.published',
    { priceBook, version: 2 },
  ],
  'price-book-assignment-requested': ({ accountId, priceBookId, effectiveFrom }) => [
    `billing.account-${id(accountId)}`,
    'billing.account.price-book-assigned',
    { organizationId: accountId, priceBookId, effectiveFrom },
  ],
  'price-observation-requested': ({ priceBookId, entryId }) => [
    `billing.priceBook-${id(priceBookId)}`,
    'billing.priceBook.price-observed',
    { priceBookId, entryId },
  ],
  'quote-requested': ({ quoteId, subject }, { organizationId }) => [
    `billing.quote-${organizationId}`,
    'billing.quote.issued',
    { quoteId, subject, organizationId },
  ],
  'quote-acceptance-requested': ({ quoteId }, { organizationId }) => [
    `billing.quote-${organizationId}`,
    'billing.quote.accepted',
    { quoteId, organizationId },
  ],
  'commitment-requested': (_data, { organizationId }) => [
    `billing.account-${organizationId}`,
    'billing.account.commitment-added',
    { organizationId },
  ],
  'rerate-requested': ({ requestId, period, priceBookId }, { organizationId }) => [
    `billing.rerate-${id(requestId)}`,
    'billing.rerate.computed',
    { requestId, period, priceBookId, organizationId },
  ],
  'billing-profile-requested': (_data, { organizationId }) => [
    `billing.account-${organizationId}`,
    'billing.account.profile-set',
    { organizationId },
  ],
  'budget-requested': ({ limitMicroUsd, period, scope, thresholds }, { organizationId }) => [
    `billing.budget-${organizationId}`,
    'billing.budget.set',
    {
      ...{ organizationId, limitMicroUsd, period, scope: scope ?? { kind: 'organization', id: organizationId } },
      ...{ zone: 'UTC', thresholds: thresholds ?? [50, 80, 100] },
    },
  ],
  'budget-removal-requested': ({ scope }, { organizationId }) => [
    `billing.budget-${organizationId}`,
    'billing.budget.removed',
    { organizationId, scope },
  ],
  'usage-reported': ({ meterId, facts }, { organizationId }) => {
    const [{ from } = { from: '' }] = facts as readonly { readonly from: string }[];
    const day = from.slice(0, 10).replaceAll('-', '');
    return [
      `billing.meter-${organizationId}.${id(meterId)}.${day}`,
      'billing.meter.usage-recorded',
      { meterId, organizationId, day, facts },
    ];
  },
  'top-up-requested': wallet('topped-up'),
  'credit-requested': wallet('credit-granted'),
  'sla-credit-requested': wallet('sla-credited'),
  'invoice-payment-requested': invoice('paid', { outstandingMicroUsd: '0' }),
  'invoice-void-requested': invoice('voided'),
  'credit-note-requested': invoice('credited', { outstandingMicroUsd: '7' }),
  'legal-entity-requested': ({ legalEntityId }) => [
    `billing.legalEntity-${id(legalEntityId)}`,
    'billing.legalEntity.registered',
    { legalEntityId },
  ],
  'payout-account-requested': provider('payout-account-set'),
  'identity-verification-requested': provider('identity-verified'),
  'payout-requested': provider('payout-allotted', () => ({ payoutId: 'po_1', netMicroUsd: '30000000' })),
  'dispute-resolution-requested': provider('dispute-resolved', ({ disputeId }) => ({ disputeId })),
  'provider-fee-requested': provider('fee-schedule-set', ({ feeBps }) => ({ feeBps })),
  'campaign-requested': campaign('created', ({ terms }) => ({ terms })),
  'campaign-pause-requested': campaign('paused'),
  'campaign-end-requested': campaign('ended'),
  'ad-invalidation-requested': campaign('invalidated', ({ eventIds }) => ({ eventIds })),
  'webhook-requested': webhook('created', { key: KEY }),
  'webhook-update-requested': webhook('updated'),
  'webhook-rotation-requested': webhook('key-rotated', { key: KEY }),
  'webhook-test-requested': webhook('test-ordered'),
  'webhook-redelivery-requested': webhook('redelivery-ordered'),
  'webhook-replay-requested': webhook('replay-ordered'),
  'webhook-deletion-requested': webhook('deleted'),
  'reconciliation-requested': ({ day }) => [
    `billing.reconciliation-${id(day)}`,
    'billing.reconciliation.counted',
    { day, imbalanceMicroUsd: '0', differing: 0, differences: [] },
  ],
};

/** Billing, as far as the gateway can tell: it answers every request about money. */
export async function answerMoney(plane: Plane): Promise<void> {
  for (const [name, answer] of Object.entries(ANSWERS)) {
    await plane.on(`gateway.request.${name}`, ({ data }, tenant) => {
      const [stream, type, changes] = answer(data as Data, tenant);
      return plane.record(stream, golden(type, changes), tenant);
    });
  }
}

/** One of each thing of an organization, under ids that begin with its name. */
export async function someMoney(plane: Plane, organizationId: string): Promise<void> {
  const tenant = { organizationId, correlationId: `money-${organizationId}` };
  const own = (name: string): string => `${name}_${organizationId}`;
  const invoiceId = `${organizationId}.2026-01`;
  const put = (stream: string, type: string, changes: Data): Promise<bigint> =>
    plane.record(stream, golden(type, changes), tenant);
  await put(`billing.quote-${organizationId}`, 'billing.quote.issued', { quoteId: own('quote'), organizationId });
  await put(`billing.invoice-${invoiceId}`, 'billing.invoice.lines-listed', { invoiceId, organizationId });
  await put(`billing.invoice-${invoiceId}`, 'billing.invoice.drafted', { invoiceId, organizationId, simulated: false });
  await put(`billing.invoice-${invoiceId}`, 'billing.invoice.finalised', {
    ...{ invoiceId, organizationId, simulated: false, totalMicroUsd: '9000000' },
  });
  const note = { creditNoteId: own('note'), invoiceId, organizationId, simulated: false };
  await put(`billing.creditNote-${own('note')}`, 'billing.creditNote.issued', note);
  await put(`billing.wallet-${organizationId}`, 'billing.wallet.topped-up', {
    ...{ grantId: own('grant'), organizationId, simulated: false, amountMicroUsd: '50000000' },
  });
  await put(`billing.provider-${organizationId}`, 'billing.provider.earned', {
    ...{ earningId: own('earning'), providerId: organizationId, organizationId: 'somebody-else', simulated: false },
  });
  await put(`billing.payout-${own('payout')}`, 'billing.payout.created', {
    ...{ payoutId: own('payout'), providerId: organizationId },
  });
  await put(`billing.campaign-${own('campaign')}`, 'billing.campaign.created', {
    ...{ campaignId: own('campaign'), organizationId },
  });
  await put(`billing.webhook-${own('hook')}`, 'billing.webhook.created', {
    ...{ endpointId: own('hook'), organizationId, key: { keyId: 'key_1', algorithm: 'v1' } },
  });
}

/** What of money belongs to the platform. */
export async function platformMoney(plane: Plane): Promise<void> {
  const book = (golden('billing.priceBook.published').data as { readonly priceBook: Data }).priceBook;
  for (const priceBookId of ['default', 'contract-rival']) {
    const changes = { priceBook: { ...book, priceBookId } };
    await plane.record(`billing.priceBook-${priceBookId}`, golden('billing.priceBook.published', changes));
  }
  const node = { nodeId: 'node-1', simulated: true };
  await plane.record('billing.asset-node-1', golden('billing.asset.registered', node));
  await plane.record('billing.asset-node-1', golden('billing.asset.depreciated', node));
  await plane.record('billing.treeHead-main', golden('billing.treeHead.signed'));
}

/** What billing answers on the bus, in memory. */
export class MemoryBillingDesk extends BillingDesk {
  readonly answers = new Map<string, (question: Data) => unknown>([
    [WEBHOOK_SUBJECTS.secret, () => ({ algorithm: 'v1', secret: 'whsec_shown_once' })],
    [WEBHOOK_SUBJECTS.deliveries, () => ({ deliveries: [], hasNext: false })],
  ]);

  override async ask(subject: string, question: object): Promise<unknown> {
    return this.answers.get(subject)?.(question as Data) ?? {};
  }
}
