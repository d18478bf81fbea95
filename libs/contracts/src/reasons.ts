import { MONEY_REASONS } from './reasons-money';
import type { Reason } from './reason';

export type { Reason } from './reason';

const WAIT = 'It starts by itself when this changes; `solyx why <job>` shows what it waits for.';

/** Every reason that a decision may give. A reason is API: its meaning never changes. */
export const REASONS = {
  // Jobs
  JobUnknown: { message: 'There is no such job.', hint: 'List jobs with `solyx ps --all`.' },
  JobEnded: { message: 'The job has ended.', hint: 'Submit it again with a new idempotency key.' },
  AttemptStale: {
    message: 'The report is about an earlier attempt.',
    hint: 'Nothing to do: it was recorded and ignored.',
  },
  Cancelled: { message: 'Someone asked for it to end.', hint: 'Submit it again when it is wanted.' },
  ExitedNonZero: { message: 'The process ended with an exit code other than 0.', hint: 'Read `solyx logs <job>`.' },
  StartFailed: { message: 'The process could not be started.', hint: 'Check the command and workdir in the spec.' },
  MaxRuntimeExceeded: { message: 'It ran for longer than limits.max_runtime.', hint: 'Raise limits.max_runtime.' },
  BudgetExhausted: { message: 'The money held for it is spent.', hint: 'Raise limits.budget and submit it again.' },
  MemoryExceeded: { message: 'It used more memory than resources.memory.', hint: 'Raise resources.memory.' },
  NodeLost: { message: 'Its node stopped answering.', hint: 'It is retried elsewhere if retry.on has node-lost.' },
  RetriesExhausted: {
    message: 'It failed as often as retry.max allows.',
    hint: 'Read `solyx logs <job>`, then submit again.',
  },
  SiblingFailed: { message: 'Another rank of the gang failed.', hint: 'Read `solyx logs <job>` of the failed rank.' },
  // Placement
  WorkloadUnknown: { message: 'The scheduler does not know this workload.', hint: 'Check the id.' },
  InsufficientGpus: { message: 'Too few GPUs are free.', hint: WAIT },
  InsufficientCpu: { message: 'Too little CPU is free.', hint: WAIT },
  InsufficientMemory: { message: 'Too little memory is free.', hint: WAIT },
  GpuModelMismatch: { message: 'The node has other GPUs.', hint: 'Allow more models, or wait for such a node.' },
  GpuMemoryTooSmall: { message: 'The GPUs have too little memory.', hint: 'Ask for less memory per GPU.' },
  NodeCordoned: { message: 'The node takes no new work.', hint: WAIT },
  SourceNotAllowed: {
    message: 'placement.sources leaves this node out.',
    hint: 'Add its source to placement.sources.',
  },
  RegionNotAllowed: {
    message: 'placement.regions leaves this node out.',
    hint: 'Add its region to placement.regions.',
  },
  SimulationMismatch: { message: 'Simulated work and real nodes do not mix.', hint: 'Use or drop `--simulated`.' },
  PriceTooHigh: {
    message: 'It costs more than limits.max_price.',
    hint: 'Raise limits.max_price, or wait for a cheaper GPU.',
  },
  BackingOff: { message: 'The next attempt waits out its backoff.', hint: WAIT },
  BehindInQueue: { message: 'Work of higher priority or age goes first.', hint: WAIT },
  GangIncomplete: { message: 'Not all nodes of the gang fit at once.', hint: WAIT },
  NeverFits: { message: 'No node or offer of this fleet is large enough.', hint: 'Ask for less, or add nodes.' },
  OwnedFirst: { message: 'An owned GPU was free and fits.', hint: 'Nothing to do.' },
  CostsMore: { message: 'An owned GPU was free, but serving there costs more.', hint: 'Nothing to do.' },
  DataElsewhere: { message: 'An owned GPU was free, but farther from the data.', hint: 'Nothing to do.' },
  SourcePreferred: { message: 'placement.sources prefers another source.', hint: 'Nothing to do.' },
  OwnedFull: { message: 'No owned GPU that fits was free.', hint: 'Nothing to do.' },
  AwaitingLease: { message: 'A leased node is on its way.', hint: WAIT },
  TopologyUnmet: {
    message: 'No group of nodes as close together as required has room for all of it.',
    hint: 'Ask for a wider topology.level, or make it preferred.',
  },
  MigUnavailable: {
    message: 'The GPUs have no MIG slice of this profile.',
    hint: 'Name a profile that the GPU model has, or wait for one.',
  },
  PoolMismatch: { message: 'The node has no GPUs that are shared so.', hint: 'Change resources.sharing.' },
  PoolFull: { message: 'Every GPU of the pool has as many workloads as it may have.', hint: WAIT },
  PoolTaken: { message: 'The private pool serves another organization now.', hint: WAIT },
  AwaitingPreemption: { message: 'What runs there was asked to leave.', hint: WAIT },
  Preempted: { message: 'Work of higher priority needed its GPUs.', hint: 'It is queued again, in its old place.' },
  Reclaimed: {
    message: 'A queue took back GPUs that this one had borrowed.',
    hint: 'It is queued again, in its old place.',
  },
  Consolidated: {
    message: 'It was moved, so that large work fits.',
    hint: 'It is queued again, in its old place.',
  },
  SpotReclaimed: {
    message: 'It ran as spot, and its GPUs were needed or taken back.',
    hint: 'It is queued again, in its old place.',
  },
  BudgetSpent: {
    message: 'The budget of its queue for this period is spent.',
    hint: 'It goes on in the next period, or when the budget is raised.',
  },
  // Queues and reservations
  QueueUnknown: { message: 'There is no such queue.', hint: 'List queues with `solyx queue list`.' },
  QuotaExceeded: {
    message: 'The quota of its queue, and what it may borrow of its cohort, are used.',
    hint: 'Wait until work of the queue ends, or raise the quota with `solyx queue set`.',
  },
  QueueTaken: { message: 'The queue belongs to another organization.', hint: 'Choose another name.' },
  ReservationUnknown: {
    message: 'There is no such reservation.',
    hint: 'List reservations with `solyx reservations`.',
  },
  // Fleet
  NodeUnknown: { message: 'There is no such node.', hint: 'List nodes with `solyx fleet`.' },
  NodeGone: { message: 'The node has left.', hint: 'Join it again with a new token.' },
  NodeNotOwned: { message: 'The node is rented or shared, not bought.', hint: 'Name an owned node of `solyx fleet`.' },
  Drained: { message: 'An operator drained the node.', hint: 'Join it again with a new token.' },
  LeaseUnknown: { message: 'There is no such lease.', hint: 'List leases with `solyx fleet`.' },
  LeaseOrphaned: {
    message: 'The lessor does not know the lease any more.',
    hint: 'Its work is retried elsewhere; see docs/runbooks/lease-orphaned.md.',
  },
  LeaseEnded: { message: 'The lease has ended.', hint: 'Nothing to do.' },
  LeaseIdle: { message: 'The leased node was idle past its minimum.', hint: 'Nothing to do.' },
  OfferStale: { message: 'The offer is no longer fresh.', hint: 'Look at `solyx offers` again.' },
  OfferExhausted: { message: 'Nothing is left of the offer.', hint: 'Look at `solyx offers` again.' },
  LessorFailed: { message: 'The lessor did not deliver the node.', hint: 'Another offer is tried by itself.' },
  PlanUnknown: { message: 'There is no such plan.', hint: 'Ask for it again.' },
  ...MONEY_REASONS,
  // Network
  SiteUnknown: { message: 'There is no such site.', hint: 'Declare the site first.' },
  TopologyTooLarge: {
    message: 'The routes between all sites do not fit into one table.',
    hint: 'Declare fewer sites: at most 32, and as few as keep the table below 60 kB.',
  },
  NoRoute: { message: 'No path connects the two sites.', hint: 'Declare a link between them.' },
  // Webhooks
  WebhookUnknown: { message: 'There is no such webhook endpoint.', hint: 'List endpoints with `solyx webhook list`.' },
  WebhookExists: { message: 'The endpoint exists already.', hint: 'Ask again with a new idempotency key.' },
  WebhookUrlRefused: {
    message: 'Nothing is sent to this address.',
    hint: 'Give an https address on port 443 or 8443 that the public internet reaches, without user name or password.',
  },
  WebhookTypeUnknown: {
    message: 'No public event has this type.',
    hint: 'Choose from docs/webhooks.md, or a glob such as `invoice.*`.',
  },
  WebhookLimitReached: {
    message: 'The organization has as many webhook endpoints as it may have.',
    hint: 'Delete one first.',
  },
  WebhookDisabled: { message: 'The endpoint is disabled.', hint: 'Enable it first.' },
  WebhookSelectionEmpty: {
    message: 'No delivery was named, and no time.',
    hint: 'Name deliveries, or a time from … to ….',
  },
  WebhookSecretShown: {
    message: 'A secret is shown for ten minutes after it was made, and never again.',
    hint: 'Rotate the key; the new secret is shown then.',
  },
  // Access
  IdempotencyKeyReused: {
    message: 'The idempotency key was used with another input.',
    hint: 'Use a new key for a new request.',
  },
  TokenExpired: { message: 'The join token has expired.', hint: 'Create a new one with `solyx agent token`.' },
  TokenSpent: { message: 'The join token was used by another machine.', hint: 'Create one token per machine.' },
  TokenUnknown: { message: 'There is no such join token.', hint: 'Create one with `solyx agent token`.' },
  KeyRevoked: { message: 'The API key was revoked.', hint: 'Create a new key.' },
  KeyExpired: { message: 'The API key has expired.', hint: 'Create a new key.' },
  AlreadyExists: { message: 'It exists already, with other content.', hint: 'Choose another name.' },
  PermissionDenied: {
    message: 'The role does not allow this.',
    hint: 'Ask an owner of the organization for the missing role.',
  },
  // Optimizer
  AutonomyTooLow: {
    message: 'The autonomy level does not let the optimizer act.',
    hint: 'Set the level to `act` within limits.',
  },
  KillSwitchEngaged: { message: 'The kill switch is on.', hint: 'Release it when the optimizer may act again.' },
  LimitExceeded: { message: 'It would exceed a limit that people set.', hint: 'Raise the limit, if that is wanted.' },
  QueueWaiting: { message: 'Work waits for GPUs that the fleet does not have.', hint: 'Nothing to do.' },
  FleetIdle: { message: 'Leased capacity is idle.', hint: 'Nothing to do.' },
  Balanced: { message: 'Supply meets demand.', hint: 'Nothing to do.' },
  AdviceObeyed: { message: 'The advice was within its limits and was carried out.', hint: 'Nothing to do.' },
} as const satisfies Record<string, Reason>;

export type ReasonCode = keyof typeof REASONS;

export const reasonOf = (reason: string): Reason =>
  Object.hasOwn(REASONS, reason)
    ? REASONS[reason as ReasonCode]
    : { message: reason, hint: 'Report the correlation id to the operator.' };
