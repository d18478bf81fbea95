/** A reason to refuse, wait or end: what it means, and what to do next. PascalCase, as a Kubernetes reason. */
export interface Reason {
  readonly message: string;
  readonly hint: string;
}

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
  // Money
  BudgetExceeded: {
    message: 'The budget does not cover the hold for this job.',
    hint: 'Raise it with `solyx budget set`, or lower limits.',
  },
  BudgetsFull: { message: 'There are as many budgets as there may be.', hint: 'Remove one that nobody needs.' },
  InsufficientCredit: {
    message: 'What was paid in advance does not cover the hold for this job.',
    hint: 'Top up with `solyx wallet top-up`, or lower limits.',
  },
  AmountNotPositive: { message: 'The amount is not greater than 0.', hint: 'Name an amount greater than 0.' },
  ExpiryPast: { message: 'It would have expired already.', hint: 'Name a time that is still to come.' },
  CreditsFull: {
    message: 'The wallet has as many credits as it may have at once.',
    hint: 'Wait until some are spent or expire, or give fewer, larger ones.',
  },
  PaymentUnconfirmed: {
    message: 'Nobody vouches for this payment yet.',
    hint: 'An operator confirms it with the same reference once the money is there; `--simulated` needs nobody.',
  },
  PaymentKnown: {
    message: 'A payment with this reference was booked before.',
    hint: 'Look at `solyx wallet`; name another payment.',
  },
  OutageUnproven: {
    message: 'An event that was named is not there, or shows no outage.',
    hint: 'Name stream and revision of events such as drm.node.lost or cmo.job.evicted.',
  },
  OutageCredited: { message: 'This outage was made up for before.', hint: 'Name only events that were not.' },
  LedgerBroken: {
    message: 'It would leave the ledger out of balance.',
    hint: 'Report the correlation id to the operator: this must not happen.',
  },
  HoldUnknown: { message: 'No money is held for this.', hint: 'Check the id.' },
  UsageConflict: {
    message: 'This usage id is taken by other usage.',
    hint: 'Send a repeat as it was sent first; give other usage an id of its own.',
  },
  UsageInvalid: {
    message: 'The usage contradicts itself.',
    hint: 'Correct what `fault` names and send it again.',
  },
  UsageTooOld: {
    message: 'The period of this usage was closed too long ago.',
    hint: 'Ask for a credit note, or to be billed for it by hand.',
  },
  UsageOutOfOrder: {
    message: 'Earlier usage of this meter is not charged yet.',
    hint: 'It is tried again when that is charged.',
  },
  MeterDayFull: {
    message: 'This meter has as much usage for one day as it may have.',
    hint: 'Report in larger quantities, or by more meters.',
  },
  PeriodOpen: { message: 'The grace of this period is not over.', hint: 'It closes by itself at `closesAt`.' },
  PeriodMetering: {
    message: 'Meters of this period are still to be read.',
    hint: 'It closes by itself when they are; see `solyx doctor` for the oldest usage that is not charged.',
  },
  TimeZoneUnknown: { message: 'There is no such time zone.', hint: 'Name one of the IANA database: Europe/Berlin.' },
  TimeZoneInUse: {
    message: 'The account was charged in periods of its time zone, which therefore stays.',
    hint: 'Register another organization to be billed in another time zone.',
  },
  CommitmentUnknown: { message: 'There is no such commitment.', hint: 'Check the id.' },
  LimitReached: { message: 'There are as many of these as there may be.', hint: 'End or remove one first.' },
  UsageUnknown: { message: 'This usage was never opened.', hint: 'It is tried again when the opening arrives.' },
  NoPrice: { message: 'The price list has no entry for this.', hint: 'Publish a price list that covers it.' },
  PriceInvalid: {
    message: 'A price of the book makes no sense.',
    hint: 'Correct the entry named, and publish it again.',
  },
  RerateStale: {
    message: 'Something was charged while the period was rated again.',
    hint: 'It is rated again by itself.',
  },
  QuoteUnknown: { message: 'There is no such quote.', hint: 'Ask for a price again with `solyx quote`.' },
  QuoteExpired: { message: 'The price was not taken in time.', hint: 'Ask for a price again with `solyx quote`.' },
  PriceListStale: { message: 'A newer price list is in force.', hint: 'Publish with a later version.' },
  // Invoices
  InvoiceUnknown: { message: 'There is no such invoice.', hint: 'List invoices with `solyx invoice list`.' },
  InvoiceNotIssued: {
    message: 'The invoice is a draft: it has no number yet.',
    hint: 'Wait until its period and the grace after it are over.',
  },
  InvoiceVoided: { message: 'The invoice was voided and counts for nothing.', hint: 'Nothing to do.' },
  InvoiceSettled: {
    message: 'Money was paid or credited on the invoice already.',
    hint: 'Give back what is wrong with a credit note.',
  },
  InvoiceTooLarge: {
    message: 'The period has more lines than one invoice holds.',
    hint: 'Use fewer projects, or merge the SKUs of the price book.',
  },
  PaymentExceedsInvoice: {
    message: 'More would be paid than is outstanding.',
    hint: 'Record what the invoice asks for; top up the wallet with the rest.',
  },
  CreditExceedsInvoice: {
    message: 'More would be given back than is left of the line.',
    hint: 'Look at the invoice for what of each line was credited.',
  },
  WalletTooLow: { message: 'The wallet does not hold as much.', hint: 'Top it up, or pay by transfer.' },
  DocumentUnknown: { message: 'There is no such document.', hint: 'List invoices with `solyx invoice list`.' },
  LegalEntityUnknown: {
    message: 'No such legal entity issues documents.',
    hint: 'Register it first with `solyx invoice entity`.',
  },
  LegalEntityFixed: {
    message: 'The series of numbers of a legal entity cannot be changed once it has issued.',
    hint: 'Register another legal entity.',
  },
  // Payouts, advertisements and assets
  FeeOutOfBounds: { message: 'The platform fee is between 2 % and 5 %.', hint: 'Choose a fee within these bounds.' },
  IdentityUnverified: {
    message: 'Nobody has checked yet who is to be paid.',
    hint: 'Ask for it with `solyx payout identity`; nothing is lost meanwhile.',
  },
  PayoutAccountMissing: {
    message: 'No account is named that money could go to.',
    hint: 'Name one with `solyx payout account`.',
  },
  RailNotConfigured: {
    message: 'This installation has no such way to pay.',
    hint: 'Choose another rail with `solyx payout account`.',
  },
  BelowThreshold: {
    message: 'What may be paid out is less than the threshold.',
    hint: 'Wait: earnings leave the reserve after the dispute window; see `solyx earnings`.',
  },
  PayoutUnknown: { message: 'There is no such payout.', hint: 'List payouts with `solyx payout list`.' },
  PayoutEnded: { message: 'The payout has ended otherwise.', hint: 'Look at it with `solyx payout list`.' },
  EarningUnknown: {
    message: 'No owner earned anything with this charge.',
    hint: 'Only charges of shared GPUs can be disputed; ask for a credit note for others.',
  },
  EarningDisputed: { message: 'The charge is disputed already.', hint: 'Wait for the decision.' },
  DisputeWindowClosed: {
    message: 'The dispute window of seven days has passed.',
    hint: 'Ask for a credit note instead.',
  },
  DisputeUnknown: { message: 'There is no such dispute.', hint: 'List earnings with `solyx earnings`.' },
  DisputeResolved: { message: 'The dispute was decided otherwise.', hint: 'A decision stands; give a credit instead.' },
  RefundTooLarge: { message: 'More would be refunded than was paid.', hint: 'Refund at most what was charged.' },
  CampaignUnknown: { message: 'There is no such campaign.', hint: 'List campaigns with `solyx campaign`.' },
  CampaignOver: { message: 'The campaign has ended.', hint: 'Create another one.' },
  CampaignTermsInvalid: {
    message: 'The budget, the rate or the times of the campaign make no sense.',
    hint: 'Budget and rate are above zero, and it ends after it starts.',
  },
  CampaignTaken: { message: 'The campaign belongs to another organization.', hint: 'Choose another id.' },
  TreeForked: {
    message: 'The log no longer begins as the last signed head says.',
    hint: 'Stop writing, keep the database as it is, and see docs/runbooks/reconciliation-differs.md.',
  },
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
