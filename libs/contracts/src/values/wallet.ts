import { IsIn, IsString, Length, Matches } from 'class-validator';
import { INTEGER } from '../rules';

/** Why there is credit. What was paid for (`top-up`, and what a correction gives back of it) is drawn last. */
export const CREDIT_KINDS = ['promotion', 'goodwill', 'sla', 'correction', 'top-up'] as const;
export type CreditKind = (typeof CREDIT_KINDS)[number];
/** What an operator may give away. */
export const GIFT_KINDS = ['promotion', 'goodwill'] as const;

export const CREDIT_PRIORITY_MAX = 100;
export const CREDIT_PRIORITY_USUAL = 50;

/** Whose spending a budget limits. A job's, a key's and a project's money is also its organization's. */
export const BUDGET_SCOPES = ['organization', 'team', 'project', 'key', 'job'] as const;
export type BudgetScopeKind = (typeof BUDGET_SCOPES)[number];

/** Percent of a budget at which people are told, where they named none. */
export const BUDGET_THRESHOLDS = [50, 80, 100] as const;

export class BudgetScope {
  @IsIn(BUDGET_SCOPES)
  readonly kind!: BudgetScopeKind;
  /** Id of the organization, the key or the job; name of the team or the project. */
  @IsString()
  @Length(1, 128)
  readonly id!: string;
}

/** What one credit gives to a hold or a charge. */
export class CreditPart {
  @IsString()
  @Length(1, 128)
  readonly grantId!: string;
  @IsIn(CREDIT_KINDS)
  readonly kind!: CreditKind;
  @Matches(INTEGER)
  readonly amountMicroUsd!: string;
}

/** Where an event is found: the number of an event within its stream, from 0. */
export class EventReference {
  @IsString()
  @Length(1, 256)
  readonly stream!: string;
  @Matches(INTEGER)
  readonly revision!: string;
}

/** An event that proves an outage, as it was found in the log. */
export class OutageEvent {
  @IsString()
  @Length(1, 256)
  readonly stream!: string;
  @Matches(INTEGER)
  readonly revision!: string;
  @Matches(INTEGER)
  readonly position!: string;
  @IsString()
  @Length(1, 256)
  readonly type!: string;
  @IsString()
  @Length(1, 128)
  readonly eventId!: string;
}
