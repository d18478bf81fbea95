import { REFUSAL } from './documents';

/** The GraphQL documents about money that the CLI sends. */
const ACK = `__typename ... on Ack { id position } ${REFUSAL}`;
const PAGE = `pageInfo { hasNextPage endCursor }`;
const TIERS = `tiers { upTo rateNumerator rateDenominator }`;
const SUBJECT = `subject { project meter pricing source simulated product quality resourceId }`;
const TERMS = `terms { priceBookId priceBookVersion entryId model unit ${TIERS} freeQuantity markupBps discountBps }`;
const QUOTE = `id phase ${SUBJECT} ${TERMS} expiresAt holdsSeconds from to at position`;
const ENTRIES = `entries { entryId meter pricing source simulated product model ${TIERS} freeQuantity discountBps markups bounds { floorMicroUsd ceilingMicroUsd stepMicroUsd } }`;
const BOOK = `id version name currency effectiveFrom minimumMicroUsd bulkDiscounts withdrawalFee publishedAt observed { entryId priceMicroUsd at } ${ENTRIES} position`;

export const PRICE_BOOKS = `query PriceBooks($first: Int, $at: At) { priceBooks(first: $first, at: $at) {
  ${PAGE} edges { node { id version name currency effectiveFrom minimumMicroUsd publishedAt entries { entryId } position } } } }`;
export const PRICE_BOOK = `query PriceBook($id: ID!, $at: At) { priceBook(id: $id, at: $at) { ${BOOK} } }`;
export const PUBLISH_BOOK = `mutation PublishBook($spec: Json!, $key: String!) { answer: publishPriceBook(spec: $spec, idempotencyKey: $key) { ${ACK} } }`;
export const ASSIGN_BOOK = `mutation AssignBook($organization: ID!, $book: ID!, $from: String!, $key: String!) {
  answer: assignPriceBook(organizationId: $organization, priceBookId: $book, effectiveFrom: $from, idempotencyKey: $key) { ${ACK} } }`;
export const OBSERVE_PRICE = `mutation Observe($book: ID!, $entry: String!, $price: MicroUsd!, $reference: String!, $key: String!) {
  answer: observePrice(priceBookId: $book, entryId: $entry, priceMicroUsd: $price, reference: $reference, idempotencyKey: $key) { ${ACK} } }`;
export const QUOTES = `query Quotes($first: Int, $at: At) { quotes(first: $first, at: $at) { ${PAGE} edges { node { ${QUOTE} } } } }`;
export const ASK_QUOTE = `mutation Quote($spec: Json!, $holds: Int, $key: String!) {
  answer: quote(spec: $spec, holdsSeconds: $holds, idempotencyKey: $key) { __typename ... on Quote { ${QUOTE} } ${REFUSAL} } }`;
export const ACCEPT_QUOTE = `mutation AcceptQuote($id: ID!, $key: String!) { answer: acceptQuote(id: $id, idempotencyKey: $key) { ${ACK} } }`;
export const COMMIT = `mutation Commit($spec: Json!, $key: String!) { answer: commit(spec: $spec, idempotencyKey: $key) { ${ACK} } }`;
const RERATE = `__typename ... on Rerate { period priceBookId posted charges linesLeftOut linesWithoutPrice postedMicroUsd reratedMicroUsd at position
    lines { project skuId quantity unit postedMicroUsd reratedMicroUsd } } ${REFUSAL}`;
export const WHAT_IF = `mutation WhatIf($organization: ID, $period: String!, $book: ID!, $key: String!) {
  answer: whatIf(organizationId: $organization, period: $period, priceBookId: $book, idempotencyKey: $key) { ${RERATE} } }`;
export const CORRECT_PERIOD = `mutation CorrectPeriod($organization: ID, $period: String!, $book: ID!, $key: String!) {
  answer: correctPeriod(organizationId: $organization, period: $period, priceBookId: $book, idempotencyKey: $key) { ${RERATE} } }`;

export const BUDGETS = `query Budgets($first: Int, $scope: BudgetScopeInput, $at: At) {
  budgets(first: $first, scope: $scope, at: $at) { ${PAGE} edges { node { scope { kind id } limitMicroUsd period spentMicroUsd projects thresholds reachedPercent } } }
  budget(at: $at) { limitMicroUsd period spentMicroUsd heldMicroUsd } }`;
export const SET_BUDGET = `mutation SetBudget($limit: MicroUsd!, $period: String, $scope: BudgetScopeInput, $projects: [String!], $thresholds: [Int!], $key: String!) {
  answer: setBudget(limitMicroUsd: $limit, period: $period, scope: $scope, projects: $projects, thresholds: $thresholds, idempotencyKey: $key) { ${ACK} } }`;
export const REMOVE_BUDGET = `mutation RemoveBudget($scope: BudgetScopeInput, $key: String!) { answer: removeBudget(scope: $scope, idempotencyKey: $key) { ${ACK} } }`;
const SIDE = `{ balanceMicroUsd heldMicroUsd availableMicroUsd drawnMicroUsd lowBelowMicroUsd }`;
export const WALLET = `query Wallet($first: Int, $at: At) { wallet(at: $at) { real ${SIDE} simulated ${SIDE} position }
  credits(first: $first, at: $at) { ${PAGE} edges { node { id kind simulated amountMicroUsd remainingMicroUsd priority expiresAt expired categories projects note at position } } } }`;
export const TOP_UP = `mutation TopUp($organization: ID, $amount: MicroUsd!, $simulated: Boolean, $reference: String!, $low: MicroUsd, $key: String!) {
  answer: topUp(organizationId: $organization, amountMicroUsd: $amount, simulated: $simulated, reference: $reference, lowBelowMicroUsd: $low, idempotencyKey: $key) { ${ACK} } }`;
export const GRANT = `mutation Grant($organization: ID, $kind: String, $amount: MicroUsd!, $simulated: Boolean, $priority: Int, $expires: String, $note: String, $key: String!) {
  answer: grantCredit(organizationId: $organization, kind: $kind, amountMicroUsd: $amount, simulated: $simulated, priority: $priority, expiresAt: $expires, note: $note, idempotencyKey: $key) { ${ACK} } }`;

export const PROFILE = `query Profile($at: At) { billingProfile(at: $at) { timeZone graceHours legalEntityId mode plan costCentre closedPeriod priceBooks { priceBookId effectiveFrom } position } }`;
export const SET_PROFILE = `mutation SetProfile($organization: ID, $zone: String, $grace: Int, $entity: ID, $mode: String, $plan: String, $centre: String, $key: String!) {
  answer: setBillingProfile(organizationId: $organization, timeZone: $zone, graceHours: $grace, legalEntityId: $entity, mode: $mode, plan: $plan, costCentre: $centre, idempotencyKey: $key) { ${ACK} } }`;
export const USAGE = `query Usage($first: Int, $period: String, $project: String, $at: At) { usage(first: $first, period: $period, project: $project, at: $at) {
  ${PAGE} edges { node { id period project kind skuId description source simulated quantity unit amountMicroUsd from to charges position } } } }`;
export const REPORT_USAGE = `mutation ReportUsage($meter: ID!, $facts: Json!, $key: String!) { answer: reportUsage(meterId: $meter, facts: $facts, idempotencyKey: $key) { ${ACK} } }`;

const PARTY = `{ name address country taxId registration email }`;
const INVOICE = `id period phase simulated number zone from to billTo ${PARTY} issuer ${PARTY} lineCount subtotalMicroUsd taxMicroUsd creditMicroUsd totalMicroUsd outstandingMicroUsd
  taxes { name jurisdiction ratePpm taxableMicroUsd amountMicroUsd } credits { grantId description amountMicroUsd } contentHash issuedAt dueAt paidAt document position`;
export const INVOICES = `query Invoices($first: Int, $period: String, $phase: String, $at: At) { invoices(first: $first, period: $period, phase: $phase, at: $at) { ${PAGE} edges { node { ${INVOICE} } } } }`;
export const INVOICE_SHOWN = `query Invoice($id: ID!, $at: At) { invoice(id: $id, at: $at) { ${INVOICE} }
  invoiceLines(invoiceId: $id, first: 100, at: $at) { ${PAGE} edges { node { lineKey kind description project source skuId pricing quality quantity unit from to amountMicroUsd listAmountMicroUsd charges priceText correctsPeriod } } }
  creditNotes(invoiceId: $id, first: 20, at: $at) { ${PAGE} edges { node { id number note totalMicroUsd issuedAt } } } }`;
export const PAY_INVOICE = `mutation Pay($id: ID!, $amount: MicroUsd, $key: String!) { answer: payInvoice(id: $id, amountMicroUsd: $amount, idempotencyKey: $key) { ${ACK} } }`;
export const RECORD_PAYMENT = `mutation RecordPayment($id: ID!, $method: String!, $reference: String!, $amount: MicroUsd, $key: String!) {
  answer: recordPayment(id: $id, method: $method, reference: $reference, amountMicroUsd: $amount, idempotencyKey: $key) { ${ACK} } }`;
export const VOID_INVOICE = `mutation Void($id: ID!, $reason: String, $key: String!) { answer: voidInvoice(id: $id, reason: $reason, idempotencyKey: $key) { ${ACK} } }`;
export const CREDIT_INVOICE = `mutation Credit($id: ID!, $reason: String!, $lines: [CreditLineInput!], $key: String!) {
  answer: creditInvoice(id: $id, reason: $reason, lines: $lines, idempotencyKey: $key) { ${ACK} } }`;
export const SET_ENTITY = `mutation SetEntity($id: ID!, $spec: Json!, $key: String!) { answer: setLegalEntity(id: $id, spec: $spec, idempotencyKey: $key) { ${ACK} } }`;

const EARNED = `{ earnedMicroUsd feeMicroUsd reservedMicroUsd availableMicroUsd }`;
export const EARNINGS = `query Earnings($first: Int, $at: At) {
  provider(at: $at) { real ${EARNED} simulated ${EARNED} inTransitMicroUsd paidOutMicroUsd disputedMicroUsd feeBps identity account { rail accountRef thresholdMicroUsd schedule } position }
  earnings(first: $first, at: $at) { ${PAGE} edges { node { id kind simulated phase grossMicroUsd feeBps feeMicroUsd netMicroUsd parts { sourceId gpuModel grossMicroUsd } usedAt reserveUntil position } } } }`;
export const PAYOUTS = `query Payouts($first: Int, $at: At) { payouts(first: $first, at: $at) { ${PAGE} edges { node {
  id phase rail accountRef lines { kind description amountMicroUsd } grossMicroUsd withdrawalFeeMicroUsd netMicroUsd reference reason createdAt endedAt position } } } }`;
export const REQUEST_PAYOUT = `mutation Payout($amount: MicroUsd, $key: String!) { answer: requestPayout(amountMicroUsd: $amount, idempotencyKey: $key) { ${ACK} } }`;
export const PAYOUT_ACCOUNT = `mutation PayoutAccount($rail: String!, $ref: String!, $threshold: MicroUsd, $schedule: String, $key: String!) {
  answer: setPayoutAccount(rail: $rail, accountRef: $ref, thresholdMicroUsd: $threshold, schedule: $schedule, idempotencyKey: $key) { ${ACK} } }`;
export const VERIFY_IDENTITY = `mutation Identity($ref: String!, $key: String!) { answer: verifyIdentity(documentRef: $ref, idempotencyKey: $key) { ${ACK} } }`;
export const DISPUTE = `mutation Dispute($charge: ID!, $reason: String!, $key: String!) { answer: disputeCharge(chargeId: $charge, reason: $reason, idempotencyKey: $key) { ${ACK} } }`;

const CAMPAIGN = `id phase terms { name creativeUri budgetMicroUsd pricing rateMicroUsd categories impressionsPerViewerPerDay publisherShareBps startsAt endsAt simulated } impressions clicks invalid chargedMicroUsd reason createdAt position`;
export const CAMPAIGNS = `query Campaigns($first: Int, $at: At) { campaigns(first: $first, at: $at) { ${PAGE} edges { node { ${CAMPAIGN} } } } }`;
export const CREATE_CAMPAIGN = `mutation CreateCampaign($spec: Json!, $key: String!) { answer: createCampaign(spec: $spec, idempotencyKey: $key) { ${ACK} } }`;
export const PAUSE_CAMPAIGN = `mutation PauseCampaign($id: ID!, $paused: Boolean, $reason: String, $key: String!) { answer: pauseCampaign(id: $id, paused: $paused, reason: $reason, idempotencyKey: $key) { ${ACK} } }`;
export const END_CAMPAIGN = `mutation EndCampaign($id: ID!, $reason: String, $key: String!) { answer: endCampaign(id: $id, reason: $reason, idempotencyKey: $key) { ${ACK} } }`;

export const WEBHOOKS = `query Webhooks($first: Int, $at: At) { webhooks(first: $first, at: $at) { ${PAGE} edges { node {
  id phase url description types ordering keys { keyId algorithm publicKey until } reason failingSince createdAt position } } } }`;
const SECRET = `__typename ... on WebhookSecret { id keyId algorithm secret position } ${REFUSAL}`;
export const CREATE_WEBHOOK = `mutation CreateWebhook($url: String!, $description: String, $types: [String!], $ordering: String, $algorithm: String, $key: String!) {
  answer: createWebhook(url: $url, description: $description, types: $types, ordering: $ordering, algorithm: $algorithm, idempotencyKey: $key) { ${SECRET} } }`;
export const UPDATE_WEBHOOK = `mutation UpdateWebhook($id: ID!, $url: String, $types: [String!], $enabled: Boolean, $key: String!) {
  answer: updateWebhook(id: $id, url: $url, types: $types, enabled: $enabled, idempotencyKey: $key) { ${ACK} } }`;
export const ROTATE_WEBHOOK = `mutation RotateWebhook($id: ID!, $algorithm: String, $overlap: Int, $key: String!) {
  answer: rotateWebhook(id: $id, algorithm: $algorithm, overlapSeconds: $overlap, idempotencyKey: $key) { ${SECRET} } }`;
export const TEST_WEBHOOK = `mutation TestWebhook($id: ID!, $key: String!) { answer: testWebhook(id: $id, idempotencyKey: $key) { ${ACK} } }`;
export const REDELIVER_WEBHOOK = `mutation Redeliver($id: ID!, $deliveries: [ID!], $from: String, $to: String, $failed: Boolean, $key: String!) {
  answer: redeliverWebhook(id: $id, deliveryIds: $deliveries, from: $from, to: $to, failedOnly: $failed, idempotencyKey: $key) { ${ACK} } }`;
export const REPLAY_WEBHOOK = `mutation ReplayWebhook($id: ID!, $from: Position!, $to: Position, $key: String!) { answer: replayWebhook(id: $id, from: $from, to: $to, idempotencyKey: $key) { ${ACK} } }`;
export const DELETE_WEBHOOK = `mutation DeleteWebhook($id: ID!, $key: String!) { answer: deleteWebhook(id: $id, idempotencyKey: $key) { ${ACK} } }`;
export const CATALOGUE = `query Catalogue { webhookCatalogue { type version resource description schema } }`;
export const DELIVERIES = `query Deliveries($id: ID!, $first: Int, $phase: String) { webhookDeliveries(id: $id, first: $first, phase: $phase) {
  ${PAGE} edges { node { id eventId type resource eventPosition phase attempts at nextAttemptAt lastStatus lastError } } } }`;

export const ASSETS = `query Assets($first: Int, $month: String, $at: At) {
  margin(first: $first, month: $month, at: $at) { ${PAGE} edges { node { month source simulated revenueMicroUsd costMicroUsd idleMicroUsd marginMicroUsd position } } }
  assets(first: $first, at: $at) { ${PAGE} edges { node { id phase source provider simulated gpuModel gpus leaseId bookValueMicroUsd depreciatedMicroUsd energyMicroUsd leaseMicroUsd idleMicroUsd position } } } }`;
export const TREE_HEAD = `query TreeHead($at: At) { treeHead(at: $at) { logId size rootHash position keyId publicKey signature at } }`;
const COUNTED = `day events { type events amountMicroUsd } views { view compared differing } imbalanceMicroUsd differing differences { view key field log shown } at position`;
export const RECONCILIATIONS = `query Reconciliations($first: Int, $at: At) { reconciliations(first: $first, at: $at) { ${PAGE} edges { node { ${COUNTED} } } } }`;
export const RECONCILE = `mutation Reconcile($day: String!, $key: String!) { answer: reconcile(day: $day, idempotencyKey: $key) { ${ACK} } }`;
