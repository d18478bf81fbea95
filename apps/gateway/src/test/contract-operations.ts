import { CONTEXTS } from '@solyx/contracts';

const REFUSAL = '... on Refusal { code reason message hint details position }';

/** Every root field of Query and Mutation with a document, and what its answer must hold. */
export const OPERATIONS: Readonly<Record<string, { readonly document: string; readonly holds: unknown }>> = {
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
  scheduler: {
    document:
      '{ scheduler { policy policySince pricesVersion slices { gpuMilli microGpu demandPpm } waiting running } }',
    holds: { policy: 'shadow-price/1', policySince: '2026-01-01T00:00:00.000Z', slices: [{ gpuMilli: 500 }] },
  },
  queues: {
    document:
      '{ queues { id cohort isSet nominal { gpuMilli cpuMilli } borrowingLimit { gpuMilli } used { gpuMilli } borrowed { gpuMilli } lent { gpuMilli } weight fairShareMilli dominantShareMilli running waiting budgets { period since gpuMilliHours microUsd spentGpuMilliHours spentMicroUsd } } }',
    holds: [
      { id: 'default', isSet: false, nominal: { gpuMilli: null } },
      {
        id: 'research',
        isSet: true,
        nominal: { gpuMilli: 2000, cpuMilli: null },
        budgets: [{ period: 'week', gpuMilliHours: 100_000 }],
      },
    ],
  },
  queue: { document: '{ queue(id: "research") { id weight } }', holds: { id: 'research', weight: 100 } },
  reservations: {
    document: '{ reservations { id name phase nodes gpusPerNode startsAt endsAt simulated } }',
    holds: [{ id: 'rsv_1', phase: 'Active', gpusPerNode: 2 }],
  },
  eta: {
    document: `mutation ($key: String!, $job: ID!) { eta(jobId: $job, idempotencyKey: $key) { __typename ... on Eta { phase start { p10At p50At p90At } calibration { starts coveredPerMille } basis sentence } ${REFUSAL} } }`,
    holds: { __typename: 'Eta', phase: 'Waiting', calibration: { coveredPerMille: 810 } },
  },
  explain: {
    document: `mutation ($key: String!, $job: ID!) { explain(jobId: $job, idempotencyKey: $key) { __typename ... on Outlook { phase ahead sentence waiting { reason count } blockers { name jobId position } waysIn { kind sentence } start { p50At } } ${REFUSAL} } }`,
    holds: { __typename: 'Outlook', ahead: 1, blockers: [{ name: 'another organization’s', jobId: null }] },
  },
  measureFleet: {
    document: `mutation ($key: String!) { measureFleet(idempotencyKey: $key) { __typename ... on FleetFigures { gpuMilliFree gpuMilliFragmented fragmentedPerMille worst { nodeId fragmentedPerMille } sentence } ${REFUSAL} } }`,
    holds: { __typename: 'FleetFigures', gpuMilliFragmented: 250 },
  },
  setQueue: {
    document: `mutation ($key: String!) { setQueue(id: "research", spec: { nominal: { gpu: 4 } }, idempotencyKey: $key) { __typename ... on Ack { id position } ${REFUSAL} } }`,
    holds: { __typename: 'Ack', id: 'research' },
  },
  removeQueue: {
    document: `mutation ($key: String!) { removeQueue(id: "nobody", idempotencyKey: $key) { __typename ... on Ack { id position } ${REFUSAL} } }`,
    holds: { __typename: 'Refusal', reason: 'QueueUnknown', code: 'NotFound' },
  },
  reserve: {
    document: `mutation ($key: String!) { reserve(spec: { resources: { gpu: 2 }, duration: "2h" }, idempotencyKey: $key) { __typename ... on Ack { id position } ${REFUSAL} } }`,
    holds: { __typename: 'Ack' },
  },
  cancelReservation: {
    document: `mutation ($key: String!) { cancelReservation(id: "rsv_none", idempotencyKey: $key) { __typename ... on Ack { id } ${REFUSAL} } }`,
    holds: { __typename: 'Refusal', reason: 'ReservationUnknown', code: 'NotFound' },
  },
  cordonNode: {
    document: `mutation ($key: String!) { cordonNode(id: "node-1", idempotencyKey: $key) { __typename ... on Ack { id position } ${REFUSAL} } }`,
    holds: { __typename: 'Ack', id: 'node-1' },
  },
  uncordonNode: {
    document: `mutation ($key: String!) { uncordonNode(id: "node-1", idempotencyKey: $key) { __typename ... on Ack { id position } ${REFUSAL} } }`,
    holds: { __typename: 'Ack', id: 'node-1' },
  },
  procureNode: {
    document: `mutation ($key: String!) { procureNode(id: "node-1", spec: { price: "250000.00 USD", purchased: "2026-01-31", months: 48 }, idempotencyKey: $key) { __typename ... on Ack { id position } ${REFUSAL} } }`,
    holds: { __typename: 'Ack', id: 'node-1' },
  },
};
