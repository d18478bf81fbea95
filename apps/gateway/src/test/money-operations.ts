const REFUSAL = '... on Refusal { code reason message hint details position }';
const ACK = `__typename ... on Ack { id position } ${REFUSAL}`;
const PAGE = 'pageInfo { hasNextPage endCursor }';

interface Operation {
  readonly document: string;
  readonly holds: unknown;
}

const list = (name: string, fields: string, first: unknown, args = ''): Operation => ({
  document: `{ ${name}${args} { edges { cursor node { ${fields} } } ${PAGE} } }`,
  holds: { edges: [{ node: first }] },
});
const none = (name: string, fields: string, args = ''): Operation => ({
  document: `{ ${name}${args} { edges { node { ${fields} } } ${PAGE} } }`,
  holds: { edges: [], pageInfo: { hasNextPage: false, endCursor: null } },
});
/** `$book` and its like are declared where they are used. */
const declared = (args: string): string =>
  [...args.matchAll(/\$(\w+)/g)].map(([, name]) => `, $${name}: Json!`).join('');
const ask = (name: string, args: string, id: unknown): Operation => ({
  document: `mutation ($key: String!${declared(args)}) { ${name}(${args}${args === '' ? '' : ', '}idempotencyKey: $key) { ${ACK} } }`,
  holds: { __typename: 'Ack', id },
});
const refused = (name: string, args: string, reason: string): Operation => ({
  document: `mutation ($key: String!) { ${name}(${args}, idempotencyKey: $key) { ${ACK} } }`,
  holds: { __typename: 'Refusal', code: 'NotFound', reason },
});

const QUERIES: Readonly<Record<string, Operation>> = {
  priceBooks: list(
    'priceBooks',
    'id version name entries { entryId meter pricing tiers { upTo rateNumerator } markups bounds { stepMicroUsd } } observed { entryId }',
    { id: 'contract-rival' },
    '(first: 1)',
  ),
  priceBook: { document: '{ priceBook(id: "default") { id version currency } }', holds: { id: 'default' } },
  quotes: list('quotes', 'id phase subject { meter source } terms { priceBookId tiers { rateNumerator } } to', {
    id: 'quote_acme',
    phase: 'Issued',
  }),
  billingProfile: {
    document: '{ billingProfile { timeZone graceHours mode plan closedPeriod priceBooks { priceBookId } } }',
    holds: { timeZone: 'UTC', graceHours: 72, mode: 'postpaid' },
  },
  usage: list('usage', 'id period project kind source simulated quantity unit amountMicroUsd charges', {
    ...{ period: '2026-01', kind: 'gpu', simulated: true, quantity: '1000', amountMicroUsd: '555', charges: 1 },
  }),
  budgets: list(
    'budgets',
    'scope { kind id } limitMicroUsd period spentMicroUsd thresholds reachedPercent',
    { scope: { kind: 'organization', id: 'acme' }, spentMicroUsd: '555' },
    '(scope: { kind: "organization", id: "" })',
  ),
  wallet: {
    document: '{ wallet { real { balanceMicroUsd heldMicroUsd availableMicroUsd } simulated { balanceMicroUsd } } }',
    holds: {
      real: { balanceMicroUsd: '50000000', availableMicroUsd: '50000000' },
      simulated: { balanceMicroUsd: '0' },
    },
  },
  credits: list('credits', 'id kind remainingMicroUsd priority expiresAt', { id: 'grant_acme', kind: 'top-up' }),
  invoices: list(
    'invoices',
    'id period phase number totalMicroUsd outstandingMicroUsd document issuer { name address } taxes { name }',
    { id: 'acme.2026-01', phase: 'Finalised', document: '/v1/documents/invoice/acme.2026-01' },
  ),
  invoice: { document: '{ invoice(id: "acme.2026-01") { id phase } }', holds: { id: 'acme.2026-01' } },
  invoiceLines: list(
    'invoiceLines',
    'invoiceId lineKey description quantity amountMicroUsd priceText correctsPeriod',
    { invoiceId: 'acme.2026-01' },
    '(invoiceId: "acme.2026-01")',
  ),
  creditNotes: list('creditNotes', 'id invoiceId number totalMicroUsd lines { lineKey amountMicroUsd }', {
    id: 'note_acme',
  }),
  provider: {
    document:
      '{ provider { real { earnedMicroUsd feeMicroUsd reservedMicroUsd availableMicroUsd } identity account { rail } } }',
    holds: { identity: 'Unknown', account: null },
  },
  earnings: list('earnings', 'id kind phase netMicroUsd feeBps parts { sourceId }', {
    id: 'earning_acme',
    phase: 'Earned',
  }),
  payouts: list('payouts', 'id phase netMicroUsd lines { kind amountMicroUsd }', {
    id: 'payout_acme',
    phase: 'Created',
  }),
  campaigns: list('campaigns', 'id phase terms { name pricing } impressions chargedMicroUsd', { id: 'campaign_acme' }),
  assets: list('assets', 'id phase source depreciatedMicroUsd idleMicroUsd procurement { purchaseMicroUsd }', {
    id: 'node-1',
    phase: 'Held',
  }),
  margin: {
    document: `{ margin(month: "2026-01") { edges { node { month source simulated revenueMicroUsd marginMicroUsd } } ${PAGE} } }`,
    holds: { edges: [{ node: { source: 'owned', simulated: true, revenueMicroUsd: '555', marginMicroUsd: '555' } }] },
  },
  webhooks: list('webhooks', 'id phase url types keys { keyId algorithm until }', {
    id: 'hook_acme',
    keys: [{ keyId: 'key_1', until: null }],
  }),
  webhookDeliveries: none('webhookDeliveries', 'id type phase', '(id: "hook_acme")'),
  webhookDelivery: {
    document: '{ webhookDelivery(id: "wd_1") { delivery { id phase } body attempts { attempt } } }',
    holds: { delivery: { id: 'wd_1', phase: 'delivered' }, attempts: [] },
  },
  webhookCatalogue: {
    document: '{ webhookCatalogue { type version resource description schema } }',
    holds: [{ type: 'invoice.drafted', version: 1, resource: 'invoice' }],
  },
  treeHead: { document: '{ treeHead { logId size rootHash signature publicKey } }', holds: { logId: 'main' } },
  reconciliations: none('reconciliations', 'day differing imbalanceMicroUsd views { view }'),
};

const PRICES: Readonly<Record<string, Operation>> = {
  publishPriceBook: ask('publishPriceBook', 'spec: $book', 'book-1'),
  assignPriceBook: ask(
    'assignPriceBook',
    'organizationId: "acme", priceBookId: "default", effectiveFrom: "2026-02-01T00:00:00Z"',
    'acme',
  ),
  observePrice: ask(
    'observePrice',
    'priceBookId: "default", entryId: "e1", priceMicroUsd: "1", reference: "spec"',
    'e1',
  ),
  quote: {
    document: `mutation ($key: String!) { quote(spec: { meter: "gpu", product: "H100" }, idempotencyKey: $key) { __typename ... on Quote { id phase subject { meter product source } terms { model } } ${REFUSAL} } }`,
    holds: { __typename: 'Quote', phase: 'Issued', subject: { meter: 'gpu', product: 'H100', source: 'owned' } },
  },
  acceptQuote: ask('acceptQuote', 'id: "quote_acme"', 'quote_acme'),
  commit: ask(
    'commit',
    'spec: { meter: "gpu", product: "H100", unitsPerMs: "1000", from: "2026-02-01T00:00:00.000Z", to: "2026-03-01T00:00:00.000Z" }',
    undefined,
  ),
  whatIf: {
    document: `mutation ($key: String!) { whatIf(period: "2026-01", priceBookId: "default", idempotencyKey: $key) { __typename ... on Rerate { period postedMicroUsd reratedMicroUsd lines { skuId } position } ${REFUSAL} } }`,
    holds: { __typename: 'Rerate', period: '2026-01' },
  },
  correctPeriod: {
    document: `mutation ($key: String!) { correctPeriod(period: "2026-01", priceBookId: "default", idempotencyKey: $key) { __typename ... on Rerate { posted } ${REFUSAL} } }`,
    holds: { __typename: 'Rerate' },
  },
};

const ACCOUNT: Readonly<Record<string, Operation>> = {
  setBudget: ask('setBudget', 'limitMicroUsd: "25000000", scope: { kind: "project", id: "vision" }', 'vision'),
  removeBudget: ask('removeBudget', 'scope: { kind: "project", id: "vision" }', 'vision'),
  setBillingProfile: ask('setBillingProfile', 'graceHours: 0', 'acme'),
  reportUsage: ask('reportUsage', 'meterId: "import", facts: $facts', 'import'),
  topUp: ask('topUp', 'amountMicroUsd: "50000000", reference: "bank 7"', 'acme'),
  grantCredit: ask('grantCredit', 'amountMicroUsd: "5000000", note: "welcome"', 'acme'),
  creditOutage: ask(
    'creditOutage',
    'amountMicroUsd: "5000000", outage: [{ stream: "drm.node-node-1", revision: "0" }], note: "lost node"',
    'acme',
  ),
  disputeCharge: refused('disputeCharge', 'chargeId: "charge_none", reason: "not mine"', 'ChargeUnknown'),
  resolveDispute: ask('resolveDispute', 'providerId: "acme", disputeId: "dsp_1", outcome: "rejected"', 'dsp_1'),
  reconcile: ask('reconcile', 'day: "2026-01-31"', '2026-01-31'),
};

const INVOICES: Readonly<Record<string, Operation>> = {
  payInvoice: ask('payInvoice', 'id: "acme.2026-01"', 'acme.2026-01'),
  recordPayment: ask('recordPayment', 'id: "acme.2026-01", method: "transfer", reference: "bank 8"', 'acme.2026-01'),
  voidInvoice: ask('voidInvoice', 'id: "acme.2026-01"', 'acme.2026-01'),
  creditInvoice: ask('creditInvoice', 'id: "acme.2026-01", reason: "outage"', 'acme.2026-01'),
  setLegalEntity: ask(
    'setLegalEntity',
    'id: "solyx", spec: { party: { name: "Solyx", address: ["Street 1"] } }',
    'solyx',
  ),
};

const EARNERS: Readonly<Record<string, Operation>> = {
  setPayoutAccount: ask('setPayoutAccount', 'rail: "file", accountRef: "acct_1"', 'acme'),
  verifyIdentity: ask('verifyIdentity', 'documentRef: "doc_1"', 'acme'),
  requestPayout: ask('requestPayout', '', 'po_1'),
  setProviderFee: ask(
    'setProviderFee',
    'providerId: "acme", feeBps: 250, effectiveFrom: "2026-02-01T00:00:00Z"',
    'acme',
  ),
  createCampaign: ask('createCampaign', 'spec: $campaign', undefined),
  pauseCampaign: ask('pauseCampaign', 'id: "campaign_acme"', 'campaign_acme'),
  endCampaign: ask('endCampaign', 'id: "campaign_acme"', 'campaign_acme'),
  reportAdEvents: ask('reportAdEvents', 'events: []', undefined),
  invalidateAdEvents: ask(
    'invalidateAdEvents',
    'campaignId: "campaign_acme", eventIds: ["e1"], reason: "no people"',
    'campaign_acme',
  ),
};

const secret = (name: string, args: string): Operation => ({
  document: `mutation ($key: String!) { ${name}(${args}, idempotencyKey: $key) { __typename ... on WebhookSecret { id keyId algorithm secret position } ${REFUSAL} } }`,
  holds: { __typename: 'WebhookSecret', keyId: 'key_2', secret: 'whsec_shown_once' },
});

const WEBHOOKS: Readonly<Record<string, Operation>> = {
  createWebhook: secret('createWebhook', 'url: "https://example.org/hooks", types: ["invoice.*"]'),
  updateWebhook: ask('updateWebhook', 'id: "hook_acme", enabled: false', 'hook_acme'),
  rotateWebhook: secret('rotateWebhook', 'id: "hook_acme"'),
  testWebhook: ask('testWebhook', 'id: "hook_acme"', 'hook_acme'),
  redeliverWebhook: ask('redeliverWebhook', 'id: "hook_acme", deliveryIds: ["wd_1"]', 'hook_acme'),
  replayWebhook: ask('replayWebhook', 'id: "hook_acme", from: "0"', 'hook_acme'),
  deleteWebhook: refused('deleteWebhook', 'id: "hook_none"', 'WebhookUnknown'),
};

/** Every root field about money with a document, and what its answer must hold. */
export const MONEY_OPERATIONS: Readonly<Record<string, Operation>> = {
  ...QUERIES,
  ...PRICES,
  ...ACCOUNT,
  ...INVOICES,
  ...EARNERS,
  ...WEBHOOKS,
};
