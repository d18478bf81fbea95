/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return -- answers are looked at as they came. */
import type { WorkloadRequest } from '@solyx/contracts';
import {
  AllocationGranted,
  AllocationReleased,
  PreemptionRequested,
  QuotaSet,
  WorkloadQueued,
} from '@solyx/contracts/drm';
import { NodeCordonRequested, QueueRequested } from '@solyx/contracts/gateway';
import { startGateway, type Harness } from '../test/gateway-harness';
import { allocation, share } from '../test/plane';
import { answerScheduling, queueOf } from '../test/scheduling-plane';

const at = '2026-01-01T00:00:00.000Z';
const later = '2025-12-31T23:30:00.000Z';
const UNLIMITED = 1_000_000_000_000;

const request = (workloadId: string, organizationId: string, queue?: string): WorkloadRequest => ({
  ...{ workloadId, attempt: 1, organizationId, project: 'default', name: 'train', nodes: 1, priority: 50 },
  ...{ resources: { gpus: 2, gpuMilli: 1000, cpuMilli: 4000, memoryMiB: 1024 }, data: [], queuedAt: at },
  placement: { sources: ['owned'], regions: [], simulated: true },
  limits: { maxRuntimeSeconds: 3600 },
  ...(queue === undefined ? {} : { queue }),
});

const QUEUES =
  '{ queues { id cohort isSet used { gpuMilli cpuMilli } wanted { gpuMilli } borrowed { gpuMilli } lent { gpuMilli } fairShareMilli dominantShareMilli running waiting budgets { period spentGpuMilliHours spentMicroUsd } } }';

describe('Queues', () => {
  let gateway: Harness;
  const keys = new Map<string, string>();
  const ask = (organizationId: string, document: string, variables: Record<string, unknown> = {}) =>
    gateway.ask(keys.get(organizationId), document, variables);
  const journal = (event: { type: string; data: unknown }) => gateway.plane.record('drm.partition-main', event);
  const grant = (jobId: string, organizationId: string, gpuMilli: number, grantedAt = at) => {
    const held = allocation(jobId, organizationId, [share('node-1', { gpuMilli, cpuMilli: 4000 })]);
    const said = { policy: 'shadow-price/1', candidates: [], sentence: 'It fits.', at };
    return journal(AllocationGranted({ allocation: { ...held, grantedAt }, ...said }));
  };

  beforeAll(async () => {
    gateway = await startGateway();
    for (const organizationId of ['acme', 'rival'])
      keys.set(organizationId, await gateway.key(organizationId, 'owner'));
    await gateway.plane.node('node-1', 8);
    await answerScheduling(gateway.plane, 'acme');
    const theirs = { nominal: { gpuMilli: 4000, cpuMilli: UNLIMITED, memoryMiB: UNLIMITED }, weight: 300, budgets: [] };
    await gateway.plane.record('drm.quota-secret', QuotaSet({ queue: queueOf('secret', 'rival', theirs), at }));
    for (const [id, queue] of [
      ['job_a', 'research'],
      ['job_b', 'research'],
      ['job_c', undefined],
    ] as const) {
      await journal(WorkloadQueued({ request: request(id, 'acme', queue), at }));
    }
    await grant('job_a', 'acme', 3000, later);
  });
  afterAll(() => gateway.close());

  it('tell what is used, borrowed and waited for, by whose they are', async () => {
    const { data } = await ask('acme', QUEUES);
    expect(data.queues).toEqual([
      expect.objectContaining({
        id: 'default',
        cohort: null,
        isSet: false,
        fairShareMilli: null,
        waiting: 1,
        budgets: [],
      }),
      expect.objectContaining({
        ...{ id: 'research', cohort: 'main', isSet: true, running: 1, waiting: 1, fairShareMilli: 250 },
        ...{ used: { gpuMilli: 3000, cpuMilli: 4000 }, borrowed: { gpuMilli: 1000 }, lent: { gpuMilli: 0 } },
        ...{ wanted: { gpuMilli: 2000 }, dominantShareMilli: 375 },
        // 3 GPUs for the half hour since, at 2 USD an hour; the week began before.
        budgets: [{ period: 'week', spentGpuMilliHours: 1500, spentMicroUsd: '1000000' }],
      }),
    ]);
    const rival = await ask('rival', QUEUES);
    expect(rival.data.queues).toMatchObject([
      { id: 'default', running: 0, waiting: 0 },
      { id: 'secret', used: { gpuMilli: 0 }, lent: { gpuMilli: 1000 }, fairShareMilli: 750 },
    ]);
  });

  it('are shown as they were', async () => {
    const head = await gateway.log.head();
    const before = (await ask('acme', QUEUES)).data;
    await journal(
      AllocationReleased({
        ...{
          allocationId: 'alloc_job_a',
          workloadId: 'job_a',
          attempt: 1,
          organizationId: 'acme',
          reason: 'Succeeded',
          at,
        },
      }),
    );
    const after = (await ask('acme', QUEUES)).data.queues[1];
    expect(after).toMatchObject({
      used: { gpuMilli: 0 },
      running: 0,
      waiting: 1,
      budgets: [{ spentGpuMilliHours: 1500 }],
    });
    const then = await ask('acme', QUEUES.replace('{ queues', `{ queues(at: { position: "${head}" })`));
    expect(then.data).toEqual(before);
  });

  it('are set whole, once per key; a wrong one is refused with every fault and recorded nowhere', async () => {
    const set = (spec: object, key: string) =>
      ask(
        'acme',
        'mutation ($spec: Json!, $key: String!) { setQueue(id: "vision", spec: $spec, idempotencyKey: $key) { __typename ... on Ack { id position } ... on Refusal { code reason details } } }',
        { spec, key },
      ).then(({ data }) => data.setQueue);
    const answers = await Promise.all([1, 2].map(() => set({ nominal: { gpu: 2 }, weight: 50 }, 'one')));
    expect(new Set(answers.map(({ id }) => id))).toEqual(new Set(['vision']));
    expect(await set({ nominal: { gpu: 3 } }, 'one')).toMatchObject({ reason: 'IdempotencyKeyReused' });
    expect(await set({ nominl: { gpu: 3 }, weight: -1 }, 'two')).toMatchObject({
      ...{ code: 'InvalidArgument', reason: 'InvalidSpec' },
      details: { faults: [{ field: 'nominl' }, { field: 'nominal' }, { field: 'weight' }] },
    });
    let recorded = 0;
    for await (const { type } of gateway.log.readAll()) if (type === QueueRequested.type) recorded += 1;
    expect(recorded).toBe(1);
    expect((await ask('rival', '{ queue(id: "vision") { id } }')).data.queue).toBeNull();
    expect((await ask('acme', '{ queue(id: "vision") { weight } }')).data.queue).toEqual({ weight: 50 });
  });

  it('are named rightly by jobs, plans and reservations, or the nearest name is said', async () => {
    const spec = { run: 'true', queue: 'reserch' };
    const refusal = '... on Refusal { reason message hint position }';
    const said = { reason: 'InvalidSpec', message: 'queue: there is no queue reserch', hint: 'Did you mean research?' };
    const submit = `mutation ($spec: Json!) { submitJob(spec: $spec, idempotencyKey: "q1") { __typename ${refusal} } }`;
    expect((await ask('acme', submit, { spec })).data.submitJob).toMatchObject({ ...said, position: '-1' });
    const plan = `mutation ($spec: Json!) { plan(spec: $spec, idempotencyKey: "q2") { ${refusal} } }`;
    expect((await ask('acme', plan, { spec })).data.plan).toMatchObject(said);
    const eta = `mutation ($spec: Json!) { eta(spec: $spec, idempotencyKey: "q3") { ${refusal} } }`;
    expect((await ask('acme', eta, { spec })).data.eta).toMatchObject(said);
    const room = { resources: { gpu: 1 }, duration: '1h', queue: 'reserch' };
    const reserve = `mutation ($spec: Json!) { reserve(spec: $spec, idempotencyKey: "q4") { ${refusal} } }`;
    expect((await ask('acme', reserve, { spec: room })).data.reserve).toMatchObject(said);
    // A queue of others is as unknown as one that never was.
    const theirs = { run: 'true', queue: 'secret' };
    const answer = (await ask('acme', submit, { spec: theirs })).data.submitJob;
    expect(answer).toMatchObject({
      message: 'queue: there is no queue secret',
      hint: 'List queues with `solyx queue list`.',
    });
    await gateway.plane.takeUpJobs();
    const mine = { run: 'true', queue: 'research' };
    expect((await ask('acme', submit, { spec: mine })).data.submitJob).toMatchObject({ __typename: 'JobAck' });
  });

  it('are not removed by others, and nor are their reservations', async () => {
    const refusal = '{ __typename ... on Refusal { code reason } }';
    const remove = await ask('rival', `mutation { removeQueue(id: "research", idempotencyKey: "r") ${refusal} }`);
    expect(remove.data.removeQueue).toMatchObject({ code: 'NotFound', reason: 'QueueUnknown' });
    const cancel = await ask('rival', `mutation { cancelReservation(id: "rsv_1", idempotencyKey: "c") ${refusal} }`);
    expect(cancel.data.cancelReservation).toMatchObject({ code: 'NotFound', reason: 'ReservationUnknown' });
    const explain = await ask('rival', `mutation { explain(jobId: "job_b", idempotencyKey: "e") ${refusal} }`);
    expect(explain.data.explain).toMatchObject({ code: 'NotFound', reason: 'JobUnknown' });
    const eta = await ask('rival', `mutation { eta(jobId: "job_b", idempotencyKey: "t") ${refusal} }`);
    expect(eta.data.eta).toMatchObject({ code: 'NotFound', reason: 'JobUnknown' });
  });

  it('refuse a reservation that is over before it begins, or that lasts for ever', async () => {
    const reserve = (times: object, key: string) =>
      ask(
        'acme',
        'mutation ($spec: Json!, $key: String!) { reserve(spec: $spec, idempotencyKey: $key) { ... on Refusal { code message } ... on Ack { id } } }',
        { spec: { resources: { gpu: 1 }, ...times }, key },
      ).then(({ data }) => data.reserve);
    expect(await reserve({ end: '2025-12-31T23:00Z' }, 'a')).toMatchObject({ code: 'InvalidArgument' });
    expect(await reserve({ end: '2027-12-31T23:00Z' }, 'b')).toMatchObject({ code: 'InvalidArgument' });
    const { id } = await reserve({ start: '2026-01-01T02:00Z', duration: '2h' }, 'c');
    const { data } = await ask('acme', '{ reservations { id phase startsAt endsAt } }');
    expect(data.reservations[0]).toEqual({
      ...{ id, phase: 'Upcoming', startsAt: '2026-01-01T02:00:00.000Z', endsAt: '2026-01-01T04:00:00.000Z' },
    });
    gateway.clock.advance(3 * 3_600_000);
    expect((await ask('acme', '{ reservations { phase } }')).data.reservations[0]).toEqual({ phase: 'Active' });
  });

  it('say of a preemption what it is for, but not whose', async () => {
    const preempted = { workloadId: 'job_c', allocationId: 'x', attempt: 1, organizationId: 'acme' };
    const said = { reason: 'Preempted', forWorkloadId: 'job_theirs', noticeSeconds: 30, sentence: 'It gives way.', at };
    await journal(PreemptionRequested({ ...preempted, ...said } as Parameters<typeof PreemptionRequested>[0]));
    const { data } = await ask('acme', '{ events(types: ["drm.partition.preemption"]) { edges { node { data } } } }');
    expect(JSON.stringify(data)).toContain('It gives way.');
    expect(JSON.stringify(data)).not.toContain('job_theirs');
  });
});

describe('A node', () => {
  it('is cordoned and uncordoned, and is answered at once where it is so already', async () => {
    const gateway = await startGateway();
    try {
      const [owner, viewer] = [await gateway.key('acme', 'owner'), await gateway.key('acme', 'viewer')];
      await gateway.plane.node('node-1');
      await answerScheduling(gateway.plane, 'acme');
      const say = (verb: string, key: string) =>
        gateway.ask(owner, `mutation { ${verb}Node(id: "node-1", idempotencyKey: "${key}") { __typename } }`);
      const phase = async (): Promise<unknown> =>
        (await gateway.ask(owner, '{ node(id: "node-1") { phase cordonReason } }')).data.node;
      await say('cordon', 'a');
      expect(await phase()).toEqual({ phase: 'Cordoned', cordonReason: 'Cordoned' });
      await say('cordon', 'b');
      await say('uncordon', 'c');
      expect(await phase()).toEqual({ phase: 'Ready', cordonReason: null });
      let asked = 0;
      for await (const { type } of gateway.log.readAll()) if (type === NodeCordonRequested.type) asked += 1;
      expect(asked).toBe(2);
      const spec = '{ price: "8 USD", purchased: "2026-01-01", months: 1 }';
      await gateway.ask(
        owner,
        `mutation { procureNode(id: "node-1", spec: ${spec}, idempotencyKey: "p") { __typename } }`,
      );
      const bought = '{ node(id: "node-1") { procurement { purchaseMicroUsd method } } }';
      const paid = { purchaseMicroUsd: '8000000', method: 'straight-line' };
      expect((await gateway.ask(owner, bought)).data.node).toEqual({ procurement: paid });
      expect((await gateway.ask(viewer, bought)).data.node).toEqual({ procurement: null });
    } finally {
      await gateway.close();
    }
  });
});
