import { SolyxError } from './errors';
import type { Actor } from './message';

/** Everything that can be asked for. Deny by default: what is not granted below is refused. */
export const OPERATIONS = [
  'jobs:submit',
  'jobs:cancel',
  'jobs:read',
  'fleet:read',
  'fleet:drain',
  'fleet:join',
  'fleet:procure',
  'queues:read',
  'queues:set',
  'reservations:make',
  'scheduler:read',
  'events:read',
  'plan:read',
  'money:read',
  'budgets:set',
  'usage:report',
  'quotes:accept',
  'wallet:top-up',
  'invoices:pay',
  'payouts:request',
  'campaigns:set',
  'webhooks:read',
  'webhooks:set',
  'optimizer:set',
  'views:verify',
  'parked:read',
  'parked:retry',
  'keys:manage',
  'prices:set',
  'credits:grant',
  'invoices:correct',
  'entities:set',
  'margins:read',
  'books:reconcile',
] as const;
export type Operation = (typeof OPERATIONS)[number];

const READ = ['jobs:read', 'fleet:read', 'queues:read', 'events:read', 'plan:read', 'money:read'] as const;

/** Of who runs the platform, and of no tenant: its prices, its margins, its legal entities, what it gives away. */
const OF_THE_OPERATOR: readonly Operation[] = [
  ...(['prices:set', 'credits:grant', 'invoices:correct'] as const),
  ...(['entities:set', 'margins:read', 'books:reconcile'] as const),
];
const OF_TENANTS: readonly Operation[] = OPERATIONS.filter((operation) => !OF_THE_OPERATOR.includes(operation));

/** Roles × operations: the only table of permissions. */
export const ROLES = {
  owner: OF_TENANTS,
  admin: OF_TENANTS.filter((operation) => operation !== 'keys:manage'),
  developer: [...READ, 'jobs:submit', 'jobs:cancel'],
  billing: [
    ...(['money:read', 'jobs:read', 'events:read', 'budgets:set', 'quotes:accept', 'wallet:top-up'] as const),
    ...(['invoices:pay', 'payouts:request', 'webhooks:read', 'webhooks:set'] as const),
  ],
  viewer: READ,
  auditor: [...READ, 'scheduler:read', 'views:verify', 'parked:read', 'webhooks:read'],
  operator: [...OF_THE_OPERATOR, 'money:read', 'events:read'],
} as const satisfies Record<string, readonly Operation[]>;
export type Role = keyof typeof ROLES;

export function isPermitted(actor: Actor, operation: Operation): boolean {
  if (actor.kind === 'service' || actor.kind === 'platform') return true;
  return actor.roles.some(
    (role) => Object.hasOwn(ROLES, role) && (ROLES[role as Role] as readonly string[]).includes(operation),
  );
}

/** Throws PermissionDenied, naming what is missing. */
export function permit(actor: Actor, operation: Operation): void {
  if (isPermitted(actor, operation)) return;
  throw new SolyxError('PermissionDenied', `${actor.kind} ${actor.id} may not ${operation}`, { operation });
}
