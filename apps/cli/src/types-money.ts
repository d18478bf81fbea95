/** Shapes of what the documents about money return; field meanings are in the published GraphQL schema. */
export interface PageOf<T> {
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  readonly edges: readonly { readonly node: T }[];
}
export interface Tier {
  readonly upTo: string | null;
  readonly rateNumerator: string;
  readonly rateDenominator: string;
}
export interface PriceEntry {
  readonly entryId: string;
  readonly meter: string;
  readonly pricing: string;
  readonly source: string;
  readonly simulated: boolean;
  readonly product: string;
  readonly model: string;
  readonly tiers: readonly Tier[];
}
export interface PriceBook {
  readonly id: string;
  readonly version: number;
  readonly name: string;
  readonly effectiveFrom: string;
  readonly entries: readonly PriceEntry[];
  readonly observed: readonly { readonly entryId: string; readonly priceMicroUsd: string }[];
  readonly minimumMicroUsd: string | null;
}
export interface Quote {
  readonly id: string;
  readonly phase: string;
  readonly subject: {
    readonly project: string;
    readonly meter: string;
    readonly pricing: string;
    readonly source: string;
    readonly simulated: boolean;
    readonly product: string;
    readonly quality: string | null;
  };
  readonly terms: { readonly model: string; readonly unit: string; readonly tiers: readonly Tier[] };
  readonly expiresAt: string;
  readonly holdsSeconds: number;
  readonly to: string | null;
}
export interface Rerate {
  readonly posted: boolean;
  readonly period: string;
  readonly priceBookId: string;
  readonly charges: number;
  readonly lines: readonly {
    readonly project: string;
    readonly skuId: string;
    readonly quantity: string;
    readonly unit: string;
    readonly postedMicroUsd: string;
    readonly reratedMicroUsd: string;
  }[];
  readonly linesLeftOut: number;
  readonly linesWithoutPrice: number;
  readonly postedMicroUsd: string;
  readonly reratedMicroUsd: string;
}
export interface ScopedBudget {
  readonly scope: { readonly kind: string; readonly id: string };
  readonly limitMicroUsd: string | null;
  readonly period: string | null;
  readonly spentMicroUsd: string;
  readonly reachedPercent: number;
}
export interface WalletSide {
  readonly balanceMicroUsd: string;
  readonly heldMicroUsd: string;
  readonly availableMicroUsd: string;
  readonly drawnMicroUsd: string;
}
export interface Credit {
  readonly id: string;
  readonly kind: string;
  readonly simulated: boolean;
  readonly amountMicroUsd: string;
  readonly remainingMicroUsd: string;
  readonly priority: number;
  readonly expiresAt: string | null;
  readonly note: string;
}
export interface Usage {
  readonly period: string;
  readonly project: string;
  readonly kind: string;
  readonly description: string;
  readonly source: string;
  readonly simulated: boolean;
  readonly quantity: string;
  readonly unit: string;
  readonly amountMicroUsd: string;
  readonly charges: number;
}
export interface Invoice {
  readonly id: string;
  readonly period: string;
  readonly phase: string;
  readonly simulated: boolean;
  readonly number: string | null;
  readonly lineCount: number;
  readonly subtotalMicroUsd: string;
  readonly taxMicroUsd: string;
  readonly creditMicroUsd: string;
  readonly totalMicroUsd: string;
  readonly outstandingMicroUsd: string;
  readonly issuedAt: string | null;
  readonly dueAt: string | null;
}
export interface InvoiceLine {
  readonly lineKey: string;
  readonly description: string;
  readonly project: string;
  readonly quantity: string;
  readonly unit: string;
  readonly amountMicroUsd: string;
  readonly priceText: string;
  readonly correctsPeriod: string | null;
}
export interface EarningSide {
  readonly earnedMicroUsd: string;
  readonly feeMicroUsd: string;
  readonly reservedMicroUsd: string;
  readonly availableMicroUsd: string;
}
export interface Provider {
  readonly real: EarningSide;
  readonly simulated: EarningSide;
  readonly inTransitMicroUsd: string;
  readonly paidOutMicroUsd: string;
  readonly identity: string;
  readonly account: { readonly rail: string; readonly accountRef: string; readonly thresholdMicroUsd: string } | null;
}
export interface Earning {
  readonly id: string;
  readonly kind: string;
  readonly simulated: boolean;
  readonly phase: string;
  readonly grossMicroUsd: string;
  readonly feeMicroUsd: string;
  readonly netMicroUsd: string;
  readonly usedAt: string;
  readonly reserveUntil: string;
}
export interface Payout {
  readonly id: string;
  readonly phase: string;
  readonly rail: string;
  readonly grossMicroUsd: string;
  readonly withdrawalFeeMicroUsd: string;
  readonly netMicroUsd: string;
  readonly reference: string | null;
  readonly reason: string | null;
  readonly createdAt: string;
}
export interface Campaign {
  readonly id: string;
  readonly phase: string;
  readonly terms: {
    readonly name: string;
    readonly budgetMicroUsd: string;
    readonly pricing: string;
    readonly rateMicroUsd: string;
    readonly simulated: boolean;
  };
  readonly impressions: number;
  readonly clicks: number;
  readonly invalid: number;
  readonly chargedMicroUsd: string;
}
export interface Webhook {
  readonly id: string;
  readonly phase: string;
  readonly url: string;
  readonly types: readonly string[];
  readonly keys: readonly { readonly keyId: string; readonly algorithm: string; readonly until: string | null }[];
  readonly reason: string | null;
}
export interface WebhookSecret {
  readonly id: string;
  readonly keyId: string;
  readonly algorithm: string | null;
  readonly secret: string | null;
}
export interface Delivery {
  readonly id: string;
  readonly type: string;
  readonly phase: string;
  readonly attempts: number;
  readonly at: string;
  readonly nextAttemptAt: string | null;
  readonly lastStatus: number | null;
  readonly lastError: string | null;
}
export interface WebhookEventType {
  readonly type: string;
  readonly resource: string;
  readonly description: string;
  readonly schema: unknown;
}
export interface Margin {
  readonly month: string;
  readonly source: string;
  readonly simulated: boolean;
  readonly revenueMicroUsd: string;
  readonly costMicroUsd: string;
  readonly idleMicroUsd: string;
  readonly marginMicroUsd: string;
}
export interface Asset {
  readonly id: string;
  readonly phase: string;
  readonly source: string;
  readonly simulated: boolean;
  readonly gpuModel: string;
  readonly gpus: number;
  readonly bookValueMicroUsd: string | null;
  readonly depreciatedMicroUsd: string;
  readonly energyMicroUsd: string;
  readonly leaseMicroUsd: string;
}
export interface TreeHead {
  readonly logId: string;
  readonly size: number;
  readonly rootHash: string;
  readonly publicKey: string;
  readonly at: string;
}
export interface Reconciliation {
  readonly day: string;
  readonly imbalanceMicroUsd: string;
  readonly differing: number;
  readonly events: readonly { readonly type: string; readonly events: number; readonly amountMicroUsd: string }[];
  readonly views: readonly { readonly view: string; readonly compared: number; readonly differing: number }[];
  readonly differences: readonly {
    readonly view: string;
    readonly key: string;
    readonly field: string;
    readonly log: string;
    readonly shown: string;
  }[];
}
