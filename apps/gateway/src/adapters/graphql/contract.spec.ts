/* eslint-disable @typescript-eslint/no-unsafe-member-access -- answers are looked at as they came. */
import { isObjectType } from 'graphql';
import { BudgetSet } from '@solyx/contracts/billing';
import { JobStopping } from '@solyx/contracts/cmo';
import { NodeCordoned, PlanComputed } from '@solyx/contracts/drm';
import {
  BudgetRequested,
  JobCancellationRequested,
  NodeDrainRequested,
  PlanRequested,
  ViewVerificationRequested,
  AutonomyRequested,
} from '@solyx/contracts/gateway';
import { Advised, AutonomySet } from '@solyx/contracts/optimizer';
import { RouteTablePublished } from '@solyx/contracts/sdn';
import { CONTEXTS } from '@solyx/eventing';
import { startGateway, type Harness } from '../../test/gateway-harness';
import { buildSchema } from 'graphql';
import { readSdl } from './schema';

const at = '2026-01-01T00:00:00.000Z';
const limits = { leasedNodesMax: 2, leaseMicroUsdPerHourMax: '9000000', leasesPerHourMax: 4 };
const REFUSAL = '... on Refusal { code reason message hint details position }';

/** Every root field of Query and Mutation with a document, and what its answer must hold. */
const OPERATIONS: Readonly<Record<string, { readonly document: string; readonly holds: unknown }>> = {
  job: {
    document: '{ job(id: $job) { id name phase chargedMicroUsd shares { nodeId source } spec } }',
    holds: { id: 'JOB', phase: 'Succeeded', chargedMicroUsd: '555' },
  },
  jobs: {
    document: '{ jobs(first: 5) { edges { cursor node { id phase } } pageInfo { hasNextPage endCursor } position } }',
    holds: { edges: [{ node: { id: 'JOB' } }] },
  },
  fleet: {
    document:
      '{ fleet { gpuMilliTotal gpuMilliFree simulatedGpus realGpus queued position nodes { id jobs gpus { index freeMilli } } leases { id } offers { id } } }',
    holds: { gpuMilliTotal: 4000, gpuMilliFree: 4000, simulatedGpus: 4, realGpus: 0, queued: 0 },
  },
  node: {
    document: '{ node(id: "node-1") { id gpuModel gpus { index model freeMilli } cpuMilliFree } }',
    holds: { id: 'node-1', gpuModel: 'H100', cpuMilliFree: 32_000 },
  },
  offers: { document: '{ offers { id simulated priceMicroUsdPerHour } }', holds: [{ id: 'offer-1', simulated: true }] },
  events: {
    document:
      '{ events(types: ["cmo.job."], first: 2) { edges { cursor node { type data } } pageInfo { hasNextPage } } }',
    holds: { edges: [{ node: { type: 'cmo.job.queued' } }, {}], pageInfo: { hasNextPage: true } },
  },
  why: {
    document:
      '{ why(jobId: $job) { subject sentence phase policy candidates { nodeId terms { term value } } waiting { reason } path { type summary } } }',
    holds: { phase: 'Succeeded', policy: 'best-fit@1' },
  },
  whyRoute: {
    document: '{ whyRoute(fromSite: "a", toSite: "b") { path latencyUs tableVersion sentence alternatives { path } } }',
    holds: { path: ['a', 'b'], tableVersion: 3 },
  },
  charges: {
    document:
      '{ charges(jobId: $job) { totalMicroUsd edges { node { id lines { kind positions } } } pageInfo { hasNextPage } } }',
    holds: { totalMicroUsd: '555' },
  },
  budget: {
    document: '{ budget { limitMicroUsd period spentMicroUsd heldMicroUsd } }',
    holds: { heldMicroUsd: '0', spentMicroUsd: '555' },
  },
  optimizer: {
    document: '{ optimizer { level killSwitch limits advice { id action observation checks } } }',
    holds: { level: 'suggest', advice: [{ id: 'advice-1' }] },
  },
  parked: { document: '{ parked { context eventId } }', holds: [] },
  doctor: {
    document: '{ doctor { version eventStore eventStoreVersion simulated head services { name status detail } } }',
    holds: {
      ...{ version: '0.0.0', eventStoreVersion: 'unknown', simulated: ['4 GPUs', '1 nodes', '1 offers'] },
      services: ['event store', 'views', ...CONTEXTS].map((name) => ({ name, status: 'ok' })),
    },
  },
  jobSchema: { document: '{ jobSchema }', holds: { title: 'Solyx job file' } },
  apiKeys: { document: '{ apiKeys { id name roles phase createdAt expiresAt } }', holds: [{ name: 'spec' }] },
  submitJob: {
    document: `mutation ($key: String!) { submitJob(spec: { run: "true" }, idempotencyKey: $key) { __typename ... on JobAck { job { phase name } position } ${REFUSAL} } }`,
    holds: { __typename: 'JobAck', job: { phase: 'Queued' } },
  },
  cancelJob: {
    document: `mutation ($key: String!, $job: ID!) { cancelJob(id: $job, idempotencyKey: $key) { __typename ... on JobAck { job { id } position } ${REFUSAL} } }`,
    holds: { __typename: 'JobAck' },
  },
  plan: {
    document: `mutation ($key: String!) { plan(spec: { run: "true" }, idempotencyKey: $key) { __typename ... on Plan { feasible sentence shares { nodeId } leaseOffers { id } reasons { reason hint } } ${REFUSAL} } }`,
    holds: { __typename: 'Plan', feasible: true },
  },
  createJoinToken: {
    document: `mutation ($key: String!) { createJoinToken(idempotencyKey: $key) { __typename ... on JoinToken { token expiresAt command position } ${REFUSAL} } }`,
    holds: { __typename: 'JoinToken' },
  },
  drainNode: {
    document: `mutation ($key: String!) { drainNode(id: "node-1", idempotencyKey: $key) { __typename ... on Ack { id position } ${REFUSAL} } }`,
    holds: { __typename: 'Ack', id: 'node-1' },
  },
  setBudget: {
    document: `mutation ($key: String!) { setBudget(limitMicroUsd: "25000000", idempotencyKey: $key) { __typename ... on Ack { id position } ${REFUSAL} } }`,
    holds: { __typename: 'Ack', id: 'acme' },
  },
  setAutonomy: {
    document: `mutation ($key: String!, $limits: AutonomyLimitsInput!) { setAutonomy(level: "suggest", killSwitch: false, limits: $limits, idempotencyKey: $key) { __typename ... on Ack { id } ${REFUSAL} } }`,
    holds: { __typename: 'Ack' },
  },
  verifyReplay: {
    document: `mutation ($key: String!) { verifyReplay(idempotencyKey: $key) { __typename ... on Verification { complete same missing decisionsChecked views { context view same } } ${REFUSAL} } }`,
    holds: { __typename: 'Verification', complete: true, same: true, missing: [], decisionsChecked: 6 },
  },
  retryParked: {
    document: `mutation ($key: String!) { retryParked(context: "drm", idempotencyKey: $key) { __typename ... on Ack { id } ${REFUSAL} } }`,
    holds: { __typename: 'Ack' },
  },
  createApiKey: {
    document: `mutation ($key: String!) { createApiKey(name: "ci", roles: ["developer"], idempotencyKey: $key) { __typename ... on NewApiKey { id key expiresAt } ${REFUSAL} } }`,
    holds: { __typename: 'NewApiKey' },
  },
  revokeApiKey: {
    document: `mutation ($key: String!) { revokeApiKey(id: "nobody", idempotencyKey: $key) { __typename ... on Ack { id } ${REFUSAL} } }`,
    holds: { __typename: 'Refusal', reason: 'KeyUnknown', code: 'NotFound' },
  },
};

describe('Every operation', () => {
  let gateway: Harness;
  let key: string;
  let jobId: string;

  beforeAll(async () => {
    gateway = await startGateway();
    key = await gateway.key('acme', 'owner');
    const { plane } = gateway;
    const tenant = { organizationId: 'acme', correlationId: 'c1' };
    await plane.takeUpJobs();
    await plane.node('node-1');
    await plane.offer('offer-1', '2027-01-01T00:00:00.000Z');
    const submitted = await gateway.ask(
      key,
      'mutation { submitJob(spec: { run: "true" }, idempotencyKey: "one") { ... on JobAck { job { id } } } }',
    );
    jobId = submitted.data.submitJob.job.id as string;
    await plane.place(jobId, tenant);
    await plane.start(jobId, tenant);
    await plane.finish(jobId, tenant);
    await others(gateway);
  });
  afterAll(() => gateway.close());

  it('has a document here', () => {
    const schema = buildSchema(readSdl());
    const fields = ['Query', 'Mutation'].flatMap((name) => {
      const type = schema.getType(name);
      return isObjectType(type) ? Object.keys(type.getFields()) : [];
    });
    expect(Object.keys(OPERATIONS).sort()).toEqual(fields.sort());
  });

  // The first time a document runs interpreted, from the second on compiled: both must answer alike.
  it.each(Object.entries(OPERATIONS))('%s answers three times alike', async (name, { document, holds }) => {
    const variables = { job: jobId, key: `key-${name}`, limits };
    const declared = Object.entries({ job: 'ID!', key: 'String!', limits: 'AutonomyLimitsInput!' })
      .filter(([variable]) => document.includes(`$${variable}`))
      .map(([variable, type]) => `$${variable}: ${type}`);
    const text =
      document.startsWith('{') && declared.length > 0 ? `query (${declared.join(', ')}) ${document}` : document;
    const used = Object.fromEntries(Object.entries(variables).filter(([variable]) => text.includes(`$${variable}`)));
    for (const time of [1, 2, 3]) {
      const { errors, data, status } = await gateway.ask(key, text, used);
      expect({ time, errors, status }).toEqual({ time, errors: [], status: 200 });
      if (name === 'why') {
        const path = data.why.path as { type: string; summary: string }[];
        expect(path.slice(-2).map(({ type, summary }) => `${type}: ${summary}`)).toEqual([
          'billing.budget.charge-counted: 0.000555 USD were counted against the budget',
          'billing.budget.hold-released: 4.999445 USD are free again',
        ]);
      }
      if (name === 'createApiKey' && time > 1) {
        // A key is shown once.
        expect(data[name]).toMatchObject({ __typename: 'Refusal', reason: 'AlreadyExists' });
      } else
        expect(data[name]).toMatchObject(JSON.parse(JSON.stringify(holds).replaceAll('JOB"', `${jobId}"`)) as object);
    }
  });
});

/** What the other services record and answer. */
async function others({ plane }: Harness): Promise<void> {
  const jobOf = (data: unknown) => (data as JobCancellationRequested['data']).jobId;
  await plane.on(JobCancellationRequested.type, ({ data }, tenant) =>
    plane.record(
      `cmo.job-${jobOf(data)}`,
      JobStopping({ jobId: jobOf(data), attempt: 1, reason: 'Cancelled', graceSeconds: 5, at }),
      tenant,
    ),
  );
  await plane.on(PlanRequested.type, ({ data }, tenant) => {
    const { planId } = data as PlanRequested['data'];
    const nothing = { shares: [], transfers: [], candidates: [], leaseOffers: [], reasons: [] };
    const plan = {
      planId,
      feasible: true,
      waits: false,
      ...nothing,
      priceMicroUsdPerHour: '0',
      maximumMicroUsd: '0',
      sentence: 'It fits.',
      at,
    };
    return plane.record(`drm.plan-${planId}`, PlanComputed(plan), tenant);
  });
  await plane.on(NodeDrainRequested.type, (_event, tenant) =>
    plane.record('drm.node-node-1', NodeCordoned({ nodeId: 'node-1', reason: 'Drained', leave: false, at }), tenant),
  );
  await plane.on(BudgetRequested.type, ({ data }, tenant) => {
    const { limitMicroUsd, period } = data as BudgetRequested['data'];
    return plane.record(
      'billing.budget-acme',
      BudgetSet({ organizationId: 'acme', limitMicroUsd, period, at }),
      tenant,
    );
  });
  await plane.on(AutonomyRequested.type, (_event, tenant) =>
    plane.record('optimizer.policy-main', AutonomySet({ level: 'suggest', killSwitch: false, limits, at }), tenant),
  );
  await plane.on(ViewVerificationRequested.type, async ({ data }, tenant) => {
    const { requestId } = data as ViewVerificationRequested['data'];
    for (const context of CONTEXTS) {
      const answer = { requestId, checks: [], decisionsChecked: 1, decisionsDiffering: 0, at };
      await plane.record(
        `${context}.verification-${requestId}`,
        { type: `${context}.verification.completed`, data: answer },
        tenant,
      );
    }
  });
  await plane.record('optimizer.policy-main', AutonomySet({ level: 'suggest', killSwitch: false, limits, at }));
  const observation = {
    position: '1',
    queued: 0,
    queuedGpuMilli: 0,
    oldestQueuedSeconds: 0,
    gpuMilliTotal: 4000,
    gpuMilliFree: 4000,
    leasedNodes: 0,
    leasedNodesIdle: 0,
    leaseMicroUsdPerHour: '0',
  };
  await plane.record(
    'optimizer.decision-advice-1',
    Advised({
      adviceId: 'advice-1',
      action: 'hold',
      count: 0,
      policy: 'heuristic@1',
      level: 'suggest',
      observation,
      checks: [],
      reason: 'Balanced',
      sentence: 'Supply meets demand.',
      at,
    }),
  );
  const route = {
    fromSite: 'a',
    toSite: 'b',
    path: ['a', 'b'],
    latencyUs: 100,
    bandwidthMbps: 1000,
    egressMicroUsdPerGiB: '0',
    alternatives: [],
  };
  await plane.record('sdn.routeTable-main', RouteTablePublished({ version: 3, routes: [route], at }));
}
