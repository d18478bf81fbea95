/* eslint-disable @typescript-eslint/no-unsafe-member-access -- answers are looked at as they came. */
import fc from 'fast-check';
import { OPERATIONS, ROLES, type Role } from '@solyx/kernel';
import { WorkloadEnded } from '@solyx/contracts/drm';
import { parseJobFile } from '../domain/job-spec';
import { startGateway, type Harness } from '../test/gateway-harness';
import { platformMoney, someMoney } from '../test/money-plane';
import { share } from '../test/plane';

const at = '2026-01-01T00:00:00.000Z';
const parsed = parseJobFile({ run: 'true' });
if (!parsed.ok) throw new Error('the spec needs a job');
const { spec } = parsed;
const tenants = ['acme', 'rival'] as const;

const THINGS = ['quote', 'grant', 'note', 'earning', 'payout', 'campaign', 'hook'];

/** Everything about money: a page of each list, and each thing of the other by its id. */
const MONEY_READS = (other: string): readonly string[] => [
  '{ priceBooks(first: 100) { edges { node { id name } } } }',
  `{ priceBook(id: "contract-${other}") { id } }`,
  '{ quotes(first: 100) { edges { node { id } } } }',
  '{ usage(first: 100) { edges { node { id project } } } }',
  '{ budgets(first: 100) { edges { node { scope { kind id } spentMicroUsd } } } }',
  `{ budgets(scope: { kind: "organization", id: "${other}" }) { edges { node { scope { kind id } } } } }`,
  '{ credits(first: 100) { edges { node { id } } } }',
  '{ invoices(first: 100) { edges { node { id document } } } }',
  `{ invoice(id: "${other}.2026-01") { id } }`,
  `{ invoiceLines(invoiceId: "${other}.2026-01") { edges { node { id } } } }`,
  '{ creditNotes(first: 100) { edges { node { id invoiceId } } } }',
  '{ earnings(first: 100) { edges { node { id } } } }',
  '{ payouts(first: 100) { edges { node { id } } } }',
  '{ campaigns(first: 100) { edges { node { id } } } }',
  '{ webhooks(first: 100) { edges { node { id } } } }',
  '{ events(first: 100, types: ["billing."]) { edges { node { type stream data organizationId } } } }',
  `{ events(first: 100, stream: "billing.provider-${other}") { edges { node { data } } } }`,
  `{ events(first: 100, stream: "billing.invoice-${other}.2026-01") { edges { node { data } } } }`,
  '{ events(first: 100, types: ["billing.asset.", "billing.priceBook."]) { edges { node { type } } } }',
];

/** What one tenant may ask of a thing of the other, and what it is told. */
const MONEY_ACTS = (other: string): readonly (readonly [string, string])[] => [
  [`acceptQuote(id: "quote_${other}", idempotencyKey: "x")`, 'QuoteUnknown'],
  [`payInvoice(id: "${other}.2026-01", idempotencyKey: "x")`, 'InvoiceUnknown'],
  [`disputeCharge(chargeId: "charge_job_${other}", reason: "", idempotencyKey: "x")`, 'ChargeUnknown'],
  [`pauseCampaign(id: "campaign_${other}", idempotencyKey: "x")`, 'CampaignUnknown'],
  [`endCampaign(id: "campaign_${other}", idempotencyKey: "x")`, 'CampaignUnknown'],
  [`updateWebhook(id: "hook_${other}", idempotencyKey: "x")`, 'WebhookUnknown'],
  [`testWebhook(id: "hook_${other}", idempotencyKey: "x")`, 'WebhookUnknown'],
  [`replayWebhook(id: "hook_${other}", from: "0", idempotencyKey: "x")`, 'WebhookUnknown'],
  [`deleteWebhook(id: "hook_${other}", idempotencyKey: "x")`, 'WebhookUnknown'],
];

describe('Two tenants', () => {
  let gateway: Harness;
  const keys = new Map<string, string>();
  const jobs = new Map<string, string[]>();

  beforeAll(async () => {
    gateway = await startGateway();
    await gateway.plane.node('node-1', 8);
    await platformMoney(gateway.plane);
    for (const organizationId of tenants) {
      keys.set(organizationId, await gateway.key(organizationId, 'owner'));
      await someMoney(gateway.plane, organizationId);
      const own = [0, 1, 2].map((index) => `job_${organizationId}${'0'.repeat(15 - organizationId.length)}${index}`);
      jobs.set(organizationId, own);
      for (const [index, jobId] of own.entries()) {
        const tenant = { organizationId, correlationId: `c-${jobId}` };
        await gateway.plane.queue(jobId, { ...spec, name: `${organizationId}-${index}` }, tenant);
        await gateway.plane.place(jobId, tenant, [share('node-1', { gpuIndexes: [index] })]);
        if (index > 0) await gateway.plane.finish(jobId, tenant);
        // An input of the scheduler that names the job but not its tenant.
        await gateway.plane.record(
          'drm.partition-main',
          WorkloadEnded({ workloadId: jobId, attempt: 1, reason: 'Succeeded', at }),
        );
      }
    }
  });
  afterAll(() => gateway.close());

  const READS = (other: string, organization: string): readonly string[] => [
    `{ job(id: "${other}") { id name } }`,
    '{ jobs(first: 100) { edges { node { id name spec } } } }',
    '{ fleet { nodes { id jobs } } }',
    '{ node(id: "node-1") { jobs } }',
    '{ events(first: 100) { edges { node { type stream data organizationId } } } }',
    '{ events(first: 100, newestFirst: true) { edges { node { type stream data organizationId } } } }',
    `{ events(first: 100, stream: "cmo.job-${other}") { edges { node { type data } } } }`,
    '{ events(first: 100, stream: "drm.partition-main") { edges { node { type data } } } }',
    '{ events(first: 100, stream: "billing.account-acme") { edges { node { data } } } }',
    '{ events(first: 100, stream: "billing.account-rival") { edges { node { data } } } }',
    `{ why(jobId: "${other}") { sentence path { type summary } } }`,
    '{ charges(first: 100) { totalMicroUsd edges { node { jobId } } } }',
    `{ charges(first: 100, jobId: "${other}") { totalMicroUsd edges { node { jobId } } } }`,
    '{ budget { heldMicroUsd } }',
    '{ parked { eventId } }',
    '{ apiKeys { id name } }',
    '{ queues { id cohort used { gpuMilli } budgets { period } } }',
    '{ reservations { id name queue } }',
    `{ queue(id: "${other.slice(0, 5)}") { id } }`,
    ...MONEY_READS(organization),
  ];

  it.each(tenants)('%s sees nothing of the other, whatever it reads', async (organizationId) => {
    const other = organizationId === 'acme' ? 'rival' : 'acme';
    const theirs = jobs.get(other) ?? [];
    const answers: string[] = [];
    for (const document of READS(theirs[0] ?? '', other)) {
      const { data, errors } = await gateway.ask(keys.get(organizationId), document);
      answers.push(JSON.stringify([data, errors]));
    }
    const seen = answers.map((text) => text.replaceAll(`no job ${theirs[0] ?? ''}`, ''));
    for (const jobId of theirs) expect(seen.filter((text) => text.includes(jobId))).toEqual([]);
    expect(seen.filter((text) => text.includes(`"${other}`))).toEqual([]);
    const shown = (word: string): number => seen.filter((text) => text.includes(word)).length;
    for (const word of [...THINGS.map((thing) => `"${thing}_${other}`), `contract-${other}`]) {
      expect([word, shown(word)]).toEqual([word, 0]);
    }
    for (const word of ['somebody-else', 'billing.asset.']) expect([word, shown(word)]).toEqual([word, 0]);
    // It does see its own: the check above is not of empty answers.
    expect(answers.filter((text) => text.includes((jobs.get(organizationId) ?? [])[0] ?? '?')).length).toBeGreaterThan(
      4,
    );
    for (const thing of THINGS) {
      expect(answers.join()).toContain(`"${thing}_${organizationId}"`);
    }
  });

  it('cannot act on the other’s jobs', async () => {
    const [theirs = ''] = jobs.get('rival') ?? [];
    const { data } = await gateway.ask(
      keys.get('acme'),
      `mutation { cancelJob(id: "${theirs}", idempotencyKey: "x") { ... on Refusal { reason code } } }`,
    );
    expect(data.cancelJob).toEqual({ reason: 'JobUnknown', code: 'NotFound' });
  });

  it.each(MONEY_ACTS('rival'))('cannot %s', async (mutation, reason) => {
    const document = `mutation { answer: ${mutation} { ... on Refusal { reason code } } }`;
    expect((await gateway.ask(keys.get('acme'), document)).data.answer).toEqual({ reason, code: 'NotFound' });
  });

  it('may use the same idempotency key, each for its own', async () => {
    await gateway.plane.takeUpJobs();
    const submit =
      'mutation { submitJob(spec: { run: "true" }, idempotencyKey: "same") { ... on JobAck { job { id } } } }';
    const [a, b] = [await gateway.ask(keys.get('acme'), submit), await gateway.ask(keys.get('rival'), submit)];
    expect(a.data.submitJob.job.id).not.toBe(b.data.submitJob.job.id);
  });

  it('never cross, at any time and on any page', async () => {
    const head = await gateway.log.head();
    const position = fc.bigInt({ min: 0n, max: head }).map(String);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...tenants),
        fc.integer({ min: 1, max: 5 }),
        position,
        async (organizationId, first, when) => {
          const operation = `{ jobs(first: ${first}, at: { position: "${when}" }) { edges { node { name } } } events(first: ${first}, after: "${when}") { edges { node { organizationId } } } }`;
          const { data } = await gateway.ask(keys.get(organizationId), operation);
          const names = (data.jobs.edges as { node: { name: string } }[]).map(({ node }) => node.name.split('-')[0]);
          const owners = (data.events.edges as { node: { organizationId: string } }[]).map(
            ({ node }) => node.organizationId,
          );
          expect(names.filter((name) => name !== organizationId && name !== 'job')).toEqual([]);
          expect(owners.filter((owner) => owner !== organizationId && owner !== 'platform')).toEqual([]);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('shows events of the platform to owners alone', async () => {
    const document = '{ events(types: ["drm.node."]) { edges { node { type } } } }';
    const viewer = await gateway.key('acme', 'viewer');
    expect((await gateway.ask(keys.get('acme'), document)).data.events.edges).toHaveLength(1);
    expect((await gateway.ask(viewer, document)).data.events.edges).toHaveLength(0);
  });
});

/** Which permission each root field needs: the matrix of roles and operations, as customers meet it. */
const NEEDS: Readonly<Record<string, string>> = {
  '{ jobs { position } }': 'jobs:read',
  '{ fleet { queued } }': 'fleet:read',
  '{ events { pageInfo { hasNextPage } } }': 'events:read',
  '{ whyRoute(fromSite: "a", toSite: "b") { path } }': 'plan:read',
  '{ charges { totalMicroUsd } }': 'money:read',
  '{ optimizer { level } }': 'plan:read',
  '{ parked { eventId } }': 'parked:read',
  '{ doctor { version } }': 'fleet:read',
  '{ apiKeys { id } }': 'keys:manage',
  'mutation { submitJob(spec: {}, idempotencyKey: "k") { __typename } }': 'jobs:submit',
  'mutation { cancelJob(id: "x", idempotencyKey: "k") { __typename } }': 'jobs:cancel',
  'mutation { plan(spec: {}, idempotencyKey: "k") { __typename } }': 'plan:read',
  'mutation { createJoinToken(minutes: 0, idempotencyKey: "k") { __typename } }': 'fleet:join',
  'mutation { drainNode(id: "x", idempotencyKey: "k") { __typename } }': 'fleet:drain',
  '{ queues { id } }': 'queues:read',
  '{ reservations { id } }': 'queues:read',
  '{ scheduler { policy } }': 'scheduler:read',
  'mutation { setQueue(id: "x", spec: {}, idempotencyKey: "k") { __typename } }': 'queues:set',
  'mutation { removeQueue(id: "x", idempotencyKey: "k") { __typename } }': 'queues:set',
  'mutation { reserve(spec: {}, idempotencyKey: "k") { __typename } }': 'reservations:make',
  'mutation { cancelReservation(id: "x", idempotencyKey: "k") { __typename } }': 'reservations:make',
  'mutation { eta(jobId: "x", idempotencyKey: "k") { __typename } }': 'plan:read',
  'mutation { explain(jobId: "x", idempotencyKey: "k") { __typename } }': 'jobs:read',
  'mutation { measureFleet(idempotencyKey: " ") { __typename } }': 'fleet:read',
  'mutation { cordonNode(id: "x", idempotencyKey: "k") { __typename } }': 'fleet:drain',
  'mutation { uncordonNode(id: "x", idempotencyKey: "k") { __typename } }': 'fleet:drain',
  'mutation { procureNode(id: "x", spec: {}, idempotencyKey: "k") { __typename } }': 'fleet:procure',
  'mutation { setBudget(limitMicroUsd: "1", period: "x", idempotencyKey: "k") { __typename } }': 'budgets:set',
  'mutation { setAutonomy(level: "x", killSwitch: true, limits: { leasedNodesMax: 1, leaseMicroUsdPerHourMax: "1", leasesPerHourMax: 1 }, idempotencyKey: "k") { __typename } }':
    'optimizer:set',
  'mutation { verifyReplay(idempotencyKey: " ") { __typename } }': 'views:verify',
  'mutation { retryParked(context: "x", idempotencyKey: "k") { __typename } }': 'parked:retry',
  '{ wallet { position } }': 'money:read',
  '{ invoices { pageInfo { hasNextPage } } }': 'money:read',
  '{ budgets { pageInfo { hasNextPage } } }': 'money:read',
  '{ priceBooks { pageInfo { hasNextPage } } }': 'money:read',
  '{ earnings { pageInfo { hasNextPage } } }': 'money:read',
  '{ treeHead { size } }': 'money:read',
  '{ provider { identity } }': 'money:read',
  '{ billingProfile { plan } }': 'money:read',
  '{ webhooks { pageInfo { hasNextPage } } }': 'webhooks:read',
  '{ webhookDeliveries(id: "x") { pageInfo { hasNextPage } } }': 'webhooks:read',
  '{ assets { pageInfo { hasNextPage } } }': 'margins:read',
  '{ margin { pageInfo { hasNextPage } } }': 'margins:read',
  '{ reconciliations { pageInfo { hasNextPage } } }': 'books:reconcile',
  'mutation { publishPriceBook(spec: 1, idempotencyKey: "k") { __typename } }': 'prices:set',
  'mutation { setProviderFee(providerId: " ", feeBps: 300, effectiveFrom: "", idempotencyKey: "k") { __typename } }':
    'prices:set',
  'mutation { whatIf(period: "x", priceBookId: "y", idempotencyKey: "k") { __typename } }': 'money:read',
  'mutation { acceptQuote(id: " ", idempotencyKey: "k") { __typename } }': 'quotes:accept',
  'mutation { commit(spec: 1, idempotencyKey: "k") { __typename } }': 'quotes:accept',
  'mutation { reportUsage(meterId: " ", facts: 1, idempotencyKey: "k") { __typename } }': 'usage:report',
  'mutation { topUp(amountMicroUsd: "0", simulated: true, reference: "", idempotencyKey: "k") { __typename } }':
    'wallet:top-up',
  'mutation { grantCredit(amountMicroUsd: "0", idempotencyKey: "k") { __typename } }': 'credits:grant',
  'mutation { payInvoice(id: " ", idempotencyKey: "k") { __typename } }': 'invoices:pay',
  'mutation { voidInvoice(id: " ", idempotencyKey: "k") { __typename } }': 'invoices:correct',
  'mutation { setLegalEntity(id: " ", spec: 1, idempotencyKey: "k") { __typename } }': 'entities:set',
  'mutation { requestPayout(amountMicroUsd: "0", idempotencyKey: "k") { __typename } }': 'payouts:request',
  'mutation { createCampaign(spec: 1, idempotencyKey: "k") { __typename } }': 'campaigns:set',
  'mutation { testWebhook(id: " ", idempotencyKey: "k") { __typename } }': 'webhooks:set',
  'mutation { reconcile(day: "x", idempotencyKey: "k") { __typename } }': 'books:reconcile',
};

describe('Roles', () => {
  let gateway: Harness;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  it('need every operation of the table somewhere', () =>
    expect(new Set(Object.values(NEEDS))).toEqual(new Set(OPERATIONS)));

  it.each(Object.keys(ROLES) as Role[])('%s may do what the table says, and nothing else', async (role) => {
    const key = await gateway.key('acme', role);
    for (const [document, permission] of Object.entries(NEEDS)) {
      const { errors } = await gateway.ask(key, document);
      const denied = errors.some(({ extensions }) => extensions['code'] === 'PermissionDenied');
      expect({ document, denied }).toEqual({
        document,
        denied: !(ROLES[role] as readonly string[]).includes(permission),
      });
    }
  });

  it('leave a record where they deny', async () => {
    const key = await gateway.key('denied', 'viewer');
    await gateway.ask(key, '{ apiKeys { id } }');
    await gateway.ask(key, '{ apiKeys { id } }');
    const denials: unknown[] = [];
    for await (const { type, data, metadata } of gateway.log.readAll({ prefixes: ['gateway.command-'] })) {
      if (metadata.organizationId === 'denied')
        denials.push({ type, ...(data as { reason: string; details: unknown }) });
    }
    // Twice within a minute is one record.
    expect(denials).toEqual([
      expect.objectContaining({
        type: 'gateway.command.refused',
        reason: 'PermissionDenied',
        details: expect.objectContaining({ operation: 'keys:manage' }),
      }),
    ]);
  });
});
