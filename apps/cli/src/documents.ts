/** The GraphQL documents that the CLI sends. */
export const JOB_FIELDS = `id name project phase reason message attempt priority simulated command gpus gpuModel nodes queue spot deadline submittedBy exitCode
  queuedAt admittedAt startedAt endedAt priceMicroUsdPerHour holdMicroUsd chargedMicroUsd sentence position
  shares { nodeId rank site source provider simulated gpuModel gpuIndexes gpuMilli cpuMilli memoryMiB priceMicroUsdPerHour }`;
export const REFUSAL = `... on Refusal { code reason message hint details position }`;
export const OFFER_FIELDS = `id provider simulated site region gpuModel gpusPerNode gpuMemoryMiB available priceMicroUsdPerHour minimumSeconds bootSeconds freshUntil`;
const LINES = `lines { kind description source simulated nodeId gpuModel quantity unit from to rateNumerator rateDenominator amountMicroUsd lineKey skuId pricing quality team user labels eventIds positions }`;
const WAIT = `{ reason count message hint }`;
const CANDIDATE = `{ nodeId source simulated score terms { term value } priceMicroUsdPerHour verdict reason }`;
const TRANSFER = `{ uri fromSite toSite path sizeGiB latencyUs priceMicroUsdPerGiB priceMicroUsd }`;
const START = `{ p10At p50At p90At }`;
const EVENT = `position id type stream revision at organizationId actor correlationId causationId data`;

export const SUBMIT = `mutation Submit($spec: Json!, $key: String!) { submitJob(spec: $spec, idempotencyKey: $key) {
  __typename ... on JobAck { position job { ${JOB_FIELDS} } } ${REFUSAL} } }`;
export const CANCEL = `mutation Cancel($id: ID!, $reason: String, $key: String!) { cancelJob(id: $id, reason: $reason, idempotencyKey: $key) {
  __typename ... on JobAck { position job { ${JOB_FIELDS} } } ${REFUSAL} } }`;
export const PLAN = `mutation Plan($spec: Json!, $key: String!) { plan(spec: $spec, idempotencyKey: $key) { __typename
  ... on Plan { feasible waits sentence priceMicroUsdPerHour maximumMicroUsd position
    shares { nodeId rank site source provider simulated gpuModel gpuIndexes gpuMilli cpuMilli memoryMiB priceMicroUsdPerHour }
    transfers ${TRANSFER} candidates ${CANDIDATE} leaseOffers { ${OFFER_FIELDS} } reasons ${WAIT} bindingLimit start ${START}
    alternatives { source provider candidateId state kind costMicroUsdPerHour priceMicroUsdPerHour parts { part microUsdPerHour } } } ${REFUSAL} } }`;
export const TOKEN = `mutation Token($key: String!, $minutes: Int) { createJoinToken(idempotencyKey: $key, minutes: $minutes) {
  __typename ... on JoinToken { token expiresAt command position } ${REFUSAL} } }`;
export const DRAIN = `mutation Drain($id: ID!, $leave: Boolean, $reason: String, $key: String!) {
  drainNode(id: $id, leave: $leave, reason: $reason, idempotencyKey: $key) { __typename ... on Ack { id position } ${REFUSAL} } }`;
export const SET_AUTONOMY = `mutation Autonomy($level: String!, $kill: Boolean!, $limits: AutonomyLimitsInput!, $key: String!) {
  setAutonomy(level: $level, killSwitch: $kill, limits: $limits, idempotencyKey: $key) { __typename ... on Ack { id position } ${REFUSAL} } }`;
export const VERIFY = `mutation Verify($key: String!) { verifyReplay(idempotencyKey: $key) { __typename
  ... on Verification { complete same decisionsChecked decisionsDiffering missing
    views { context view position events rows liveHash rebuiltHash same } } ${REFUSAL} } }`;
export const RETRY_PARKED = `mutation Retry($context: String!, $eventId: ID, $key: String!) {
  retryParked(context: $context, eventId: $eventId, idempotencyKey: $key) { __typename ... on Ack { id position } ${REFUSAL} } }`;

export const JOBS = `query Jobs($first: Int, $after: String, $phase: JobPhase, $project: String, $at: At) {
  jobs(first: $first, after: $after, phase: $phase, project: $project, at: $at) { position pageInfo { hasNextPage endCursor } edges { node { ${JOB_FIELDS} } } } }`;
export const JOB = `query Job($id: ID!, $at: At) { job(id: $id, at: $at) { ${JOB_FIELDS} spec } }`;
export const FLEET = `query Fleet($at: At) { fleet(at: $at) { gpuMilliTotal gpuMilliFree simulatedGpus realGpus queued position
  nodes { id phase source provider simulated site region gpuModel gpuMilliTotal gpuMilliFree cpuMilliTotal cpuMilliFree memoryMiBTotal memoryMiBFree rack fabric leaseId cordonReason jobs joinedAt
    procurement { purchaseMicroUsd purchasedAt lifetimeMonths method salvageMicroUsd lifetimeGpuHours idleWatts maxWatts energyMicroUsdPerKwh }
    gpus { index model memoryMiB freeMilli } }
  leases { id phase provider simulated gpuModel nodeId priceMicroUsdPerHour reason since costMicroUsd } } }`;
export const OFFERS = `query Offers($at: At) { offers(at: $at) { ${OFFER_FIELDS} } }`;
export const EVENTS = `query Events($first: Int, $after: Position, $before: Position, $types: [String!], $stream: String, $newest: Boolean) {
  events(first: $first, after: $after, before: $before, types: $types, stream: $stream, newestFirst: $newest) {
    pageInfo { hasNextPage endCursor } edges { node { ${EVENT} } } } }`;
export const WHY = `query Why($id: ID!, $at: At) { why(jobId: $id, at: $at) { subject sentence phase policy ahead candidates ${CANDIDATE} waiting ${WAIT}
  transfers ${TRANSFER} path { position type stream at actor summary } } }`;
export const WHY_ROUTE = `query WhyRoute($from: String!, $to: String!, $at: At) { whyRoute(fromSite: $from, toSite: $to, at: $at) {
  fromSite toSite path latencyUs bandwidthMbps egressMicroUsdPerGiB tableVersion sentence alternatives { path latencyUs bandwidthMbps egressMicroUsdPerGiB } } }`;
export const CHARGES = `query Charges($first: Int, $after: String, $job: ID, $period: String, $project: String, $at: At) {
  charges(first: $first, after: $after, jobId: $job, period: $period, project: $project, at: $at) {
  totalMicroUsd pageInfo { hasNextPage endCursor } edges { node { id jobId attempt project resourceKind resourceId period correctsPeriod totalMicroUsd priceListVersion at position ${LINES} } } }
  budget(at: $at) { limitMicroUsd period spentMicroUsd heldMicroUsd } }`;
export const OPTIMIZER = `query Optimizer($at: At) { optimizer(at: $at) { level killSwitch limits
  advice { id action gpuModel count reason sentence level policy obeyed obeyedReason observation checks at } } }`;
export const PARKED = `query Parked { parked { context consumer eventId eventType code message attempts at } }`;
export const DOCTOR = `query Doctor { doctor { version eventStore eventStoreVersion simulated head services { name status detail } } }`;
export const SCHEMA = `query Schema { jobSchema }`;

const ACK = `__typename ... on Ack { id position } ${REFUSAL}`;
const LIMIT = `{ gpuMilli cpuMilli memoryMiB }`;
export const QUEUES = `query Queues($at: At) { queues(at: $at) { id cohort isSet nominal ${LIMIT} borrowingLimit ${LIMIT} lendingLimit ${LIMIT}
  weight priority budgets { period since gpuMilliHours microUsd spentGpuMilliHours spentMicroUsd } used ${LIMIT} wanted ${LIMIT} borrowed ${LIMIT} lent ${LIMIT}
  fairShareMilli dominantShareMilli running waiting since } }`;
export const SET_QUEUE = `mutation SetQueue($id: ID!, $spec: Json!, $key: String!) { setQueue(id: $id, spec: $spec, idempotencyKey: $key) { ${ACK} } }`;
export const REMOVE_QUEUE = `mutation RemoveQueue($id: ID!, $key: String!) { removeQueue(id: $id, idempotencyKey: $key) { ${ACK} } }`;
export const RESERVATIONS = `query Reservations($at: At) { reservations(at: $at) { id name phase queue nodes gpusPerNode gpuModel cpuMilliPerNode
  memoryMiBPerNode simulated startsAt endsAt reason since } }`;
export const RESERVE = `mutation Reserve($spec: Json!, $key: String!) { reserve(spec: $spec, idempotencyKey: $key) { ${ACK} } }`;
export const CANCEL_RESERVATION = `mutation CancelReservation($id: ID!, $reason: String, $key: String!) {
  cancelReservation(id: $id, reason: $reason, idempotencyKey: $key) { ${ACK} } }`;
export const CORDON = `mutation Cordon($id: ID!, $reason: String, $key: String!) { cordonNode(id: $id, reason: $reason, idempotencyKey: $key) { ${ACK} } }`;
export const UNCORDON = `mutation Uncordon($id: ID!, $reason: String, $key: String!) { uncordonNode(id: $id, reason: $reason, idempotencyKey: $key) { ${ACK} } }`;
export const PROCURE = `mutation Procure($id: ID!, $spec: Json!, $key: String!) { procureNode(id: $id, spec: $spec, idempotencyKey: $key) { ${ACK} } }`;
export const ETA = `mutation Eta($job: ID, $spec: Json, $key: String!) { eta(jobId: $job, spec: $spec, idempotencyKey: $key) { __typename
  ... on Eta { phase start ${START} end ${START} observations basis simulated sentence at position
    calibration { starts coveredPerMille earlierPerMille laterPerMille errorSeconds } } ${REFUSAL} } }`;
export const EXPLAIN = `mutation Explain($job: ID!, $key: String!) { explain(jobId: $job, idempotencyKey: $key) { __typename
  ... on Outlook { phase sentence ahead waiting ${WAIT} blockers { name jobId position likelyEndAt latestEndAt } waysIn { kind value sentence }
    start ${START} at position } ${REFUSAL} } }`;
const FIGURES = `gpuMilli gpuMilliFree gpuMilliFragmented gpuMilliWithoutCpu gpuMilliWithoutMemory fragmentedPerMille`;
export const MEASURE_FLEET = `mutation MeasureFleet($key: String!) { measureFleet(idempotencyKey: $key) { __typename
  ... on FleetFigures { nodes ${FIGURES} classes ownedMicroUsdPerGpuHour sentence at worst { nodeId source simulated gpuModel ${FIGURES} } } ${REFUSAL} } }`;
export const SCHEDULER = `query Scheduler($at: At) { scheduler(at: $at) { policy policySince pricesVersion pricesSince solver waiting running position
  slices { gpuMilli microGpu demandPpm } } }`;

export const ON_JOB = `subscription OnJob($id: ID!, $after: Position) { jobEvents(id: $id, after: $after) { ${EVENT} } }`;
export const ON_LOGS = `subscription OnLogs($id: ID!, $after: Position, $attempt: Int) { logs(jobId: $id, after: $after, attempt: $attempt) {
  jobId attempt rank nodeId stream text sequence at } }`;
export const ON_EVENTS = `subscription OnEvents($after: Position, $types: [String!]) { events(after: $after, types: $types) { ${EVENT} } }`;
