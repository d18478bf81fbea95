import { isPermitted, OPERATIONS, permit, ROLES, type Operation } from './authorization';
import { SolyxError } from './errors';
import type { Actor } from './message';

const key = (...roles: readonly string[]): Actor => ({ kind: 'key', id: 'key_1', roles });
const OPERATORS: readonly Operation[] = [
  ...(['prices:set', 'credits:grant', 'invoices:correct'] as const),
  ...(['entities:set', 'margins:read', 'books:reconcile'] as const),
];
const TENANTS = OPERATIONS.filter((operation) => !OPERATORS.includes(operation));
const granted = (...roles: readonly string[]): readonly Operation[] =>
  OPERATIONS.filter((operation) => isPermitted(key(...roles), operation));

describe('who may do what', () => {
  // Written out, so that a change of the table is a change here too.
  it.each([
    ['owner', TENANTS],
    ['admin', TENANTS.filter((operation) => operation !== 'keys:manage')],
    [
      'developer',
      [
        'jobs:submit',
        'jobs:cancel',
        'jobs:read',
        'fleet:read',
        'queues:read',
        'events:read',
        'plan:read',
        'money:read',
      ],
    ],
    [
      'billing',
      [
        ...['jobs:read', 'events:read', 'money:read', 'budgets:set', 'quotes:accept', 'wallet:top-up', 'invoices:pay'],
        ...['payouts:request', 'webhooks:read', 'webhooks:set'],
      ],
    ],
    ['viewer', ['jobs:read', 'fleet:read', 'queues:read', 'events:read', 'plan:read', 'money:read']],
    [
      'auditor',
      [
        ...['jobs:read', 'fleet:read', 'queues:read', 'scheduler:read', 'events:read', 'plan:read', 'money:read'],
        ...['webhooks:read', 'views:verify', 'parked:read'],
      ],
    ],
    ['operator', ['events:read', 'money:read', ...OPERATORS]],
  ])('%s', (role, operations) => expect(granted(role)).toEqual(operations));

  it('covers every role', () => expect(Object.keys(ROLES)).toHaveLength(7));

  it('denies what nobody granted: no role, unknown roles, names of the prototype', () => {
    expect(granted()).toEqual([]);
    for (const role of ['root', 'Owner', 'constructor', '__proto__', 'toString']) expect(granted(role)).toEqual([]);
    expect(isPermitted({ kind: 'agent', id: 'node_1', roles: [] }, 'jobs:read')).toBe(false);
  });

  it('adds up roles', () => expect(granted('billing', 'viewer')).toContain('budgets:set'));

  it('lets services and the platform do their work', () => {
    for (const kind of ['service', 'platform'] as const) {
      expect(isPermitted({ kind, id: 'cmo', roles: [] }, 'fleet:drain')).toBe(true);
    }
  });

  it('says what is missing', () => {
    const denied = (): void => permit(key('viewer'), 'jobs:submit');
    expect(denied).toThrow(SolyxError);
    expect(denied).toThrow('key key_1 may not jobs:submit');
    expect(() => permit(key('developer'), 'jobs:submit')).not.toThrow();
  });
});
