/** Where GPUs come from, in the order in which they are preferred. */
export const SOURCES = ['owned', 'leased', 'shared'] as const;
export type Source = (typeof SOURCES)[number];

/** What carries a task out: a real process under an agent, or the labelled simulation. */
export const EXECUTORS = ['agent', 'simulated'] as const;
export type Executor = (typeof EXECUTORS)[number];

export const JOB_KINDS = ['task'] as const;
export const RETRY_CAUSES = ['node-lost', 'preempted', 'failed'] as const;
export const VERDICTS = ['chosen', 'runner-up', 'rejected'] as const;
export const PRICED_RESOURCES = ['gpu', 'cpu', 'memory', 'egress'] as const;
export const CHARGE_KINDS = [
  ...PRICED_RESOURCES,
  'storage',
  'token',
  'ads',
  'commitment',
  'minimum',
  'fee',
  'adjustment',
] as const;
export type ChargeKind = (typeof CHARGE_KINDS)[number];

/** How a price was agreed. */
export const PRICINGS = ['on-demand', 'reserved', 'spot', 'dynamic', 'contract'] as const;
export type Pricing = (typeof PRICINGS)[number];
/** Service tiers of inference, cheapest first. */
export const QUALITIES = ['low', 'standard', 'high', 'ultra'] as const;
export type Quality = (typeof QUALITIES)[number];

/** What usage is counted by. */
export const METERS = [
  ...PRICED_RESOURCES,
  'storage',
  'token-input',
  'token-output',
  'token-cached',
  'impression',
  'click',
] as const;
export type Meter = (typeof METERS)[number];
/** What a fact of usage, or a charge, is about. */
export const USAGE_RESOURCES = ['job', 'deployment', 'endpoint', 'volume', 'transfer', 'campaign'] as const;
export const CHARGED_RESOURCES = [...USAGE_RESOURCES, 'commitment', 'period'] as const;
export const ACCOUNT_MODES = ['postpaid', 'prepaid'] as const;
export const PLANS = ['free', 'premium'] as const;
export const BUDGET_PERIODS = ['month', 'total', 'day'] as const;
export const DEPRECIATION_METHODS = ['straight-line', 'by-use'] as const;
export const QUEUE_BUDGET_PERIODS = ['day', 'week', 'month', 'total'] as const;
/** A quota that is never reached; sums over a thousand queues stay exact. */
export const QUOTA_UNLIMITED = 1_000_000_000_000;
export const CURRENCIES = ['USD'] as const;
export const AUTONOMY_LEVELS = ['observe', 'suggest', 'act'] as const;
export type AutonomyLevel = (typeof AUTONOMY_LEVELS)[number];
export const ADVICE_ACTIONS = ['lease', 'release', 'hold'] as const;

/** How closely together the nodes of a gang must be, tightest first. */
export const TOPOLOGY_LEVELS = ['node', 'island', 'rack', 'site'] as const;
export type TopologyLevel = (typeof TOPOLOGY_LEVELS)[number];

/** How the workloads on one GPU share it: not at all, side by side (MPS), or by turns. */
export const SHARINGS = ['exclusive', 'spatial', 'time-sliced'] as const;
export type Sharing = (typeof SHARINGS)[number];
export const TENANCIES = ['private', 'shared'] as const;
export type Tenancy = (typeof TENANCIES)[number];

/** Why the scheduler takes GPUs away from what runs. Work that ends so is queued again, with its place kept. */
export const EVICTION_REASONS = ['Preempted', 'Reclaimed', 'Consolidated', 'SpotReclaimed', 'BudgetSpent'] as const;
export type EvictionReason = (typeof EVICTION_REASONS)[number];

export const CONTEXTS = ['gateway', 'drm', 'cmo', 'sdn', 'billing', 'optimizer'] as const;
export type Context = (typeof CONTEXTS)[number];
