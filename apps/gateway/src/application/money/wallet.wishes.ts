import type { ChargeKind, GIFT_KINDS } from '@solyx/contracts';
import {
  BudgetRemovalRequested,
  BudgetRequested,
  CreditRequested,
  SlaCreditRequested,
  TopUpRequested,
} from '@solyx/contracts/gateway';
import { BUDGET_PERIODS, BUDGET_SCOPES, type BudgetScope } from '@solyx/contracts';
import { amount, given, idOf, instant, invalid, oneOf, positive, wish } from './wish';

const GIFTS = ['promotion', 'goodwill'] as const satisfies typeof GIFT_KINDS;
const PRIORITY_USUAL = 50;
const walletOf = (organizationId: string): string => `billing.wallet-${organizationId}`;

export interface ScopeArguments {
  readonly kind: string;
  readonly id: string;
}

const NAME = /^[^\s/][^/\u0000-\u001f]{0,127}$/;

/** Whose spending it is: of the organization where nothing is said. */
function scopeOf(scope: ScopeArguments | null | undefined, organizationId: string): BudgetScope {
  if (!scope) return { kind: 'organization', id: organizationId };
  const kind = oneOf('scope.kind', scope.kind, BUDGET_SCOPES);
  if (kind === 'organization') return { kind, id: organizationId };
  if (NAME.test(scope.id)) return { kind, id: scope.id };
  throw invalid(`scope.id is no ${kind}`, 'Write { kind: "project", id: "vision" }.');
}

/** Limits of spending. */
export const BUDGET_WISHES = {
  setBudget: wish({
    permission: 'budgets:set',
    input: (
      args: {
        readonly limitMicroUsd: string;
        readonly period: string;
        readonly scope?: ScopeArguments | null;
        readonly projects?: readonly string[] | null;
        readonly thresholds?: readonly number[] | null;
      },
      organizationId,
    ) => ({
      limitMicroUsd: amount('limitMicroUsd', args.limitMicroUsd),
      period: oneOf('period', args.period, BUDGET_PERIODS),
      ...given('scope', args.scope ? scopeOf(args.scope, organizationId) : null),
      ...given('projects', args.projects),
      ...given('thresholds', args.thresholds),
    }),
    request: (input, { ids, organizationId }) => ({
      event: BudgetRequested({ ...ids, ...input }),
      id: input.scope?.id ?? organizationId,
      answeredOn: `billing.budget-${organizationId}`,
    }),
  }),

  removeBudget: wish({
    permission: 'budgets:set',
    input: ({ scope }: { readonly scope?: ScopeArguments | null }, organizationId) => ({
      scope: scopeOf(scope, organizationId),
    }),
    request: ({ scope }, { ids, organizationId }) => ({
      event: BudgetRemovalRequested({ ...ids, scope }),
      id: scope.id,
      answeredOn: `billing.budget-${organizationId}`,
    }),
  }),
} as const;

interface CreditArguments {
  readonly organizationId?: string | null;
  readonly kind: string;
  readonly amountMicroUsd: string;
  readonly simulated: boolean;
  readonly priority?: number | null;
  readonly expiresAt?: string | null;
  readonly categories?: readonly string[] | null;
  readonly projects?: readonly string[] | null;
  readonly note?: string | null;
}

/** Money that is there before it is spent. */
export const WALLET_WISHES = {
  /** A rehearsal needs nobody; for real money an operator vouches, else billing refuses it. */
  topUp: wish({
    permission: 'wallet:top-up',
    input: (
      args: {
        readonly organizationId?: string | null;
        readonly amountMicroUsd: string;
        readonly simulated: boolean;
        readonly reference: string;
        readonly lowBelowMicroUsd?: string | null;
      },
      own,
    ) => ({
      organizationId: idOf('organizationId', args.organizationId ?? own),
      simulated: args.simulated,
      amountMicroUsd: positive('amountMicroUsd', args.amountMicroUsd),
      reference: args.reference,
      ...given('lowBelowMicroUsd', args.lowBelowMicroUsd ? amount('lowBelowMicroUsd', args.lowBelowMicroUsd) : null),
    }),
    also: ({ organizationId }, own) => (organizationId === own ? undefined : 'credits:grant'),
    request: (input, { ids }) => ({
      event: TopUpRequested({ ...ids, ...input }),
      id: input.organizationId,
      answeredOn: walletOf(input.organizationId),
    }),
  }),

  grantCredit: wish({
    permission: 'credits:grant',
    input: (args: CreditArguments, own) => ({
      organizationId: idOf('organizationId', args.organizationId ?? own),
      kind: oneOf('kind', args.kind, GIFTS),
      simulated: args.simulated,
      amountMicroUsd: positive('amountMicroUsd', args.amountMicroUsd),
      priority: args.priority ?? PRIORITY_USUAL,
      ...given('expiresAt', args.expiresAt ? instant('expiresAt', args.expiresAt) : null),
      categories: (args.categories ?? []) as readonly ChargeKind[],
      projects: args.projects ?? [],
      note: args.note ?? '',
    }),
    request: (input, { ids }) => ({
      event: CreditRequested({ ...ids, ...input }),
      id: input.organizationId,
      answeredOn: walletOf(input.organizationId),
    }),
  }),

  /** Makes up for an outage, which the named events prove. */
  creditOutage: wish({
    permission: 'credits:grant',
    input: (
      args: {
        readonly organizationId?: string | null;
        readonly amountMicroUsd: string;
        readonly simulated: boolean;
        readonly expiresAt?: string | null;
        readonly outage: readonly { readonly stream: string; readonly revision: string }[];
        readonly note: string;
      },
      own,
    ) => ({
      organizationId: idOf('organizationId', args.organizationId ?? own),
      simulated: args.simulated,
      amountMicroUsd: positive('amountMicroUsd', args.amountMicroUsd),
      ...given('expiresAt', args.expiresAt ? instant('expiresAt', args.expiresAt) : null),
      outage: args.outage.map(({ stream, revision }) => ({ stream, revision })),
      note: args.note,
    }),
    request: (input, { ids }) => ({
      event: SlaCreditRequested({ ...ids, ...input }),
      id: input.organizationId,
      answeredOn: walletOf(input.organizationId),
    }),
  }),
} as const;
