import { fold } from '@solyx/kernel';
import { eventRegistry, type BudgetScope } from '@solyx/contracts';
import type { BudgetSet } from '@solyx/contracts/billing';
import { replay } from '@solyx/testing';
import { budgetDecider, holdIdOf, type Budget, type BudgetCommand, type BudgetEvent } from '../domain/budget';
import { scopeKeyOf, type Dimensions } from '../domain/budget-state';
import { ORGANIZATION } from './fixtures';

export const AT = '2026-01-15T12:00:00.000Z';
export const LATER = '2026-01-16T12:00:00.000Z';
export const BERLIN = 'Europe/Berlin';
export const of = (kind: BudgetScope['kind'], id: string): BudgetScope => ({ kind, id });

export const set = (scope: BudgetScope | undefined, limit: number, change: Partial<BudgetSet['data']> = {}) =>
  ({
    type: 'SetBudget',
    data: {
      organizationId: ORGANIZATION,
      limitMicroUsd: String(limit),
      period: 'month',
      ...(scope ? { scope } : {}),
      at: AT,
      ...change,
    },
  }) as const satisfies BudgetCommand;
export const remove = (scope: BudgetScope, at = LATER) =>
  ({ type: 'RemoveBudget', data: { organizationId: ORGANIZATION, scope, at } }) as const satisfies BudgetCommand;

export interface On extends Dimensions {
  readonly zone?: string;
  readonly at?: string;
}
export const hold = (jobId: string, amount: number, on: On = {}) =>
  ({
    type: 'PlaceHold',
    data: {
      holdId: holdIdOf(jobId),
      organizationId: ORGANIZATION,
      jobId,
      amountMicroUsd: String(amount),
      at: AT,
      ...on,
    },
  }) as const satisfies BudgetCommand;
export const raise = (jobId: string, amount: number) =>
  ({
    type: 'RaiseHold',
    data: { holdId: holdIdOf(jobId), organizationId: ORGANIZATION, jobId, amountMicroUsd: String(amount), at: AT },
  }) as const satisfies BudgetCommand;
export const count = (chargeId: string, amount: number, on: On & { readonly jobId?: string } = {}) =>
  ({
    type: 'CountCharge',
    data: {
      holdId: holdIdOf(on.jobId ?? chargeId),
      organizationId: ORGANIZATION,
      chargeId,
      amountMicroUsd: String(amount),
      at: AT,
      ...on,
    },
  }) as const satisfies BudgetCommand;
export const free = (jobId: string) =>
  ({
    type: 'ReleaseHold',
    data: { holdId: holdIdOf(jobId), organizationId: ORGANIZATION, jobId, at: AT },
  }) as const satisfies BudgetCommand;

export const after = (...commands: readonly BudgetCommand[]): Budget => {
  const { state, refusals } = replay(budgetDecider, commands);
  expect(refusals).toEqual([]);
  return state;
};
export const decided = (budget: Budget, command: BudgetCommand) => budgetDecider.decide(command, budget);
export const events = (budget: Budget, command: BudgetCommand): readonly BudgetEvent[] => {
  const decision = decided(budget, command);
  if (!decision.accepted) throw new Error(`${decision.reason} ${JSON.stringify(decision.details)}`);
  for (const event of decision.events) eventRegistry.validate(event);
  return decision.events;
};
export const step = (budget: Budget, command: BudgetCommand): Budget =>
  fold(budgetDecider, events(budget, command), budget);
/** Of which scope the refusal is; `accepted` where there is none. */
export const refusedBy = (budget: Budget, command: BudgetCommand) => {
  const decision = decided(budget, command);
  return decision.accepted ? 'accepted' : (decision.details['scope'] ?? decision.reason);
};
export const told = (budget: Budget, command: BudgetCommand) =>
  events(budget, command).flatMap((event) =>
    event.type === 'billing.budget.threshold-reached'
      ? [[scopeKeyOf(event.data.scope), event.data.periodKey, event.data.thresholdPercent]]
      : [],
  );
