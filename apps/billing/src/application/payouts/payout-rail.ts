import type { PayoutRailName } from '@solyx/contracts';

/** One payment, as a rail is asked to make it. The id is its identity: the same id is the same payment. */
export interface Payment {
  readonly payoutId: string;
  readonly providerId: string;
  /** Of the account at the rail. */
  readonly accountRef: string;
  /** Micro-USD, whole cents. */
  readonly netMicroUsd: string;
  /** When it was created, ISO 8601 UTC. */
  readonly createdAt: string;
}

export type Submission =
  /** The rail has it, from now or from before; `reference` is what it calls it. */
  | { readonly taken: true; readonly reference: string }
  /** The rail will never make it. */
  | { readonly taken: false; readonly reason: string };

export type PaymentStatus =
  | { readonly status: 'pending' }
  | { readonly status: 'paid' }
  | { readonly status: 'failed' | 'returned'; readonly reason: string };

/** A way to pay. Both calls may be repeated, also by two processes at once: a payment is made once. */
export interface PayoutRail {
  readonly name: PayoutRailName;
  /** Throws Unavailable where the outcome is unknown: it is asked again with the same id. */
  submit(payment: Payment): Promise<Submission>;
  statusOf(payment: Payment, reference: string): Promise<PaymentStatus>;
}

/** The ways to pay that this installation has. */
export abstract class PayoutRails {
  abstract readonly all: readonly PayoutRail[];
}

export const railOf = ({ all }: PayoutRails, name: PayoutRailName): PayoutRail | undefined =>
  all.find((rail) => rail.name === name);
