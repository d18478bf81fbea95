/* eslint-disable @typescript-eslint/no-unsafe-member-access -- answers are looked at as they came. */
import { isObjectType } from 'graphql';
import { JobStopping } from '@solyx/contracts/cmo';
import { NodeCordoned, PlanComputed } from '@solyx/contracts/drm';
import {
  JobCancellationRequested,
  NodeDrainRequested,
  PlanRequested,
  ViewVerificationRequested,
  AutonomyRequested,
} from '@solyx/contracts/gateway';
import { Advised, AutonomySet } from '@solyx/contracts/optimizer';
import { RouteTablePublished } from '@solyx/contracts/sdn';
import { WEBHOOK_SUBJECTS } from '@solyx/contracts';
import { CONTEXTS } from '@solyx/eventing';
import { OPERATIONS as CORE_OPERATIONS } from '../../test/contract-operations';
import { startGateway, type Harness } from '../../test/gateway-harness';
import { MONEY_OPERATIONS } from '../../test/money-operations';
import { answerMoney, golden, platformMoney, someMoney } from '../../test/money-plane';
import { answerScheduling } from '../../test/scheduling-plane';
import { buildSchema } from 'graphql';
import { readSdl } from './schema';

const OPERATIONS = { ...CORE_OPERATIONS, ...MONEY_OPERATIONS };
const at = '2026-01-01T00:00:00.000Z';
const limits = { leasedNodesMax: 2, leaseMicroUsdPerHourMax: '9000000', leasesPerHourMax: 4 };

const sample = (type: string): Record<string, unknown> => golden(type).data as Record<string, unknown>;
/** Whole objects that mutations take, as the contracts' golden files have them. */
const SPECS = {
  book: { ...(sample('billing.priceBook.published')['priceBook'] as object), priceBookId: 'book-1' },
  campaign: sample('billing.campaign.created')['terms'],
  facts: sample('gateway.request.usage-reported')['facts'],
};
const DELIVERY = {
  ...{
    deliveryId: 'wd_1',
    cursor: '1',
    eventId: 'e1',
    type: 'invoice.paid',
    resource: 'r',
    position: '7',
    attempts: 1,
  },
  ...{ phase: 'delivered', at },
};

describe('Every operation', () => {
  let gateway: Harness;
  let key: string;
  let jobId: string;

  beforeAll(async () => {
    gateway = await startGateway();
    key = await gateway.key('acme', 'owner', 'operator');
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
    await answerScheduling(gateway.plane, 'acme');
    await platformMoney(plane);
    await someMoney(plane, 'acme');
    await answerMoney(plane);
    gateway.desk.answers.set(WEBHOOK_SUBJECTS.delivery, () => ({ delivery: DELIVERY, attempts: [] }));
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
    const variables = { job: jobId, key: `key-${name}`, limits, ...SPECS };
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
        expect(Array.isArray(holds) ? (data[name] as unknown[]).slice(0, holds.length) : data[name]).toMatchObject(
          JSON.parse(JSON.stringify(holds).replaceAll('JOB"', `${jobId}"`)) as object,
        );
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
